"""Hot state in the memory of one process: exact sliding windows and locks, with nothing stored for idle keys."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from generator.vendor import RateWindow
from runtime.model import WindowCount

_SWEPT_PER_CALL = 2
"""One call adds one key at most, so that idle ones grow fewer."""
MOST_KEYS = 100_000
"""Keys counted at once, about 1 kB each; more accounts than one process serves within a minute. Beyond them the one not
counted for longest is dropped.
"""


@dataclass(slots=True)
class _Calls:
    """The calls of one key: for each window the times of its last `limit` calls, and when it is idle again."""

    windows: Sequence[RateWindow] = ()
    times: list[deque[float]] = field(default_factory=list)
    idle_at: float = 0.0

    def follow(self, windows: Sequence[RateWindow]) -> None:
        """Count in other windows from now on. One that was there before, whatever its name, goes on with its count."""
        known = {
            (each.seconds, each.limit): times for each, times in zip(self.windows, self.times, strict=True)
        }
        self.windows = windows
        self.times = [
            known.get((each.seconds, each.limit)) or deque(maxlen=max(1, each.limit)) for each in windows
        ]


@dataclass(slots=True)
class _Lock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class MemoryHotState:
    """Counts and locks of this process. Everything but waiting for a lock is done without giving way."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._calls: OrderedDict[str, _Calls] = OrderedDict()
        self._locks: dict[str, _Lock] = {}

    async def count(self, key: str, windows: Sequence[RateWindow], now: float) -> list[WindowCount]:
        """Add one call and return what each window holds.

        A window stores as many times as its limit, no more: when it is full, the oldest time stored is the one that
        has to leave before another call fits.
        """
        calls = self._follow(key, windows, now)
        found = []
        for window, times in zip(windows, calls.times, strict=True):
            _follow_clock(times, now)
            gone = now - window.seconds
            while times and times[0] <= gone:
                times.popleft()
            times.append(now)
            calls.idle_at = max(calls.idle_at, now + window.seconds)
            found.append(WindowCount(len(times), times[0] - gone))
        return found

    async def peek(self, key: str, windows: Sequence[RateWindow], now: float) -> list[WindowCount]:
        """Return what each window holds, without adding a call."""
        calls = self._calls.get(key)
        if calls is None:
            return [WindowCount(0, 0.0) for _ in windows]
        if calls.windows is not windows:
            calls.follow(windows)
        return [_held(times, window, now) for window, times in zip(windows, calls.times, strict=True)]

    async def admit(self, key: str, windows: Sequence[RateWindow], now: float) -> float:
        """Add one call where every window has space, and return 0; otherwise how many seconds to wait."""
        self._follow(key, windows, now)
        wait = find_wait(await self.peek(key, windows, now), windows)
        if not wait:
            await self.count(key, windows, now)
        return wait

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """Only one holder of a key at a time; the others wait in turn."""
        entry = self._locks.setdefault(key, _Lock())
        entry.users += 1
        try:
            async with entry.lock:
                yield
        finally:
            entry.users -= 1
            if not entry.users:
                del self._locks[key]

    def find_fault(self) -> str:
        """Return nothing: one process counts all there is."""
        return ""

    async def probe(self) -> None:
        """Do nothing: there is no other server."""

    def __len__(self) -> int:
        """How many keys are stored: bounded by the accounts that called within their longest window."""
        return len(self._calls) + len(self._locks)

    def _follow(self, key: str, windows: Sequence[RateWindow], now: float) -> _Calls:
        """Return the calls of a key, which are now those counted last."""
        self._sweep(now)
        calls = self._calls.get(key)
        if calls is None:
            calls = self._calls[key] = _Calls()
            if len(self._calls) > self._most_keys:
                self._calls.popitem(last=False)
        else:
            self._calls.move_to_end(key)
        if calls.windows is not windows:
            calls.follow(windows)
        return calls

    def _sweep(self, now: float) -> None:
        """Drop the keys that were idle longest, a few at a time: more than one call can add."""
        for _ in range(_SWEPT_PER_CALL):
            if not self._calls:
                return
            key = next(iter(self._calls))
            if self._calls[key].idle_at > now:
                return
            del self._calls[key]


def find_wait(counts: Sequence[WindowCount], windows: Sequence[RateWindow]) -> float:
    """Return in how many seconds every window has space for one more call; 0 when all have it now."""
    full = [
        count.oldest_leaves_in
        for count, window in zip(counts, windows, strict=True)
        if count.used >= max(1, window.limit)
    ]
    return max(full, default=0.0)


def _held(times: deque[float], window: RateWindow, now: float) -> WindowCount:
    _follow_clock(times, now)
    while times and times[0] <= now - window.seconds:
        times.popleft()
    return WindowCount(len(times), max(0.0, times[0] + window.seconds - now) if times else 0.0)


def _follow_clock(times: deque[float], now: float) -> None:
    """After a clock was set back: what was counted last was counted now, so that it leaves its window in time."""
    if times and times[-1] > now:
        ahead = times[-1] - now
        for at, time in enumerate(times):
            times[at] = time - ahead
