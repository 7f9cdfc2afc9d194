"""Runs of schedules: where an analysis that was answered in part goes on."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0026"
down_revision = "0025"

_SQL = """
ALTER TABLE report_run ADD COLUMN continue_from TEXT NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
