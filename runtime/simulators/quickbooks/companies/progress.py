"""Showing how far the making of a large company is: a bar on a terminal, plain lines elsewhere.

Called by `companies` while it makes one; the books know nothing of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 30
"""Characters of the bar."""

SECONDS = 5.0
"""Between two plain lines."""


class ProgressReport:
    """Progress on a stream; call it with what is done and what there is in all."""

    def __init__(self, title: str, stream: TextIO, seconds: Callable[[], float] = time.monotonic) -> None:
        self.title, self.stream, self.seconds = title, stream, seconds
        self.is_terminal = stream.isatty()
        self.last: float | None = None
        self.percent = -1

    def __call__(self, done: int, whole: int) -> None:
        """Show the state when it has changed enough to be worth it."""
        percent = 100 if not whole else done * 100 // whole
        if percent == self.percent:
            return
        self.percent = percent
        if self.is_terminal:
            filled = WIDTH * percent // 100
            bar = "#" * filled + "." * (WIDTH - filled)
            self.stream.write(f"\r{self.title} [{bar}] {percent:3d} %" + ("\n" if percent == 100 else ""))
            self.stream.flush()
        elif percent == 100 or self.last is None or self.seconds() - self.last >= SECONDS:
            self.last = self.seconds()
            self.stream.write(f"{self.title}: {percent} %\n")
            self.stream.flush()
