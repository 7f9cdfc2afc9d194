"""The SQLite file: how it is opened, and how it is brought to the present shape.

Before it: `settings` says where it is. After it: `look_up` reads it for every request, `records` manages it through
SQLAlchemy. Both open it with the same promises: write-ahead log, foreign keys, and a commit that survives a power
cut (`synchronous=FULL`), because what was answered must be so.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from runtime.errors import SettingsError

BUSY_MILLISECONDS = 10_000
_MIGRATION = re.compile(r"([0-9]{4})_\w+\.sql")
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA trusted_schema=OFF",
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit, usable from any thread (one at a time)."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    prepare(connection)
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """Sets what every connection must have set."""
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def bring_up_to_date(path: Path, now: float) -> int:
    """Makes the file when there is none, runs the migrations it lacks, and answers its version.

    Any number of processes may do this at once; one of them migrates and the others wait for it. Raises
    SettingsError when the file cannot be used or was written by a later version of Ledgerport.
    """
    try:
        with _one_process(path):
            _create_private(path)
            connection = connect(path)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return _migrate(connection, now)
            finally:
                connection.close()
    except (OSError, sqlite3.DatabaseError) as problem:
        raise SettingsError(f"The database {path} cannot be used: {problem}.") from problem


@contextmanager
def _one_process(path: Path) -> Iterator[None]:
    file = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _create_private(path: Path) -> None:
    """Makes the file when there is none. One that is there is not touched.

    Closing a descriptor of it would take away the locks that SQLite holds on it for this process.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _migrate(connection: sqlite3.Connection, now: float) -> int:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at DOUBLE PRECISION NOT NULL)"
    )
    version: int = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()[0]
    if version > newest_version():
        raise SettingsError(
            f"The database is of version {version} and this Ledgerport knows up to {newest_version()}.",
            advice="Start the version of Ledgerport that wrote it, or a later one.",
        )
    for number, script in enumerate(migrations()[version:], start=version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nINSERT INTO schema_version VALUES ({number:d}, {now!r});\nCOMMIT;"
        )
    return newest_version()


def newest_version() -> int:
    """The version that this code reads and writes."""
    return len(migrations())


@cache
def migrations() -> tuple[str, ...]:
    """The migrations in order; the number in a file's name is its place, from 1."""
    folder = Path(__file__).with_name("migrations")
    files = sorted(file for file in folder.iterdir() if _MIGRATION.fullmatch(file.name))
    numbers = [int(file.name[:4]) for file in files]
    assert numbers == list(range(1, len(files) + 1)), numbers
    return tuple(file.read_text(encoding="utf-8") for file in files)
