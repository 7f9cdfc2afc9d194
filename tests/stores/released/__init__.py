"""The schema of each version that was released before Alembic, as it made databases then: these files never change."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_VERSIONS = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at DOUBLE PRECISION NOT NULL)"
RELEASED = range(1, 13)


def make_released(connection: sqlite3.Connection, version: int) -> None:
    """Make an empty database as a version left it. The rows come from the caller."""
    go_on(connection, 0, version)


def go_on(connection: sqlite3.Connection, before: int, version: int) -> None:
    """Migrate a database as the versions up to this one did."""
    if not before:
        connection.execute(_VERSIONS)
    for file in sorted(Path(__file__).parent.glob("*.sql"))[before:version]:
        connection.executescript(file.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO schema_version VALUES (?, 1.0)", (int(file.name[:4]),))
