"""All rows of all tables, out of one database and into another one, whichever kind they are.

Called by `operations.transfer`, which writes and reads the file in between. What is hashed or sealed stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text, update

from runtime.errors import Conflict
from runtime.stores import (  # noqa: F401 - they add to METADATA
    explorer_tables,
    insight_tables,
    journal_tables,
    mapping_tables,
    oauth_tables,
    pending_tables,
    people_tables,
    schedule_tables,
)
from runtime.stores.job_tables import JOB_EXECUTOR
from runtime.stores.record_base import RecordBase
from runtime.stores.tables import DEPLOYMENT, METADATA

TRANSFERRED: tuple[Table, ...] = tuple(
    each for each in METADATA.sorted_tables if each not in (DEPLOYMENT, JOB_EXECUTOR)
)
"""Every table but those of one database: to which secret key it belongs, and which processes serve from it. First
those that others refer to.
"""
ROWS_AT_ONCE = 500
"""Rows of one statement, of some 1 kB each: more of them save no more time."""

Row = tuple[str, Sequence[Any]]
"""The name of a table, and the values of a row in the order of its columns."""


def list_columns(table: Table) -> list[str]:
    """Return the names of the columns of a table, in the order of `Row`."""
    return [str(column.name) for column in table.columns]


class TransferRecords(RecordBase):
    """Reads and writes all rows there are."""

    def export_all(self, begin: Callable[[dict[str, int]], None], take: Callable[[Row], None]) -> None:
        """Hand over the number of rows of each table, and then each row, as all were at one moment."""
        with self._reading.begin() as connection:
            _take_time(connection)
            begin({str(table.name): _count(connection, table) for table in TRANSFERRED})
            for table in TRANSFERRED:
                rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
                for row in rows:
                    take((str(table.name), tuple(row)))

    def import_all(self, rows: Iterable[Row], lasting_key: bytes, *, replaces: bool) -> None:
        """Store rows, which come in the order of `export_all`, in one transaction: all or none.

        `lasting_key` is what hashes in them hang on, sealed.
        Raises Conflict for a database that has records, unless it `replaces` them, and whatever `rows` raises.
        """
        tables = {table.name: table for table in TRANSFERRED}
        with self._engine.begin() as connection:
            _take_time(connection)
            _empty(connection, replaces=replaces)
            for name, group in groupby(rows, lambda row: row[0]):
                columns = list_columns(tables[name])
                while part := [
                    dict(zip(columns, row[1], strict=True)) for row in islice(group, ROWS_AT_ONCE)
                ]:
                    connection.execute(insert(tables[name]), part)
            _advance_numbers(connection)
            connection.execute(update(DEPLOYMENT).values(lasting_key=lasting_key))


def _empty(connection: Connection, *, replaces: bool) -> None:
    for table in reversed(TRANSFERRED):
        if replaces:
            connection.execute(table.delete())
        elif found := _count(connection, table):
            raise Conflict(
                f"The database has records already: {found:,} in the table {table.name}. Nothing was changed.",
                advice="Import into an empty database, or give --replace to lose what is there.",
            )


def _count(connection: Connection, table: Table) -> int:
    found: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return found


def _take_time(connection: Connection) -> None:
    """Have statements run as long as they take: PostgreSQL ends ours after some seconds otherwise."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _advance_numbers(connection: Connection) -> None:
    """Have rows that come later get numbers behind those that came with theirs; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in TRANSFERRED:
        if table.columns[0].identity is not None:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608  (names of ours)
                    f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false)"
                )
            )
