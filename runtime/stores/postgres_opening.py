"""The database on PostgreSQL at start: checked and migrated, or refused with what to do.

Called by `fleet`, with the address and the keys. The database itself must exist, and may be empty. One process
migrates while the others wait, and everything it changes is one transaction: killed at any moment it leaves the
database as it was. A start with nothing to migrate reads three small results and imports neither Alembic nor
SQLAlchemy.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

from psycopg import Connection, Error
from psycopg.errors import LockNotAvailable

from runtime.errors import SealBroken, SettingsError
from runtime.keys.crypto import Keys
from runtime.stores import postgres
from runtime.stores.migrations import LASTING_KEY_SINCE, OBJECTS, TABLES, VERSION_TABLE, find_newest_version
from runtime.stores.opening import LONGEST_MIGRATION, describe_later_version, describe_other_key

MIGRATION_LOCK = int.from_bytes(b"LPRT")
"""The advisory lock that who migrates holds: the same four letters that mark a SQLite file as ours."""
_FOUND = (
    "SELECT 'table', tablename FROM pg_tables WHERE schemaname = current_schema() UNION ALL "
    "SELECT 'index', indexname FROM pg_indexes WHERE schemaname = current_schema()"
)
_HAS_VERSION = (
    f"SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = '{VERSION_TABLE}'"  # noqa: S608
)
_OTHER = "Set LEDGERPORT_DATABASE_URL to another database; an empty one is filled."


def bring_up_to_date(url: str, now: float, keys: Keys) -> int:
    """Check the database and migrate it; return its version.

    Any number of processes may do this at once. Raises SettingsError when the database cannot be used: not reached, not
    there, not to be opened with this password, damaged, of another program, of a later version, or of another secret
    key.
    """
    try:
        with closing(postgres.open_connection(url, is_autocommit=True)) as connection:
            if not _is_current(connection, keys):
                _migrate(connection, url, now, keys)
    except Error as problem:
        raise _is_unusable(problem) from problem
    return find_newest_version()


def check_database(url: str, keys: Keys) -> int:
    """Return the version of a database that a start would take, and change nothing; 0 when it is empty.

    Raises SettingsError where a start would, and when it takes no changes now.
    """
    try:
        with closing(postgres.open_connection(url, is_autocommit=True)) as connection:
            is_current = _is_current(connection, keys)
            is_empty = not is_current and connection.execute(_HAS_VERSION).fetchone() is None
            if connection.execute("SHOW transaction_read_only").fetchone() != ("off",):
                raise SettingsError(
                    "The database is read-only: it is a standby, or set so.",
                    advice="Set LEDGERPORT_DATABASE_URL to the primary.",
                )
            return 0 if is_empty else _read_version(connection)
    except Error as problem:
        raise _is_unusable(problem) from problem


def _is_current(connection: Connection[Any], keys: Keys) -> bool:
    """Return whether there is nothing to do. Raises SettingsError for a database that is not ours, whole and known."""
    objects = frozenset((kind, name) for kind, name in connection.execute(_FOUND).fetchall())
    if ("table", VERSION_TABLE) not in objects:
        if any(("table", name) in objects for name in TABLES):
            raise _other_program()
        return False
    version = _read_version(connection)
    if ("table", "deployment") not in objects or not version:
        raise _other_program()
    if version > find_newest_version():
        raise describe_later_version(version)
    columns = f"key_check, {'lasting_key' if version >= LASTING_KEY_SINCE else 'NULL'}"
    known = connection.execute(f"SELECT {columns} FROM deployment").fetchone()  # noqa: S608
    is_ours = keys.adopt(*known) if known else _opens_any(connection, keys)
    if not is_ours:
        raise describe_other_key("The database")
    if version < find_newest_version():
        return False
    if missing := sorted(OBJECTS - objects):
        kind, name = missing[0]
        raise SettingsError(
            f"The database lacks the {kind} {name}: it is damaged, or belongs to another program.",
            advice="Restore a backup, or set LEDGERPORT_DATABASE_URL to another database.",
        )
    return known is not None


def _read_version(connection: Connection[Any]) -> int:
    rows = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall()  # noqa: S608  (a name of ours)
    numbers = [row[0] for row in rows]
    return int(numbers[0]) if len(numbers) == 1 and numbers[0].isascii() and numbers[0].isdigit() else 0


def _opens_any(connection: Connection[Any], keys: Keys) -> bool:
    """Whether the key opens stored credentials, for a database that has no check value; also when none are."""
    is_empty = True
    for sealed, account_id in connection.execute("SELECT sealed, id FROM account WHERE sealed != ''"):
        is_empty = False
        try:
            keys.open(sealed, account_id)
        except SealBroken:
            continue
        return True
    return is_empty


def _migrate(connection: Connection[Any], url: str, now: float, keys: Keys) -> None:
    """Run what is missing and store the check value, in one transaction; wait while another process does."""
    _lock(connection)
    if _is_current(connection, keys):  # another process has migrated meanwhile
        return
    from sqlalchemy import NullPool, create_engine

    from runtime.stores.migrating import migrate

    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: postgres.open_connection(url), poolclass=NullPool
    )
    with engine.begin() as transaction:
        transaction.exec_driver_sql("SET LOCAL statement_timeout = 0")
        migrate(transaction)
        transaction.exec_driver_sql(
            "INSERT INTO deployment (id, key_check, created_at) VALUES (1, %s, %s) ON CONFLICT DO NOTHING",
            (keys.check_value(), now),
        )


def _lock(connection: Connection[Any]) -> None:
    """Take the lock of who migrates, until the connection ends."""
    connection.execute(f"SET lock_timeout = {LONGEST_MIGRATION * 1000:.0f}")
    connection.execute("SET statement_timeout = 0")
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
    except LockNotAvailable:
        raise SettingsError(
            f"Another process has been migrating the database for {LONGEST_MIGRATION:g} seconds.",
            advice="Wait until it has finished, or stop it.",
        ) from None


def _is_unusable(problem: Error) -> SettingsError:
    reason = (
        postgres.explain_error(problem) or f"{type(problem).__name__}: it refused a statement of the start."
    )
    return SettingsError(
        f"The database that LEDGERPORT_DATABASE_URL names cannot be used. {reason}",
        advice="Correct that, or set LEDGERPORT_DATABASE_URL to another database.",
    )


def _other_program() -> SettingsError:
    return SettingsError("The database belongs to another program.", advice=_OTHER)
