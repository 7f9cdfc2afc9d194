"""Hot state: what changes with every call and need not outlive a restart. The seam, not an implementation.

`hot_memory` serves one process. A fleet needs one that all its processes share; whatever that is, losing it may cost
speed or a count, never a right answer.
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

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Only one holder of a key at a time; the others wait in turn."""
        ...
