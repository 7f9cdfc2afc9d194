"""DBOS as the jobs use it: what is stopped goes on at the next start, and what is done is forgotten in time."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from runtime.events import NewJob
from runtime.jobs import runner
from runtime.jobs.runner import Jobs, make_durable_engine
from runtime.jobs.work import Job, Task
from runtime.settings import Settings
from runtime.stores.embedded import Stores, open_stores
from tests.faults.process import environment
from tests.waiting import wait_until

Step = Callable[[Task], Awaitable[int]]


def make_jobs(stores: Stores, *steps: Step) -> Jobs:
    def register(jobs: Jobs) -> None:
        jobs.add_kind(Job("work", steps))

    return Jobs(stores, make_durable_engine, lambda *_, **__: None, register, is_alone=True)


async def run_until(jobs: Jobs, is_so: Callable[[], bool]) -> None:
    running = asyncio.create_task(jobs.run())
    await asyncio.to_thread(wait_until, is_so)
    running.cancel()
    await jobs.close()


def read_states(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
        return [row[0] for row in connection.execute("SELECT status FROM workflow_status")]
    return []  # it is being made


def test_a_step_that_a_stop_cuts_off_is_no_failure_and_runs_again_and_what_was_done_before_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STOP_SECONDS", 0.2)
    stores = open_stores(Settings.load(environment(tmp_path)), time.time())
    engine = tmp_path / "ledgerport.jobs.sqlite3"
    seen: list[str] = []

    async def first(_task: Task) -> int:
        seen.append("first")
        return 1

    async def hang(_task: Task) -> int:
        seen.append("cut off")
        await asyncio.Event().wait()
        return 2

    async def second(task: Task) -> int:
        seen.append(f"second after {task.answers}")
        return 2

    with closing(stores):
        stores.records.add_job(NewJob("one", "work", {}, 0.0))
        asyncio.run(run_until(make_jobs(stores, first, hang), lambda: "cut off" in seen))
        assert read_states(engine) == ["PENDING"]

        asyncio.run(run_until(make_jobs(stores, first, second), lambda: read_states(engine) == ["SUCCESS"]))

        assert seen == ["first", "cut off", "second after (1,)"]
        assert stores.records.list_due_jobs(time.time(), time.time(), 10) == []


def test_a_step_that_fails_is_run_again_and_what_is_done_is_forgotten_in_time(tmp_path: Path) -> None:
    stores = open_stores(Settings.load(environment(tmp_path)), time.time())
    engine = tmp_path / "ledgerport.jobs.sqlite3"
    tried: list[int] = []

    async def step(_task: Task) -> int:
        tried.append(1)
        if len(tried) == 1:
            raise ConnectionError
        return 1

    async def main() -> None:
        jobs = make_jobs(stores, step)
        running = asyncio.create_task(jobs.run())
        await asyncio.to_thread(wait_until, lambda: read_states(engine) == ["SUCCESS"])
        assert jobs._engine is not None
        await asyncio.to_thread(jobs._engine.forget, 0.0)
        assert read_states(engine) == ["SUCCESS"]
        await asyncio.to_thread(jobs._engine.forget, time.time() + 60)
        assert read_states(engine) == []
        running.cancel()
        await jobs.close()

    with closing(stores):
        stores.records.add_job(NewJob("one", "work", {}, 0.0))
        asyncio.run(main())
    assert len(tried) == 2
