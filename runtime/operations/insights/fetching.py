"""Single requests of an analysis: sent, counted, and each refusal noted. Part of `reading`.

A refusal for its rate, a vendor that is down, the most requests that one call makes and the most time that it takes
each end the reading. Nothing is repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import msgspec

from generator.catalog import Tool
from runtime.errors import LedgerportError, RateLimited, VendorRefused
from runtime.exchange.allowance import PLAIN
from runtime.exchange.bundle import Read, may_bundle, prepare_bundle, split_bundle
from runtime.exchange.context import CallContext, Request
from runtime.exchange.failures import explain, explain_unreadable, raise_failure, read_value
from runtime.exchange.kinds import Kind
from runtime.exchange.tool_answer import Answer
from runtime.operations.vendor_calls import VendorCalls
from runtime.upstream.answer import read_field
from runtime.upstream.client import VendorResponse
from runtime.upstream.limits import Limits

MOST_REQUESTS = 40
"""Requests to the vendor of one call: the most that an analysis of 20,000 transactions may take."""
MOST_SECONDS = 40.0
"""How long one call reads. Hosts give up on a call after 60 seconds, and computing takes some as well."""
AT_ONCE = 4
"""Requests under way together: less than half of what a vendor may allow in a second, so that agents go on."""
LONGEST_WINDOW = 2
"""Seconds of a window of the vendor's limits that is waited for; one of a minute is not: its refusal is passed on."""
UNBOUND = 10**9
"""Bytes of an answer that is computed with and not sent: as many as come."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_records = msgspec.json.Decoder(list[msgspec.Raw])
Send = Callable[[Kind, CallContext, Request], Awaitable[Answer]]


@dataclass(slots=True)
class Found:
    """What was read, by the names of its parts: bodies with records as zlib streams, counts and answers as JSON."""

    parts: dict[str, bytes] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    requests: int = 0
    retry_after: int = 0
    stopped: str = ""
    """Why no more is read; empty where everything was."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why the vendor refused a question or report, by its name. Asking again changes nothing."""
    limited_by: LedgerportError | None = None
    most_requests: int = 0
    """How many requests may be made; 0 for as many as any analysis makes (`MOST_REQUESTS`)."""

    def add(self, name: str, content: bytes) -> None:
        """Store a part."""
        self.parts[name] = content
        self.new.add(name)

    def add_counts(self, other: Found) -> None:
        """Count what was read of another vendor with this, once both are read: each has a limit of its own."""
        self.new |= other.new
        self.requests += other.requests
        self.retry_after = max(self.retry_after, other.retry_after)


