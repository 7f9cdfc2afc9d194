"""A process that runs scheduled reports, for tests with several of them: each call adds a line to a file.

`python -m tests.operations.schedule_worker FILE`, with the variables of a deployment.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any

from runtime.deployment import Deployment
from runtime.jobs.runner import Jobs, make_durable_engine
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.schedules.delivering import Delivering
from runtime.operations.schedules.running import ReportRuns, RunParts
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from tests.builtin import builtin_catalog
from tests.jobs.worker import note
from tests.operations.scheduling import HandHook, HandMail, HandReports


class NotedReports(HandReports):
    """Answers a report, and notes the call in the file."""

    async def call(self, *given: Any, **more: Any) -> Any:
        note(sys.argv[1], f"called {os.getpid()}")
        return await super().call(*given, **more)


class NotedMail(HandMail):
    """Takes mail, and notes it in the file."""

    async def send(self, message: Any) -> Any:
        note(sys.argv[1], f"sent {message['Message-ID']}")
        return await super().send(message)


def log(event: str, **about: Any) -> None:
    print(event, about, flush=True)


async def work() -> None:

    settings = Settings.load(dict(os.environ))
    keys = settings.make_keys()
    stores = open_stores(settings, time.time(), keys)
    deployment = Deployment(settings, keys, stores, builtin_catalog)
    delivering = Delivering(deployment, HandHook(), NotedMail())
    parts = RunParts(
        NotedReports(),
        FinishedCalls(log),
        CompanyFactsReader(),
        delivering,
        lambda role, _least, _of: role is not None,
        lambda _role, _least, _of: False,
    )
    runs = ReportRuns(deployment, parts, log)

    def register(jobs: Jobs) -> None:
        jobs.add_kind(runs.job)
        jobs.add_source(runs.dispatch)

    print("ready", flush=True)
    await Jobs(stores, make_durable_engine, log, register, is_alone=False).run()


if __name__ == "__main__":
    asyncio.run(work())
