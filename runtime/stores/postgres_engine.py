"""The SQLAlchemy engine over PostgreSQL, and how its transactions begin and fail.

Many transactions run at once, in this process and in others. What one reads stays true until it commits only where it
has locked the rows (`SELECT … FOR UPDATE`, in the records). One that only reads sees the database as it was at one
moment. What PostgreSQL reports becomes StorageUnavailable, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any, LiteralString, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, TimeoutError

from runtime.errors import StorageUnavailable
from runtime.stores import postgres
from runtime.stores.condition import Condition
from runtime.stores.engine import Found, PlainConnection, Synchronous
from runtime.stores.grant_changes import is_grant_change

POOL_SIZE = 6
"""Connections that stay open: as many as threads change records, and two for reads."""
OVERFLOW = 4
"""More connections at once. With those of the look-up a process has 14 at most, and PostgreSQL takes 100 by default."""
IDLE_SECONDS = 1.0
"""After how long a connection is asked whether it still answers: a busy one is not, which saves a round trip each time.
"""
POOL_SECONDS = 2.0
"""How long a transaction waits for a connection, as long as for rows that another one holds."""
_BUSY = "Every connection to PostgreSQL is in use."


def make_engine(url: str) -> Engine:
    """Return the engine. A connection that has ended while nobody used it is replaced before it is used."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgres.open_connection(url),
        pool_size=POOL_SIZE,
        max_overflow=OVERFLOW,
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _check_idle)
    event.listen(engine, "after_cursor_execute", _note_statement)
    return engine


def _note_statement(connection: Connection, cursor: Any, statement: str, *_context: Any) -> None:
    if cursor.rowcount and is_grant_change(statement):
        connection.info[_CHANGED] = True


def _note_use(connection: psycopg.Connection[Any] | None, record: Any) -> None:
    record.info["used_at"] = time.monotonic()
    if (
        connection is not None
    ):  # after a read SQLAlchemy has it begin with READ WRITE, whatever the database is set to
        connection.read_only = None


def _check_idle(connection: psycopg.Connection[Any], record: Any, _proxy: Any) -> None:
    """Raise DisconnectionError, on which SQLAlchemy connects anew, for a connection that has ended meanwhile."""
    if time.monotonic() - record.info.get("used_at", time.monotonic()) < IDLE_SECONDS:
        return
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as ended:
        raise DisconnectionError from ended


_CHANGED = "grants_changed"
"""What a connection has noted where its transaction changed rows that processes cache."""
_BEGIN_CHAIN = "INSERT INTO journal_head (account_id, seq, hash) VALUES (?, 0, ?) ON CONFLICT DO NOTHING"
_LOCK_HEAD = "SELECT seq FROM journal_head WHERE account_id = ? FOR UPDATE"
_FIRST = bytes(32)
"""The head of a chain without links: what its first link follows (`journal_records.FIRST`)."""


class PostgresReading:
    """Transactions that only read, each at one moment of the database; or single statements, each for itself."""

    def __init__(self, engine: Engine, *, is_single: bool = False) -> None:
        self._engine = (
            engine.execution_options(isolation_level="AUTOCOMMIT")
            if is_single
            else engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a transaction for a block. Raises StorageUnavailable when the database cannot be read."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except TimeoutError as error:
            raise postgres.explain_failed_read(_BUSY) from error
        except DBAPIError as error:
            if reason := postgres.explain_error(error.orig):
                raise postgres.explain_failed_read(reason) from error
            raise

    def dispose(self) -> None:
        """Close the connections, which are those of the engine."""
        self._engine.dispose()


class PostgresWriting:
    """Transactions that change something. Their outcome is noted in the condition.

    `note_change` is called after each one that may have changed what processes cache (`grant_changes`).
    """

    def __init__(
        self, engine: Engine, condition: Condition, note_change: Callable[[], None] = lambda: None
    ) -> None:
        self._engine = engine
        self._condition = condition
        self._note_change = note_change

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a transaction for a block. Raises StorageUnavailable when it cannot be stored."""
        is_committing = is_changed = False
        try:
            with self._engine.connect() as connection, connection.begin() as transaction:
                connection.info.pop(_CHANGED, None)
                yield connection
                is_committing, is_changed = True, _CHANGED in connection.info
                transaction.commit()
            self._condition.note_success()
        except TimeoutError as error:
            raise postgres.explain_failed_write(_BUSY) from error
        except (DBAPIError, psycopg.Error) as error:
            raise self._explain(error, is_committing=is_committing) from error
        finally:
            if is_changed:
                self._note_change()

    @contextmanager
    def begin_plain(self, *, synchronous: Synchronous = "FULL") -> Iterator[PlainConnection]:
        """Yield a transaction on the driver's own connection.

        With `NORMAL` its commit survives the death of this process, and a crash of the database only from the next
        `FULL` one on. Raises StorageUnavailable when it cannot be stored.
        """
        with self.begin() as connection:
            raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
            if synchronous == "NORMAL":
                raw.execute("SET LOCAL synchronous_commit = off")
            yield _Plain(raw, connection.info)

    def lock_heads(self, connection: PlainConnection, account_ids: Iterable[str]) -> None:
        """Have nobody else add to the chains of accounts until the transaction ends; in one order everywhere."""
        for account_id in sorted(account_ids):
            connection.execute(_BEGIN_CHAIN, (account_id, _FIRST))
            connection.execute(_LOCK_HEAD, (account_id,))

    def hold_together(self) -> AbstractContextManager[None]:
        """Return a block of changes, each with a commit of its own: PostgreSQL shares the waits for its disk itself."""
        return nullcontext()

    def dispose(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _explain(self, error: DBAPIError | psycopg.Error, *, is_committing: bool) -> Exception:
        """Return what a failed transaction raises, and note it where it says something of the database."""
        original = error.orig if isinstance(error, DBAPIError) else error
        reason = postgres.explain_error(original)
        if not reason:
            return error
        if postgres.is_collision(original):
            return postgres.explain_failed_write(reason, postgres.Collided)
        self._condition.note_failure(reason)
        is_lost = postgres.is_connection_lost(original)
        kind = postgres.ConnectionLost if is_lost and not is_committing else StorageUnavailable
        return postgres.explain_failed_write(reason, kind, is_uncertain=is_lost and is_committing)


class _Plain:
    """The driver's connection with `?` where a value stands, as SQLite has it."""

    def __init__(self, connection: psycopg.Connection[Any], noted: dict[Any, Any]) -> None:
        self._connection = connection
        self._noted = noted

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Found:
        """Run a statement."""
        self._note(statement)
        return self._connection.execute(_in_postgresql(statement), values)

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> object:
        """Run a statement for each row of values."""
        self._note(statement)
        self._connection.cursor().executemany(_in_postgresql(statement), rows)
        return None

    def _note(self, statement: str) -> None:
        if is_grant_change(statement):
            self._noted[_CHANGED] = True


@lru_cache
def _in_postgresql(statement: str) -> LiteralString:
    return statement.replace("?", "%s")
