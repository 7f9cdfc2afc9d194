"""The vendor's first answer to a write under a caller's key, encrypted, where the vendor does not repeat it."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0011"
down_revision = "0010"

_SQL = """
ALTER TABLE idempotency_key ADD COLUMN answer BLOB;
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
