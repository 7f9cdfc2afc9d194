"""The HTTP protocol of the server, with a short way for answers that need nothing awaited.

Between the socket and the ASGI application. A small POST is held until its body is whole, then shown to the door; when
that knows the reply at once (a list of tools, made once and the same for everybody who may see it), the reply is
written here, without a task, a scope and their messages, which cost more than the reply. Everything else, and every
refusal, goes on to the application as if it had not been held.

A client that keeps its connection sends the same head again, byte for byte. What the parser and the door made of the
last one is kept with the connection, so that such a request is not parsed a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from runtime.mcp_server.endpoint import PREFIX
from runtime.mcp_server.replies import Field, Reply

LARGEST_HELD = 1024
START = PREFIX.encode()
HEAD_END = b"\r\n\r\n"


class Door(Protocol):
    """Whoever may know a reply at once. Both answer None for what goes the usual way."""

    def read_head(self, path: str, sent: list[Field]) -> Any:
        """What follows from the path and the header lines (names in lower case) alone, for as long as it runs."""

    def reply_at_once(self, head: Any, body: bytes) -> Reply | None:
        """The reply to a body behind that head."""


class Known(NamedTuple):
    """The bytes of a head, how long the body is that it announces, and what the door made of it."""

    bytes: bytes
    body: int
    head: Any


def quick_protocol(door: Door) -> type[HttpToolsProtocol]:
    """The protocol class for one application."""

    class QuickProtocol(HttpToolsProtocol):
        """Holds what may be answered at once."""

        _held: list[bytes] | None = None
        _is_between = True
        """Whether the parser has come to the end of a message and begun no other."""
        _segment = b""
        """What is being parsed, when it began between two messages."""
        _known: Known | None = None

        def data_received(self, data: bytes) -> None:
            """Answer a repeated head, or parse."""
            known = self._known
            if known is not None and self._is_between and data.startswith(known.bytes):
                body = data[len(known.bytes) :]
                if len(body) == known.body and self._is_free():
                    reply = door.reply_at_once(known.head, body)
                    if reply is not None:
                        self._unset_keepalive_if_required()
                        self._write(reply)
                        return
            self._segment = data if self._is_between else b""
            super().data_received(data)

        def on_message_begin(self) -> None:
            """Take note that a message has begun."""
            self._is_between = False
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            """Hold a request whose answer may be known, or begin it the usual way."""
            self._held = [] if self._is_small_post() and self._is_free() else None
            if self._held is None:
                super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            """Keep a part of a held body, or hand it on."""
            if self._held is None:
                super().on_body(body)
            else:
                self._held.append(body)

        def on_message_complete(self) -> None:
            """Answer a held request, or begin it now."""
            self._is_between = True
            segment, self._segment = self._segment, b""
            held, self._held = self._held, None
            if held is None:
                super().on_message_complete()
                return
            body = b"".join(held)
            if not self._answer(segment, body):
                super().on_headers_complete()
                super().on_body(body)
                super().on_message_complete()

        def _answer(self, segment: bytes, body: bytes) -> bool:
            head = door.read_head(self.url.decode("ascii"), self.headers)
            reply = None if head is None else door.reply_at_once(head, body)
            if reply is None:
                return False
            end = segment.find(HEAD_END) + len(HEAD_END)
            if len(segment) == end + len(body):  # the segment is this message and nothing else
                self._known = Known(segment[:end], len(body), head)
            self._write(reply)
            return True

        def _is_free(self) -> bool:
            """Whether nothing else is being answered or waits to be sent."""
            is_idle = self.cycle is None or self.cycle.response_complete
            return is_idle and not self.pipeline and not self.flow.write_paused

        def _is_small_post(self) -> bool:
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

        def _write(self, reply: Reply) -> None:
            date = _lines(tuple(self.server_state.default_headers))
            size = len(reply.body) + len(reply.rest)
            head = b"%b%b%bcontent-length: %d\r\n\r\n%b" % (
                STATUS_LINE[reply.status],
                date,
                _lines(reply.fields),
                size,
                reply.body,
            )
            if reply.rest:
                self.transport.writelines((head, reply.rest))  # one system call; the list is not copied
            else:
                self.transport.write(head)
            self.on_response_complete()

    return QuickProtocol


@lru_cache(maxsize=64)
def _lines(fields: Sequence[Field]) -> bytes:
    """Header lines as they are sent. Few are different: a date for a second, and the fields of the door's answers."""
    return b"".join(b"%b: %b\r\n" % field for field in fields)
