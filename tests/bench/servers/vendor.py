"""A vendor that is never what is measured: answers any invoice from ready bytes, one of them after 300 ms.

`python -m tests.bench.servers.vendor`
"""

from __future__ import annotations

import asyncio
import gc
import re
from typing import Any

import orjson
import uvloop

from tests.bench.invoice import SLOW_ID, SLOW_SECONDS, envelope_of

_TARGET = re.compile(rb"^GET \S*/invoice/(\d+)")


def answer(invoice_id: str) -> bytes:
    """The whole HTTP answer."""
    body = orjson.dumps(envelope_of(invoice_id))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nintuit_tid: 1-bench\r\n"
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


ANSWERS: dict[bytes, bytes] = {}
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection. Requests have no body and are not pipelined, so their end is the end of the head."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request when its head is whole."""
        data = self._early + data
        if not data.endswith(b"\r\n\r\n"):
            self._early = data
            return
        self._early = b""
        found = _TARGET.match(data)
        if found is None:
            self._transport.write(NOT_FOUND)
        elif found[1] == SLOW_ID.encode():
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self._answer, found[1])
        else:
            self._answer(found[1])

    def _answer(self, invoice_id: bytes) -> None:
        ready = ANSWERS.get(invoice_id)
        if ready is None:
            ready = ANSWERS[invoice_id] = answer(invoice_id.decode())
        self._transport.write(ready)


async def serve() -> None:
    """Serve until a signal."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
