"""Where the responses of the vendor are read: a small one at once, a large one in a thread.

Called by `calls`, when a response has come in.
"""

from __future__ import annotations

import asyncio

from runtime.exchange.failures import raise_failure
from runtime.exchange.kinds import Kind
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer
from runtime.upstream.answer import UnexpectedShape

READ_AT_ONCE = 64 * 1024
"""Bytes of a response that are read where it came in. By the share of larger ones measured, about 0.5 ms of processor
time for records and 2.4 ms for a report. What is larger is read in a thread, so that no other request waits for it.
"""


class ResponseReader:
    """Reads large responses in one thread at a time. One for the process.

    Several threads would only take turns with each other, and the event loop would wait for all of them: beside four
    lists of 1,000 records it was held for up to 60 ms on a busy machine, and for half of that when they took turns.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def read(self, kind: Kind, response: MaskedResponse, bytes_beside: int = 0) -> Answer:
        """Return what a response says. Raises the error that it is, or that it cannot be passed on.

        `bytes_beside` are those of other responses that are read with it.
        """
        if len(response.raw.body) + bytes_beside <= READ_AT_ONCE:
            return _read(kind, response)
        async with self._turn:
            return await asyncio.to_thread(_read, kind, response)


def _read(kind: Kind, response: MaskedResponse) -> Answer:
    call = response.call
    try:
        raise_failure(call, response.raw)
        return kind.read(call, response)
    except (UnexpectedShape, RecursionError) as other_shape:
        raise response.explain_unreadable(other_shape) from other_shape
