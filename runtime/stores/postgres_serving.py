"""Who serves from a database on PostgreSQL: any number of servers that agree through Redis, or one without it.

The lock is one of PostgreSQL's own (advisory), of a connection that stays open; the server of PostgreSQL releases it
when the connection ends, also by its own restart. So it is a check of the start, not a guarantee for later.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, Error

from runtime.errors import SettingsError
from runtime.stores import postgres

SERVING_LOCK = int.from_bytes(b"LPSV")
"""The advisory lock: held by one alone, or shared by many."""


def join_fleet(url: str, *, is_alone: bool) -> Connection[Any]:
    """Return the connection that holds a server's part, to be left open until the server ends.

    Raises SettingsError when another server is there and not both have Redis, or the database cannot be reached.
    """
    connection = _lock(url, is_alone=is_alone)
    if connection is None:
        raise SettingsError(
            "Another Ledgerport serves from this database, and several agree only through Redis: "
            + ("LEDGERPORT_REDIS_URL is not set." if is_alone else "the other one has none."),
            advice="Set LEDGERPORT_REDIS_URL to the same redis://… for all of them, or stop the other one.",
        )
    return connection


def hold_alone(url: str) -> Connection[Any]:
    """Return the connection by which a command has the database alone. Raises SettingsError when a server is there."""
    connection = _lock(url, is_alone=True)
    if connection is None:
        raise SettingsError(
            "A Ledgerport serves from this database.", advice="Stop every server of it first."
        )
    return connection


def _lock(url: str, *, is_alone: bool) -> Connection[Any] | None:
    lock = "pg_try_advisory_lock" if is_alone else "pg_try_advisory_lock_shared"
    try:
        connection = postgres.open_connection(url, is_autocommit=True)
        row = connection.execute(f"SELECT {lock}(%s)", (SERVING_LOCK,)).fetchone()
    except Error as problem:
        raise SettingsError(
            f"The database that LEDGERPORT_DATABASE_URL names cannot be used. {postgres.explain_error(problem)}",
            advice="Correct that, or set LEDGERPORT_DATABASE_URL to another database.",
        ) from problem
    if row is not None and row[0]:
        return connection
    connection.close()
    return None
