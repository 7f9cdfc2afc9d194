"""The limits of the connections of one server, and the one timer that enforces them.

Called by `bounded_protocol`: uvicorn makes one protocol object for each connection, which asks whether it may be
admitted, and is then looked at now and then. A timer for each request would cost a tenth of a call.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

MIB = 1024 * 1024
"""Bytes."""
REPORT_SECONDS = 60.0
"""A flood must not fill the log as well."""
SORTS_PER_LOOK = 20
"""Sorting 4096 connections takes a millisecond: with one in 50 ms, a flood costs 2 % of the processor."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection, and all of them together, may take. Sizes in bytes, times in seconds."""

    connections: int = 4096
    """One costs about 10 KiB here and one file descriptor; `serve` lowers it to what the system grants."""
    surplus: int = 64
    """So many more are accepted, to be answered 503; beyond them a connection is closed without an answer."""
    head_seconds: float = 15.0
    """For the whole head, from the connection or its first byte on. A head is one packet: 15 s are four
    retransmissions of it.
    """
    body_seconds: float = 30.0
    """For a body, and one second more for each `slowest_body` bytes of it that came."""
    slowest_body: int = 64 * 1024
    """Half a megabit per second: what a poor mobile link still does."""
    stall_seconds: float = 30.0
    """How long a client may take nothing of its response."""
    slowest_reader: int = 4 * 1024
    """A client that takes its response more slowly than this counts as one that does not read it."""
    drain_seconds: float = 30.0
    """How long the rest of a request is read and dropped after an early response, so that the client gets to read it:
    closing earlier resets the connection. The values are those of nginx (`lingering_time`, `lingering_timeout`).
    """
    drain_silence: float = 5.0
    drain_bytes: int = 128 * MIB
    """More than the largest form with a file (101 MB): one that is refused early is read to its end."""
    stop_seconds: float = 5.0
    """How long a stop of the server waits for a client that takes nothing of its response."""
    stop_drain_seconds: float = 1.0
    """And for the rest of a request that was refused."""
    url_bytes: int = 8 * 1024
    """What Apache and nginx take; ours are below 100 bytes, a query of the reference pages below 1 KiB."""
    head_bytes: int = 64 * 1024
    """Browsers with many cookies send up to 16 KiB; Node takes 16, nginx 32."""
    fields: int = 100
    """What Apache takes; clients of MCP send about 15."""
    pipelined: int = 16
    """Requests that wait on one connection. No client of MCP pipelines at all."""
    received_bytes: int = 256 * MIB
    """Of requests that are in memory and not answered yet, all connections together."""
    look_seconds: float = 1.0
    """How often the connections are looked at; every time above may take so much longer."""


@dataclass(slots=True)
class Reader:
    """What a client had left unread at the last look, in bytes, and since when it has read too little."""

    unsent: int = 0
    since: float = 0.0


class Connection(Protocol):
    """What is known of a connection here."""

    def look(self, now: float) -> None:
        """Act when a limit is exceeded. `now` is of the event loop's clock."""

    def get_idle_since(self) -> float:
        """Since when nothing has been asked on it; infinite while anything is under way."""

    def close_idle(self) -> None:
        """Close it."""


class Connections:
    """The connections of one server."""

    def __init__(self, limits: Limits, report: Callable[[str], None] | None = None) -> None:
        self.limits = limits
        self.received = 0
        """Bytes of requests in memory that are not answered yet."""
        self.stopped_at = math.inf
        self._open: set[Connection] = set()
        self._refused: set[Connection] = set()
        self._idle: Iterator[tuple[float, Connection]] = iter(())
        self._sorted_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._report = report
        self._reported_at = -math.inf

    def admit(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> bool | None:
        """Whether a new connection is served; None when it is not even answered.

        Over the limit the one that has been idle the longest is closed in favour of the new one.
        """
        self._open.add(connection)
        if self._timer is None:
            self._timer = loop.call_later(self.limits.look_seconds, self._look, loop)
        if len(self._open) - len(self._refused) <= self.limits.connections or self._close_idle(loop.time()):
            return True
        self._report_full(loop.time())
        self._refused.add(connection)
        return False if len(self._refused) <= self.limits.surplus else None

    def forget(self, connection: Connection) -> None:
        """Take note that a connection has ended."""
        self._open.discard(connection)
        self._refused.discard(connection)

    def count_open(self) -> int:
        """Return how many connections are open."""
        return len(self._open)

    def stop(self, now: float) -> None:
        """Take note that the server stops: from now on nobody who does not read is waited for."""
        self.stopped_at = min(now, self.stopped_at)

    def is_stopping(self) -> bool:
        """Whether the server stops."""
        return self.stopped_at < math.inf

    def is_stalled(self, reader: Reader, unsent: int, now: float) -> bool:
        """Whether a client has not read for too long; it earns time by what it reads. `unsent` are bytes.

        One that has read everything has all its time again.
        """
        if not reader.unsent or not unsent:
            reader.since = now
        elif unsent < reader.unsent:
            reader.since = min(now, reader.since + (reader.unsent - unsent) / self.limits.slowest_reader)
        reader.unsent = unsent
        if self.is_stopping():
            return now >= max(reader.since, self.stopped_at) + self.limits.stop_seconds
        return now >= reader.since + self.limits.stall_seconds

    def is_drained(self, taken: float, silent: float) -> bool:
        """Whether enough of the rest of a request was waited for, after so many seconds, the last of them silent."""
        if self.is_stopping():
            return taken >= self.limits.stop_drain_seconds
        return taken >= self.limits.drain_seconds or silent >= self.limits.drain_silence

    def _report_full(self, now: float) -> None:
        if self._report and now - self._reported_at >= REPORT_SECONDS:
            self._reported_at = now
            self._report("connections_full")

    def _close_idle(self, now: float) -> bool:
        """Close the longest idle connection, if there is one. All are sorted once for many that are closed."""
        if self._close_first():
            return True
        if now - self._sorted_at < self.limits.look_seconds / SORTS_PER_LOOK:
            return False
        self._sorted_at = now
        found = [(each.get_idle_since(), each) for each in self._open]
        self._idle = iter(sorted((pair for pair in found if pair[0] < math.inf), key=lambda pair: pair[0]))
        return self._close_first()

    def _close_first(self) -> bool:
        for since, connection in self._idle:
            if connection.get_idle_since() == since:
                connection.close_idle()
                return True
        return False

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._open:
            self._timer = loop.call_later(self.limits.look_seconds, self._look, loop)
        now = loop.time()
        for connection in list(self._open):
            connection.look(now)