class Fetcher:
    """Makes the requests of one call. `send` reads a response as a tool does; `vendor` leaves it as it is."""

    def __init__(
        self,
        call: CallContext,
        send: Send,
        vendor: VendorCalls,
        kind_of: Callable[[Tool], Kind],
        found: Found,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.call, self.found, self.kind_of = call, found, kind_of
        self._send, self._vendor, self._clock = send, vendor, clock
        self._pacing = asyncio.Lock()
        self._ends_at = clock() + MOST_SECONDS

    async def fetch(self, reads: Sequence[Read], names: Sequence[str]) -> list[bytes | None]:
        """Return the bodies of some reads in one request; None for those that the vendor did not answer."""
        batch = self.batch if len(reads) > 1 else None
        try:
            await self._pause()
            if batch is None:
                [read] = reads
                call = self.make_call(read.tool, {})
                return [self._check(call, await self._count_sent(call, read.request), read)]
            call = self.make_call(batch, {})
            response = await self._count_sent(call, prepare_bundle(call.integration.batch, reads))
            raise_failure(call, response)
            try:
                parts = await asyncio.to_thread(split_bundle, call.integration.batch, response.body)
            except ValueError as cause:
                raise explain_unreadable(call, response, cause) from cause
        except LedgerportError as error:
            self._note(error, names)
            return [None] * len(reads)
        return [
            self._take(call, response, parts.get(str(at)), read, name)
            for at, (read, name) in enumerate(zip(reads, names, strict=True), 1)
        ]

    async def fetch_linked(self, call: CallContext, read: Read, name: str) -> tuple[bytes, str] | None:
        """Return the body of a read of a call, and its Link header; None, which is noted, where it was not answered."""
        try:
            await self._pause()
            response = await self._count_sent(call, read.request)
            return self._check(call, response, read), read_field(response, "link")
        except LedgerportError as error:
            self._note(error, [name])
            return None

    def _take(
        self, call: CallContext, response: VendorResponse, body: bytes | None, read: Read, name: str
    ) -> bytes | None:
        """Return the part of a response that answers one read; None where that was refused."""
        if body is None:
            self.found.refused[name] = "The service answered nothing to it."
            return None
        try:
            return self._check(call, VendorResponse(response.status, response.headers, body), read)
        except LedgerportError as error:
            self._note(error, [name])
            return None

    def _check(self, call: CallContext, response: VendorResponse, read: Read) -> bytes:
        """Return the body of a response with records. Raises the error that it is."""
        raise_failure(call, response)
        path = read.tool.returns.path
        try:
            if not path:
                _records.decode(response.body)
                return response.body
            members = _members.decode(response.body)
        except msgspec.DecodeError as cause:
            raise explain_unreadable(call, response, cause) from cause
        if path[0] not in members:
            read_value(call, response)
            raise explain_unreadable(call, response)
        return response.body

    async def _count_sent(self, call: CallContext, request: Request) -> VendorResponse:
        self.found.requests += 1
        try:
            return await self._vendor.send(call, request)
        finally:
            self.call.limits = call.limits

    async def ask_tool(self, tool_name: str, arguments: dict[str, Any], name: str) -> bytes | None:
        """Return what a tool answers, JSON; None where it did not, which is noted."""
        tool = next((each for each in self.call.known if each.name == tool_name), None)
        if tool is None:
            self.found.refused[name] = "There is no such tool."
            return None
        call, kind = self.make_call(tool, arguments), self.kind_of(tool)
        try:
            await self._pause()
            self.found.requests += 1
            answer = await self._send(kind, call, kind.prepare(call))
        except LedgerportError as error:
            self._note(error, [name])
            return None
        finally:
            self.call.limits = call.limits
        return answer.text.encode()

    def make_call(self, tool: Tool, arguments: dict[str, Any]) -> CallContext:
        """Return a read that is part of this call, whose answer nobody but this runtime sees."""
        checked = self.call.check(tool, self.call.integration, arguments) if arguments else arguments
        return replace(
            self.call,
            tool=tool,
            arguments=checked,
            given=arguments,
            changes_data=False,
            budget=UNBOUND,
            form=PLAIN,
            max_rows=0,
            max_answer_tokens=0,
            is_fenced=False,
        )

    @cached_property
    def batch(self) -> Tool | None:
        """The tool by which the vendor takes several reads in one request; None where it is not there."""
        own = self.call.integration
        found = (
            each for each in self.call.known if each.integration == own.name and each.returns.kind == "batch"
        )
        return next(found, None) if may_bundle(own.batch) else None

    @property
    def most_together(self) -> int:
        """How many reads one request may have."""
        return self.call.integration.batch.most if self.batch is not None else 1

    def may_go_on(self) -> bool:
        """Whether one more request may be made; where not, why is noted."""
        if self.found.stopped:
            return False
        most = self.found.most_requests or MOST_REQUESTS
        if self.found.requests >= most:
            self.found.stopped = f"One call makes at most {most} requests."
        elif self._clock() >= self._ends_at:
            self.found.stopped = f"One call reads for at most {MOST_SECONDS:.0f} seconds."
        return not self.found.stopped

    async def _pause(self) -> None:
        """Wait until a window of seconds has space for those that are under way together, whoever used it up."""
        async with self._pacing:
            limits = await self._vendor.read_limits(self.call.account, self.call.integration)
            if wait := find_wait(limits):
                await asyncio.sleep(wait)

    def _note(self, error: LedgerportError, names: Sequence[str]) -> None:
        """Note why something was not read: what the vendor refuses is left out, anything else ends the reading."""
        error = explain(self.call, error)
        said = f"{error.message} {error.advice}".strip()
        if isinstance(error, VendorRefused):
            self.found.refused |= dict.fromkeys(names, said)
            return
        if isinstance(error, RateLimited):
            self.found.retry_after = max(self.found.retry_after, error.retry_after)
        if not self.found.stopped:
            self.found.stopped, self.found.limited_by = said, error


def find_wait(limits: Limits) -> int:
    """Return how many seconds to wait so that a short window has space for all under way together; 0 for none."""
    waits = (
        window.seconds
        for window, left in zip(limits.windows, limits.remaining, strict=True)
        if window.seconds <= LONGEST_WINDOW and left < min(AT_ONCE, window.limit)
    )
    return max(waits, default=0)
