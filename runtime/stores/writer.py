"""The one thread of a process that changes the database.

SQLite has one writer at a time. Threads that wait for each other in SQLite do so by sleeping, unfairly, and occupy the
threads that everything else shares. Here they wait in a queue, in order, without a thread; the queue and the time
spent in it are bounded, and what does not begin in time is refused with nothing changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from runtime.stores.sqlite import explain_failed_write

T = TypeVar("T")

MOST_WAITING = 256
"""About a second of work, at some 4 ms for a commit that is on the disk."""
LONGEST_WAIT = 5.0
"""Seconds until a change must have begun: less than clients wait, more than one wait for a lock of another process."""
LONGEST_WRITE = 10.0
"""Seconds after which a write under way counts as stuck: five times what it may wait for a lock."""
_OVERLOADED = "Too many changes wait to be stored."
_SLOW = "Changes take too long to be stored."


class Writer:
    """Runs changes one after the other. `run` is for the event loop's thread only."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._waiting = 0
        self._began_at: float | None = None

    async def run(self, work: Callable[[], T]) -> T:
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

    def run_later(self, work: Callable[[], object]) -> None:
        """Have a change made that nobody waits for; it is dropped when it fails or the queue is full."""

        def quietly() -> None:
            with contextlib.suppress(Exception):
                work()

        if self._waiting < MOST_WAITING:
            self._submit(quietly)

    def find_fault(self) -> str:
        """Why a change would not begin in time, in a sentence; empty when it would."""
        began_at = self._began_at
        if began_at is not None and time.monotonic() - began_at > LONGEST_WRITE:
            return _SLOW
        return _OVERLOADED if self._waiting >= MOST_WAITING else ""

    def close(self) -> None:
        """Finish what waits, and end the thread."""
        self._executor.shutdown()

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if self._waiting >= MOST_WAITING:
            raise explain_failed_write(_OVERLOADED)
        self._waiting += 1
        submitted = self._executor.submit(self._timed, work)
        submitted.add_done_callback(self._leave)
        return submitted

    def _timed(self, work: Callable[[], T]) -> T:
        self._began_at = time.monotonic()
        try:
            return work()
        finally:
            self._began_at = None

    def _leave(self, _done: Future[T]) -> None:
        self._waiting -= 1


def _retrieve(future: asyncio.Future[T]) -> None:
    """Look at the outcome, so that one whose caller has gone is not reported as never retrieved."""
    if not future.cancelled():
        future.exception()
