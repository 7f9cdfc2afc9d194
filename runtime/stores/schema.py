"""The schema of the database: the migrations that make it, and what is there after each of them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

_MIGRATION = re.compile(r"([0-9]{4})_\w+\.sql")
_VERSIONS = (
    "CREATE TABLE IF NOT EXISTS schema_version "
    "(version INTEGER PRIMARY KEY, applied_at DOUBLE PRECISION NOT NULL);\n"
)


def find_newest_version() -> int:
    """Return the version that this code reads and writes."""
    return len(list_migrations())


def run_migrations(connection: sqlite3.Connection, version: int, now: float) -> None:
    """Begins a transaction and runs the migrations that follow a version; the caller commits it."""
    steps = [
        f"{script}\nINSERT INTO schema_version VALUES ({number:d}, {now!r});\n"
        for number, script in enumerate(list_migrations()[version:], start=version + 1)
    ]
    connection.executescript(f"BEGIN IMMEDIATE;\n{_VERSIONS}\n{''.join(steps)}")


@cache
def list_objects_of(version: int) -> frozenset[tuple[str, str]]:
    """Return the type and name of every table and index that a database of a version has."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(_VERSIONS + "".join(list_migrations()[:version]))
        return list_objects(connection)


def list_objects(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    """Return the type and name of every table and index that is there, without SQLite's own."""
    rows = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'"
    )
    return frozenset((row[0], row[1]) for row in rows)


@cache
def list_migrations() -> tuple[str, ...]:
    """Return the migrations in order; the number in a file's name is its place, from 1."""
    folder = Path(__file__).with_name("migrations")
    files = sorted(file for file in folder.iterdir() if _MIGRATION.fullmatch(file.name))
    numbers = [int(file.name[:4]) for file in files]
    assert numbers == list(range(1, len(files) + 1)), numbers
    return tuple(file.read_text(encoding="utf-8") for file in files)
