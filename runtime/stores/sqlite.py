"""Connections to the SQLite file, and what its errors mean.

Called by `opening`, which creates, checks and migrates the file, by `look_up`, which reads it for every request, and by
`engine`, which manages it through SQLAlchemy. All open it with the same guarantees: write-ahead log, foreign keys, and
a commit that survives a power cut (`synchronous=FULL`), because what was answered must be so.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TypeVar

from runtime.errors import StorageUnavailable

C = TypeVar("C", bound=sqlite3.Connection)

BUSY_MILLISECONDS = 2_000
"""How long a start or a command waits for a lock of another program."""
_PRAGMAS = ("PRAGMA foreign_keys=ON", "PRAGMA synchronous=FULL", "PRAGMA trusted_schema=OFF")
_PRIMARY_CODE = 0xFF
"""The low byte of SQLite's extended result codes."""
_DAMAGED = "The database is damaged. Stop the server and restore a backup."
_REASONS = {
    sqlite3.SQLITE_BUSY: "The database is locked by another program.",
    sqlite3.SQLITE_LOCKED: "The database is locked by another program.",
    sqlite3.SQLITE_PROTOCOL: "The database is locked by another program.",
    sqlite3.SQLITE_FULL: "The disk is full.",
    sqlite3.SQLITE_IOERR: "The disk does not read or write the database: it is full, over its quota, or failing.",
    sqlite3.SQLITE_READONLY: "The database or its file system is read-only.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened.",
    sqlite3.SQLITE_PERM: "The database file may not be accessed.",
    sqlite3.SQLITE_AUTH: "The database file may not be accessed.",
    sqlite3.SQLITE_NOMEM: "There is not enough memory to read the database.",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_UNCERTAIN = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)
"""The disk refused to confirm a commit: after a power cut it may be there or not."""


def connect(path: Path, busy_milliseconds: int = BUSY_MILLISECONDS) -> sqlite3.Connection:
    """Return a connection in autocommit, usable from any thread (one at a time). It never creates the file."""
    return connect_as(sqlite3.Connection, path, busy_milliseconds)


def connect_as(kind: type[C], path: Path, busy_milliseconds: int) -> C:
    """Return a connection of a class of its own; see `connect`."""
    address = f"{path.absolute().as_uri()}?mode=rw"
    connection = kind(address, uri=True, isolation_level=None, check_same_thread=False)
    prepare(connection, busy_milliseconds)
    return connection


def prepare(connection: sqlite3.Connection, busy_milliseconds: int = BUSY_MILLISECONDS) -> None:
    """Set what every connection must have set."""
    connection.execute(f"PRAGMA busy_timeout={busy_milliseconds:d}")
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def explain_error(error: BaseException | None) -> str:
    """Why the file cannot be used, in one sentence; empty when the error is not about the file."""
    code = getattr(error, "sqlite_errorcode", None)
    return "" if code is None else _REASONS.get(code & _PRIMARY_CODE, "")


def is_locked(error: BaseException | None) -> bool:
    """Whether another connection has the lock that was wanted, so that it is worth another attempt."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & _PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def explain_failed_read(reason: str) -> StorageUnavailable:
    """Return the error for a read that the file did not allow."""
    return StorageUnavailable(
        f"The records cannot be read at the moment. {reason}", advice="Try again shortly.", reason=reason
    )


def explain_failed_write(reason: str, error: BaseException | None = None) -> StorageUnavailable:
    """Return the error for a change that the file did not take; it says whether that is certain."""
    is_uncertain = getattr(error, "sqlite_errorcode", None) in _UNCERTAIN
    return StorageUnavailable(
        f"The change was not stored. {reason}",
        advice="It may be there after a restart: look before you repeat it."
        if is_uncertain
        else "Nothing was changed. Try again shortly.",
        reason=reason,
    )
