"""Sends hostile requests over one connection to a real server, and says what is wrong with the answers."""

from __future__ import annotations

import gzip
import json
import secrets
import socket
import subprocess
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import NamedTuple

import orjson

from tests.faults.hostile_arguments import Known, Sent
from tests.faults.hostile_requests import Requests
from tests.faults.hostile_vendor import HostileVendor

MOST_FAILURES = 10
PATIENCE = 30.0
"""Seconds that one answer may take on a machine with other work; the server's own limit for the vendor is below it."""
IDLE_SECONDS = 3.0
"""The server closes a connection that was idle for 5 seconds: from here on that is no failure."""
ALLOWED_SECONDS = 0.1
ALLOWED_BYTES = 100_000
RETRIES = 6
"""How often a request that took too long is sent again alone. The least is what counts: the first of a kind imports
modules or makes an index, and a busy machine adds to what a process is charged.
"""
USUAL_LOOP = 0.0125
"""Seconds of processor time of `loop` where the limit was set; a slower machine is allowed more in proportion."""
VENDOR_STATUSES = (502, 503, 504)
INTERNAL = (
    b"-32603",
    b'"code":"internal',
    b"failed inside",
    b"The server failed. It has been logged.",
    b"Traceback",
)


class Answer(NamedTuple):
    """What came back."""

    status: int
    fields: dict[str, str]
    body: bytes


class Charged(NamedTuple):
    """The processor time of a request and what it may take."""

    seconds: float
    allowed: float


class Connection:
    """One connection that is used until the server announces that it closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._used_at = 0.0

    def exchange(self, sent: Sent) -> Answer:
        """The answer. Raises OSError or HTTPException when there is none."""
        if self._socket is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(sent.as_bytes())
        response = HTTPResponse(self._socket, method=sent.verb)
        response.begin()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        self._used_at = time.monotonic()
        if answer.fields.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


@dataclass
class Target:
    """The server, what can be known of it, and what it has written."""

    process: subprocess.Popen[bytes]
    port: int
    known: Known
    vendor: HostileVendor
    log: Path
    read_to: int = 0

    def processor_seconds(self) -> float:
        """What all threads of the server have used: clock_getcpuclockid(3) makes the clock's id so."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def new_lines(self) -> list[bytes]:
        """The whole lines of the log since the last call."""
        if self.log.stat().st_size == self.read_to:
            return []
        with self.log.open("rb") as log:
            log.seek(self.read_to)
            lines = log.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self.read_to += sum(map(len, whole))
        return whole


def loop() -> float:
    """Processor time of work like the server's, the least of some."""

    def once() -> float:
        began = time.process_time()
        json.loads(json.dumps([{"name": str(number), "value": [number, None]} for number in range(4_000)]))
        return time.process_time() - began

    return min(once() for _ in range(5))


def allowed_seconds(size: int) -> float:
    """100 ms up to 100 kB of input, of the client and the vendor together, and more in proportion beyond."""
    return ALLOWED_SECONDS * max(1.0, size / ALLOWED_BYTES)


def problems_of_answer(sent: Sent, answer: Answer, vendor_statuses: list[int]) -> list[str]:
    """What must not be in an answer."""
    found = [f"it says {text!r}" for text in INTERNAL if text in answer.body]
    if answer.status >= 500 and not _is_the_vendors(sent, answer, vendor_statuses):
        found.append(f"HTTP {answer.status}")
    if answer.body and answer.fields.get("content-type", "").startswith("application/json"):
        found += _problems_of_json(sent, answer)
    return found


def _is_the_vendors(sent: Sent, answer: Answer, vendor_statuses: list[int]) -> bool:
    """Whether the vendor is the cause: the management API passes its status on, the MCP endpoint never does."""
    if sent.is_mcp or not vendor_statuses or not sent.is_answered_by_vendor:
        return False
    return answer.status in VENDOR_STATUSES or answer.status in vendor_statuses


def _problems_of_json(sent: Sent, answer: Answer) -> list[str]:
    try:
        is_packed = answer.fields.get("content-encoding") == "gzip"
        value = orjson.loads(gzip.decompress(answer.body) if is_packed else answer.body)
    except (ValueError, OSError, EOFError, zlib.error) as problem:
        return [f"its JSON cannot be read: {problem}"]
    if sent.is_mcp and ("result" in value) == ("error" in value):
        return ["it is no JSON-RPC response"]
    is_refusal = not sent.is_mcp and answer.status >= 400 and "/healthz" not in sent.target
    if is_refusal and not (value.get("error") is True and value.get("code") and value.get("message")):
        return ["an error has another shape"]
    return []


