"""One request and its response, as `bounded_protocol` hands them on: to ASGI, to a new parser, to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from runtime.mcp_server.replies import Field, Reply
from runtime.mcp_server.request import CLOSE
from runtime.request_ids import add_request_id

HOP_BY_HOP = frozenset({b"connection", b"upgrade", b"http2-settings"})
"""The fields of an offer to change the protocol: dropped with the offer."""


class Cycle(RequestResponseCycle):
    """A request that the ASGI application answers."""

    async def send(self, message: Any) -> None:
        """Send; the connection ends when the body was never asked for: what comes next might be it or might not."""
        if self.waiting_for_100_continue:
            self.keep_alive = False
        await super().send(message)


class Ending:
    """The transport as a cycle sees it: closing it leaves the client the time to read the response."""

    def __init__(
        self, transport: asyncio.Transport, end: Callable[[], None], is_ending: Callable[[], bool]
    ) -> None:
        self._write = transport.write
        self.close = end
        self.is_closing = is_ending

    def write(self, data: bytes) -> None:
        """Write, unless the response has come too late."""
        if not self.is_closing():
            self._write(data)


def write_head(parser: httptools.HttpRequestParser, url: bytes, headers: Sequence[Field]) -> bytes:
    """Return the head of a request for a new parser: the old one leaves the body to the protocol that was offered."""
    version = parser.get_http_version().encode()
    lines = [b"%b %b HTTP/%b" % (parser.get_method(), url, version)]
    lines += [b"%b: %b" % field for field in headers if field[0] not in HOP_BY_HOP]
    listed = [
        option.strip() for name, value in headers if name == b"connection" for option in value.split(b",")
    ]
    if options := [option for option in listed if option.lower() not in HOP_BY_HOP]:
        lines.append(b"connection: " + b", ".join(options))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def encode_head(reply: Reply, default: Sequence[Field], *, keep_alive: bool) -> bytes:
    """Return the bytes of a response up to the end of `body`; `default` are the fields of the server itself."""
    return b"%b%b%b%bcontent-length: %d\r\n\r\n%b" % (
        STATUS_LINE[reply.status],
        _lines(tuple(default)),
        b"".join([b"%b: %b\r\n" % field for field in add_request_id(reply.fields)]),
        b"" if keep_alive else b"%b: %b\r\n" % CLOSE,
        len(reply.body) + len(reply.rest),
        reply.body,
    )


@lru_cache(maxsize=8)
def _lines(fields: Sequence[Field]) -> bytes:
    """Header lines as they are sent; those of the server itself change once a second."""
    return b"".join(b"%b: %b\r\n" % field for field in fields)
