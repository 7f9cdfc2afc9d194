"""The SQLAlchemy engines over the SQLite file, and how their transactions begin and fail.

A transaction that changes takes the write lock when it begins (`BEGIN IMMEDIATE`): what it reads stays true until it
commits. There is one connection for all of them. One that only reads never waits for a writer (write-ahead log).
What SQLite reports about the file becomes StorageUnavailable, with the reason.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, cast

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from runtime.stores import sqlite
from runtime.stores.condition import PATIENCE_SECONDS, Condition, LockWait
from runtime.stores.files import Files

READING_MILLISECONDS = 500
"""How long a read waits: only while another process recovers the log after a crash."""


class Transactions(Protocol):
    """Begins transactions of one kind, as an engine does."""

    def begin(self) -> AbstractContextManager[Connection]:
        """Return a transaction for a block. Raises StorageUnavailable."""
        ...

    def dispose(self) -> None:
        """Close the connections."""
        ...


class Reading:
    """Transactions that only read."""

    def __init__(self, path: Path, files: Files) -> None:
        self._files = files
        self._engine = _engine(path, READING_MILLISECONDS)
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a transaction for a block. Raises StorageUnavailable when the file cannot be read."""
        self._files.check()
        try:
            with self._engine.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            if reason := sqlite.explain_error(_original(error)):
                raise sqlite.explain_failed_read(reason) from error
            raise

    def dispose(self) -> None:
        """Close the connections."""
        self._engine.dispose()


class Writing:
    """Transactions that change something, one at a time in this process. Their outcome is noted in the condition."""

    def __init__(self, path: Path, files: Files, condition: Condition) -> None:
        self._files = files
        self._condition = condition
        self._one = threading.Lock()
        self._engine = _engine(path, 0, pool_size=1, max_overflow=0)
        event.listen(self._engine, "begin", self._take_lock)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a transaction for a block. Raises StorageUnavailable when it cannot be stored."""
        with self._watch(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def begin_plain(self) -> Iterator[sqlite3.Connection]:
        """Yield a transaction on the driver's own connection: a statement costs a tenth there.

        Raises StorageUnavailable when it cannot be stored.
        """
        with self._watch(), self._borrow() as connection:
            self._wait_for_lock(lambda: connection.execute("BEGIN IMMEDIATE"))
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _borrow(self) -> Iterator[sqlite3.Connection]:
        pooled = self._engine.raw_connection()
        try:
            yield cast("sqlite3.Connection", pooled.driver_connection)
        finally:
            pooled.close()

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Let one change at a time through, and note whether it was stored."""
        if not self._one.acquire(timeout=PATIENCE_SECONDS):
            raise sqlite.explain_failed_write("Another change is being stored.")
        try:
            self._check_files()
            yield
            self._condition.note_success()
        except (DBAPIError, sqlite3.Error) as error:
            original = _original(error)
            if reason := sqlite.explain_error(original):
                self._condition.note_failure(reason)
                raise sqlite.explain_failed_write(reason, original) from error
            raise
        finally:
            self._one.release()

    def dispose(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    def _check_files(self) -> None:
        if reason := self._files.find_fault():
            self._condition.note_failure(reason)
            raise sqlite.explain_failed_write(reason)

    def _take_lock(self, connection: Connection) -> None:
        self._wait_for_lock(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))

    def _wait_for_lock(self, begin: Callable[[], object]) -> None:
        wait = LockWait(self._condition)
        while True:
            try:
                begin()
                return
            except (OperationalError, sqlite3.OperationalError) as error:
                if not wait.pause(_original(error)):
                    raise


def _engine(path: Path, busy_milliseconds: int, **pool: int) -> Engine:
    return create_engine(
        "sqlite://",
        creator=lambda: sqlite.connect(path, busy_milliseconds),
        poolclass=QueuePool,
        hide_parameters=True,
        **pool,
    )


def _original(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error
