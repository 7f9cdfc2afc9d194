"""One exchange with the vendor: the requests of a call, one after another, and what their responses say.

Called by `calls` and `sums`, when everything has been checked.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.exchange.context import CallContext, Request
from runtime.exchange.failures import raise_failure
from runtime.exchange.kinds import Kind
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer
from runtime.operations.known_records import KnownRecords
from runtime.operations.response_reader import ResponseReader
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.writes import Writes


class Exchanges:
    """Sends requests and reads responses. One for the process."""

    def __init__(self, vendor: VendorCalls, writes: Writes, known: KnownRecords) -> None:
        self._vendor = vendor
        self._known = known
        self._writes = writes
        self._reader = ResponseReader()

    async def send(self, kind: Kind, call: CallContext, request: Request) -> Answer:
        """Send a request, and return what its response says."""
        if call.tool.is_read_only:
            response = await self._vendor.send(call, request)
            if call.tool.has_records:
                self._known.note(call, response)
        else:
            response = await self._writes.send(call, request)
        masked = MaskedResponse(call, request, response)
        if not request.others:
            return await self._reader.read(kind, masked)
        others = await self._send_others(masked)
        size = sum(len(each.raw.body) for each in others)
        return await self._reader.read(kind, replace(masked, others=others), size)

    async def _send_others(self, first: MaskedResponse) -> tuple[MaskedResponse, ...]:
        """Return the responses to the other requests of a call, sent one after another.

        Raises the error that any of them is: a part of an answer is none.
        """
        call, found = first.call, [first]
        for request in first.request.others:
            raise_failure(call, found[-1].raw)
            found.append(MaskedResponse(call, request, await self._vendor.send(call, request)))
        raise_failure(call, found[-1].raw)
        return tuple(found[1:])
