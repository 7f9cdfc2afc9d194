"""Where one consent covers several companies, what the vendor granted waits for the person's choice.

It is encrypted.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0007"
down_revision = "0006"

_SQL = """
ALTER TABLE "authorization" ADD COLUMN granted BLOB;
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
