"""The SQLAlchemy engine over the SQLite file, and how its transactions begin.

A transaction that changes takes the write lock when it begins (`BEGIN IMMEDIATE`): what it reads stays true until
it commits, and it waits for other writers instead of failing half way. One that only reads (execution option
`reads`) never waits (write-ahead log).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from runtime.stores import sqlite


def make_engine(path: Path) -> Engine:
    """The engine for one file that `sqlite.bring_up_to_date` has seen."""
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        sqlite.prepare(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
