"""The load: a client on one event loop with N connections, each sending its next request when it has the whole answer.

Every answer is counted by its Content-Length and must be a success; the first of each connection and one in a hundred
after that are stored whole and judged by the target's `check`. The client says how much of its core it used, so that
one sees that it was not what was measured.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import re
import statistics
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import uvloop

from tests.bench.machine import cpu_seconds

BUFFER = 512 * 1024
FIRST_NUMBER = 1_000_000_000
"""Request numbers have ten digits from here on, so that every request of a target has the same length."""
SAMPLED = 101
LEAST_ANSWERS = 16
LONGEST_STRETCH = 6.0
"""A measurement with too few answers goes on for up to so many times its length."""
DEADLINE_SECONDS = 60.0

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
Value = TypeVar("Value")


class Wrong(Exception):
    """A server did not answer as it must, so its figures mean nothing."""


@dataclass(frozen=True)
class Target:
    """Where requests go, what they are, and who judges the answers. `watched` are processes by what they are."""

    port: int
    request: Callable[[int], bytes]
    check: Callable[[int, bytes, bytes], None]
    """Takes the request's number, the head in lower case and the body; raises Wrong."""
    watched: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What came of one measurement. `used` has the processor seconds of each process watched, and of the load."""

    answers: int
    seconds: float
    latencies: list[float]
    used: dict[str, float]
    checked: int

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    @property
    def latency(self) -> float:
        """The median time from sending a request to having the whole answer, in seconds."""
        return statistics.median(self.latencies)


class Pace(Protocol):
    """Decides when a connection sends again, and what counts."""

    def began(self, now: float) -> None:
        """Takes note that the requests start now."""

    def goes_on(self, sent: float, now: float) -> bool:
        """Takes note of an answer; says whether its connection sends again."""

    def measured(self) -> tuple[float, list[float], dict[str, float]]:
        """Seconds, latencies, processor seconds."""


class Timed:
    """For some seconds after a warm-up. The time counts from one answer to another, so that no part is cut off."""

    def __init__(self, seconds: float, watched: Mapping[str, int]) -> None:
        self._seconds = seconds
        self._watched = watched
        self._latencies: list[float] = []
        self._starts_at = self._start = self._end = 0.0
        self._before: dict[str, float] = {}
        self._used: dict[str, float] = {}

    def began(self, now: float) -> None:
        """Takes note that the requests start now."""
        self._starts_at = now + min(0.5, self._seconds / 3)

    def goes_on(self, sent: float, now: float) -> bool:
        """Takes note of an answer; says whether its connection sends again."""
        if self._end:
            return False
        if not self._start:
            if now >= self._starts_at:
                self._start, self._before = now, processor(self._watched)
            return True
        self._latencies.append(now - sent)
        if now - self._start < self._seconds or not self._has_enough(now):
            return True
        self._end, self._used = now, since(self._before, self._watched)
        return False

    def _has_enough(self, now: float) -> bool:
        return len(self._latencies) >= LEAST_ANSWERS or now - self._start > LONGEST_STRETCH * self._seconds

    def measured(self) -> tuple[float, list[float], dict[str, float]]:
        """Seconds, latencies, processor seconds."""
        return self._end - self._start, self._latencies, self._used


class Counted:
    """A number of requests for every connection; the time counts from the first sent to the last answered."""

    def __init__(self, each: int, connections: int, watched: Mapping[str, int]) -> None:
        self._left = each * connections
        self._free = (each - 1) * connections
        self._watched = watched
        self._latencies: list[float] = []
        self._start = self._end = 0.0
        self._before: dict[str, float] = {}
        self._used: dict[str, float] = {}

    def began(self, now: float) -> None:
        """Takes note that the requests start now."""
        self._start, self._before = now, processor(self._watched)

    def goes_on(self, sent: float, now: float) -> bool:
        """Takes note of an answer; says whether its connection sends again."""
        self._latencies.append(now - sent)
        self._left -= 1
        if not self._left:
            self._end, self._used = now, since(self._before, self._watched)
        self._free -= 1
        return self._free >= 0

    def measured(self) -> tuple[float, list[float], dict[str, float]]:
        """Seconds, latencies, processor seconds."""
        return self._end - self._start, self._latencies, self._used


class Load:
    """Connections to one target. Open while the block runs."""

    def __init__(self, target: Target, connections: int) -> None:
        self.target = target
        self.data = bytearray(BUFFER)
        self.view = memoryview(self.data)
        self.numbers = itertools.count(FIRST_NUMBER)
        self.checked = 0
        self._count = connections
        self._connections: list[_Connection] = []
        self._pace: Pace
        self._busy = 0
        self._finished: asyncio.Future[None]

    async def __aenter__(self) -> Load:
        loop = asyncio.get_running_loop()
        self._finished = loop.create_future()
        for _ in range(self._count):
            _, connection = await loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", self.target.port
            )
            self._connections.append(connection)
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    async def run(self, pace: Pace) -> Measured:
        """Send at a pace until it ends, and wait for the last answer. Raises Wrong when an answer is not right."""
        self._finished = asyncio.get_running_loop().create_future()
        self._pace, self._busy, self.checked = pace, len(self._connections), 0
        pace.began(time.perf_counter())
        for connection in self._connections:
            connection.begin()
        await self._finished
        seconds, latencies, used = pace.measured()
        return Measured(len(latencies), seconds, latencies, used, self.checked)

    def goes_on(self, sent: float) -> bool:
        """Whether a connection that has its answer sends again."""
        if self._pace.goes_on(sent, time.perf_counter()):
            return True
        self._busy -= 1
        if not self._busy and not self._finished.done():
            self._finished.set_result(None)
        return False

    def fail(self, why: Exception) -> None:
        """End the measurement with an error."""
        if not self._finished.done():
            self._finished.set_exception(why)


class _Connection(asyncio.BufferedProtocol):
    """One connection: at most one request on its way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: Any = None
        self._early = b""
        self._head = b""
        self._left = -1
        self._stored: bytearray | None = None
        self._number = 0
        self._sent = 0.0
        self._is_new = True

    def begin(self) -> None:
        """Send, and judge the first answer whatever its number."""
        self._is_new = True
        self._send()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            transport, self._transport = self._transport, None
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = transport

    def connection_lost(self, why: Exception | None) -> None:
        """A server must not close a connection that is in use."""
        if self._transport is not None:
            self._load.fail(Wrong(f"The server closed the connection ({why or 'without an error'})."))

    def get_buffer(self, sizehint: int) -> memoryview:
        """The buffer that all connections share: what is in it is used before anything else is read."""
        return self._load.view

    def buffer_updated(self, size: int) -> None:
        """Count what came, and send again when the answer is whole."""
        if self._left < 0:
            size = self._read_head(size)
            if self._left < 0:
                return
        elif self._stored is not None:
            self._stored += self._load.view[:size]
        self._left -= size
        if self._left > 0:
            return
        if self._left < 0:
            self._load.fail(Wrong("More bytes came than the Content-Length said."))
            return
        self._left = -1
        self._answered()

    def _read_head(self, size: int) -> int:
        """Read the head of an answer, once it is whole; how many bytes of the body came with it."""
        data: bytearray | bytes = self._load.data
        if self._early:
            data = self._early + bytes(self._load.view[:size])
            size, self._early = len(data), b""
        end = data.find(b"\r\n\r\n", 0, size)
        if end < 0:
            self._early = bytes(data[:size])
            return 0
        self._head = bytes(data[:end]).lower()
        length = _LENGTH.search(self._head)
        if self._head[9:10] != b"2" or length is None:
            body = bytes(data[end + 4 : min(size, end + 400)])
            self._load.fail(Wrong(f"No success of a known length: {self._head[:300]!r} {body!r}"))
            return 0
        self._left = int(length[1])
        if self._stored is not None:
            self._stored += data[end + 4 : size]
        return size - end - 4

    def _answered(self) -> None:
        if self._stored is not None:
            self._judge(bytes(self._stored))
        if self._load.goes_on(self._sent):
            self._send()

    def _judge(self, body: bytes) -> None:
        try:
            self._load.target.check(self._number, self._head, body)
        except (Wrong, ValueError, LookupError, TypeError) as wrong:
            self._load.fail(Wrong(f"A wrong answer ({wrong!r}): {body[:400]!r}"))
        self._load.checked += 1

    def _send(self) -> None:
        self._number = number = next(self._load.numbers)
        self._stored = bytearray() if self._is_new or not number % SAMPLED else None
        self._is_new = False
        self._sent = time.perf_counter()
        self._transport.write(self._load.target.request(number))


