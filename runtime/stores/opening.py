"""The database file at start: created whole, or checked and migrated, or refused with what to do.

Called by `embedded`, with the place of the file and the keys. The stores then open a file that is complete, belongs to
this secret key, and has the present schema. A new file is made under another name and then renamed, so that a process
killed at any moment leaves either no database or a whole one.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runtime.errors import SealBroken, SettingsError
from runtime.keys.crypto import Keys
from runtime.stores.migrations import LASTING_KEY_SINCE, OBJECTS, VERSION_TABLE, find_newest_version
from runtime.stores.sqlite import connect, explain_error

APPLICATION_ID = int.from_bytes(b"LPRT")
"""What SQLite's header says the file is for (sqlite.org, `PRAGMA application_id`)."""
LARGEST_CHECKED = 2 * 1024 * 1024
"""Bytes of a file that is read whole at start, which takes up to 15 ms; damage in a larger one is found when read."""
LONGEST_MIGRATION = 30.0
"""Seconds to wait for another process that creates or migrates the same file."""
_LOOK_SECONDS = 0.02
"""A migration takes milliseconds; a start must not wait longer than it."""
_SIDE_FILES = ("", "-journal", "-wal", "-shm")


def bring_up_to_date(path: Path, now: float, keys: Keys) -> int:
    """Create the file when there is none, else check and migrate it; return its version.

    Any number of processes may do this at once; one of them migrates and the others wait for it. Raises
    SettingsError when the file cannot be used: empty, damaged, of another program, of a later version, or of another
    secret key.
    """
    try:
        with _one_process(path):
            _check_names(path)
            if not path.exists():
                _create(path, now, keys)
            with closing(connect(path)) as connection:
                return _check_and_migrate(connection, path, now, keys)
    except (OSError, sqlite3.DatabaseError) as problem:
        raise _is_unusable(path, problem) from problem


def check_file(path: Path, keys: Keys) -> int:
    """Return the version of a file that a start would take, and change nothing; 0 when there is none.

    Raises SettingsError where a start would, and when the file takes no changes now.
    """
    try:
        _check_names(path)
        if not path.exists():
            return 0
        with closing(connect(path)) as connection:
            version, _is_taken_over, _is_known = _check(connection, path, keys)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            return version
    except (OSError, sqlite3.DatabaseError) as problem:
        raise _is_unusable(path, problem) from problem


@contextmanager
def _one_process(path: Path) -> Iterator[None]:
    file = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _await_lock(file, path)
        yield
    finally:
        os.close(file)


def _await_lock(file: int, path: Path) -> None:
    deadline = time.monotonic() + LONGEST_MIGRATION
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise SettingsError(
                    f"Another process has been starting on the database {path} for {LONGEST_MIGRATION:g} seconds.",
                    advice="Wait until it has finished, or stop it.",
                ) from None
            time.sleep(_LOOK_SECONDS)


def _check_names(path: Path) -> None:
    """Refuses what can be seen without opening the file, which would remove the log of an empty one."""
    log = path.with_name(path.name + "-wal")
    if not path.exists():
        if log.exists() and log.stat().st_size:
            raise SettingsError(
                f"The database {path} is missing, but its log {log} is there.",
                advice="Restore the database from a backup, or remove the log too, to begin with no records.",
            )
        return
    status = path.stat()
    if not status.st_size:
        raise _is_empty(path)
    if status.st_nlink > 1:  # each name would have a log of its own (sqlite.org/howtocorrupt.html, 2.5)
        raise SettingsError(
            f"The database {path} has a second name (a hard link), under which SQLite would not find its log.",
            advice="Remove the other name, or copy the file to a new one and use that.",
        )


def _create(path: Path, now: float, keys: Keys) -> None:
    """Make a whole database under another name, and rename it. What an earlier attempt left is removed."""
    draft = path.with_name(f".{path.name}.new")
    for suffix in _SIDE_FILES:
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(connect(draft)) as connection:
        _migrate(connection, now, keys)
    draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _check(connection: sqlite3.Connection, path: Path, keys: Keys) -> tuple[int, bool, bool]:
    """Return the version, whether Alembic has noted it, and whether the file knows its key. Raises SettingsError."""
    objects = _list_objects(connection)
    version, is_taken_over = _version(connection, path, objects)
    if path.stat().st_size <= LARGEST_CHECKED:
        _check_pages(connection, path)
    columns = f"key_check, {'lasting_key' if version >= LASTING_KEY_SINCE else 'NULL'}"
    known = connection.execute(f"SELECT {columns} FROM deployment").fetchone() if version > 1 else None  # noqa: S608
    is_ours = keys.adopt(*known) if known else _opens_any(connection, keys)
    if not is_ours:
        raise describe_other_key(f"The database {path}")
    return version, is_taken_over, known is not None


