"""A client of HTTP with SSE on real sockets, and a server with the endpoint of `stand` for it."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from runtime.keys.crypto import Keys
from runtime.mcp_server.sse import SseEndpoint, is_sse
from runtime.mcp_server.streams import Streams
from runtime.server.connections import Limits
from runtime.server.fast_path import make_protocol
from runtime.stores.mailbox import Mailbox
from runtime.stores.mailbox_memory import MemoryMailbox
from tests.mcp_server.stand import TOKEN, Stand
from tests.serving import served

HEARTBEAT = 0.05
"""Seconds. A test that waits for something at a heartbeat waits so long."""
MOST_LINES = 1_000
"""Of heartbeats, each with an empty line: 25 seconds in which nothing comes."""
KEYS = Keys(bytes(32))
JSON = {"Content-Type": "application/json"}


class Events:
    """An event stream as its client reads it."""

    def __init__(self, port: int, path: str = f"/sse/{TOKEN}", headers: dict[str, str] | None = None) -> None:
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.request("GET", path, headers={"Accept": "text/event-stream", **(headers or {})})
        self.response = self._connection.getresponse()
        self.status = self.response.status
        self.address = self.read()[1] if self.status == 200 else ""
        """Where to post messages."""

    def read_line(self) -> str:
        """The next line, also one that is a comment; empty at the end of the stream."""
        return self.response.readline().decode()

    def read(self) -> tuple[str, str]:
        """The name and the data of the next event; two empty ones at the end of the stream."""
        event, lines = "", 0
        while line := self.read_line():
            lines += 1
            assert lines < MOST_LINES, "nothing but heartbeats comes"
            name, _, value = line.strip().partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                return event, value
        return "", ""

    def read_message(self) -> dict[str, Any]:
        """The next message."""
        event, data = self.read()
        assert event == "message", event
        value: dict[str, Any] = json.loads(data)
        return value

    def post(self, method: str, id: Any = 1, port: int = 0, **params: Any) -> int:
        """Send a request, to another process where a port is given; the status of its response."""
        return post(port or self._port, self.address, method, id, **params)[0]

    def ask(self, method: str, id: Any = 1, port: int = 0, **params: Any) -> dict[str, Any]:
        """Send a request and return the message that it comes to."""
        assert self.post(method, id, port, **params) == 202
        return self.read_message()

    def close(self) -> None:
        """Go away."""
        self.response.close()
        self._connection.close()


def post(port: int, path: str, method: str, id: Any = 1, **params: Any) -> tuple[int, dict[str, Any]]:
    """Post a request: the status of its response, and the content."""
    body = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if id is None else {"id": id})
    return send(port, "POST", path, json.dumps(body).encode(), JSON)


def send(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Any request: the status of its response, and the content."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content else {}
    finally:
        connection.close()


class Transport:
    """The application of a server: the endpoint of a stand by both transports."""

    def __init__(self, stand: Stand, mailbox: Mailbox | None = None, streams: Streams | None = None) -> None:
        self.stand = stand
        self.loop: asyncio.AbstractEventLoop
        self.sse = SseEndpoint(
            stand.endpoint,
            KEYS.hash_token,
            mailbox or MemoryMailbox(),
            stand._log,
            streams or Streams(heartbeat=HEARTBEAT),
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            is_old = is_sse(scope["method"], scope["path"])
            await (self.sse if is_old else self.stand.endpoint)(scope, receive, send)
            return
        await receive()
        self.loop = asyncio.get_running_loop()
        running = asyncio.create_task(self.sse.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        running.cancel()
        await self.sse.drain()
        await send({"type": "lifespan.shutdown.complete"})

    def do(self, act: Callable[[], object]) -> None:
        """Do something in the thread of the server."""
        self.loop.call_soon_threadsafe(act)


@contextmanager
def serving(transport: Transport, limits: Limits | None = None) -> Iterator[int]:
    """A server while the block runs; its port."""
    kind = make_protocol(transport.stand.endpoint.respond, limits)
    with served(transport, http=kind, lifespan="on", timeout_graceful_shutdown=1) as found:
        try:
            yield found.port
        finally:
            transport.do(transport.sse.stop)