def measure_for(target: Target, connections: int, seconds: float) -> Measured:
    """What a target answers in some seconds."""

    async def work() -> Measured:
        async with Load(target, connections) as load:
            return await load.run(Timed(seconds, target.watched))

    return _run(work())


def measure_calls(target: Target, connections: int, each: int) -> Measured:
    """How long a target takes for some requests of every connection, after one of each to warm up."""

    async def work() -> Measured:
        async with Load(target, connections) as load:
            await load.run(Counted(1, connections, target.watched))
            return await load.run(Counted(each, connections, target.watched))

    return _run(work())


def processor(watched: Mapping[str, int]) -> dict[str, float]:
    """The processor seconds used so far by the processes watched, and by this one."""
    return {**{name: cpu_seconds(pid) for name, pid in watched.items()}, "load": time.process_time()}


def since(before: Mapping[str, float], watched: Mapping[str, int]) -> dict[str, float]:
    """The processor seconds used since an earlier reading."""
    return {name: now - before[name] for name, now in processor(watched).items()}


def _run(work: Coroutine[Any, Any, Value]) -> Value:
    """Run on an event loop of its own, without garbage collection, and not for ever."""

    async def bounded() -> Value:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await work

    gc.collect()
    gc.disable()
    try:
        return uvloop.run(bounded())
    except (TimeoutError, OSError) as problem:
        raise Wrong(f"The measurement did not come to its end: {problem!r}") from problem
    finally:
        gc.enable()