def _check_and_migrate(connection: sqlite3.Connection, path: Path, now: float, keys: Keys) -> int:
    version, is_taken_over, is_known = _check(connection, path, keys)
    connection.execute("PRAGMA journal_mode=WAL")
    if not is_known or version < find_newest_version() or not is_taken_over:
        _migrate(connection, now, keys, None if is_taken_over else version)
    return find_newest_version()


def _version(
    connection: sqlite3.Connection, path: Path, objects: frozenset[tuple[str, str]]
) -> tuple[int, bool]:
    """Return the version of a database that is ours and complete, and whether Alembic has noted it already.

    Raises SettingsError for any other.
    """
    if not objects:
        raise _is_empty(path)
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    is_taken_over = ("table", VERSION_TABLE) in objects
    if application not in (0, APPLICATION_ID) or not (
        is_taken_over or ("table", "schema_version") in objects
    ):
        raise _other_program(path)
    noted = (
        "SELECT max(CAST(version_num AS INTEGER)) FROM alembic_version"
        if is_taken_over
        else "SELECT max(version) FROM schema_version"
    )
    version: int = connection.execute(noted).fetchone()[0] or 0
    if not version:
        raise _other_program(path)
    if version > find_newest_version():
        raise describe_later_version(version)
    if missing := sorted(_list_expected(version, is_taken_over=is_taken_over) - objects):
        kind, name = missing[0]
        raise SettingsError(
            f"The database {path} lacks the {kind} {name}: it is damaged, or belongs to another program.",
            advice="Restore a backup, or set LEDGERPORT_DATABASE_URL to another file.",
        )
    return version, is_taken_over


def describe_later_version(version: int) -> SettingsError:
    """Return the error for a database that a later Ledgerport has migrated."""
    return SettingsError(
        f"The database is of version {version} and this Ledgerport knows up to {find_newest_version()}.",
        advice="Start the version of Ledgerport that wrote it, or a later one.",
    )


def _list_expected(version: int, *, is_taken_over: bool) -> frozenset[tuple[str, str]]:
    if is_taken_over and version == find_newest_version():
        return OBJECTS
    from runtime.stores.migrating import list_objects_of

    return list_objects_of(version)


def _list_objects(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    """Return the type and name of every table and index that is there, without SQLite's own."""
    rows = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'"
    )
    return frozenset((row[0], row[1]) for row in rows)


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise SettingsError(
            f"The database {path} is damaged: {found.splitlines()[-1]}.", advice="Restore a backup."
        )


def _opens_any(connection: sqlite3.Connection, keys: Keys) -> bool:
    """Whether the key opens stored credentials, for a database that has no check value yet; also when none are."""
    has_account = ("table", "account") in _list_objects(connection)
    rows = connection.execute("SELECT sealed, id FROM account WHERE sealed != x''") if has_account else ()
    is_empty = True
    for sealed, account_id in rows:
        is_empty = False
        try:
            keys.open(sealed, account_id)
        except SealBroken:
            continue
        return True
    return is_empty


def _migrate(connection: sqlite3.Connection, now: float, keys: Keys, taken_over: int | None = None) -> None:
    """Run what is missing, mark the file as ours, and store the check value: all in one transaction.

    `taken_over` is the version of a file that Alembic has not noted yet.
    """
    from runtime.stores.migrating import begin_on, migrate, take_over

    with begin_on(connection) as transaction:
        if taken_over is not None:
            take_over(transaction, taken_over)
        migrate(transaction)
        transaction.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID:d}")
        transaction.exec_driver_sql(
            "INSERT INTO deployment (id, key_check, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
            (keys.check_value(), now),
        )


def _other_program(path: Path) -> SettingsError:
    return SettingsError(
        f"The database {path} belongs to another program.",
        advice="Set LEDGERPORT_DATABASE_URL to another file; one that is not there is created.",
    )


def _is_unusable(path: Path, problem: Exception) -> SettingsError:
    return SettingsError(
        f"The database {path} cannot be used: {problem}. {explain_error(problem)}".strip(),
        advice="Correct that, or restore a backup of the database.",
    )


def _is_empty(path: Path) -> SettingsError:
    return SettingsError(
        f"The database {path} is empty: it has lost its records, or was never one.",
        advice="Restore it from a backup, or remove the file to begin with no accounts and no URLs.",
    )


def describe_other_key(database: str) -> SettingsError:
    """Return the error for a database that was made with another secret key."""
    return SettingsError(
        f"{database} belongs to another secret key: with the present one no URL, API token or connection "
        "that is stored there can be opened.",
        advice="Set LEDGERPORT_SECRET_KEY to the key it was created with, or restore the file secret.key of its data "
        "directory; to begin with no records, set LEDGERPORT_DATA to a new directory.",
    )
