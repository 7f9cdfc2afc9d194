"""The SQLAlchemy engines over the SQLite file, and how their transactions begin and fail.

A transaction that changes takes the write lock when it begins (`BEGIN IMMEDIATE`): what it reads stays true until it
commits. There is one connection for all of them, and what is held together on it is stored with one commit. One that
only reads never waits for a writer (write-ahead log).
What SQLite reports about the file becomes StorageUnavailable, with the reason.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Engine, QueuePool, StaticPool, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from runtime.stores import sqlite
from runtime.stores.condition import PATIENCE_SECONDS, Condition, LockWait
from runtime.stores.files import Files

READING_MILLISECONDS = 500
"""How long a read waits: only while another process recovers the log after a crash."""

Synchronous = Literal["FULL", "NORMAL"]


class Transactions(Protocol):
    """Begins transactions of one kind, as an engine does."""

    def begin(self) -> AbstractContextManager[Connection]:
        """Return a transaction for a block. Raises StorageUnavailable."""
        ...

    def dispose(self) -> None:
        """Close the connections."""
        ...


class Found(Protocol):
    """What a statement of the driver comes to."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...


class PlainConnection(Protocol):
    """The driver's own connection, within a transaction. Values stand where a statement has `?`."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Found:
        """Run a statement."""
        ...

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> object:
        """Run a statement for each row of values."""
        ...


class Changing(Transactions, Protocol):
    """Begins transactions that change something."""

    def begin_plain(self, *, synchronous: Synchronous = "FULL") -> AbstractContextManager[PlainConnection]:
        """Return a transaction on the driver's own connection, where a statement costs a tenth.

        With `NORMAL` its commit survives the death of this process, and a power cut only from the next `FULL` one on.
        Raises StorageUnavailable when it cannot be stored.
        """
        ...

    def lock_heads(self, connection: PlainConnection, account_ids: Iterable[str]) -> None:
        """Have nobody else add to the chains of accounts until the transaction ends."""
        ...

    def hold_together(self) -> AbstractContextManager[None]:
        """Return a block whose transactions, of one thread, are stored with one commit."""
        ...


class WritingConnection(sqlite3.Connection):
    """The connection that changes are made on. While a thread holds them together each is a savepoint of its own."""

    held_by = 0
    """The thread that holds; 0 for none."""
    _depth = 0

    def begin(self, wait: Callable[[Callable[[], object]], None]) -> None:
        """Begin a transaction with the write lock, which is waited for; within one that is held, a part of it."""
        if not self.held_by:
            wait(lambda: self.execute("BEGIN IMMEDIATE"))
            return
        self.check_transaction()
        self.execute("SAVEPOINT held")
        self._depth += 1

    def commit(self) -> None:
        """Store the transaction, or leave its part with what is held."""
        if not self._depth:
            self._end(super().commit)
            return
        self.execute("RELEASE held")
        self._depth -= 1

    def rollback(self) -> None:
        """Take the transaction back, or its part; SQLite may have taken back all of it, as on a full disk."""
        if not self._depth:
            self._end(super().rollback)
            return
        self._depth -= 1
        if self.in_transaction:
            self.execute("ROLLBACK TO held")
            self.execute("RELEASE held")

    def _end(self, end: Callable[[], None]) -> None:
        """End a transaction, but not what is held: SQLAlchemy takes back whatever there is when it first connects."""
        if not self.held_by:
            end()

    def check_transaction(self) -> None:
        """Raise StorageUnavailable when SQLite has taken back what is held."""
        if not self.in_transaction:
            raise sqlite.explain_failed_write("What was to be stored together with it could not be stored.")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold together what this thread changes while a block runs."""
        self.held_by = threading.get_ident()
        try:
            yield
        finally:
            self.held_by = self._depth = 0
        self.check_transaction()

    @contextmanager
    def wait_for_disk(self, synchronous: Synchronous) -> Iterator[None]:
        """Have commits of a block wait for the disk (`FULL`), or not (`NORMAL`)."""
        if synchronous == "NORMAL":
            self.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            if synchronous == "NORMAL":
                self.execute("PRAGMA synchronous=FULL")


class Reading:
    """Transactions that only read. A thread that holds changes together reads what they have changed."""

    def __init__(self, path: Path, files: Files, writing: Writing) -> None:
        self._files = files
        self._writing = writing
        self._engine = _engine(path)
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a transaction for a block. Raises StorageUnavailable when the file cannot be read."""
        if self._writing.is_held_here():
            with self._writing.begin() as connection:
                yield connection
            return
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
        self._path = path
        self._files = files
        self._condition = condition
        self._one = threading.RLock()
        self._plain: WritingConnection | None = None
        self._engine = create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=StaticPool,
            pool_reset_on_return=None,  # every transaction here ends before its connection is given back
            hide_parameters=True,
        )
        event.listen(self._engine, "begin", lambda _connection: self._connect().begin(self._wait_for_lock))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a transaction for a block. Raises StorageUnavailable when it cannot be stored."""
        with self._watch(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def begin_plain(self, *, synchronous: Synchronous = "FULL") -> Iterator[sqlite3.Connection]:
        """Yield a transaction on the driver's own connection: a statement costs a tenth there.

        With `NORMAL` its commit survives the death of this process, and a power cut only from the next `FULL` one on.
        Raises StorageUnavailable when it cannot be stored.
        """
        with self._watch():
            connection = self._connect()
            with connection.wait_for_disk(synchronous):
                connection.begin(self._wait_for_lock)
                try:
                    yield connection
                    connection.commit()
                except BaseException:
                    connection.rollback()
                    raise

    @contextmanager
    def hold_together(self) -> Iterator[None]:
        """Hold the transactions of a block together: they are stored with it, or none is. For one thread.

        One that fails within takes back only itself. Raises StorageUnavailable.
        """
        with self.begin_plain(), self._connect().hold():
            yield

    def lock_heads(self, connection: PlainConnection, account_ids: Iterable[str]) -> None:
        """Do nothing: whoever changes has the whole file."""

    def is_held_here(self) -> bool:
        """Return whether this thread holds changes together."""
        return self._plain is not None and self._plain.held_by == threading.get_ident()

    def _connect(self) -> WritingConnection:
        if self._plain is None:
            self._plain = sqlite.connect_as(WritingConnection, self._path, 0)
        return self._plain

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
        if self._plain is not None:
            self._plain.close()
            self._plain = None

    def _check_files(self) -> None:
        if reason := self._files.find_fault():
            self._condition.note_failure(reason)
            raise sqlite.explain_failed_write(reason)

    def _wait_for_lock(self, begin: Callable[[], object]) -> None:
        wait = LockWait(self._condition)
        while True:
            try:
                begin()
                return
            except (OperationalError, sqlite3.OperationalError) as error:
                if not wait.pause(_original(error)):
                    raise


def _engine(path: Path) -> Engine:
    return create_engine(
        "sqlite://",
        creator=lambda: sqlite.connect(path, READING_MILLISECONDS),
        poolclass=QueuePool,
        hide_parameters=True,
    )


def _original(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error
