"""A server with short limits, and raw connections to it: what the tests of limits have in common."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

from runtime.mcp_server.endpoint import Head
from runtime.mcp_server.replies import Reply
from runtime.server.connections import Limits
from runtime.server.fast_path import make_protocol
from tests.serving import Served, served

PATIENCE = 20.0
"""Seconds until a test gives up."""
LARGE = b"z" * 20_000_000
"""More than the buffers of both kernels hold."""
QUICK = {"look_seconds": 0.02}
MCP, OTHER = b"/mcp/x", b"/elsewhere"


def respond(_head: Head, body: bytes) -> Reply | Awaitable[Reply]:
    """Answer every request to the MCP endpoint with its body; `large` with a large one, `slow` after a while."""
    return Reply(200, (), b"", LARGE) if body == b"large" else _respond_later(body)


async def _respond_later(body: bytes) -> Reply:
    await asyncio.sleep(0.5 if body == b"slow" else 0)
    return Reply(200, (), body)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The same through ASGI. /refused is answered before its body; /headers with the fields as they are at the end."""
    body, more = b"", scope["path"] != "/refused"
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if body == b"slow":
        await asyncio.sleep(0.5)
    answer = LARGE if body == b"large" else body
    if scope["path"] == "/headers":
        answer = repr(scope["headers"]).encode()
    status = 413 if scope["path"] == "/refused" else 200
    fields = [(b"content-length", b"%d" % len(answer))]
    if scope.get("query_string") == b"close":
        fields.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": answer})


@contextmanager
def limited(**limits: Any) -> Iterator[Served]:
    """A server with these limits, looked after often."""
    keep_alive = limits.pop("timeout_keep_alive", 30)
    protocol = make_protocol(respond, Limits(**{**QUICK, **limits}))
    with served(application, http=protocol, timeout_keep_alive=keep_alive) as running:
        yield running


@contextmanager
def connected(running: Served, *, buffer: int = 0) -> Iterator[socket.socket]:
    """A connection to it; `buffer` bytes for what it has not read."""
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(PATIENCE)
    connection.connect(("127.0.0.1", running.port))
    with connection:
        yield connection


def post(path: bytes, body: bytes = b"", *lines: bytes, length: int | None = None) -> bytes:
    """The bytes of a POST, with more header lines; `length` is what it announces."""
    size = len(body) if length is None else length
    head = [b"POST %b HTTP/1.1" % path, b"Host: x", b"Content-Length: %d" % size, *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def rest(connection: socket.socket) -> bytes:
    """Everything until the server closes; a reset ends it as well."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(1 << 20):
            found += piece
    return found


def response(connection: socket.socket) -> tuple[int, bytes]:
    """The status and body of one response."""
    stream = connection.makefile("rb")
    status = int(stream.readline().split()[1])
    length = 0
    while line := stream.readline().strip():
        name, value = line.lower().split(b": ", 1)
        length = int(value) if name == b"content-length" else length
    return status, stream.read(length)
