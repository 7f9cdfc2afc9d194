"""Hot state: what changes with every call and need not outlive a restart. The seam, not an implementation.

`hot_memory` serves one process, `hot_redis` all that share a Redis. Losing it may cost speed or a count, never a right
answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from generator.vendor import RateWindow
from runtime.model import WindowCount


class HotState(Protocol):
    """Counts and locks, each under a key that names the account.

    `now` is in seconds of a clock that never goes back: the caller's monotonic clock where one process counts, the
    store's own where many do. A store bounds what it answers all the same: no call leaves a window later than after
    the window's length.
    """

    async def count(self, key: str, windows: Sequence[RateWindow], now: float) -> list[WindowCount]:
        """Add one call at `now` and return what each window then holds, in the order of the windows.

        Calls beyond the limit of a window need not be distinguished: `used` may stop at the limit.
        """
        ...

    async def peek(self, key: str, windows: Sequence[RateWindow], now: float) -> list[WindowCount]:
        """Return what each window holds at `now`, without adding a call."""
        ...

    async def admit(self, key: str, windows: Sequence[RateWindow], now: float) -> float:
        """Add one call where every window has space for it, and return 0.

        Otherwise add nothing, and return in how many seconds there is space. However many ask at once, in however many
        processes, no more are let through than each window's limit.
        """
        ...

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Only one holder of a key at a time in this process; the others wait in turn."""
        ...

    def find_fault(self) -> str:
        """Return why the counts are not those of all processes, in a sentence; empty when they are."""
        ...

    async def probe(self) -> None:
        """Find out whether the counts are those of all processes, for `find_fault`."""
        ...
