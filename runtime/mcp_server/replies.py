"""What goes back over HTTP: a status, fields and a body made once, and the JSON-RPC errors of the endpoint.

Everything that the endpoint refuses is raised as `Refused` and becomes the same kind of answer: an HTTP status and a
JSON-RPC error, also where HTTP alone would do, because clients show its message to the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from runtime.errors import InvalidRequest

Field = tuple[bytes, bytes]

PARSE_ERROR = -32700
"""This and the four that follow are those of JSON-RPC 2.0."""
INVALID_REQUEST = -32600
"""JSON-RPC 2.0."""
METHOD_NOT_FOUND = -32601
"""JSON-RPC 2.0."""
RESOURCE_NOT_FOUND = -32002
"""Up to 2025-11-25; from 2026-07-28 a resource that is not there is an invalid parameter."""
INVALID_PARAMS = -32602
"""JSON-RPC 2.0."""
INTERNAL_ERROR = -32603
"""JSON-RPC 2.0."""
HEADER_MISMATCH = -32020
"""MCP 2026-07-28: a header field contradicts the body."""
UNSUPPORTED_VERSION = -32022
"""MCP 2026-07-28."""
RATE_LIMITED = 429
"""An application's own code: the specification reserves -32768 to -32000 and leaves the rest free."""
BUSY = 503
"""Another: the request was in order, and the server has too much of its kind to do."""

JSON = (b"content-type", b"application/json")
EVENTS = (b"content-type", b"text/event-stream")
NO_STORE = (b"cache-control", b"no-store")
ANSWER_FIELDS: tuple[Field, ...] = (JSON, NO_STORE)
REFUSAL_FIELDS: tuple[Field, ...] = (
    JSON,
    NO_STORE,
    # A person may open the address in a browser: it must not travel on in a Referer.
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


_EVENT = b"event: message\ndata: %b%b\n\n"
EVENT_BYTES = len(_EVENT % (b"", b""))
"""What an event stream of one event takes beside the event."""


class Reply(NamedTuple):
    """One HTTP response, whole. `fields` lacks the length, which is added when it is sent.

    `rest` follows `body` where it is large and the same for many: so it need not be copied.
    """

    status: int
    fields: Sequence[Field]
    body: bytes = b""
    rest: bytes = b""


def as_stream(reply: Reply) -> Reply:
    """Return a reply with JSON as an event stream of one event, for a client that takes nothing else; others as
    they are.
    """
    if reply.status != 200 or JSON not in reply.fields:
        return reply
    fields = tuple(EVENTS if field == JSON else field for field in reply.fields)
    return Reply(reply.status, fields, as_event(reply))


def as_event(reply: Reply) -> bytes:
    """Return the content of a reply, which is JSON in one line, as an event of a stream."""
    return _EVENT % (reply.body, reply.rest)


class Refused(InvalidRequest):
    """The endpoint does not pass a request on. `rpc_code` and `id` make the JSON-RPC error, `status` the HTTP one."""

    def __init__(
        self,
        status: int,
        rpc_code: int,
        message: str,
        *,
        id: str | int | None = None,
        data: Any = None,
        fields: Sequence[Field] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.rpc_code = rpc_code
        self.id = id
        self.data = data
        self.fields = fields

    def reply(self) -> Reply:
        """Return the refusal as a response."""
        body = write_error(self.rpc_code, self.message, self.id, self.data)
        return Reply(self.status, (*REFUSAL_FIELDS, *self.fields), body)


def write_error(code: int, message: str, id: str | int | None, data: Any = None) -> bytes:
    """Return a JSON-RPC error response. `id` is null when the request's own could not be read."""
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return orjson.dumps({"jsonrpc": "2.0", "id": id, "error": error})


ACCEPTED = Reply(202, (NO_STORE,))
"""The answer to a notification: there is nothing to say."""

UNKNOWN_TOKEN = Refused(
    404, INVALID_REQUEST, "There is no MCP server at this address. Ask for a new URL in Ledgerport."
).reply()
"""The one answer to an unknown, mistyped, expired or revoked token, whatever the method or body."""
