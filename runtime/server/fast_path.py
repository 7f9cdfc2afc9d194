"""The fast path: small requests to the MCP endpoint are answered without ASGI.

A subclass of `bounded_protocol`, which parses and enforces every limit. Calls `mcp_server.endpoint`, by the function
that answers over ASGI as well. A POST to the endpoint whose body comes in one piece is handed to it without the scope,
the messages and their bookkeeping, which cost more than a list of tools; the piece may follow its head in a segment of
its own, as the Python SDK sends it. What comes in more pieces is replayed into the handlers of `bounded_protocol`,
whose stages and limits hold meanwhile. Nothing is remembered between requests.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from runtime.mcp_server.endpoint import Head
from runtime.mcp_server.replies import Reply
from runtime.server.bounded_protocol import WORKING, BoundedProtocol
from runtime.server.connections import Connections, Limits

Respond = Callable[[Head, bytes], Reply | Awaitable[Reply]]
"""Answers a request, as `McpEndpoint.respond` does. Raises nothing, nor does what is to be awaited."""

LARGEST_HELD = 64 * 1024
"""Bytes of a body. The calls of agents have 200 to 4,000; a larger one costs more to read than to pass through ASGI."""
_PLAIN_URL = re.compile(rb"/mcp(?:/[\w/-]*)?|/c/[\w-]+/mcp", re.ASCII)
"""A URL that is its path as it stands: no query, no fragment, nothing encoded."""


class AwaitedReply:
    """A request whose reply is awaited, as uvicorn and `bounded_protocol` look at one."""

    message_event: ClassVar[asyncio.Event] = asyncio.Event()
    """Nobody waits for it: the body is there."""

    def __init__(self, reply: Awaitable[Reply], protocol: FastProtocol) -> None:
        self._reply = reply
        self._protocol = protocol
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True

    async def run_asgi(self, _app: object) -> None:
        """Send the reply; close the connection when the server stops and has waited long enough."""
        try:
            reply = await self._reply
        except BaseException:
            self._protocol.transport.close()
            raise
        self.response_complete = True
        self._protocol.send_reply(reply, keep_alive=self.keep_alive)


class FastProtocol(BoundedProtocol):
    """Holds a request until its body is there."""

    respond: Respond
    _held: Head | None = None
    _body = b""

    def _begin(self) -> None:
        if self._may_be_held():
            client = self.client[0] if self.client else ""
            self._held = Head("POST", self.url.decode("ascii"), self.headers, client)
        else:
            super()._begin()

    def on_body(self, body: bytes) -> None:
        """Hold a body that comes in one piece."""
        if self._held is not None:
            if not self._body:
                self._body = body
                self._body_bytes += len(body)
                self._count(len(body))
                return
            self._replay()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Answer what is held: now, or in a task like those of the application."""
        head, body = self._held, self._body
        if head is None:
            super().on_message_complete()
            return
        self._held, self._body = None, b""
        self._is_between, self._stage = True, WORKING
        reply = self.respond(head, body)
        if isinstance(reply, Reply):
            self.send_reply(reply, keep_alive=True)
        else:
            cycle: Any = AwaitedReply(reply, self)
            self.cycle = cycle
            self._start_asgi_task(cycle, self.app)

    def _may_be_held(self) -> bool:
        """Whether a request is a small and plain POST to the MCP endpoint, and nothing before it is under way."""
        is_plain = _PLAIN_URL.fullmatch(self.url) is not None and not self.expect_100_continue
        if not is_plain or self.parser.get_method() != b"POST" or self.parser.get_http_version() != "1.1":
            return False
        if self._is_answering() or self.pipeline or self.flow.write_paused:
            return False
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        is_small = (
            length.isdigit() and int(length) <= LARGEST_HELD
        )  # a larger one may be refused before it comes
        return is_small and bool(self.parser.should_keep_alive())

    def _replay(self) -> None:
        """Hand what is held to the application; its bytes are counted already."""
        body, self._held, self._body = self._body, None, b""
        super()._begin()
        self.cycle.body += body
        self.cycle.message_event.set()


def make_protocol(
    respond: Respond | None, limits: Limits | None = None, report: Callable[[str], None] | None = None
) -> type[BoundedProtocol]:
    """Return the protocol class of one server: with the fast path to `respond`, or with ASGI alone for None.

    `report` takes the names of events that the operator should see.
    """
    bounds = {"bounds": Connections(limits or Limits(), report)}
    if respond is None:
        return type("AsgiProtocol", (BoundedProtocol,), bounds)
    return type("FastProtocol", (FastProtocol,), {**bounds, "respond": staticmethod(respond)})
