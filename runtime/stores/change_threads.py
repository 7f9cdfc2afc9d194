"""The threads of a process that change a database with many writers.

PostgreSQL takes changes side by side, so several threads make them, where SQLite has one (`writer`). What waits for a
thread waits in a queue, in order; the queue and the time spent in it are bounded, and what does not begin in time is
refused with nothing changed. A change that collided with another one, or lost its connection before it was to be
stored, is made again. Called by `fleet`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from runtime.stores.postgres import Collided, ConnectionLost, explain_failed_write

T = TypeVar("T")

THREADS = 4
"""Changes at once in one process: each waits for a disk of its own kind, and four occupy two cores of PostgreSQL."""
MOST_WAITING = 256
"""Under a second of work, at some 2 ms for a commit that others share."""
LONGEST_WAIT = 5.0
"""Seconds until a change must have begun: less than clients wait, more than one wait for another's rows."""
LONGEST_WRITE = 10.0
"""Seconds after which a change under way counts as stuck: twice what one statement may take."""
ATTEMPTS = 4
"""How often a change is made that collides each time; two that collide once seldom do so again."""
_OVERLOADED = "Too many changes wait to be stored."
_SLOW = "Changes take too long to be stored."


class ChangeThreads:
    """Makes changes. `run` and `start` are for the event loop's thread only."""

    def __init__(self, threads: int = THREADS) -> None:
        self._executor = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="changes")
        self._waiting = 0
        self._counting = threading.Lock()
        self._began: dict[int, float] = {}

    async def run(self, work: Callable[[], T], *, is_alone: bool = False) -> T:  # noqa: ARG002  (each is)
        """Return the result of a change, which begins within 5 s. Raises StorageUnavailable when it could not begin.

        Once begun it runs to its end, whether or not the caller still waits.
        """
        submitted = self._submit(work)
        future = asyncio.wrap_future(submitted)
        future.add_done_callback(_retrieve)
        done, _ = await asyncio.wait((future,), timeout=LONGEST_WAIT)
        if not done and submitted.cancel():
            raise explain_failed_write(_SLOW)
        return await future

    def start(self, work: Callable[[], T], *, is_alone: bool = False) -> asyncio.Future[T]:
        """Have a change made, and return the future of its result; see `run`."""
        return asyncio.ensure_future(self.run(work, is_alone=is_alone))

    def run_later(self, work: Callable[[], object]) -> None:
        """Have a change made that nobody waits for; it is dropped when it fails or the queue is full."""

        def quietly() -> None:
            with contextlib.suppress(Exception):
                work()

        if self._waiting < MOST_WAITING:
            self._submit(quietly)

    def find_fault(self) -> str:
        """Why a change would not begin in time, in a sentence; empty when it would."""
        oldest = min(list(self._began.values()), default=None)
        if oldest is not None and time.monotonic() - oldest > LONGEST_WRITE:
            return _SLOW
        return _OVERLOADED if self._waiting >= MOST_WAITING else ""

    def count_waiting(self) -> int:
        """Return how many changes have not been made yet."""
        return self._waiting

    def close(self) -> None:
        """Finish what waits, and end the threads."""
        self._executor.shutdown()

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if self._waiting >= MOST_WAITING:
            raise explain_failed_write(_OVERLOADED)
        with self._counting:
            self._waiting += 1
        submitted = self._executor.submit(self._make, work)
        submitted.add_done_callback(self._leave)
        return submitted

    def _make(self, work: Callable[[], T]) -> T:
        mine = threading.get_ident()
        self._began[mine] = time.monotonic()
        try:
            return make_again(work)
        finally:
            del self._began[mine]

    def _leave(self, _done: Future[T]) -> None:
        with self._counting:
            self._waiting -= 1


def make_again(work: Callable[[], T]) -> T:
    """Return the result of a change of one transaction, which is made again where nothing of it was stored."""
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(Collided, ConnectionLost):
            return work()
    return work()


def _retrieve(future: asyncio.Future[T]) -> None:
    """Look at the outcome, so that one whose caller has gone is not reported as never retrieved."""
    if not future.cancelled():
        future.exception()
