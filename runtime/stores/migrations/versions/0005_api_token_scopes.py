"""What each API token may do: scope names with blanks between, and the account that some scopes are bound to.

The tokens of before could do everything and still can. One without any scope can do nothing.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0005"
down_revision = "0004"

_SQL = """
ALTER TABLE api_token ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
ALTER TABLE api_token ADD COLUMN account_id TEXT REFERENCES account (id) ON DELETE CASCADE;
UPDATE api_token SET scopes = 'admin';
CREATE INDEX api_token_account ON api_token (account_id);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
