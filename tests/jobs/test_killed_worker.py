"""Jobs of several steps go on where they were when a process that does them is killed, on both databases."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.events import NewJob
from runtime.settings import Settings
from runtime.stores.embedded import Stores, open_stores
from tests.engines import running_postgres
from tests.faults.process import ROOT, environment
from tests.jobs.worker import STEPS
from tests.waiting import wait_until

JOBS = 50
LEASE = "9"
SECRET_KEY = base64.b64encode(bytes(range(32))).decode()


@contextmanager
def worker(data: Path, file: Path, *more: str, **variables: str) -> Any:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.worker", str(file), *more],
        cwd=ROOT, env=environment(data, LEDGERPORT_TEST_LEASE=LEASE, **variables),
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def lines(file: Path, kind: str) -> list[tuple[str, str, str]]:
    found = file.read_text().splitlines() if file.exists() else []
    return [tuple(line.split()[1:]) for line in found if line.startswith(f"{kind} ")]  # type: ignore[misc]


def add_jobs(stores: Stores) -> None:
    for each in range(JOBS):
        tenant = f"tenant{each % 10}"
        stores.records.add_job(NewJob(f"job{each}", "steps", {"each": each}, time.time(), tenant))


def check_steps(file: Path, killed: int) -> None:
    """Every step of every job is done; only what the killed process had begun and not stored is done twice."""
    done = Counter((job, step) for job, step, _ in lines(file, "done"))
    assert set(done) == {(f"job{job}", str(step)) for job in range(JOBS) for step in range(STEPS)}
    twice = {key for key, count in done.items() if count > 1}
    by_killed = [key[:2] for key in lines(file, "begun") if key[2] == str(killed)]
    assert twice <= set(by_killed)
    assert all(count <= 2 for count in done.values())
    assert len(twice) <= 32, "at most one step of each job that was under way"


def test_of_two_processes_on_postgresql_one_is_killed_and_the_other_finishes_every_job(
    tmp_path: Path,
) -> None:
    with running_postgres() as postgres, ExitStack() as stack:
        variables = {"LEDGERPORT_DATABASE_URL": postgres.make_database(), "LEDGERPORT_SECRET_KEY": SECRET_KEY}
        stores = open_stores(Settings.load(environment(tmp_path, **variables)), time.time())
        stack.enter_context(closing(stores))
        file = tmp_path / "steps"
        first = stack.enter_context(worker(tmp_path / "one", file, **variables))
        stack.enter_context(worker(tmp_path / "two", file, **variables))
        add_jobs(stores)
        wait_until(lambda: len([1 for _, _, pid in lines(file, "done") if pid == str(first.pid)]) > 10)

        first.kill()
        first.wait()

        wait_until(lambda: not stores.records.list_due_jobs(time.time(), time.time(), 100), patience=120)
        check_steps(file, first.pid)


@pytest.mark.parametrize("after", [1, 60])
def test_an_embedded_process_that_is_killed_finishes_every_job_after_its_restart(
    tmp_path: Path, after: int
) -> None:
    file = tmp_path / "steps"
    stores = open_stores(Settings.load(environment(tmp_path)), time.time())
    with closing(stores):
        add_jobs(stores)
        with worker(tmp_path, file, "alone") as first:
            wait_until(lambda: len(lines(file, "done")) >= after)
            first.kill()
            first.wait()
        with worker(tmp_path, file, "alone"):
            wait_until(lambda: not stores.records.list_due_jobs(time.time(), time.time(), 100), patience=120)
    check_steps(file, first.pid)
