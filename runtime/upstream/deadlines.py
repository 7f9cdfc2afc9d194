"""One time limit for many requests, watched by a single timer.

All requests have the same time, so they run out in the order in which they began. A timer for each would cost a tenth
of a call, and nearly all of them would be taken back unused.
"""

from __future__ import annotations

import asyncio


class Deadline:
    """The end of one request's time, which is one task's work."""

    __slots__ = ("_task", "_was_cancelling", "at", "is_over")

    def __init__(self, task: asyncio.Task[object], at: float) -> None:
        self.at = at
        self.is_over = False
        self._task = task
        self._was_cancelling = task.cancelling()

    def cancel(self) -> None:
        """Cancel the work."""
        self.is_over = True
        self._task.cancel()

    def is_cause(self) -> bool:
        """Whether a cancellation that arrived is this one alone. It is taken back then; to be asked once."""
        return self.is_over and self._task.uncancel() <= self._was_cancelling


class Deadlines:
    """The deadlines of the requests under way."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> Deadline:
        """Return the time of the current task runs from now on; when it is over, the task is cancelled."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None, "a request is sent by a task"
        deadline = Deadline(task, loop.time() + self.seconds)
        self._running[deadline] = None
        if self._timer is None:
            self._timer = loop.call_at(deadline.at, self._look, loop)
        return deadline

    def end(self, deadline: Deadline) -> None:
        """End it: the work is done, or its time is over."""
        self._running.pop(deadline, None)

    def close(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is over, and look again when the next is."""
        self._timer = None
        while self._running:
            deadline = next(iter(self._running))
            if deadline.at > loop.time():
                self._timer = loop.call_at(deadline.at, self._look, loop)
                return
            del self._running[deadline]
            deadline.cancel()
