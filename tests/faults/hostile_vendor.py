"""The simulator, some of whose answers are replaced or changed, as the request and a seed decide."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from tests.faults.hostile_values import large, mutated, nested, scalar, written

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

API = "/v3/company/"
STATUSES = [200] * 6 + [201, 202, 204, 206, 301, 304, 400, 400, 401, 403, 404, 409, 410, 413, 415, 422, 429,
    429, 500, 500, 501,
    502, 503, 504, 520, 599]  # fmt: skip
MEDIA_TYPES = ["application/json"] * 6 + ["application/xml", "text/xml", "text/html", "text/plain",
    "application/pdf", "",
    "application/json;charset=utf-16", "x/y;charset=nothing", "\xff"]  # fmt: skip
BODIES = [
    b"", b"null", b"[]", b"[null]", b"{}", b"0", b'""', b"NaN", b"{", b"\0", b"\xff\xfe{\0}\0",
    b"\xef\xbb\xbf{}", b"%PDF-1.4",
    b"<html><title>503</title></html>",
    b"<?xml version='1.0'?><IntuitResponse><Fault><Error code='1'/></Fault></IntuitResponse>",
    b"<a>" * 3_000, b"<a b='" * 3_000, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b'{"Fault":null}',
    b'{"Fault":{"Error":null}}',
    b'{"Fault":{"Error":[{"Message":1,"Detail":{},"code":[]}]}}', b'{"Fault":{"Error":[null]}}',
    b'{"Fault":[]}', b"%" * 3_000,
    b'{"QueryResponse":null}', b'{"QueryResponse":{"Invoice":null}}', b'{"QueryResponse":{"totalCount":"x"}}',
    b'{"QueryResponse":{"Invoice":[null,1,"a",[]]}}', b'{"BatchItemResponse":[null]}',
    b'{"Rows":{"Row":[null]}}',
]  # fmt: skip
FIELDS = [
    (b"retry-after", b"-1"), (b"retry-after", b"\xb2"), (b"retry-after", b"9" * 30), (b"retry-after", b"1.5"),
    (b"retry-after", b"Fri, 31 Dec 9999 23:59:59 GMT"), (b"retry-after", b"Xxx, 99 Zzz 0000 99:99:99 GMT"),
    (b"retry-after", b"NaN"),
    (b"x-ratelimit-remaining", b"NaN"), (b"x-ratelimit-limit", b""), (b"ratelimit", b"\xff"),
    (b"intuit_tid", b"\xff" * 300),
    (b"intuit_tid", b'","a":"'), (b"content-encoding", b"gzip"), (b"content-encoding", b"br"),
    (b"content-encoding", b"x"),
    (b"location", b"/v3/company/1"), (b"location", b"http://[::1"), (b"link", b"<>;rel="), (b"link",
    b"<" * 3_000),
    (b"set-cookie", b"a=b; domain=\xff"), (b"content-disposition", b"attachment; filename*=UTF-8''%ff"),
    (b"etag", b"\xff"),
]  # fmt: skip


class HostileVendor:
    """The simulator's application, of whose answers a share is hostile."""

    def __init__(
        self, application: Callable[[Any, Any, Any], Awaitable[None]], seed: int, share: float = 0.0
    ) -> None:
        self._application = application
        self._seed = seed
        self.share = share
        """Of the answers that are hostile."""
        self.statuses: list[int] = []
        """Of the answers since `forget`."""
        self.answered = 0
        """Bytes of the answers since `forget`."""
        self.complaints: list[str] = []
        """What the simulator's server logged since `forget`: requests of the runtime that are no HTTP."""

    def forget(self) -> None:
        """Count from nothing."""
        self.statuses, self.answered = [], 0
        self.complaints.clear()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """One request. What is not the company's data, such as OAuth, is answered by the simulator as it is."""
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._application(scope, receive, send)
            return
        asked = await _read(receive)
        chance = random.Random(
            f"{self._seed}/{scope['method']}/{scope['path']}/{_without_key(scope)}/{hash_of(asked)}"
        )
        status, fields, body = await self._honest(scope, asked)
        if chance.random() < self.share:
            status, fields, body = _hostile(chance, status, fields, body)
        self.statuses.append(status)
        self.answered += len(body)
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _honest(self, scope: Any, asked: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        messages: list[Message] = []
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]

        async def receive() -> Message:
            return {"type": "http.request", "body": asked, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._application(scope, receive, send)
        body = b"".join(each.get("body", b"") for each in messages[1:])
        fields = [pair for pair in messages[0]["headers"] if pair[0].lower() != b"content-length"]
        return messages[0]["status"], [*fields, (b"content-length", b"%d" % len(body))], body


class Complaints(logging.Handler):
    """Notes what a server logs."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        """Note one record."""
        self._notes.append(record.getMessage())


def hash_of(body: bytes) -> str:
    """A short text for a body, the same in every process. Boundaries of multipart bodies are drawn by the client."""
    return f"{len(body)}/{sum(body)}"


def _without_key(scope: Any) -> str:
    return str(
        [pair for pair in parse_qsl(scope["query_string"].decode("latin-1")) if pair[0] != "requestid"]
    )


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _hostile(
    chance: random.Random, status: int, fields: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    if chance.random() < 0.6:
        status = chance.choice(STATUSES)
    body = b"" if status in (204, 304) else _hostile_body(chance, body)
    stored = [pair for pair in fields if pair[0].lower() not in (b"content-type", b"content-length")]
    stored += [chance.choice(FIELDS) for _ in range(chance.choice([0, 0, 1, 2]))]
    stored.append((b"content-type", chance.choice(MEDIA_TYPES).encode("latin-1")))
    return status, [*stored, (b"content-length", b"%d" % len(body))], body


def _hostile_body(chance: random.Random, body: bytes) -> bytes:
    form = chance.random()
    if form < 0.55:
        try:
            return written(mutated(chance, orjson.loads(body), chance.choice([1, 1, 2, 5])))
        except orjson.JSONDecodeError:
            return body[: chance.randrange(len(body) + 1)]
    if form < 0.65:
        return written(scalar(chance))
    if form < 0.70:
        return written(nested(chance, chance.choice([30, 200, 1_100, 30_000])))
    if form < 0.76:
        return written(
            {"QueryResponse": {"Invoice": large(chance, 100_000)}, "Invoice": large(chance, 50_000)}
        )
    return chance.choice(BODIES)
