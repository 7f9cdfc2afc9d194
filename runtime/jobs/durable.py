"""Does jobs with DBOS: on a SQLite file of its own when embedded, in the schema `dbos` on PostgreSQL in a fleet.

Importing it takes half a second and more, so that `runner` does so in a thread, once there is a first job. DBOS has one
instance in a process, and so has this.

What it needs to be known of DBOS 3.4: work that a process had begun is taken up only under the same executor id and the
same application version, which it would make of the code; both are given here. Its queue is polled.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, StepOptions

from runtime.events import DueJob
from runtime.jobs.work import Caller, Task
from runtime.logs import Log

QUEUE = "ledgerport"
WORKFLOW = "job"
VERSION = "1"
"""Of what stands between the steps of a job, in `_do`; the jobs themselves have names for that."""
POLL_SECONDS = 0.5
"""How often the queue is asked, which is one read of an index."""
AT_ONCE = 32
"""Jobs at once in one process, each with a thread that waits most of the time."""
AT_ONCE_FOR_TENANT = 8
"""The same for one tenant in all processes, so that a receiver that answers slowly holds up no other tenant's. As many
are begun in one poll, which makes 16 a second.
"""
CONNECTIONS = 4
"""To PostgreSQL, beside those of the records: a step occupies one for a few milliseconds."""
MOST_FORGOTTEN = 500
"""In one transaction."""
STOP_SECONDS = 5.0
"""How long a stop waits for answers to be stored, which takes milliseconds."""
REPEATS: StepOptions = {
    "retries_allowed": True,
    "interval_seconds": 1.0,
    "backoff_rate": 2.0,
    "max_attempts": 9,
}
"""A step that fails is repeated for four minutes, such as while the database restarts."""


class _ToLog(logging.Handler):
    """Sends what DBOS warns of to the log of the server, without what may stand in its traces."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._log("jobs_warning", message=record.getMessage()[:500], error=error)


class DurableEngine:
    """DBOS, as `runner` needs it. `url` is the address of its database."""

    def __init__(self, url: str, caller: Caller, log: Log) -> None:
        self._url, self._caller = url, caller
        self._active = 0
        self._active_ends = threading.Condition()
        logger = logging.getLogger("dbos")
        logger.handlers, logger.propagate = [_ToLog(log)], False

    def start(self, executor: str) -> None:
        """Begin to do jobs under a name, and what was under way under that name first."""
        config: DBOSConfig = {
            "name": QUEUE,
            "system_database_url": self._url,
            "sys_db_pool_size": CONNECTIONS,
            "application_version": VERSION,
            "executor_id": executor,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "use_listen_notify": False,
        }
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW)
        def do(name: str, job_id: str, args: dict[str, Any]) -> None:
            with self._count_active():
                _do(self._caller, name, job_id, args)

        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=AT_ONCE,
            partition_concurrency=AT_ONCE_FOR_TENANT,
            polling_interval_sec=POLL_SECONDS,
        )

    def submit(self, jobs: Sequence[DueJob]) -> None:
        """Have jobs done. One that was submitted already under the same `workflow_id` is not done again."""
        for job in jobs:
            DBOS.enqueue_workflow_with_options(
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": QUEUE,
                    "workflow_id": job.workflow_id,
                    "app_version": VERSION,
                    "queue_partition_key": job.tenant_id,
                },
                job.name,
                job.id,
                dict(job.args),
            )

    def take_over(self, executor: str) -> None:
        """Do what was under way in a process that has died."""
        DBOS._recover_pending_workflows([executor])

    def forget(self, until: float) -> None:
        """Forget what was done until a time."""
        before = datetime.fromtimestamp(until, UTC).isoformat()
        while True:
            found = DBOS.list_workflows(
                status=["SUCCESS", "ERROR", "CANCELLED"], end_time=before, limit=MOST_FORGOTTEN,
                load_input=False, load_output=False,
            )  # fmt: skip
            DBOS.delete_workflows([each.workflow_id for each in found])
            if len(found) < MOST_FORGOTTEN:
                return

    def stop(self) -> None:
        """Take no more jobs, and let go of those under way: they are pending, and taken up again."""
        with self._active_ends:
            self._active_ends.wait_for(lambda: not self._active, STOP_SECONDS)
        DBOS.destroy(destroy_registry=True)

    @contextlib.contextmanager
    def _count_active(self) -> Iterator[None]:
        """Count a job as active, from its first step until the answer of its last one is stored."""
        with self._active_ends:
            self._active += 1
        try:
            yield
        finally:
            with self._active_ends:
                self._active -= 1
                self._active_ends.notify_all()


def _do(caller: Caller, name: str, job_id: str, args: dict[str, Any]) -> None:
    """Run the steps of a job, each of which DBOS runs once, and note that it is done."""
    answers: tuple[Any, ...] = ()
    for index in range(caller.count_steps(name)):
        task = Task(job_id, args, answers)
        options: StepOptions = {"name": f"{name}.{index}", **REPEATS}
        answers = (*answers, DBOS.run_step(options, caller.run_step, name, index, task))
    finish: StepOptions = {"name": "finish", **REPEATS}
    DBOS.run_step(finish, caller.finish, job_id)


def prepare_file(path: Path) -> str:
    """Make the SQLite file of an embedded installation, which only its owner may read, and return its address."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    return f"sqlite:///{path}"
