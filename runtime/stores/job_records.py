"""The records of jobs: work that was asked for in the transaction of a change, until it is done; and who does it.

Called by `jobs`. A job stays here until its last step is done, so that what is to be done does not depend on the
database of the library that does it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count

from sqlalchemy import Connection, delete, or_, select, text, update

from runtime.events import DueJob, NewJob
from runtime.stores.job_tables import JOB, JOB_EXECUTOR
from runtime.stores.record_base import RecordBase, as_json

_ADD = text(
    "INSERT INTO job (id, name, args, tenant_id, at, tries) VALUES (:id, :name, :args, :tenant_id, :at, 0) "
    "ON CONFLICT (id) DO UPDATE SET at = excluded.at WHERE job.handed_over_at IS NULL"
)
"""A job that is there already may begin at another time, until it was handed over."""
_CLAIM = text("INSERT INTO job_executor VALUES (:number, :owner, :until) ON CONFLICT (number) DO NOTHING")


def add_job(connection: Connection, job: NewJob) -> None:
    """Store a job with what else the transaction stores."""
    values = {"id": job.id, "name": job.name, "tenant_id": job.tenant_id, "at": job.at}
    connection.execute(_ADD, values | {"args": as_json(dict(job.args))})


class JobRecords(RecordBase):
    """Stores jobs until they are done, and claims the names under which processes do them."""

    def add_job(self, job: NewJob) -> None:
        """Store a job."""
        with self._engine.begin() as connection:
            add_job(connection, job)

    def list_due_jobs(self, now: float, stale: float, limit: int) -> list[DueJob]:
        """Return jobs that are due and not handed over, or were so before a time and are still not done."""
        waits = or_(JOB.c.handed_over_at.is_(None), JOB.c.handed_over_at <= stale)
        columns = (JOB.c.id, JOB.c.name, JOB.c.args, JOB.c.tenant_id, JOB.c.tries)
        wanted = select(*columns).where(JOB.c.at <= now, waits).order_by(JOB.c.at).limit(limit)
        with self._reading.begin() as connection:
            return [
                DueJob(row[0], row[1], json.loads(row[2]), *row[3:]) for row in connection.execute(wanted)
            ]

    def note_handed_over(self, jobs: Iterable[DueJob], now: float) -> None:
        """Note that jobs were handed over to be done."""
        with self._engine.begin() as connection:
            for job in sorted(jobs, key=lambda each: each.id):
                change = update(JOB).where(JOB.c.id == job.id, JOB.c.tries == job.tries)
                connection.execute(change.values(tries=job.tries + 1, handed_over_at=now))

    def finish_job(self, job_id: str) -> None:
        """Forget a job that is done."""
        self._change(delete(JOB).where(JOB.c.id == job_id))

    def claim_executor(self, owner: str, now: float, until: float, *, is_alone: bool) -> int:
        """Return the number under which a process does jobs until a time: the least that nobody has.

        A process that `is_alone` has the first one, whatever an earlier process has left there.
        """
        table = JOB_EXECUTOR
        with self._engine.begin() as connection:
            if is_alone:
                connection.execute(delete(table).where(table.c.number == 1))
            free = select(table.c.number).where(table.c.until <= now).order_by(table.c.number)
            for number in connection.execute(free).scalars().all():
                if _take(connection, number, owner, now, until):
                    return int(number)
            while True:
                taken = set(connection.execute(select(table.c.number)).scalars().all())
                number = next(each for each in count(1) if each not in taken)
                if connection.execute(_CLAIM, {"number": number, "owner": owner, "until": until}).rowcount:
                    return number

    def renew_executor(self, number: int, owner: str, until: float) -> bool:
        """Hold a number for longer. False when another process has it by now."""
        table = JOB_EXECUTOR
        mine = update(table).where(table.c.number == number, table.c.owner == owner)
        return self._change(mine.values(until=until))

    def claim_dead_executor(self, owner: str, now: float, until: float) -> int | None:
        """Claim a number whose process has died, so that its jobs are taken over once; None where there is none."""
        table = JOB_EXECUTOR
        with self._engine.begin() as connection:
            dead = select(table.c.number).where(table.c.until <= now).order_by(table.c.number)
            for number in connection.execute(dead).scalars().all():
                if _take(connection, number, owner, now, until):
                    return int(number)
        return None

    def release_executor(self, number: int, owner: str) -> None:
        """Give a number up: nothing is left to be taken over under it."""
        table = JOB_EXECUTOR
        self._change(delete(table).where(table.c.number == number, table.c.owner == owner))


def _take(connection: Connection, number: int, owner: str, now: float, until: float) -> bool:
    table = JOB_EXECUTOR
    change = update(table).where(table.c.number == number, table.c.until <= now)
    return connection.execute(change.values(owner=owner, until=until)).rowcount > 0
