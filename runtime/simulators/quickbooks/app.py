"""The ASGI application: the accounting API by hand (it is hot), everything else through Starlette.

One process, one thread, one database connection: requests are answered one after the other, which is what makes every
change of the books serial.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.control.control_api import Control
from runtime.simulators.quickbooks.faults import Fault, make_fault, make_system_fault
from runtime.simulators.quickbooks.http import entitlements
from runtime.simulators.quickbooks.http.api import Api
from runtime.simulators.quickbooks.http.attachments import read_linked_file
from runtime.simulators.quickbooks.http.endpoints import ROUTES
from runtime.simulators.quickbooks.http.messages import Answer, Request
from runtime.simulators.quickbooks.http.throttle import Throttle
from runtime.simulators.quickbooks.oauth.consent_pages import make_routes as oauth_routes
from runtime.simulators.quickbooks.oauth.tokens import OAuth

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LOG = logging.getLogger(__name__)
PREFIX = "/v3/company/"
LARGEST_BODY = 100_000_000
"""Bytes: the smaller reading of the documented 100 MB."""
SMALLEST_GZIP = 512
"""Bytes below which gzip saves nothing worth its time."""


class Application:
    """The simulator at one origin."""

    def __init__(self, store: Store, clients: dict[str, str]) -> None:
        self.store = store
        self.api = Api(store, ROUTES)
        self.oauth = OAuth(store, clients)
        self.throttle = Throttle(store.clock)
        self.control = Control(store, self.oauth, self.throttle)
        self.others = Starlette(
            routes=[
                *oauth_routes(self.oauth),
                *self.control.make_routes(),
                Route("/temporary/{realm}/{id}", self._file),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith((PREFIX, entitlements.PATH)):
            await self._company(scope, receive, send)
        else:
            await self.others(scope, receive, send)

    async def _file(self, request: WebRequest) -> Response:
        """Return an attached file, to whoever has its signed link."""
        given, asked = request.path_params, request.query_params
        found = read_linked_file(
            self.store, given["realm"], given["id"], asked.get("expires", ""), asked.get("signature", "")
        )
        if found is None:
            return PlainTextResponse("This link has expired or is not valid.", 403)
        return Response(found[1], media_type=found[0])

    async def _company(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        tid = f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
        body, size = await _body(receive)
        if body is None:
            return
        request = _request(scope, headers, body)
        rule = self.control.faults.select(request)
        if rule is not None and rule.delay_ms:
            await asyncio.sleep(rule.delay_ms / 1000)
        if rule is not None and rule.status is not None:
            answer = Answer(rule.status, rule.content_type, rule.make_body(), rule.headers)
        else:
            answer = self._answer(request, size)
        self.control.note(request, answer, tid)
        if self.store.events:
            self.control.webhooks.dispatch()
        await _send(
            send,
            answer,
            tid,
            may_gzip="gzip" in headers.get("accept-encoding", ""),
            is_cut=bool(rule and rule.cut),
        )

    def _answer(self, request: Request, size: int = 0) -> Answer:
        """Return the answer of the API, or its refusal in the right envelope. Never raises."""
        try:
            if size > LARGEST_BODY:
                raise make_fault("6030", "Upload request size exceeds allowed limit")
            self.oauth.check(request.headers.get("authorization"), request.realm)
            self.throttle.count(request.realm, is_batch=request.segments[:1] == ("batch",))
            if request.path.startswith(entitlements.PATH):
                return entitlements.answer(self.store, request)
            return self.api.answer(request)
        except Fault as refusal:
            return self._refused(refusal)
        except Exception:  # the outermost handler: a fault of the simulator is answered as the service would
            LOG.exception("failed at %s %s", request.method, request.path)
            return self._refused(make_system_fault())

    def _refused(self, refusal: Fault) -> Answer:
        kind, body = refusal.render_body(self.api.format_time(), self.store.clock.get_milliseconds())
        return Answer(refusal.status, kind, body, refusal.headers)


async def _body(receive: Receive) -> tuple[bytes | None, int]:
    """Return the whole body and its size; None when the client went away. What is above the limit is counted only."""
    first = await receive()
    if first["type"] == "http.disconnect":
        return None, 0
    if not first.get("more_body"):
        return bytes(first.get("body", b"")), len(first.get("body", b""))
    pieces, size = [first.get("body", b"")], len(first.get("body", b""))
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None, size
        piece = message.get("body", b"")
        size += len(piece)
        if size <= LARGEST_BODY:
            pieces.append(piece)
        else:
            pieces.clear()
        if not message.get("more_body"):
            return b"".join(pieces), size


def _request(scope: Scope, headers: dict[str, str], body: bytes) -> Request:
    path: str = scope["path"]
    prefix = PREFIX if path.startswith(PREFIX) else entitlements.PATH
    realm, _, rest = path[len(prefix) :].partition("/")
    query = scope["query_string"].decode("latin-1")
    parameters = {
        name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True, errors="replace")
    }
    segments = tuple(unquote(part) for part in rest.split("/") if part)
    return Request(scope["method"], path, segments, realm, parameters, headers, body)


async def _send(send: Send, answer: Answer, tid: str, *, may_gzip: bool, is_cut: bool) -> None:
    body = answer.body
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"intuit_tid", tid.encode()),
        (b"qbo-version", b"1980.100"),
        (b"cache-control", b"no-store"),
    ]
    headers += [
        (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in answer.headers.items()
    ]
    if may_gzip and len(body) >= SMALLEST_GZIP:
        body = gzip.compress(body, 1)
        headers += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if is_cut:
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        return  # an unfinished answer: the server closes the connection
    await send({"type": "http.response.body", "body": body})
