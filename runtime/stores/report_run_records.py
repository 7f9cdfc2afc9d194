"""The records of runs: what became of each, to whom it was delivered, and its files, sealed.

Part of `records`; called by `operations.schedules`. A run is stored with the job that does it, in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from runtime.events import NewJob
from runtime.schedules import ReportRun, RunDelivery, RunFile
from runtime.stores.job_records import add_job
from runtime.stores.record_base import RecordBase, as_json
from runtime.stores.schedule_tables import REPORT_RUN, RUN_FILE, SCHEDULE
from runtime.stores.tables import ACCOUNT
from runtime.tenancy import AccountId

RUN_REPORT = "report.run"
"""The name of the job that makes one attempt at a run."""
_COLUMNS = [REPORT_RUN.c[each.name] for each in fields(ReportRun)]
_FILE = [RUN_FILE.c[each.name] for each in fields(RunFile)]


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A new file of a run, and its content, sealed."""

    file: RunFile
    sealed: bytes


class ReportRunRecords(RecordBase):
    """Reads and changes runs and their files."""

    def add_run(self, run: ReportRun, now: float) -> bool:
        """Store a run that a person wants now, with its job. False while another one of the schedule is under way."""
        open_ones = select(REPORT_RUN.c.id).where(
            REPORT_RUN.c.schedule_id == run.schedule_id, REPORT_RUN.c.finished_at.is_(None)
        )
        with self._engine.begin() as connection:
            connection.execute(
                select(SCHEDULE.c.id).where(SCHEDULE.c.id == run.schedule_id).with_for_update()
            )
            if connection.execute(open_ones.limit(1)).first() is not None:
                return False
            store_run(connection, run, now)
        return True

    def find_run(self, run_id: str) -> ReportRun | None:
        """Return a run. None when there is none any more."""
        with self._reading.begin() as connection:
            return _find_run(connection, run_id)

    def list_runs(self, schedule_id: str, limit: int) -> list[ReportRun]:
        """Return the newest runs of a schedule, the newest first."""
        wanted = select(*_COLUMNS).where(REPORT_RUN.c.schedule_id == schedule_id)
        ordered = wanted.order_by(REPORT_RUN.c.created_at.desc(), REPORT_RUN.c.id.desc()).limit(limit)
        with self._reading.begin() as connection:
            return [_read_run(row) for row in connection.execute(ordered)]

    def list_last_runs(self, account_id: AccountId) -> dict[str, ReportRun]:
        """Return the newest run of each schedule of a company, under the id of the schedule."""
        newest = (
            select(REPORT_RUN.c.schedule_id, func.max(REPORT_RUN.c.created_at).label("at"))
            .where(REPORT_RUN.c.schedule_id == SCHEDULE.c.id, SCHEDULE.c.account_id == account_id)
            .group_by(REPORT_RUN.c.schedule_id)
            .subquery()
        )
        is_newest = (
            REPORT_RUN.c.schedule_id == newest.c.schedule_id,
            REPORT_RUN.c.created_at == newest.c.at,
        )
        with self._reading.begin() as connection:
            rows = connection.execute(select(*_COLUMNS).where(*is_newest)).all()
        return {run.schedule_id: run for run in map(_read_run, rows)}

    def change_run(
        self, run_id: str, change: Callable[[ReportRun], ReportRun], files: Sequence[SealedFile] = ()
    ) -> ReportRun | None:
        """Change a run with nobody else changing it meanwhile; None when there is none.

        One that is to be tried again gets the job of that; `files` are stored with it.
        """
        with self._engine.begin() as connection:
            found = _find_run(connection, run_id, is_changed=True)
            if found is None:
                return None
            changed = change(found)
            if changed == found:
                return found
            wanted = update(REPORT_RUN).where(REPORT_RUN.c.id == run_id)
            connection.execute(wanted.values(_make_values(changed)))
            for each in files:
                connection.execute(insert(RUN_FILE).values({**asdict(each.file), "sealed": each.sealed}))
            if changed.next_at is not None and changed.next_at != found.next_at:
                _add_attempt(connection, changed, changed.next_at)
        return changed

    def list_run_files(self, run_ids: Sequence[str]) -> list[RunFile]:
        """Return the files of runs, without their content."""
        wanted = select(*_FILE).where(RUN_FILE.c.run_id.in_(run_ids)).order_by(RUN_FILE.c.name)
        with self._reading.begin() as connection:
            return [RunFile(*row) for row in connection.execute(wanted)]

    def read_run_files(self, run_id: str) -> list[SealedFile]:
        """Return the files of a run with their content."""
        wanted = (
            select(*_FILE, RUN_FILE.c.sealed).where(RUN_FILE.c.run_id == run_id).order_by(RUN_FILE.c.name)
        )
        with self._reading.begin() as connection:
            return [SealedFile(RunFile(*row[:-1]), row[-1]) for row in connection.execute(wanted)]

    def find_run_file(self, account_id: AccountId, run_id: str, file_id: str) -> SealedFile | None:
        """Return one file of a run of a company. None when there is none."""
        mine = (REPORT_RUN.c.account_id == account_id, REPORT_RUN.c.id == run_id, RUN_FILE.c.id == file_id)
        wanted = select(*_FILE, RUN_FILE.c.sealed).join_from(
            RUN_FILE, REPORT_RUN, RUN_FILE.c.run_id == REPORT_RUN.c.id
        )
        with self._reading.begin() as connection:
            row = connection.execute(wanted.where(*mine)).first()
        return None if row is None else SealedFile(RunFile(*row[:-1]), row[-1])

    def forget_old_files(self, schedule_id: str, most: int) -> None:
        """Delete the files of a schedule but those of its newest runs; the runs themselves stay."""
        newest = (
            select(REPORT_RUN.c.id)
            .where(REPORT_RUN.c.schedule_id == schedule_id)
            .order_by(REPORT_RUN.c.created_at.desc(), REPORT_RUN.c.id.desc())
        )
        with self._engine.begin() as connection:
            old = connection.scalars(newest.offset(most).limit(500)).all()
            if old:
                connection.execute(delete(RUN_FILE).where(RUN_FILE.c.run_id.in_(old)))


