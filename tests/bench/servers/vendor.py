"""A vendor that is never what is measured: ready bytes for an invoice, a list, a report and a new invoice.

One invoice takes 300 ms. A query with a condition, as a write looks up what it refers to, is answered with only the
records whose Ids it names, and with none where it names none.

`python -m tests.bench.servers.vendor`
"""

from __future__ import annotations

import asyncio
import gc
import re
from typing import Any
from urllib.parse import unquote_plus

import orjson
import uvloop

from tests.bench.invoice import (
    FAST_ID,
    REPORT_ROWS,
    SLOW_ID,
    SLOW_SECONDS,
    envelope_of,
    list_of,
    report_of,
)

_INVOICE = re.compile(rb"^GET \S*/invoice/(\d+)")
_LIST = re.compile(rb"^GET \S*/query\?\S*maxresults(?:%20|\+)(\d+)", re.IGNORECASE)
_LOOK_UP = re.compile(rb"^GET (\S*/query\?\S*where\S*)", re.IGNORECASE)
_ENTITY = re.compile(r"\bfrom +(\w+)", re.IGNORECASE)
_IDS = re.compile(r"\bwhere +Id +(?:=|in) *\(?((?:'\d+',? *)+)", re.IGNORECASE)
_REPORT = re.compile(rb"^GET \S*/reports/ProfitAndLoss")
_CREATE = re.compile(rb"^POST \S*/invoice\?")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def answer(value: Any) -> bytes:
    """The whole HTTP answer."""
    body = orjson.dumps(value)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nintuit_tid: 1-bench\r\n"
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def found_by(query: str) -> Any:
    """Return the body with the records whose Ids a query names."""
    entity, ids = _ENTITY.search(query), _IDS.search(query)
    wanted = re.findall(r"\d+", ids[1]) if ids else []
    found = [{"Id": each, "Active": True, "Type": "Service", "Name": f"Record {each}"} for each in wanted]
    assert entity is not None
    return {"QueryResponse": {entity[1]: found} if found else {}, "time": "2026-11-20T10:15:00.000-08:00"}


ANSWERS: dict[tuple[str, bytes], bytes] = {}
MAKERS = {
    "invoice": lambda which: envelope_of(which.decode()),
    "list": lambda which: list_of(int(which)),
    "look-up": lambda which: found_by(unquote_plus(which.decode())),
}
REPORT = answer(report_of(REPORT_ROWS))
CREATED = answer(envelope_of(FAST_ID))
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection. Requests are not pipelined, so they end with their head, or as long after it as it says."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request when it is whole."""
        data = self._early + data
        head, end, body = data.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < int(length[1] if length else 0):
            self._early = data
            return
        self._early = b""
        if found := _INVOICE.match(head):
            if found[1] == SLOW_ID.encode():
                asyncio.get_running_loop().call_later(SLOW_SECONDS, self._answer, "invoice", found[1])
            else:
                self._answer("invoice", found[1])
        elif found := _LOOK_UP.match(head):
            self._answer("look-up", found[1])
        elif found := _LIST.match(head):
            self._answer("list", found[1])
        elif _REPORT.match(head):
            self._transport.write(REPORT)
        else:
            self._transport.write(CREATED if _CREATE.match(head) else NOT_FOUND)

    def _answer(self, kind: str, which: bytes) -> None:
        ready = ANSWERS.get((kind, which))
        if ready is None:
            ready = ANSWERS[kind, which] = answer(MAKERS[kind](which))
        self._transport.write(ready)


async def serve() -> None:
    """Serve until a signal."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
