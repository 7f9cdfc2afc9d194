"""The record that a write books the opposite of, or the right one in the place of: its Id at the vendor."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0013"
down_revision = "0012"

_SQL = """
ALTER TABLE journal ADD COLUMN reverses TEXT;
CREATE INDEX journal_reverses ON journal (account_id, reverses) WHERE reverses IS NOT NULL;
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
