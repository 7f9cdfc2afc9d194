"""The records of changes that wait for a person. Part of `records`; called by `operations.approvals`.

Each step of a change is one transaction with its entry in the audit, its event and its job, and is made only where the
change still is in the state that it was decided about: of two who decide at once one finds that it was decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text, true, tuple_, update

from runtime.approval import UNDER_WAY, PendingChange
from runtime.model import McpServerId
from runtime.stores.emitting import emit
from runtime.stores.job_records import add_job
from runtime.stores.pending_steps import Consequences, PendingFilter
from runtime.stores.pending_tables import PENDING_CHANGE
from runtime.stores.record_base import Position, RecordBase, note
from runtime.stores.tables import MCP_SERVER

_NAMES = [each.name for each in fields(PendingChange)]
_COLUMNS = [PENDING_CHANGE.c[name] for name in _NAMES]
_ADD = text(
    f"INSERT INTO pending_change ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "  # noqa: S608
    "ON CONFLICT DO NOTHING"
)
"""A change that is there already stays as it is: the same call again, or an equal one that is still under way."""
_EQUAL = (
    select(*_COLUMNS)
    .where(
        PENDING_CHANGE.c.account_id == bindparam("account"),
        PENDING_CHANGE.c.status == "waiting",
        PENDING_CHANGE.c.tool == bindparam("tool"),
        PENDING_CHANGE.c.record_id == bindparam("record"),
        PENDING_CHANGE.c.expires_at > bindparam("now"),
    )
    .order_by(PENDING_CHANGE.c.created_at.desc(), PENDING_CHANGE.c.id.desc())
    .limit(bindparam("most"))
)
"""Written once: each write that waits asks it."""


class PendingRecords(RecordBase):
    """Reads and changes what waits for a person."""

    def add_pending(self, new: Sequence[tuple[PendingChange, Consequences]]) -> list[PendingChange]:
        """Store changes, all or none, and return what is stored of each: another one where it was there already.

        None is stored, and none returned, where the id of one is that of another call.
        """
        stored: list[PendingChange] = []
        with self._engine.begin() as connection:
            for change, follows in new:
                stored.append(_add(connection, change, follows))
                if stored[-1].fingerprint != change.fingerprint:
                    connection.rollback()
                    return []
        return stored

    def find_pending(self, change_id: str) -> PendingChange | None:
        """Return one pending change, if there is one."""
        with self._reading.begin() as connection:
            return _find(connection, PENDING_CHANGE.c.id == change_id)

    def list_pending_changes(
        self, wanted: PendingFilter, after: Position | None, limit: int
    ) -> list[PendingChange]:
        """Return pending changes, the newest first, `limit` of them behind a position."""
        table = PENDING_CHANGE
        query = select(*_COLUMNS).where(_is_wanted(wanted))
        if after is not None:
            query = query.where(tuple_(table.c.created_at, table.c.id) < tuple_(*after))
        query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
        with self._reading.begin() as connection:
            return [PendingChange(*row) for row in connection.execute(query)]

    def find_newer_pending(self, wanted: PendingFilter, after: Position) -> PendingChange | None:
        """Return the oldest of those pending changes that are newer than a position, if there is one."""
        table = PENDING_CHANGE
        query = select(*_COLUMNS).where(_is_wanted(wanted)).order_by(table.c.created_at, table.c.id).limit(1)
        query = query.where(tuple_(table.c.created_at, table.c.id) > tuple_(*after))
        with self._reading.begin() as connection:
            row = connection.execute(query).first()
        return None if row is None else PendingChange(*row)

    def list_waiting(
        self, account_id: str, tool: str, record_id: str, now: float, most: int
    ) -> list[PendingChange]:
        """Return the waiting changes by one tool of one record, empty for new ones; the newest first."""
        given = {"account": account_id, "tool": tool, "record": record_id, "now": now, "most": most}
        with self._reading.begin() as connection:
            return [PendingChange(*row) for row in connection.execute(_EQUAL, given)]

    def count_pending(self, wanted: PendingFilter, most: int) -> int:
        """Return how many pending changes there are, `most` at the highest."""
        part = select(PENDING_CHANGE.c.id).where(_is_wanted(wanted)).limit(most).subquery()
        with self._reading.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(part)).scalar_one())

    def change_pending(
        self, before: PendingChange, values: Mapping[str, Any], follows: Consequences
    ) -> PendingChange | None:
        """Make a step of a change that is as it was; None where it is not any more, and nothing is stored then."""
        table = PENDING_CHANGE
        wanted = table.c.id == before.id
        as_it_was = and_(wanted, table.c.status == before.status, table.c.version == before.version)
        change = update(table).where(as_it_was).values(version=before.version + 1, **values)
        with self._engine.begin() as connection:
            if not connection.execute(change).rowcount:
                return None
            _carry_out(connection, follows)
            return _find(connection, wanted)

    def find_maker(self, server_id: McpServerId) -> str:
        """Return who made an MCP server: the id of a person, or how the audit names who did; empty if unknown."""
        wanted = select(MCP_SERVER.c.made_by).where(MCP_SERVER.c.id == server_id)
        with self._reading.begin() as connection:
            return connection.execute(wanted).scalar() or ""


def _carry_out(connection: Connection, follows: Consequences) -> None:
    if follows.audit is not None:
        note(connection, follows.audit)
    if follows.event is not None:
        emit(connection, follows.event)
    for job in follows.jobs:
        add_job(connection, job)


def _find(connection: Connection, condition: Any) -> PendingChange | None:
    row = connection.execute(select(*_COLUMNS).where(condition)).first()
    return None if row is None else PendingChange(*row)


def _add(connection: Connection, change: PendingChange, follows: Consequences) -> PendingChange:
    """Store a change, and return it, or the one that is in its place; one that ends meanwhile is in no place."""
    while True:
        if connection.execute(_ADD, asdict(change)).rowcount:
            _carry_out(connection, follows)
            return change
        if (same := _find_same(connection, change)) is not None:
            return same


def _find_same(connection: Connection, change: PendingChange) -> PendingChange | None:
    table = PENDING_CHANGE.c
    alike = and_(
        table.account_id == change.account_id,
        table.caller == change.caller,
        table.fingerprint == change.fingerprint,
        table.status.in_(UNDER_WAY),
    )
    return _find(connection, table.id == change.id) or _find(connection, alike)


def _is_wanted(wanted: PendingFilter) -> Any:
    table = PENDING_CHANGE.c
    conditions: list[Any] = []
    if wanted.account_ids:
        conditions.append(table.account_id.in_(wanted.account_ids))
    if wanted.tenant_id:
        conditions.append(table.tenant_id == wanted.tenant_id)
    if wanted.statuses:
        conditions.append(table.status.in_(wanted.statuses))
    if wanted.batch:
        conditions.append(table.batch == wanted.batch)
    if wanted.until:
        conditions.append(or_(table.status != "waiting", table.expires_at > wanted.until))
    return and_(true(), *conditions)
