"""The service's limits: sliding windows per company, 500 a minute and 10 a second, 40 batches a minute.

Called by `app` before anything else; a request beyond a limit never reaches `http.api`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.faults import Fault, make_throttling_fault


@dataclass
class Throttle:
    """Counts requests per company and refuses what is too much; `forced` refuses the next ones in any case."""

    clock: Clock
    is_on: bool = True
    per_minute: int = 500
    per_second: int = 10
    batches_per_minute: int = 40
    body: str = "xml"
    retry_after: int | None = None
    forced: int = 0
    """Requests still to refuse; -1 for all until this is cleared."""
    _seen: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def configure(self, values: dict[str, Any]) -> None:
        """Take the named values over; raises ValueError for one that it does not know."""
        for name, value in values.items():
            if type(value) not in SETTINGS.get(name, ()):
                raise ValueError(f"throttle has no {name} of {value!r}; it has {', '.join(SETTINGS)}")
            if name == "body" and value not in ("xml", "json"):
                raise ValueError("body is xml or json")
            if type(value) is int and value < (-1 if name == "forced" else 0):
                raise ValueError(f"{name} cannot be negative")
        for name, value in values.items():
            setattr(self, name, value)

    def to_json(self) -> dict[str, Any]:
        """Return the present values."""
        return {name: getattr(self, name) for name in SETTINGS}

    def forget(self) -> None:
        """Empty the windows."""
        self._seen.clear()

    def count(self, realm: str, *, is_batch: bool) -> None:
        """Count one request; raises the throttling fault when it is one too many."""
        if self.forced:
            self.forced -= self.forced > 0
            raise self._fault()
        if not self.is_on:
            return
        now = self.clock.read_seconds()
        windows = [("all", self.per_minute, 60.0), ("burst", self.per_second, 1.0)]
        if is_batch:
            windows.append(("batch", self.batches_per_minute, 60.0))
        queues = [self._window(realm, name, now - length) for name, _, length in windows]
        if any(len(queue) >= limit for queue, (_, limit, _) in zip(queues, windows, strict=True)):
            raise self._fault()
        for queue in queues:
            queue.append(now)

    def _window(self, realm: str, name: str, since: float) -> deque[float]:
        queue = self._seen.setdefault((realm, name), deque())
        while queue and queue[0] <= since:
            queue.popleft()
        return queue

    def _fault(self) -> Fault:
        return make_throttling_fault(self.body, self.retry_after)


SETTINGS: dict[str, tuple[type, ...]] = {
    "is_on": (bool,), "per_minute": (int,), "per_second": (int,), "batches_per_minute": (int,), "body": (str,),
    "retry_after": (int, type(None)), "forced": (int,),
}  # fmt: skip
