"""The SQLAlchemy engine over PostgreSQL, and how its transactions begin and fail.

Many transactions run at once, in this process and in others. What one reads stays true until it commits only where it
has locked the rows (`SELECT … FOR UPDATE`, in the records). One that only reads sees the database as it was at one
moment. What PostgreSQL reports becomes StorageUnavailable, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, TimeoutError

from runtime.errors import StorageUnavailable
from runtime.stores import postgres
from runtime.stores.condition import Condition

POOL_SIZE = 6
"""Connections that stay open: as many as threads change records, and two for reads."""
OVERFLOW = 4
"""More connections at once. With those of the look-up a process has 14 at most, and PostgreSQL takes 100 by default."""
POOL_SECONDS = 2.0
"""How long a transaction waits for a connection, as long as for rows that another one holds."""
_BUSY = "Every connection to PostgreSQL is in use."


def make_engine(url: str) -> Engine:
    """Return the engine. A connection that has ended meanwhile is replaced before it is used."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgres.open_connection(url),
        pool_size=POOL_SIZE,
        max_overflow=OVERFLOW,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
    )


class PostgresReading:
    """Transactions that only read, each at one moment of the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

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
    """Transactions that change something. Their outcome is noted in the condition."""

    def __init__(self, engine: Engine, condition: Condition) -> None:
        self._engine = engine
        self._condition = condition

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a transaction for a block. Raises StorageUnavailable when it cannot be stored."""
        is_committing = False
        try:
            with self._engine.connect() as connection, connection.begin() as transaction:
                yield connection
                is_committing = True
                transaction.commit()
            self._condition.note_success()
        except TimeoutError as error:
            raise postgres.explain_failed_write(_BUSY) from error
        except DBAPIError as error:
            raise self._explain(error, is_committing=is_committing) from error

    def dispose(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _explain(self, error: DBAPIError, *, is_committing: bool) -> Exception:
        """Return what a failed transaction raises, and note it where it says something of the database."""
        if postgres.is_collision(error.orig):
            return postgres.explain_failed_write(postgres.explain_error(error.orig), postgres.Collided)
        reason = postgres.explain_error(error.orig)
        if not reason:
            return error
        self._condition.note_failure(reason)
        if error.connection_invalidated and not is_committing:
            return postgres.explain_failed_write(reason, postgres.ConnectionLost)
        return postgres.explain_failed_write(
            reason, StorageUnavailable, is_uncertain=is_committing and error.connection_invalidated
        )
