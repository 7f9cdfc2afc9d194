"""A bound on work that takes much memory or disk: how many bytes of it the process holds, and how many pieces.

Endpoints hold a share of it while a large body comes in and until it is answered. What goes beyond is refused with
the seconds to wait, so that a client comes back instead of the process running out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runtime.errors import Busy

WAIT_SECONDS = 5
"""What a refused client waits: about what a file of some megabytes takes to arrive and be sent on."""


class Share:
    """What one request holds of a budget."""

    __slots__ = ("_budget", "size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.size = 0

    def grow(self, size: int) -> None:
        """Hold `size` bytes from now on; less than before changes nothing. Raises Busy when they are not free."""
        if size > self.size:
            self._budget.take(size - self.size, is_first=self.size == 0)
            self.size = size


class Budget:
    """The bytes and the number of requests of one kind that are handled at once. One for the process and kind."""

    def __init__(self, most_bytes: int, most: int) -> None:
        self._most_bytes = most_bytes
        self._most = most
        self.bytes = 0
        self.count = 0

    @contextmanager
    def open_share(self) -> Iterator[Share]:
        """Yield a share that is given back when the block ends. Counted with its first byte."""
        share = Share(self)
        try:
            yield share
        finally:
            self.bytes -= share.size
            self.count -= share.size > 0

    def take(self, size: int, *, is_first: bool) -> None:
        """Take bytes. Raises Busy, and takes none then."""
        if self.bytes + size > self._most_bytes or (is_first and self.count >= self._most):
            raise Busy(
                "Too many large files are being sent at once.",
                advice=f"Nothing was sent. Wait {WAIT_SECONDS} seconds, then send it again.",
                retry_after=WAIT_SECONDS,
            )
        self.bytes += size
        self.count += is_first
