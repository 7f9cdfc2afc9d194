"""Accounts connected at a simulator of the vendor are of the environment "simulator", which had another name."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0006"
down_revision = "0005"

_SQL = """
UPDATE account SET environment = 'simulator' WHERE environment = 'stand-in';
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
