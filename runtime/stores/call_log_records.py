"""The records of the call log: every call of a tool, for a set time.

Called by `operations.call_log`, which collects them in memory and stores many at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import and_, case, delete, func, literal, select, tuple_

from runtime.stores.record_base import RecordBase
from runtime.stores.tables import CALL_LOG
from runtime.watching.calls import CallerDays, CallFilter, LoggedCall, LogType, StoredCall, ToolCount

MOST_PURGED = 2_000
"""Rows of one transaction of a purge, some 10 ms on SQLite, so that no change waits long for it."""
MOST_TOOLS = 400
"""Tools that are counted apart: more than any catalog has, while a client may call by names that are none of ours."""
_ADD = f"INSERT INTO call_log ({', '.join(LoggedCall._fields)}) VALUES ({', '.join('?' * len(LoggedCall._fields))})"
"""A statement of the driver: SQLAlchemy takes as much processor time again for a row."""
_COLUMNS = tuple(CALL_LOG.c[name] for name in LoggedCall._fields)


class CallSum(NamedTuple):
    """The calls of one of several times: `part` is its place among them."""

    part: int
    calls: int
    errors: int
    slowest_ms: float


class CallMaker(NamedTuple):
    """What the filters of the log offer."""

    log_type: LogType
    caller_id: str
    tool: str
    client_name: str
    error_code: str


CallPosition = tuple[float, int]
"""Where a list goes on: the time and number of the last one seen."""


class CallLogRecords(RecordBase):
    """Adds calls, lists them and forgets the old ones."""

    def add_calls(self, calls: Sequence[LoggedCall]) -> None:
        """Add calls in one transaction, which waits for no disk: a power cut may take the last ones."""
        with self._engine.begin_plain(synchronous="NORMAL") as connection:
            connection.executemany(_ADD, calls)

    def list_calls(self, wanted: CallFilter, before: CallPosition | None, limit: int) -> Sequence[StoredCall]:
        """Return the calls of a time that meet a filter, the newest first."""
        table = CALL_LOG
        asked = select(table.c.id, *_COLUMNS).where(*_conditions(wanted))
        if before is not None:
            asked = asked.where(tuple_(table.c.at, table.c.id) < tuple_(*before))
        asked = asked.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
        with self._reading.begin() as connection:
            return [StoredCall(row[0], LoggedCall(*row[1:])) for row in connection.execute(asked)]

    def count_by_caller(self, account_id: str, bounds: Sequence[float]) -> Sequence[CallerDays]:
        """Return how often each MCP server of an account was called, between each two bounds that follow each other."""
        table = CALL_LOG
        days = [_count(and_(table.c.at >= begin, table.c.at < end)) for begin, end in pairwise(bounds)]
        asked = (
            select(table.c.caller_id, *days, _count(table.c.error_code != ""))
            .where(table.c.account_id == account_id, table.c.log_type == "mcp")
            .where(table.c.at >= bounds[0], table.c.at < bounds[-1])
            .group_by(table.c.caller_id)
        )
        with self._reading.begin() as connection:
            rows = connection.execute(asked).all()
        return [CallerDays(row[0], tuple(map(int, row[1:-1])), int(row[-1])) for row in rows]

    def count_by_tool(self, account_id: str, caller_id: str, since: float) -> Sequence[ToolCount]:
        """Return how often an MCP server of an account called each tool since a time, the most called first."""
        table, number = CALL_LOG, func.count()
        asked = (
            select(table.c.tool, number, _count(table.c.error_code != ""), func.avg(table.c.ms))
            .where(table.c.account_id == account_id, table.c.caller_id == caller_id)
            .where(table.c.log_type == "mcp", table.c.at >= since)
            .group_by(table.c.tool)
            .order_by(number.desc(), table.c.tool)
            .limit(MOST_TOOLS)
        )
        with self._reading.begin() as connection:
            rows = connection.execute(asked).all()
        return [ToolCount(row[0], int(row[1]), int(row[2]), float(row[3])) for row in rows]

    def count_calls_by_time(
        self, wanted: CallFilter, bounds: Sequence[float], most: int
    ) -> Sequence[CallSum]:
        """Return, for each time that begins at one of some bounds, its calls, errors and longest milliseconds.

        Of more calls than a bound only the newest are looked at.
        """
        newest = select(CALL_LOG.c.at, CALL_LOG.c.error_code, CALL_LOG.c.ms).where(*_conditions(wanted))
        found = newest.order_by(CALL_LOG.c.at.desc(), CALL_LOG.c.id.desc()).limit(most).subquery()
        parts = [(found.c.at < end, place) for place, end in enumerate(bounds[1:])]
        part = case(*parts, else_=len(parts)) if parts else literal(0)
        errors = func.sum(case((found.c.error_code != "", 1), else_=0))
        sums = select(part.label("part"), func.count(), errors, func.max(found.c.ms)).select_from(found)
        with self._reading.begin() as connection:
            return [CallSum(*row) for row in connection.execute(sums.group_by("part").order_by("part"))]

    def list_call_makers(self, wanted: CallFilter, most: int) -> Sequence[CallMaker]:
        """Return who called which tool with which program and error, among the newest calls that meet a filter."""
        table = CALL_LOG
        columns = [table.c[name] for name in CallMaker._fields]
        newest = select(*columns).where(*_conditions(wanted)).order_by(table.c.at.desc(), table.c.id.desc())
        with self._reading.begin() as connection:
            found = connection.execute(select(newest.limit(most).subquery()).distinct())
            return [CallMaker(*row) for row in found]

    def list_calls_after(self, number: int, limit: int) -> Sequence[StoredCall]:
        """Return the calls that were stored after the one with this number, the oldest first."""
        asked = select(CALL_LOG.c.id, *_COLUMNS).where(CALL_LOG.c.id > number)
        with self._reading.begin() as connection:
            found = connection.execute(asked.order_by(CALL_LOG.c.id).limit(limit))
            return [StoredCall(row[0], LoggedCall(*row[1:])) for row in found]

    def find_newest_call(self) -> int:
        """Return the number of the call that was stored last; 0 when there is none."""
        with self._reading.begin() as connection:
            found: int | None = connection.execute(select(func.max(CALL_LOG.c.id))).scalar_one()
        return found or 0

    def purge_calls(self, until: float, most: int) -> bool:
        """Forget calls of before a time, and the oldest beyond so many. Return whether there are more of them."""
        table = CALL_LOG
        with self._engine.begin() as connection:
            newest: int = connection.execute(select(func.max(table.c.id))).scalar_one() or 0
            old = select(table.c.id).where(table.c.at < until).order_by(table.c.at).limit(MOST_PURGED)
            surplus = (
                select(table.c.id).where(table.c.id <= newest - most).order_by(table.c.id).limit(MOST_PURGED)
            )
            removed = [
                connection.execute(delete(table).where(table.c.id.in_(each.scalar_subquery()))).rowcount
                for each in (old, surplus)
            ]
        return max(removed) >= MOST_PURGED


def _count(condition: Any) -> Any:
    """Return the expression that counts the rows of a group that meet a condition."""
    return func.sum(case((condition, 1), else_=0))


def _conditions(wanted: CallFilter) -> Iterator[Any]:
    table = CALL_LOG
    yield table.c.at >= wanted.since
    yield table.c.at < wanted.until
    for name in ("log_type", "tenant_id", "account_id", "caller_id", "tool", "client_name", "error_code"):
        if value := getattr(wanted, name):
            yield table.c[name] == value
    for name, only in zip(("tenant_id", "account_id"), wanted.reach, strict=True):
        if only is not None:
            yield table.c[name] == only
    if wanted.status:
        yield table.c.error_code == "" if wanted.status == "ok" else table.c.error_code != ""
