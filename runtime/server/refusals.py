"""What is answered to a request that never reaches an endpoint, in the form of the endpoint that it was for."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

import orjson

from runtime.mcp_server.replies import INVALID_REQUEST, REFUSAL_FIELDS, Field, Refused, Reply
from runtime.mcp_server.request import WRONG_HOST

MCP = b"/mcp"
RETRY_SECONDS = 5
"""Connections come and go within seconds; after a longer wait hosts would stay away that could be served."""


class Refusal(NamedTuple):
    """A refusal whatever was asked."""

    status: int
    code: str
    message: str
    fields: tuple[Field, ...] = ()

    def reply(self, path: bytes) -> Reply:
        """Return the response: a JSON-RPC error for the MCP endpoint, and the shape of the management API for the
        rest.
        """
        if path.startswith(MCP):
            return Refused(self.status, INVALID_REQUEST, self.message, fields=self.fields).reply()
        shape = {
            "error": True,
            "statusCode": self.status,
            "statusMessage": HTTPStatus(self.status).phrase,
            "code": self.code,
            "message": self.message,
        }
        return Reply(self.status, (*REFUSAL_FIELDS, *self.fields), orjson.dumps(shape))


UNKNOWN_HOST = Refusal(421, "misdirected_request", WRONG_HOST)
RETRY_AFTER: Field = (b"retry-after", b"%d" % RETRY_SECONDS)
MALFORMED = Refusal(400, "invalid_request", "This is not a valid HTTP/1.1 request.")
NO_TUNNEL = Refusal(405, "method_not_allowed", "This server is no proxy: CONNECT is not served.")
SEVERAL_HOSTS = Refusal(400, "invalid_request", "A request has one Host header, and this one has several.")
HEAD_LATE = Refusal(408, "request_timeout", "The head of the request did not come in time.")
BODY_LATE = Refusal(408, "body_timeout", "The body of the request did not come in time.")
LONG_URL = Refusal(414, "uri_too_long", "The URL is longer than 8 KiB.")
LARGE_HEAD = Refusal(
    431,
    "head_too_large",
    "The head of the request is larger than 64 KiB, or has more than 100 header fields.",
)
LARGE_FRAMES = Refusal(
    400, "invalid_request", "The chunks of the body come with too many extensions, or too large a trailer."
)
PIPELINED = Refusal(429, "too_many_requests", "Too many requests wait on this connection.")
FULL = Refusal(
    503,
    "too_many_connections",
    "The server already has as many connections as it accepts. Try again later.",
    (RETRY_AFTER,),
)
NO_MEMORY = Refusal(
    503,
    "too_much_received",
    "The server is receiving as much as it can hold. Try again later.",
    (RETRY_AFTER,),
)
STOPPING = Refusal(503, "stopping", "The server is stopping, and this request was not done.", (RETRY_AFTER,))
