"""Runs the history of the schema with Alembic. Imported only where there is something to migrate.

Called by `opening` for a SQLite file and by `postgres_opening` for PostgreSQL, within their own transaction and while
they hold the lock that lets one process migrate.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, StaticPool, create_engine, event

from runtime.stores.migrations import FOLDER, VERSION_TABLE, find_newest_version, name_revision


def migrate(connection: Connection, version: int | None = None) -> None:
    """Go forward to a version, or to the newest."""
    command.upgrade(_configure(connection), name_revision(version or find_newest_version()))


def take_over(connection: Connection, version: int) -> None:
    """Note the version of a database that was migrated before there was Alembic, and drop the earlier note of it."""
    command.stamp(_configure(connection), name_revision(version))
    connection.exec_driver_sql("DROP TABLE schema_version")


@contextmanager
def begin_on(connection: sqlite3.Connection) -> Iterator[Connection]:
    """Yield SQLAlchemy's transaction on a connection of the driver; it takes the write lock at once."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as transaction:
        yield transaction


@cache
def list_objects_of(version: int) -> frozenset[tuple[str, str]]:
    """Return the type and name of every table and index that a SQLite file of a version has, without Alembic's own."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        with begin_on(connection) as transaction:
            migrate(transaction, version)
        rows = connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'index') "
            "AND name NOT LIKE 'sqlite_%' AND name != ?",
            (VERSION_TABLE,),
        )
        return frozenset((row[0], row[1]) for row in rows)


def _configure(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config
