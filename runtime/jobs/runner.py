"""Takes due jobs from the records and has them done. One for each process that serves.

Nothing of DBOS is imported before there is a first job: an installation that has none never pays for it. From then on a
process does jobs under a name of its own, `ledgerport-N`, with a number that it claims in the records and renews.
Where it dies, another process claims the number once it is not renewed any more, and does what was under way. Times are
those of each machine's clock, so these must agree to within half of LEASE_SECONDS.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from runtime.errors import StorageUnavailable
from runtime.events import NewJob
from runtime.jobs.work import Caller, Engine, Job, Task
from runtime.logs import Log
from runtime.model import Clock
from runtime.stores.embedded import Stores

T = TypeVar("T")
Register = Callable[["Jobs"], None]
"""Makes the kinds of work known: called in a thread, once there is something to do, because it may import a lot."""
Source = Callable[[float], Awaitable[None]]
"""Makes jobs of what waits elsewhere in the records, at a time; called before due jobs are looked for."""
MakeEngine = Callable[[Stores, Caller, Log], Engine]

POLL_SECONDS = 1.0
"""How late a job may begin; the look is one read of an index."""
LEASE_SECONDS = 60.0
"""How long a number is claimed: a process that is only busy, or waits for a database that restarts, is not taken for
dead, and what a dead one had under way goes on within a minute.
"""
STALE_SECONDS = 3600.0
"""A job that was handed over so long ago and is not done is handed over once more: its steps failed to the end, or the
database of the engine was lost. No job of ours takes minutes.
"""
MOST_AT_ONCE = 100
"""Jobs that are handed over in one pass."""
FORGET_SECONDS = 86_400.0
"""How long the engine remembers what is done: a repeat of a job comes within minutes."""
STOP_SECONDS = 20.0
"""How long a stop waits for the steps under way: as long as the slowest of them takes."""


class Stopped(BaseException):
    """The process stops: no error of a step, so that it is not stored as one. The step is run again."""


class Jobs:
    """The seam for durable work. `register` is called with it once there is something to do."""

    def __init__(
        self,
        stores: Stores,
        make_engine: MakeEngine,
        log: Log,
        register: Register,
        *,
        is_alone: bool,
        clock: Clock = time.time,
    ) -> None:
        self._stores, self._make_engine, self._log, self._clock = stores, make_engine, log, clock
        self._is_alone = is_alone
        self._register: Register | None = register
        self._jobs: dict[str, Job] = {}
        self._sources: list[Source] = []
        self._engine: Engine | None = None
        self._owner = uuid4().hex
        self._number = 0
        self._renewed_at = 0.0
        self._forgot_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[concurrent.futures.Future[Any]] = set()
        self._is_stopping = False

    def add_kind(self, job: Job) -> None:
        """Make a kind of work known."""
        self._jobs[job.name] = job

    def add_source(self, source: Source) -> None:
        """Make known where jobs come from beside `enqueue`."""
        self._sources.append(source)

    async def enqueue(self, job: NewJob) -> None:
        """Have a job done. One with an `id` that is there already is the same job. Raises StorageUnavailable.

        Within a transaction `stores.job_records.add_job` does the same. A job that is to be done once a day, by any of
        several processes, has the day in its id.
        """
        await self._stores.write(lambda: self._stores.records.add_job(job))

    async def run(self) -> None:
        """Have due jobs done, until it is cancelled. What fails is logged when it begins and when it ends.

        The number is held by a task of its own: to hand over many jobs takes longer than a claim may go unrenewed.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(self.run_due))
            group.create_task(self._repeat(self.hold_number))

    async def _repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        was_done = True
        while True:
            is_done = await self._try(work)
            if is_done != was_done:
                self._log("jobs_work_again" if is_done else "jobs_failed")
            was_done = is_done
            await asyncio.sleep(POLL_SECONDS)

    async def _try(self, work: Callable[[], Awaitable[None]]) -> bool:
        try:
            await work()
        except StorageUnavailable:
            return False
        except Exception as error:  # noqa: BLE001  (the engine's own; what is due is tried again)
            self._log("jobs_pass_failed", error=type(error).__name__)
            return False
        return True

    async def run_due(self) -> None:
        """Hand over what is due now. Raises StorageUnavailable."""
        now, self._loop = self._clock(), asyncio.get_running_loop()
        if not await self._stores.look_up.has_work(now):
            return
        if self._register is not None:
            await asyncio.to_thread(self._register, self)
            self._register = None
        for source in self._sources:
            await source(now)
        stores, stale = self._stores, now - STALE_SECONDS
        due = await asyncio.to_thread(lambda: stores.records.list_due_jobs(now, stale, MOST_AT_ONCE))
        if due or await stores.look_up.has_work(now):  # or one that a process which died had begun
            engine = await self._start(now)
        if due:
            await asyncio.to_thread(engine.submit, due)
            await stores.write(lambda: stores.records.note_handed_over(due, now))

    async def close(self) -> None:
        """Let the steps under way come to their end, within a time, and stop."""
        if self._engine is None:
            return
        self._is_stopping = True
        waiting = [asyncio.wrap_future(each) for each in self._under_way]
        if waiting:
            await asyncio.wait(waiting, timeout=STOP_SECONDS)
        for each in tuple(self._under_way):
            each.cancel()
        await asyncio.to_thread(self._engine.stop)
        self._engine = None
        with contextlib.suppress(StorageUnavailable):
            await self._stores.write(lambda: self._renew(self._clock()))

    async def _start(self, now: float) -> Engine:
        if self._engine is None:
            until = now + LEASE_SECONDS
            claim = partial(
                self._stores.records.claim_executor, self._owner, now, until, is_alone=self._is_alone
            )
            self._number = await self._stores.write(claim)
            engine = await asyncio.to_thread(self._make_engine, self._stores, self, self._log)
            await asyncio.to_thread(engine.start, _name(self._number))
            self._engine, self._renewed_at = engine, now
            self._log("jobs_started", executor=_name(self._number))
        return self._engine

    async def hold_number(self) -> None:
        """Renew the claim of the number, and take over what processes that have died had under way.

        Raises StorageUnavailable.
        """
        now = self._clock()
        if self._engine is None or now - self._renewed_at < LEASE_SECONDS / 3:
            return
        if not await self._stores.write(lambda: self._renew(now + LEASE_SECONDS)):
            self._log("jobs_number_lost", executor=_name(self._number))
            engine, self._engine = self._engine, None
            await asyncio.to_thread(engine.stop)
            return
        self._renewed_at = now
        if not self._is_alone:
            await self._take_over(self._engine, now)
        if now - self._forgot_at >= FORGET_SECONDS / 24:
            self._forgot_at = now
            await asyncio.to_thread(self._engine.forget, now - FORGET_SECONDS)

    def _renew(self, until: float) -> bool:
        return self._stores.records.renew_executor(self._number, self._owner, until)

    async def _take_over(self, engine: Engine, now: float) -> None:
        records = self._stores.records
        claim = partial(records.claim_dead_executor, self._owner, now, now + LEASE_SECONDS)
        while (number := await self._stores.write(claim)) is not None:
            await asyncio.to_thread(engine.take_over, _name(number))
            await self._stores.write(partial(records.release_executor, number, self._owner))
            self._log("jobs_taken_over", executor=_name(number))

    def count_steps(self, name: str) -> int:
        """Return how many steps a job has. Raises KeyError for a job that this process does not know."""
        return len(self._jobs[name].steps)

    def run_step(self, name: str, index: int, task: Task) -> Any:
        """Return what a step answers, from the thread that does its job. Raises Stopped when the process stops."""

        async def run() -> Any:
            return await self._jobs[name].steps[index](task)

        return self._wait(run())

    def finish(self, job_id: str) -> None:
        """Note that a job is done."""

        async def finish() -> None:
            await self._stores.write(lambda: self._stores.records.finish_job(job_id))

        self._wait(finish())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        if self._is_stopping:
            work.close()
            raise Stopped
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._under_way.add(future)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise Stopped from None
        finally:
            self._under_way.discard(future)


def _name(number: int) -> str:
    return f"ledgerport-{number}"


def make_durable_engine(stores: Stores, caller: Caller, log: Log) -> Engine:
    """Return the engine over the database beside the records; the first use imports DBOS."""
    from runtime.jobs.durable import DurableEngine, prepare_file

    url = getattr(stores, "url", "")
    return DurableEngine(url or prepare_file(stores.path.with_suffix(".jobs.sqlite3")), caller, log)
