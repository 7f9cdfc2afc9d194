"""What a request says before its body is understood: its fields, who may send it from where, and its bytes.

Called by `endpoint`, before `protocol` reads the JSON-RPC message. What is read before the token of the URL is known is
not cached: a stranger chooses the values, and would fill the cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from runtime.errors import InvalidRequest
from runtime.mcp_server.replies import INVALID_REQUEST, Field, Refused
from runtime.model import Grant
from runtime.operations.approval_config import FIELD as APPROVAL
from runtime.operations.approval_config import add_request_rule
from runtime.operations.bodies import LARGEST_BODY, count_seconds, explain_lateness, explain_size
from runtime.settings import LOOPBACK

Fields = Mapping[bytes, bytes]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LONGEST_CACHED = 128
"""Bytes of a header field; what clients send is shorter, and 256 of these are nothing."""
USUAL_ACCEPT = frozenset({b"", b"*/*", b"application/json", b"application/json, text/event-stream"})
"""What nearly every client sends; each lets JSON through."""
EXPOSED_FIELDS = (
    b"ratelimit, ratelimit-policy, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, "
    b"www-authenticate, request-id"
)
WRONG_HOST = (
    "This server does not answer to the name in the Host header. If clients are to reach it by that name, set "
    "LEDGERPORT_PUBLIC_URL to the address that they use, such as https://books.example.com."
)
CLOSE: Field = (b"connection", b"close")


class ClientGone(Exception):
    """The client closed the connection before its request was whole; there is nobody to answer."""


class Gate:
    """Whom the endpoint answers, by the fields `Host` and `Origin`.

    `hosts`, when there are any, are the only names the server answers to: a runtime on loopback lists the loopback
    names, so that a web page whose own name was pointed at 127.0.0.1 (DNS rebinding) gets nothing. A request with an
    `Origin` comes from a web page: pages listed in `origins` pass, pages of the same host, and pages on the person's
    own machine, such as an inspector under development. Everything else that runs in a browser is refused.
    """

    def __init__(self, origins: Iterable[str] = (), hosts: Iterable[str] = ()) -> None:
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._hosts = frozenset(host.lower() for host in hosts)

    def check(self, fields: Fields) -> tuple[Field, ...]:
        """Return the CORS fields that the answer needs; raises Refused when the sender is not welcome."""
        if not self.is_host_known(fields):
            raise Refused(421, INVALID_REQUEST, WRONG_HOST)
        sent = fields.get(b"origin", b"").strip()
        if not sent:
            return ()
        if not self._welcomes(sent.decode("latin-1").lower(), read_host(fields.get(b"host", b""))):
            raise Refused(
                403,
                INVALID_REQUEST,
                "Web pages of this origin may not call this server. The operator can list the origin in the settings.",
            )
        return (
            (b"access-control-allow-origin", sent),
            (b"access-control-expose-headers", EXPOSED_FIELDS),
            (b"vary", b"origin"),
        )

    def is_host_known(self, fields: Fields) -> bool:
        """Whether the server answers to the name in the Host field."""
        return not self._hosts or read_host(fields.get(b"host", b"")) in self._hosts

    def _welcomes(self, origin: str, host: str) -> bool:
        if origin in self._origins:
            return True
        try:
            name = urlsplit(origin).hostname or ""
        except ValueError:
            return False
        return bool(name) and (name in LOOPBACK or name == host)


def read_host(value: bytes) -> str:
    """Return the name in a Host field, in lower case and without its port."""
    text = value.strip().decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def read_weights(value: bytes) -> dict[str, float]:
    """Return what an Accept or Accept-Encoding field lists, each with its weight (`q`), 1 when there is none."""
    found: dict[str, float] = {}
    for part in value.decode("latin-1").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            found[name] = float(quality)
        except ValueError:
            found[name] = 0.0
    found.pop("", None)
    return found


def takes_json(accept: bytes) -> bool:
    """Whether an Accept field lets JSON through. An empty one lets anything through."""
    if accept in USUAL_ACCEPT:
        return True
    listed = read_weights(accept)
    return _takes(listed, ("application/json", "application/*", "*/*")) or not listed


def wants_stream(accept: bytes) -> bool:
    """Whether an Accept field lets an event stream through and no JSON, as some clients of older revisions send it."""
    return not takes_json(accept) and _takes(read_weights(accept), ("text/event-stream", "text/*", "*/*"))


def _takes(listed: dict[str, float], names: tuple[str, ...]) -> bool:
    """Whether the most specific of the names that is listed has a weight above zero."""
    return next((listed[name] > 0 for name in names if name in listed), False)


def takes_gzip(accept_encoding: bytes) -> bool:
    """Whether an Accept-Encoding field lets gzip through. Asked only for who has a token; long ones are not cached."""
    if len(accept_encoding) > LONGEST_CACHED:
        return _takes_gzip(accept_encoding)
    return _takes_gzip_cached(accept_encoding)


def _takes_gzip(accept_encoding: bytes) -> bool:
    listed = read_weights(accept_encoding)
    for name in ("gzip", "x-gzip", "*"):
        if name in listed:
            return listed[name] > 0
    return False


_takes_gzip_cached = lru_cache(maxsize=256)(_takes_gzip)


def is_json(content_type: bytes) -> bool:
    """Whether a Content-Type field names JSON, with or without parameters."""
    return content_type.partition(b";")[0].strip().lower() == b"application/json"


def check_content(fields: Fields) -> None:
    """Raise Refused when the answer would not be taken or the body is not plain JSON."""
    accept = fields.get(b"accept", b"")
    if not takes_json(accept) and not wants_stream(accept):
        raise Refused(
            406,
            INVALID_REQUEST,
            "Answers are JSON or an event stream: the Accept header must allow application/json or text/event-stream.",
        )
    if not is_json(fields.get(b"content-type", b"")):
        raise Refused(415, INVALID_REQUEST, "The Content-Type must be application/json.")
    if fields.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise Refused(415, INVALID_REQUEST, "The body must not be compressed.")


def add_rule(grant: Grant, fields: Fields, sent: Iterable[Field]) -> Grant:
    """Return a grant with the rule for approvals that the header lines of a request add. Raises Refused."""
    if APPROVAL not in fields:
        return grant
    try:
        return add_request_rule(grant, sent)
    except InvalidRequest as wrong:
        raise Refused(wrong.status, INVALID_REQUEST, wrong.as_text()) from wrong


def _no_growth(_size: int) -> None:
    """Nothing is held for a body of the usual size."""


async def read_body(
    receive: Receive,
    fields: Fields,
    largest: int = LARGEST_BODY,
    grow: Callable[[int], None] = _no_growth,
) -> bytes | bytearray:
    """Return the body of a request; raises Refused beyond `largest` bytes, counted as well as announced, and
    ClientGone.

    A body that is not whole within 30 seconds is refused too: a stop of the server would wait for it. One beyond 4 MiB
    comes back as a bytearray, and has longer, as long as enough of it comes; `grow` is called with its size before so
    much is held, and may raise.
    """
    try:
        async with asyncio.timeout(count_seconds()) as limit:
            return await _read_body(receive, fields, largest, grow, limit)
    except TimeoutError:
        raise Refused(408, INVALID_REQUEST, explain_lateness(), fields=(CLOSE,)) from None


async def _read_body(
    receive: Receive,
    fields: Fields,
    largest: int,
    grow: Callable[[int], None],
    limit: asyncio.Timeout,
) -> bytes | bytearray:
    announced = fields.get(b"content-length", b"").strip()
    size = int(announced) if announced.isdigit() and len(announced) < 20 else 0
    _check_size(size, largest)
    if size > LARGEST_BODY:
        grow(size)
    began = asyncio.get_running_loop().time()
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body"):
        _check_size(len(body), largest)
        if len(body) <= LARGEST_BODY:
            return body
        grow(len(body))
    parts = bytearray(body)
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()
        parts += message.get("body", b"")
        _check_size(len(parts), largest)
        if max(size, len(parts)) > LARGEST_BODY:
            grow(len(parts))
            limit.reschedule(began + count_seconds(len(parts)))
    if message["type"] != "http.request":
        raise ClientGone
    return bytes(parts) if len(parts) <= LARGEST_BODY else parts


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        raise Refused(413, INVALID_REQUEST, explain_size(largest), fields=(CLOSE,))
