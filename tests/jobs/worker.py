"""A process that does jobs of several steps, for tests that kill it: each step adds a line to a file.

`python -m tests.jobs.worker FILE [alone]`, with the variables of a deployment.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from runtime.jobs.runner import Jobs, make_durable_engine
from runtime.jobs.work import Job, Task
from runtime.settings import Settings
from runtime.stores.embedded import open_stores

STEPS = 4
STEP_SECONDS = 0.05


def note(file: str, line: str) -> None:
    """Add a line at once: lines of several processes do not mix."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def make_step(file: str, index: int):
    async def step(task: Task) -> dict[str, int]:
        assert [answer["step"] for answer in task.answers] == list(range(index))
        note(file, f"begun {task.id} {index} {os.getpid()}")
        await asyncio.sleep(STEP_SECONDS)
        note(file, f"done {task.id} {index} {os.getpid()}")
        return {"step": index}

    return step


async def work(file: str, *, is_alone: bool) -> None:
    stores = open_stores(Settings.load(dict(os.environ)), time.time())
    kind = Job("steps", tuple(make_step(file, index) for index in range(STEPS)))
    jobs = Jobs(
        stores,
        make_durable_engine,
        lambda *a, **b: print(*a, b, flush=True),
        lambda jobs: jobs.add_kind(kind),
        is_alone=is_alone,
    )
    print("ready", flush=True)
    await jobs.run()


if __name__ == "__main__":
    if lease := os.environ.pop("LEDGERPORT_TEST_LEASE", ""):
        import runtime.jobs.runner

        runtime.jobs.runner.LEASE_SECONDS = float(lease)
    asyncio.run(work(sys.argv[1], is_alone=sys.argv[2:] == ["alone"]))