def store_run(connection: Connection, run: ReportRun, now: float) -> None:
    """Store a run and the job of its first attempt with what else the transaction stores."""
    connection.execute(insert(REPORT_RUN).values(_make_values(run)))
    _add_attempt(connection, run, now)


def _add_attempt(connection: Connection, run: ReportRun, at: float) -> None:
    wanted = select(ACCOUNT.c.tenant_id).where(ACCOUNT.c.id == run.account_id)
    tenant_id = str(connection.execute(wanted).scalar_one())
    number = run.attempts + 1
    args = {"run": run.id, "attempt": number}
    add_job(connection, NewJob(f"{run.id}.{number}", RUN_REPORT, args, at, tenant_id))


def _find_run(connection: Connection, run_id: str, *, is_changed: bool = False) -> ReportRun | None:
    wanted = select(*_COLUMNS).where(REPORT_RUN.c.id == run_id)
    row = connection.execute(wanted.with_for_update() if is_changed else wanted).first()
    return None if row is None else _read_run(row)


def _read_run(row: Any) -> ReportRun:
    values = {each.name: value for each, value in zip(fields(ReportRun), row, strict=True)}
    deliveries = tuple(RunDelivery(**each) for each in json.loads(values["deliveries"]))
    return ReportRun(**{**values, "is_manual": bool(values["is_manual"]), "deliveries": deliveries})


def _make_values(run: ReportRun) -> dict[str, Any]:
    values = {each.name: getattr(run, each.name) for each in fields(ReportRun)}
    deliveries = as_json([asdict(each) for each in run.deliveries])
    return {**values, "is_manual": int(run.is_manual), "deliveries": deliveries}
