"""The id of a request: every response has it as `Request-Id`, and every line of the log that the request causes.

A client may choose it, where it is short and cannot be read as anything else; otherwise it is made here. `logs` reads
it from the context of the task that a request runs in.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any

FIELD = b"request-id"
_LONGEST = 64
"""Characters: a UUID has 36, a trace id 32."""
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,%d}" % (_LONGEST - 1))
_PROCESS = secrets.token_hex(8)
_COUNT = itertools.count(1)

CURRENT: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty outside of one."""

Field = tuple[bytes, bytes]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def make_request_id() -> str:
    """Return an id that no other request has: random for each process, and counted in it."""
    return f"{_PROCESS}-{next(_COUNT):x}"


def choose_request_id(sent: bytes | None) -> str:
    """Return the id that a client has sent, where it is well-formed, or a new one."""
    return sent.decode("ascii") if sent and _WELL_FORMED.fullmatch(sent) else make_request_id()


def add_request_id(fields: Sequence[Field], request_id: str = "") -> Sequence[Field]:
    """Return the fields of a response with an id: its own where it has one, else the given one, or a new one."""
    if fields and fields[-1][0] == FIELD:  # as the MCP endpoint writes it, which answers most requests
        return fields
    if any(name == FIELD for name, _ in fields):
        return fields
    return (*fields, (FIELD, (request_id or make_request_id()).encode()))


class RequestIds:
    """ASGI around an application: each of its responses has the id of its request."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = [value for name, value in scope["headers"] if name == FIELD]
        request_id = choose_request_id(sent[0] if len(sent) == 1 else None)
        CURRENT.set(request_id)

        async def send_under(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = add_request_id(message["headers"], request_id)
            await send(message)

        await self._app(scope, receive, send_under)
