"""The HTTP protocol of the server, with a short way to the MCP door.

Between the socket and the ASGI application. A small POST to the door is held until its body is whole and answered
here: at once where the reply is ready (a list of tools, made once and the same for everybody who may see it), else by
a task. That spares a scope, its messages and their bookkeeping, which cost more than a list. Everything else, and what
the door refuses by its head alone, goes to the application.

A client that keeps its connection sends the same head again, byte for byte. What the parser and the door made of the
last one is kept with the connection, so that such a request is not parsed a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hmac import compare_digest
from typing import Any, ClassVar, NamedTuple, Protocol

from runtime.mcp_server.endpoint import PREFIX
from runtime.mcp_server.replies import Field, Reply
from runtime.server.bounded_protocol import IDLE, WORKING, BoundedProtocol
from runtime.server.connections import Connections, Limits

LARGEST_HELD = 64 * 1024
START = PREFIX.encode()
LARGEST_REMEMBERED = 4 * 1024
"""Of a head. Every connection remembers one; those of clients have 300 to 800 bytes."""
HEAD_END = b"\r\n\r\n"


class Door(Protocol):
    """Whoever answers. A head is what `read_head` made of one; the same lines come to the same head."""

    def read_head(self, path: str, sent: list[Field], client: str) -> Any:
        """What follows from the path and the header lines (names in lower case); None to go the usual way."""

    def reply_at_once(self, head: Any, body: bytes) -> Reply | None:
        """The reply, if it is ready."""

    async def reply(self, head: Any, body: bytes) -> Reply:
        """The reply. Raises nothing."""


class Known(NamedTuple):
    """The bytes of a head, how long the body is that it announces, and what the door made of it."""

    bytes: bytes
    body: int
    head: Any


class Cycle:
    """A request that is being answered here, as uvicorn looks at it: what comes next waits until it is complete."""

    message_event: ClassVar[asyncio.Event] = asyncio.Event()

    def __init__(self) -> None:
        self.response_complete = False
        self.response_started = False
        self.disconnected = False
        self.keep_alive = True


def quick_protocol(
    door: Door, limits: Limits | None = None, report: Callable[[str], None] | None = None
) -> type[BoundedProtocol]:
    """The protocol class for one application; `report` takes the names of events that the operator should see."""

    class QuickProtocol(BoundedProtocol):
        """Takes the requests to the door out of the usual way."""

        bounds: ClassVar[Connections] = Connections(limits or Limits(), report)
        _head: Any = None
        """What the door made of the head of the request that is held."""
        _held: bytes | bytearray = b""
        _segment = b""
        """What is being parsed, when it began between two messages."""
        _known: Known | None = None

        def data_received(self, data: bytes) -> None:
            """Answer to a head that is known, or parse."""
            known = self._known
            if known is not None and self._stage == IDLE and not self.flow.write_paused:
                size = len(known.bytes)
                # A head holds a secret address; behind a proxy the one before may be somebody else's.
                if len(data) == size + known.body and compare_digest(data[:size], known.bytes):
                    self._stage = WORKING
                    self._answer(known.head, data[size:])
                    return
            self._segment = data if self._is_between else b""
            super().data_received(data)
            self._segment = b""

        def _begin(self) -> None:
            """Hold a request to the door, or begin it the usual way."""
            self._head, self._held = None, b""
            if self._is_for_the_door() and self._is_free():
                self._head = door.read_head(self.url.decode("ascii"), self.headers, self._peer())
            if self._head is None:
                super()._begin()

        def on_body(self, body: bytes) -> None:
            """Keep a part of a held body, or hand it on."""
            if self._head is None:
                super().on_body(body)
                return
            self._body_bytes += len(body)
            self._count(len(body))
            if not self._held:
                self._held = body  # nearly always the whole
                return
            if isinstance(self._held, bytes):
                self._held = bytearray(self._held)
            self._held += body

        def on_message_complete(self) -> None:
            """Answer a held request."""
            head, self._head = self._head, None
            if head is None:
                super().on_message_complete()
                return
            self._is_between = True
            self._stage = WORKING
            body, self._held = bytes(self._held), b""
            segment, self._segment = self._segment, b""
            end = segment.find(HEAD_END) + len(HEAD_END)
            # Only a segment that is this message and nothing else shows where its head ends.
            if len(segment) == end + len(body) and end <= LARGEST_REMEMBERED:
                self._known = Known(segment[:end], len(body), head)
            self._answer(head, body)

        def _peer(self) -> str:
            return self.client[0] if self.client else ""

        def _is_free(self) -> bool:
            """Whether nothing else is being answered or waits to be sent."""
            return not self._is_answering() and not self.pipeline and not self.flow.write_paused

        def _is_for_the_door(self) -> bool:
            if (
                not self.url.startswith(START)
                or b"%" in self.url
                or b"?" in self.url
                or not self.url.isascii()
                or self.expect_100_continue
            ):
                return False
            parser = self.parser
            if (
                parser.get_method() != b"POST"
                or parser.get_http_version() != "1.1"
                or parser.should_upgrade()
            ):
                return False
            length = next((value for name, value in self.headers if name == b"content-length"), b"")
            return length.isdigit() and 0 < int(length) <= LARGEST_HELD and bool(parser.should_keep_alive())

        def _answer(self, head: Any, body: bytes) -> None:
            reply = door.reply_at_once(head, body)
            if reply is not None:
                self.send_reply(reply, keep_alive=True)
                return
            cycle = Cycle()
            self.cycle = cycle  # type: ignore[assignment]
            task = self.loop.create_task(self._answer_later(cycle, head, body))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)

        async def _answer_later(self, cycle: Cycle, head: Any, body: bytes) -> None:
            try:
                reply = await door.reply(head, body)
            except BaseException:  # the server stops, and has waited long enough
                self.transport.close()
                raise
            cycle.response_complete = True
            self.send_reply(reply, keep_alive=cycle.keep_alive)

    return QuickProtocol
