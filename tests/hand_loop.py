"""An event loop whose time passes only when nothing else is left to do: waits of minutes take no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Asks for what is ready, and lets the loop's time pass instead of waiting."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.passed += timeout
        return ready


class HandLoop(asyncio.SelectorEventLoop):
    """Begins at 0 seconds."""

    def __init__(self) -> None:
        self.hand = _Selector()
        super().__init__(self.hand)

    def time(self) -> float:
        return self.hand.passed


def run_by_hand(work: Coroutine[Any, Any, Any]) -> Any:
    """The outcome of a coroutine, run in a loop of its own whose time is not that of the clock."""
    with asyncio.Runner(loop_factory=HandLoop) as runner:
        return runner.run(work)
