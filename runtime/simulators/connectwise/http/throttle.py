"""The limit of the service: 1,000 requests a minute, after which a request is refused with the seconds to wait.

Called by `app` before a request reaches the API; changed by `control.control_api`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from runtime.simulators.connectwise.clock import Clock
from runtime.simulators.connectwise.errors import Refusal, make_throttled

WINDOW = 60.0
"""Seconds of the sliding window: the limit is documented by the minute."""


@dataclass
class Throttle:
    """Counts requests and refuses what is too much; `forced` refuses the next ones in any case."""

    clock: Clock
    is_on: bool = True
    per_minute: int = 1_000
    retry_after: int | None = None
    """Seconds in the header; None for those until the window has space."""
    forced: int = 0
    """Requests still to refuse; -1 for all until this is cleared."""
    _seen: deque[float] = field(default_factory=deque)

    def configure(self, values: dict[str, Any]) -> None:
        """Take the named values over; raises ValueError for one that it does not know."""
        for name, value in values.items():
            if type(value) not in SETTINGS.get(name, ()):
                raise ValueError(f"throttle has no {name} of {value!r}; it has {', '.join(SETTINGS)}")
            if type(value) is int and value < (-1 if name == "forced" else 0):
                raise ValueError(f"{name} cannot be negative")
        for name, value in values.items():
            setattr(self, name, value)

    def to_json(self) -> dict[str, Any]:
        """Return the present values."""
        return {name: getattr(self, name) for name in SETTINGS}

    def forget(self) -> None:
        """Empty the window."""
        self._seen.clear()

    def count(self) -> None:
        """Count one request; refuse one too many."""
        now = self.clock.read_seconds()
        if self.forced:
            self.forced -= self.forced > 0
            raise self._refuse(now)
        if not self.is_on:
            return
        while self._seen and self._seen[0] <= now - WINDOW:
            self._seen.popleft()
        if len(self._seen) >= self.per_minute:
            raise self._refuse(now)
        self._seen.append(now)

    def _refuse(self, now: float) -> Refusal:
        oldest = self._seen[0] if self._seen else now
        seconds = max(1, math.ceil(oldest + WINDOW - now))
        return make_throttled(seconds if self.retry_after is None else self.retry_after)


SETTINGS: dict[str, tuple[type, ...]] = {
    "is_on": (bool,), "per_minute": (int,), "retry_after": (int, type(None)), "forced": (int,),
}  # fmt: skip
