"""What is asked for is done, once, and nothing is loaded for it before there is something to do."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from runtime.events import DueJob, Event, NewJob
from runtime.jobs.runner import LEASE_SECONDS, STALE_SECONDS, Jobs
from runtime.jobs.work import Caller, Job, Task
from runtime.logs import Log
from runtime.settings import Settings
from runtime.stores.embedded import Stores, open_stores
from tests.faults.process import ROOT, environment, serving
from tests.waiting import wait_until

NOON = 1_800_000_000.0


class HandEngine:
    """Does jobs when it is asked to, in the order in which they came."""

    def __init__(self, _stores: Stores, caller: Caller, _log: Log) -> None:
        self.caller = caller
        self.executor = ""
        self.submitted: list[DueJob] = []
        self.taken_over: list[str] = []
        self.forgotten: list[float] = []
        self.is_stopped = False

    def start(self, executor: str) -> None:
        self.executor = executor

    def submit(self, jobs: Sequence[DueJob]) -> None:
        known = {each.workflow_id for each in self.submitted}
        self.submitted += [each for each in jobs if each.workflow_id not in known]

    def take_over(self, executor: str) -> None:
        self.taken_over.append(executor)

    def forget(self, until: float) -> None:
        self.forgotten.append(until)

    def stop(self) -> None:
        self.is_stopped = True

    def work(self) -> None:
        """Do all that was submitted, in a thread."""
        for job in self.submitted:
            answers: tuple[Any, ...] = ()
            for index in range(self.caller.count_steps(job.name)):
                answers = (*answers, self.caller.run_step(job.name, index, Task(job.id, job.args, answers)))
            self.caller.finish(job.id)


class Place:
    """A process that does jobs, over a database, with a clock that is set by hand."""

    def __init__(self, stores: Stores, *, is_alone: bool = True) -> None:
        self.stores = stores
        self.now = NOON
        self.engines: list[HandEngine] = []
        self.lines: list[str] = []
        self.seen: list[tuple[str, tuple[Any, ...]]] = []
        self.jobs = Jobs(
            stores, self.make_engine, lambda event, **_: self.lines.append(event), self.register,
            is_alone=is_alone, clock=lambda: self.now,
        )  # fmt: skip

    def make_engine(self, stores: Stores, caller: Caller, log: Log) -> HandEngine:
        self.engines.append(HandEngine(stores, caller, log))
        return self.engines[-1]

    @property
    def engine(self) -> HandEngine:
        return self.engines[-1]

    def register(self, jobs: Jobs) -> None:
        async def first(task: Task) -> int:
            self.seen.append((task.id, task.answers))
            return int(task.args["number"]) + 1

        async def second(task: Task) -> None:
            self.seen.append((task.id, task.answers))

        jobs.add_kind(Job("count", (first, second)))

    def run(self, *, works: bool = False) -> None:
        async def run() -> None:
            await self.jobs.run_due()
            await self.jobs.hold_number()
            if works:
                await asyncio.to_thread(self.engine.work)
            await self.stores.disconnect()

        asyncio.run(run())

    def enqueue(self, *jobs: NewJob) -> None:
        async def enqueue() -> None:
            for each in jobs:
                await self.jobs.enqueue(each)

        asyncio.run(enqueue())


@pytest.fixture
def make_place(tmp_path: Path, database: dict[str, str]) -> Iterator[Callable[..., Place]]:
    settings = Settings.load(environment(tmp_path, **database))
    opened: list[Stores] = []

    def make(**more: Any) -> Place:
        opened.append(open_stores(settings, NOON))
        return Place(opened[-1], **more)

    yield make
    for each in opened:
        each.close()


def test_a_job_is_handed_over_once_when_it_is_due_and_forgotten_when_its_last_step_is_done(
    make_place: Callable[..., Place],
) -> None:
    place = make_place()
    later = NewJob("later", "count", {"number": 1}, NOON + 60)
    place.enqueue(NewJob("now", "count", {"number": 7}, NOON), later, later)

    place.run()
    place.run(works=True)

    assert [each.id for each in place.engine.submitted] == ["now"]
    assert place.seen == [("now", ()), ("now", (8,))]
    place.now += 60
    place.run()
    assert [each.id for each in place.engine.submitted] == ["now", "later"]
    assert len(place.engines) == 1


def test_nothing_is_started_while_there_is_nothing_to_do(make_place: Callable[..., Place]) -> None:
    place = make_place()
    place.enqueue(NewJob("later", "count", {"number": 1}, NOON + 60))
    place.run()
    assert place.engines == [] and place.jobs.count_steps.__self__._jobs == {}  # type: ignore[attr-defined]


def test_what_was_handed_over_to_a_process_that_died_starts_the_next_one(
    make_place: Callable[..., Place],
) -> None:
    dead, living = make_place(), make_place()
    dead.enqueue(NewJob("one", "count", {"number": 1}, NOON))
    dead.run()

    living.run()

    assert living.engine.executor == dead.engine.executor == "ledgerport-1", (
        "DBOS takes its own work up again"
    )
    assert living.engine.submitted == []


def test_a_job_that_is_not_done_long_after_is_handed_over_once_more(make_place: Callable[..., Place]) -> None:
    place = make_place()
    place.enqueue(NewJob("one", "count", {"number": 1}, NOON))
    place.run()
    place.now += STALE_SECONDS - 1
    place.run()
    assert len(place.engine.submitted) == 1
    place.now += 1
    place.run()
    place.run()
    assert [each.workflow_id for each in place.engine.submitted] == ["one:0", "one:1"]


def test_two_processes_have_two_numbers_and_the_living_one_takes_over_that_of_the_dead_one_once(
    make_place: Callable[..., Place],
) -> None:
    dead, living, third = (make_place(is_alone=False) for _ in range(3))
    dead.enqueue(NewJob("one", "count", {"number": 1}, NOON))
    for each in (dead, living, third):
        each.run()
    assert [each.engine.executor for each in (dead, living, third)] == [
        "ledgerport-1", "ledgerport-2", "ledgerport-3",
    ]  # fmt: skip

    for seconds in (LEASE_SECONDS / 2, LEASE_SECONDS + 1):
        for each in (living, third):
            each.now = NOON + seconds
            each.run()

    assert living.engine.taken_over + third.engine.taken_over == ["ledgerport-1"]
    fourth = make_place(is_alone=False)
    fourth.now = living.now
    fourth.run()
    assert fourth.engine.executor == "ledgerport-1"
    dead.now = NOON + LEASE_SECONDS + 2
    dead.run()
    assert dead.engines[0].is_stopped, "it was only slow, and another has its number"
    assert "jobs_number_lost" in dead.lines
    dead.run()
    assert dead.engine.executor == "ledgerport-4"


def test_of_many_that_take_over_each_number_goes_to_one(make_place: Callable[..., Place]) -> None:
    place = make_place()
    records = place.stores.records
    for owner in range(20):
        records.claim_executor(f"dead{owner}", NOON, NOON + 1, is_alone=False)

    def take_all(owner: int) -> list[int]:
        claim = partial(records.claim_dead_executor, f"living{owner}", NOON + 2, NOON + 60)
        return list(iter(claim, None))

    with ThreadPoolExecutor(6) as threads:
        taken = [number for numbers in threads.map(take_all, range(6)) for number in numbers]

    assert sorted(taken) == list(range(1, 21))


def test_a_stop_gives_the_number_free_at_once(make_place: Callable[..., Place]) -> None:
    first, second = make_place(is_alone=False), make_place(is_alone=False)
    first.enqueue(NewJob("one", "count", {"number": 1}, NOON))

    async def run_and_stop() -> None:
        await first.jobs.run_due()
        await first.jobs.close()
        await first.stores.disconnect()

    asyncio.run(run_and_stop())
    second.now += 1
    second.run()

    assert first.engine.is_stopped
    assert second.engine.executor == "ledgerport-1"


def test_the_engine_forgets_what_was_done_a_day_before(make_place: Callable[..., Place]) -> None:
    place = make_place()
    place.enqueue(NewJob("one", "count", {"number": 1}, NOON))
    place.run()
    place.now += LEASE_SECONDS
    place.run()
    place.run()
    assert place.engine.forgotten == [place.now - 86_400]


def list_libraries(data: Path, *, has_job: bool) -> list[str]:
    """What a process has loaded that looked for work, and did what it found."""
    code = (
        "import asyncio, sys, time\n"
        "from tests.jobs.worker import *\n"
        f"if {has_job}: open_stores(Settings.load(dict(os.environ)), 1.0).records.add_job("
        "__import__('runtime.events').events.NewJob('one', 'steps', {}, 1.0))\n"
        "before = 'dbos' in sys.modules\n"
        "async def main():\n"
        "    stores = open_stores(Settings.load(dict(os.environ)), time.time())\n"
        "    jobs = Jobs(stores, make_durable_engine, lambda *a, **b: None, lambda jobs: None, is_alone=True)\n"
        "    await jobs.run_due()\n"
        "    await jobs.close()\n"
        "asyncio.run(main())\n"
        "print(before, 'dbos' in sys.modules, 'httpx2' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(data),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_library_is_loaded_for_the_first_job_and_not_before(tmp_path: Path) -> None:
    open_stores(Settings.load(environment(tmp_path)), NOON).close()
    assert list_libraries(tmp_path, has_job=False) == ["False", "False", "False"]
    assert not (tmp_path / "ledgerport.jobs.sqlite3").exists()
    assert list_libraries(tmp_path, has_job=True) == ["False", "True", "False"]
    assert (tmp_path / "ledgerport.jobs.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_server_that_has_jobs_to_do_at_its_start_answers_first(tmp_path: Path) -> None:
    stores = open_stores(Settings.load(environment(tmp_path)), time.time())
    with closing(stores):
        stores.records.add_event(Event("account.connected", NOON, {}))
    with serving(tmp_path) as server:
        assert server.health().json()["status"] == "ok"
        wait_until(lambda: not has_waiting(server.database))


def has_waiting(database: Path) -> bool:
    import sqlite3

    with closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("SELECT 1 FROM event WHERE dispatched_at IS NULL").fetchone())