def problems_of_line(line: bytes) -> list[str]:
    """What must not be in the log: lines of libraries, which are no JSON, and failures of ours."""
    try:
        event = json.loads(line)
    except ValueError:
        return [f"logged: {line.decode(errors='replace').strip()}"]
    is_failure = "failed" in event["event"] or str(event.get("error")).startswith("internal")
    return [f"logged: {event}"] if is_failure or event["event"] == "storage" else []


def problems_of_time(spent: float, allowed: float, again: Callable[[], Charged]) -> list[str]:
    """Whether a request takes too long also when it is sent again, alone; the least counts."""
    if spent <= allowed:
        return []
    for _ in range(RETRIES):
        slower = max(1.0, loop() / USUAL_LOOP)
        charged = again()
        if charged.seconds <= charged.allowed * slower:
            return []
        spent = min(spent, charged.seconds)
    return [f"{spent * 1000:.0f} ms of processor time, and {allowed * 1000:.0f} are allowed"]


@dataclass
class Figures:
    """What was sent and what came back."""

    statuses: Counter[str] = field(default_factory=Counter)
    worked: Counter[str] = field(default_factory=Counter)
    vendor_asked: int = 0
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def note(self, sent: Sent, answer: Answer, spent: float, size: int, asked: int) -> None:
        self.statuses[f"{'mcp' if sent.is_mcp else 'api'} {answer.status}"] += 1
        is_error = (
            answer.status >= 400 or b'"isError":true' in answer.body or b'"error":{' in answer.body[:200]
        )
        if not is_error:
            self.worked[sent.label] += 1
        self.vendor_asked += asked
        self.slowest = sorted([*self.slowest, (spent, f"{sent.label} {size} bytes")], reverse=True)[:5]

    def __str__(self) -> str:
        slowest = ", ".join(f"{seconds * 1000:.0f} ms ({what})" for seconds, what in self.slowest)
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return f"{statuses}\nthe vendor answered {self.vendor_asked}\nslowest at first: {slowest}"


class Attack:
    """Sends requests and notes what is wrong with their answers."""

    def __init__(self, target: Target, requests: Requests) -> None:
        self._target = target
        self._requests = requests
        self._connection = Connection(target.port)
        self.figures = Figures()
        self.failures: list[str] = []

    def run(self, seed: int, numbers: Iterable[int]) -> None:
        """Send the requests of these numbers, as long as not too much is wrong."""
        for number in numbers:
            if len(self.failures) >= MOST_FAILURES:
                return
            sent = self._requests.draw(seed, number)
            self.failures += [f"({seed}, {number}) {each}: {_shown(sent)}" for each in self._problems(sent)]

    def _problems(self, sent: Sent) -> list[str]:
        try:
            answer, charged = self._sent(sent)
        except (OSError, HTTPException) as problem:
            self._connection.close()
            return [f"no answer: {problem!r}"]
        statuses = self._target.vendor.statuses
        found = problems_of_answer(sent, answer, statuses)
        self.figures.note(sent, answer, charged.seconds, len(sent.body), len(statuses))
        found += [f"the vendor was sent what is no HTTP: {each}" for each in self._target.vendor.complaints]
        for line in self._target.new_lines():
            found += problems_of_line(line)
        found += problems_of_time(*charged, lambda: self._sent(sent.with_new_key(secrets.randbelow(1000)))[1])
        is_ours = not sent.is_mcp and not sent.is_answered_by_vendor
        if sent.is_mcp:
            self._target.known.learn_links(answer.body)
        if is_ours and answer.status < 300 and answer.body.startswith(b"{"):
            self._target.known.learn(orjson.loads(answer.body))
        return found

    def _sent(self, sent: Sent) -> tuple[Answer, Charged]:
        target = self._target
        target.vendor.forget()
        before = target.processor_seconds()
        answer = self._connection.exchange(sent)
        spent = target.processor_seconds() - before
        size = len(sent.target) + len(sent.body) + target.vendor.answered
        return answer, Charged(spent, allowed_seconds(size))


def _shown(sent: Sent) -> str:
    return f"{sent.label}: {sent.as_bytes()[:1500]!r}"
