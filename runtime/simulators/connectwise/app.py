"""The ASGI application: the API by hand (it is hot), the control API through Starlette.

One process, one thread: requests are answered one after the other, which is what makes every change of the records
serial. Called by `server`.
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

from runtime.simulators.connectwise.control.control_api import Control
from runtime.simulators.connectwise.errors import Refusal, make_missing_endpoint, make_refusal
from runtime.simulators.connectwise.http.answers import Api
from runtime.simulators.connectwise.http.authentication import Keys, Rights, authenticate
from runtime.simulators.connectwise.http.messages import (
    JSON,
    Answer,
    Request,
    make_answer,
    make_refused_answer,
)
from runtime.simulators.connectwise.http.throttle import Throttle
from runtime.simulators.connectwise.records.store import Store
from runtime.simulators.connectwise.writes.changes import Changes
from runtime.simulators.serving.control import PATH as CONTROL

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LOG = logging.getLogger(__name__)
DISCOVERY = "/login/companyinfo/"
VERSION = "2025.1"
CODEBASE = "v2025_1/"
CODEBASES = frozenset({"v4_6_release", "v2025_1"})
"""The first is a route to the present version and works everywhere."""
VENDOR_TYPE = "application/vnd.connectwise.com+json"
LARGEST_BODY = 10_000_000
"""Bytes: more than any record, and little memory."""
LONGEST_ADDRESS = 10_000
"""Characters: the length from which on the documentation asks for a search in the body."""
SMALLEST_GZIP = 512
"""Bytes below which gzip saves nothing worth its time."""


class Application:
    """The simulator at one origin."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self.store, self.keys = store, keys
        self.throttle = Throttle(store.clock)
        self.rights = Rights()
        changes = Changes(store, keys.member)
        self.api = Api(store, self.rights, changes, f"{CODEBASE}apis/3.0")
        self.control = Control(store, self.throttle, self.rights)
        self.others = Starlette(routes=self.control.make_routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.others(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return
        request = _make_request(scope, body)
        rule = self.control.faults.select(request)
        if rule is not None and rule.delay_ms:
            await asyncio.sleep(rule.delay_ms / 1000)
        if rule is not None and rule.status is not None:
            answer = Answer(rule.status, rule.content_type, rule.make_body(), rule.headers)
        else:
            answer = self._answer(request)
        self.control.note(request, answer)
        await _send(send, request, answer, is_cut=bool(rule and rule.cut))

    def _answer(self, request: Request) -> Answer:
        """Return the answer of the service, or its refusal. Never raises."""
        try:
            return self._answer_service(request)
        except Refusal as refusal:
            return make_refused_answer(refusal)
        except Exception:  # the outermost handler: a fault of the simulator is answered as the service would
            LOG.exception("failed at %s %s", request.method, request.path)
            message = "An internal error occurred in the service."
            return make_refused_answer(make_refusal(500, "ConnectWiseApi", message))

    def _answer_service(self, request: Request) -> Answer:
        _check_size(request)
        if request.path.lower().startswith(DISCOVERY):
            return self._discover(request)
        codebase, apis, version, *_ = [*request.path.lower().split("/")[1:4], "", "", ""]
        if (apis, version) != ("apis", "3.0"):
            raise make_missing_endpoint()
        if codebase not in CODEBASES:
            raise Refusal(400, "Cannot route. Codebase/company is invalid")
        authenticate(self.keys, request.headers)
        self.throttle.count()
        return self.api.answer(request)

    def _discover(self, request: Request) -> Answer:
        """Say where the API of a company is: no credentials are needed, and an unknown company has null."""
        asked = unquote(request.path[len(DISCOVERY) :]).strip("/")
        if request.method != "GET":
            raise make_missing_endpoint()
        if asked.lower() != self.keys.company.lower():
            return make_answer(200, None)
        return make_answer(200, {
            "CompanyName": self.keys.company, "Codebase": CODEBASE, "VersionCode": f"v{VERSION}",
            "VersionNumber": f"v{VERSION}.114217", "CompanyID": self.keys.company, "IsCloud": "True",
        })  # fmt: skip


def _check_size(request: Request) -> None:
    if len(request.path) + len(request.query) > LONGEST_ADDRESS:
        raise Refusal(414, "The request URL is too long.")
    if len(request.body) > LARGEST_BODY:
        raise make_refusal(413, "ConnectWiseApi", "The request body is too large.")


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body, of one above the limit only so much as shows that; None when the client went away."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        if size <= LARGEST_BODY:
            pieces.append(piece)
        size += len(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


def _make_request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace") if query else []
    path: str = scope["path"]
    return Request(
        method=scope["method"],
        path=path,
        segments=tuple(part for part in path.split("/")[4:] if part),
        parameters={name.lower(): value for name, value in pairs},
        query=query,
        headers=headers,
        body=body,
        origin=f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}",
    )


async def _send(send: Send, request: Request, answer: Answer, *, is_cut: bool) -> None:
    body = answer.body
    headers = {
        "api-current-version": VERSION,
        "x-cw-request-id": secrets.token_hex(8),
        "x-server-name": "SIMULATOR",
        "cache-control": "no-cache",
        **answer.headers,
    }
    if answer.content_type:
        headers["content-type"] = answer.content_type
        if answer.content_type == JSON and VENDOR_TYPE in request.headers.get("accept", ""):
            headers["content-type"] = f"{VENDOR_TYPE}; version={VERSION}; charset=utf-8"
    if "gzip" in request.headers.get("accept-encoding", "") and len(body) >= SMALLEST_GZIP:
        body = gzip.compress(body, 1)
        headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    if answer.status != 204:
        headers["content-length"] = str(len(body))
    pairs = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    if is_cut:  # an unfinished answer: the server closes the connection
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        return
    await send({"type": "http.response.body", "body": body})
