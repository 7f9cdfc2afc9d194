"""The one thread of a process that changes the database.

SQLite has one writer at a time. Threads that wait for each other in SQLite do so by sleeping, unfairly, and occupy the
threads that everything else shares. Here they wait in a queue, in order, without a thread; the queue and the time
spent in it are bounded, and what does not begin in time is refused with nothing changed.

What waits when the thread's turn comes is made in one transaction, the commit of which is waited for once; the loop
is woken once for all of it. Called by `embedded`, which says what holds changes together.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from runtime.stores.sqlite import explain_failed_write

T = TypeVar("T")
Together = Callable[[], AbstractContextManager[None]]

MOST_WAITING = 256
"""About a second of work, at some 4 ms for a commit that is on the disk."""
MOST_TOGETHER = 64
"""Changes in one transaction: after that many what is left of a commit for each is less than its statements cost."""
LONGEST_WAIT = 5.0
"""Seconds until a change must have begun: less than clients wait, more than one wait for a lock of another process."""
LONGEST_WRITE = 10.0
"""Seconds after which a write under way counts as stuck: five times what it may wait for a lock."""
_OVERLOADED = "Too many changes wait to be stored."
_SLOW = "Changes take too long to be stored."


class _Change:
    """A change that waits, and the future that waits for it; none where nobody does."""

    __slots__ = ("error", "future", "has_begun", "is_alone", "is_dropped", "result", "timer", "work")

    def __init__(
        self, work: Callable[[], Any], future: asyncio.Future[Any] | None, *, is_alone: bool
    ) -> None:
        self.work, self.future, self.is_alone = work, future, is_alone
        self.timer: asyncio.TimerHandle | None = None
        self.has_begun = self.is_dropped = False
        self.result: Any = None
        self.error: BaseException | None = None

    def make(self) -> None:
        """Make it, and note what came of it."""
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            self.error = error

    def answer(self) -> None:
        """Resolve the future, unless its caller has gone."""
        if self.timer is not None:
            self.timer.cancel()
        if self.future is None or self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Runs changes one after the other. `run` and `start` are for the event loop's thread only."""

    def __init__(self, together: Together = contextlib.nullcontext) -> None:
        self._together = together
        self._queue: SimpleQueue[_Change | None] = SimpleQueue()
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._end: Callable[[], object] | None = None
        self._is_closed = False
        self._waiting = 0
        self._began_at: float | None = None

    async def run(self, work: Callable[[], T], *, is_alone: bool = False) -> T:
        """Return the result of a change, which begins within 5 s. Raises StorageUnavailable when it could not begin.

        Once begun it runs to its end, whether or not the caller still waits. One that is alone shares no transaction:
        for what opens the file by itself, or takes long.
        """
        return await self.start(work, is_alone=is_alone)

    def start(self, work: Callable[[], T], *, is_alone: bool = False) -> asyncio.Future[T]:
        """Have a change made, and return the future of its result; see `run`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        future.add_done_callback(_retrieve)
        change = _Change(work, future, is_alone=is_alone)
        if self._is_full():
            future.set_exception(explain_failed_write(_OVERLOADED))
            return future
        change.timer = loop.call_later(LONGEST_WAIT, self._give_up, change)
        self._enter(change)
        return future

    def run_later(self, work: Callable[[], object]) -> None:
        """Have a change made that nobody waits for; it is dropped when it fails or the queue is full."""
        if not self._is_full():
            self._enter(_Change(work, None, is_alone=False))

    def find_fault(self) -> str:
        """Why a change would not begin in time, in a sentence; empty when it would."""
        began_at = self._began_at
        if began_at is not None and time.monotonic() - began_at > LONGEST_WRITE:
            return _SLOW
        return _OVERLOADED if self._is_full() else ""

    def count_waiting(self) -> int:
        """Return how many changes have not been made yet."""
        return self._waiting

    def close(self) -> None:
        """Finish what waits, and end the thread; no change is taken any more."""
        with self._changing:
            self._is_closed = True
        if self._end is not None:
            self._end()

    def _is_full(self) -> bool:
        return self._waiting >= MOST_WAITING

    def _enter(self, change: _Change) -> None:
        with self._changing:
            if self._is_closed:
                raise RuntimeError("the writer is closed")
            if self._thread is None:
                serve = (self._queue, weakref.ref(self))
                self._thread = threading.Thread(target=_serve, args=serve, name="writer", daemon=True)
                self._thread.start()
                self._end = weakref.finalize(self, _end, self._queue, self._thread)
            self._waiting += 1
            self._queue.put(change)

    def _give_up(self, change: _Change) -> None:
        """Drop a change that has not begun in time."""
        with self._changing:
            if change.has_begun:
                return
            change.is_dropped = True
            self._waiting -= 1
        change.error = explain_failed_write(_SLOW)
        change.answer()

    def make(self, changes: Sequence[_Change]) -> None:
        """Make changes, in the thread that writes: in one transaction, but for those that are alone."""
        if len(changes) == 1:
            self._make(changes)
            return
        for is_alone, each in groupby(changes, lambda change: change.is_alone):
            for group in ([one] for one in each) if is_alone else (list(each),):
                self._make(group)

    def _make(self, changes: Sequence[_Change]) -> None:
        begun = list(self._begin(changes))
        if not begun:
            return
        self._began_at = time.monotonic()
        try:
            if len(begun) == 1:
                begun[0].make()
            else:
                self._make_together(begun)
        finally:
            self._began_at = None
            with self._changing:
                self._waiting -= len(begun)
            _answer(begun)

    def _make_together(self, changes: Sequence[_Change]) -> None:
        """Make changes in one transaction; where that is not stored, none of them is."""
        try:
            with self._together():
                for change in changes:
                    change.make()
        except BaseException as error:  # noqa: BLE001 (raised where each is waited for)
            for change in changes:
                change.error = change.error or error

    def _begin(self, changes: Sequence[_Change]) -> Iterator[_Change]:
        with self._changing:
            for change in changes:
                if not change.is_dropped:
                    change.has_begun = True
                    yield change


def _serve(queue: SimpleQueue[_Change | None], of: weakref.ref[Writer]) -> None:
    """Make changes until None comes, all that wait at once. Nothing here holds the writer while it waits."""
    is_open = True
    while is_open:
        found = [queue.get()]
        with contextlib.suppress(Empty):
            while len(found) < MOST_TOGETHER and found[-1] is not None:
                found.append(queue.get_nowait())
        is_open = found[-1] is not None
        if (writer := of()) is not None:
            writer.make([change for change in found if change is not None])
        del writer, found


def _end(queue: SimpleQueue[_Change | None], thread: threading.Thread) -> None:
    """Have what waits made, and the thread end: when the writer is closed, or gone, or the process exits."""
    queue.put(None)
    if thread is not threading.current_thread():
        thread.join()


def _answer(changes: Sequence[_Change]) -> None:
    """Wake each loop that waits, once. One that was closed meanwhile has nobody who waits."""
    waiting = [change for change in changes if change.future is not None]
    loops = {id(loop): loop for loop in (_loop_of(change) for change in waiting)}
    for loop in loops.values():
        mine = [change for change in waiting if _loop_of(change) is loop]
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer_all, mine)


def _answer_all(changes: Sequence[_Change]) -> None:
    for change in changes:
        change.answer()


def _loop_of(change: _Change) -> asyncio.AbstractEventLoop:
    assert change.future is not None
    return change.future.get_loop()


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Look at the outcome, so that one whose caller has gone is not reported as never retrieved."""
    if not future.cancelled():
        future.exception()
