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
import math
from collections.abc import Sequence
from functools import lru_cache
from hmac import compare_digest
from typing import Any, ClassVar, NamedTuple, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from runtime.mcp_server.endpoint import PREFIX
from runtime.mcp_server.replies import Field, Reply
from runtime.mcp_server.request import CLOSE

LARGEST_HELD = 64 * 1024
START = PREFIX.encode()
BUSY = math.inf
"""Idle since never."""
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
        self.disconnected = False
        self.keep_alive = True


def quick_protocol(door: Door) -> type[HttpToolsProtocol]:
    """The protocol class for one application."""

    class QuickProtocol(HttpToolsProtocol):
        """Takes the requests to the door out of the usual way."""

        _head: Any = None
        """What the door made of the head of the request that is held."""
        _held: list[bytes]
        _is_between = True
        """Whether the parser has come to the end of a message and begun no other."""
        _segment = b""
        """What is being parsed, when it began between two messages."""
        _known: Known | None = None
        _idle_since = BUSY

        def data_received(self, data: bytes) -> None:
            """Answer to a head that is known, or parse."""
            known = self._known
            if known is not None and self._is_between and self._is_free():
                size = len(known.bytes)
                # A head holds a secret address; behind a proxy the one before may be somebody else's.
                if len(data) == size + known.body and compare_digest(data[:size], known.bytes):
                    self._unset_keepalive_if_required()
                    self._answer(known.head, data[size:])
                    return
            self._segment = data if self._is_between else b""
            super().data_received(data)

        def on_message_begin(self) -> None:
            """Take note that a message has begun."""
            self._is_between = False
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            """Hold a request to the door, or begin it the usual way."""
            self._head, self._held = None, []
            if self._is_for_the_door() and self._is_free():
                self._head = door.read_head(self.url.decode("ascii"), self.headers, self._peer())
            if self._head is None:
                super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            """Keep a part of a held body, or hand it on."""
            if self._head is None:
                super().on_body(body)
            else:
                self._held.append(body)

        def on_message_complete(self) -> None:
            """Answer a held request."""
            self._is_between = True
            segment, self._segment = self._segment, b""
            head, self._head = self._head, None
            if head is None:
                super().on_message_complete()
                return
            body = b"".join(self._held)
            end = segment.find(HEAD_END) + len(HEAD_END)
            if len(segment) == end + len(body):  # the segment is this message and nothing else
                self._known = Known(segment[:end], len(body), head)
            self._answer(head, body)

        def on_response_complete(self) -> None:
            """Begin what waits, or let the time run for which an idle connection is kept.

            One timer looks now and then. Arming one at each answer and taking it back costs a tenth of a call.
            """
            self.server_state.total_requests += 1
            if self.transport.is_closing():
                return
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
                return
            self._idle_since = self.loop.time()
            if self.timeout_keep_alive_task is None:
                self._look_after(self.timeout_keep_alive)

        def _unset_keepalive_if_required(self) -> None:
            self._idle_since = BUSY

        def timeout_keep_alive_handler(self) -> None:
            """Close the connection when it has been idle for its time, or look again."""
            self.timeout_keep_alive_task = None
            if self._idle_since == BUSY or self.transport.is_closing():
                return
            left = self._idle_since + self.timeout_keep_alive - self.loop.time()
            if left > 0:
                self._look_after(left)
            else:
                self.transport.close()

        def _look_after(self, seconds: float) -> None:
            self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

        def connection_lost(self, exc: Exception | None) -> None:
            """Look no more."""
            super().connection_lost(exc)
            if self.timeout_keep_alive_task is not None:
                self.timeout_keep_alive_task.cancel()

        def _peer(self) -> str:
            return self.client[0] if self.client else ""

        def _is_free(self) -> bool:
            """Whether nothing else is being answered or waits to be sent."""
            is_idle = self.cycle is None or self.cycle.response_complete
            return is_idle and not self.pipeline and not self.flow.write_paused

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
                self._write(reply, keep_alive=True)
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
            self._write(reply, keep_alive=cycle.keep_alive)

        def _write(self, reply: Reply, *, keep_alive: bool) -> None:
            if self.transport.is_closing():
                return
            head = b"%b%b%b%bcontent-length: %d\r\n\r\n%b" % (
                STATUS_LINE[reply.status],
                _lines(tuple(self.server_state.default_headers)),
                b"".join([b"%b: %b\r\n" % field for field in reply.fields]),
                b"" if keep_alive else b"%b: %b\r\n" % CLOSE,
                len(reply.body) + len(reply.rest),
                reply.body,
            )
            if reply.rest:
                self.transport.writelines((head, reply.rest))  # one system call; the list is not copied
            else:
                self.transport.write(head)
            if not keep_alive:
                self.transport.close()
            self.on_response_complete()

    return QuickProtocol


@lru_cache(maxsize=8)
def _lines(fields: Sequence[Field]) -> bytes:
    """Header lines as they are sent; those of the server itself change once a second."""
    return b"".join(b"%b: %b\r\n" % field for field in fields)
