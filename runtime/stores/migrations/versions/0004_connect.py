"""A link belongs to the browser that opened it, a refresh is noted before it is sent, and an account says why it ended.

`verifier` is encrypted, `browser_hash` is HMAC-SHA256, `credentials_hash` is SHA-256 of `sealed`.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0004"
down_revision = "0003"

_SQL = """
ALTER TABLE "authorization" ADD COLUMN browser_hash BLOB;
ALTER TABLE "authorization" ADD COLUMN verifier BLOB;

ALTER TABLE account ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';

CREATE TABLE refresh_attempt (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    credentials_hash BLOB NOT NULL,
    begun_at DOUBLE PRECISION NOT NULL
);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
