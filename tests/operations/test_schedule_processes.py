"""Two processes on PostgreSQL run each due schedule once, also where one of them is killed."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from runtime.schedules import ReportRun
from tests.engines import running_postgres
from tests.faults.process import ROOT, environment
from tests.operations.scheduling import Scheduling, scheduling
from tests.waiting import wait_until

SCHEDULES = 8
SECRET_KEY = base64.b64encode(bytes(range(32))).decode()


@contextmanager
def worker(data: Path, file: Path, variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.operations.schedule_worker", str(file)],
        cwd=ROOT,
        env=environment(data, **variables),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_lines(file: Path, kind: str) -> list[str]:
    found = file.read_text().splitlines() if file.exists() else []
    return [line.partition(" ")[2] for line in found if line.startswith(kind)]


def list_runs(place: Scheduling) -> list[ReportRun]:
    schedules = place.records.list_schedules(place.account_id)
    return [run for each in schedules for run in place.records.list_runs(each.id, 10)]


async def add_overdue(place: Scheduling) -> None:
    """Schedules that were due an hour ago, three days on end, with nobody there to run them."""
    due = time.time() - 3_600
    place.clock.now = due - 3 * 86_400 + 60
    for _ in range(SCHEDULES):
        await place.add(f"{datetime.fromtimestamp(due, UTC):%M %H} * * *", emails="bob@shop.example")


def test_two_processes_run_each_due_schedule_once_for_all_that_were_missed(tmp_path: Path) -> None:
    file = tmp_path / "calls"

    async def story(variables: dict[str, str]) -> None:
        async with scheduling(tmp_path / "test", **variables) as place:
            await add_overdue(place)
            with ExitStack() as stack:
                for name in ("one", "two"):
                    stack.enter_context(worker(tmp_path / name, file, variables))
                all_done = lambda: [run.status for run in list_runs(place)] == ["done"] * SCHEDULES  # noqa: E731
                await asyncio.to_thread(wait_until, all_done, 120)
            assert [run.missed for run in list_runs(place)] == [2] * SCHEDULES

    with running_postgres() as postgres:
        asyncio.run(
            story(
                {
                    "LEDGERPORT_DATABASE_URL": postgres.make_database(),
                    "LEDGERPORT_SECRET_KEY": SECRET_KEY,
                    "LEDGERPORT_SMTP_URL": "smtp://127.0.0.1:2525",
                }
            )
        )
    assert len(read_lines(file, "called")) == SCHEDULES
    sent = Counter(read_lines(file, "sent"))
    assert len(sent) == SCHEDULES and set(sent.values()) == {1}
