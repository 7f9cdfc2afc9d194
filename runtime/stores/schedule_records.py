"""The records of schedules. `claim_due` makes the runs of those that are due, each once among all processes.

Part of `records`; called by `operations.schedules`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from runtime.model import AuditEntry
from runtime.schedules import ReportRun, Schedule
from runtime.stores.record_base import RecordBase, note
from runtime.stores.report_run_records import store_run
from runtime.stores.schedule_tables import SCHEDULE
from runtime.tenancy import AccountId

MOST_CLAIMED = 50
"""Schedules in one transaction, which holds up other changes of a SQLite file for some milliseconds."""
_COLUMNS = [SCHEDULE.c[each.name] for each in fields(Schedule)]


@dataclass(frozen=True, slots=True)
class Due:
    """What becomes of a schedule that is due: its run, and when it is due next (None: never again)."""

    run: ReportRun
    next_due_at: float | None


class ScheduleRecords(RecordBase):
    """Reads and changes schedules."""

    def add_schedule(self, schedule: Schedule, audit: AuditEntry) -> None:
        """Store a new schedule."""
        with self._engine.begin() as connection:
            connection.execute(insert(SCHEDULE).values(_make_values(schedule)))
            note(connection, audit)

    def count_schedules(self, account_id: AccountId) -> int:
        """Return how many schedules a company has."""
        wanted = select(func.count()).where(SCHEDULE.c.account_id == account_id)
        with self._reading.begin() as connection:
            return int(connection.execute(wanted).scalar_one())

    def list_schedules(self, account_id: AccountId) -> list[Schedule]:
        """Return the schedules of a company, those first that are due first and paused ones last."""
        table = SCHEDULE
        wanted = select(*_COLUMNS).where(table.c.account_id == account_id)
        ordered = wanted.order_by(table.c.next_due_at.is_(None), table.c.next_due_at, table.c.id)
        with self._reading.begin() as connection:
            return [read_schedule(row) for row in connection.execute(ordered)]

    def find_schedule(self, account_id: AccountId, schedule_id: str) -> Schedule | None:
        """Return one schedule of a company. None when there is none."""
        with self._reading.begin() as connection:
            return _find_schedule(connection, schedule_id, account_id)

    def change_schedule(
        self,
        account_id: AccountId,
        schedule_id: str,
        change: Callable[[Schedule], Schedule],
        audit: AuditEntry,
    ) -> Schedule | None:
        """Change a schedule with nobody else changing it meanwhile. None when there is none."""
        with self._engine.begin() as connection:
            found = _find_schedule(connection, schedule_id, account_id, is_changed=True)
            if found is None:
                return None
            changed = change(found)
            wanted = update(SCHEDULE).where(SCHEDULE.c.id == schedule_id)
            connection.execute(wanted.values(_make_values(changed)))
            note(connection, audit)
        return changed

    def delete_schedule(self, account_id: AccountId, schedule_id: str, audit: AuditEntry) -> bool:
        """Forget a schedule with its runs and files. False when there is none."""
        mine = (SCHEDULE.c.account_id == account_id, SCHEDULE.c.id == schedule_id)
        return self._change(delete(SCHEDULE).where(*mine), audit)

    def claim_due(self, now: float, plan: Callable[[Schedule], Due]) -> int:
        """Make the runs of schedules that are due, each with its job, and return how many schedules those were.

        Of several processes each takes other schedules; one that is stopped meanwhile has taken none.
        """
        due = select(*_COLUMNS).where(SCHEDULE.c.next_due_at <= now).order_by(SCHEDULE.c.next_due_at)
        with self._engine.begin() as connection:
            rows = connection.execute(due.limit(MOST_CLAIMED).with_for_update(skip_locked=True)).all()
            for schedule in map(read_schedule, rows):
                planned = plan(schedule)
                store_run(connection, planned.run, now)
                change = update(SCHEDULE).where(SCHEDULE.c.id == schedule.id)
                connection.execute(change.values(next_due_at=planned.next_due_at))
        return len(rows)


def _find_schedule(
    connection: Connection, schedule_id: str, account_id: AccountId, *, is_changed: bool = False
) -> Schedule | None:
    wanted = select(*_COLUMNS).where(SCHEDULE.c.id == schedule_id, SCHEDULE.c.account_id == account_id)
    row = connection.execute(wanted.with_for_update() if is_changed else wanted).first()
    return None if row is None else read_schedule(row)


def read_schedule(row: Any) -> Schedule:
    """Return a schedule from its columns, in the order of the fields."""
    values = {each.name: value for each, value in zip(fields(Schedule), row, strict=True)}
    lists = {name: tuple(values[name].split()) for name in ("formats", "emails")}
    return Schedule(**{**values, **lists, "is_paused": bool(values["is_paused"])})


def _make_values(schedule: Schedule) -> dict[str, Any]:
    values = {each.name: getattr(schedule, each.name) for each in fields(Schedule)}
    lists = {name: " ".join(values[name]) for name in ("formats", "emails")}
    return {**values, **lists, "is_paused": int(schedule.is_paused)}
