"""The paths that a request can take to the MCP endpoint: each request gets the same answer by all of them."""

from __future__ import annotations

import asyncio
import http.client
import io
import itertools
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.mcp_server.endpoint import Head, McpEndpoint
from runtime.mcp_server.replies import Reply
from runtime.model import AuditEntry
from runtime.operations.mcp_servers import McpServers
from runtime.safety.guesses import Guesses
from runtime.server.app import Application, Runtime
from runtime.server.connections import Limits
from runtime.server.fast_path import LARGEST_HELD, Respond, make_protocol
from runtime.settings import Settings
from tests.differential.requests import Request, table
from tests.differential.servers import answer, our_server
from tests.mcp_server.stand import TOKEN, FakeCalls, Stand, make_grant, message
from tests.serving import served
from tests.test_app import ONE
from tests.wire import Clock, Wire, connect, on_a_wire, settled

VARYING = {"date", "request-id"}
Answer = tuple[int, dict[str, str], bytes]
TABLE = [each for each in table() if len(each.body) <= LARGEST_HELD]
"""There is one path for what is larger."""
GOOD, BAD = (("authorization", f"Bearer {token}") for token in ("good", "bad"))
SERVERS: dict[str, tuple[dict[str, Any], tuple[tuple[str, str], ...]]] = {
    "without an API token": ({"require_api_token_auth": True}, ()),
    "with a wrong API token": ({"require_api_token_auth": True}, (BAD,)),
    "with an API token": ({"require_api_token_auth": True}, (GOOD,)),
    "filtered by method": ({"methods": ("read",)}, ()),
    "filtered by tag": ({"tags": ("crm",)}, ()),
    "a short list and tools that find the others": ({"tool_exposure": "discovery"}, ()),
}


def encode(request: Request, path: str = f"/mcp/{TOKEN}") -> bytes:
    """The bytes of a request."""
    fields = request.raw_headers()
    if not any(name == b"host" for name, _ in fields):
        fields = [(b"host", b"127.0.0.1:8000"), *fields]
    if not any(name == b"content-length" for name, _ in fields):
        fields = [*fields, (b"content-length", b"%d" % len(request.body))]
    lines = [f"{request.verb} {path} HTTP/1.1".encode(), *(b"%b: %b" % field for field in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body


def read(response: http.client.HTTPResponse) -> Answer:
    """A response without what varies."""
    response.begin()
    fields = {name.lower(): value for name, value in response.getheaders() if name.lower() not in VARYING}
    return response.status, fields, response.read()


class Sent:
    """The bytes that were sent, as `http.client` reads them from a socket."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        """A file over them."""
        return io.BytesIO(self._content)


async def by_wire(
    app: Any, respond: Respond | None, request: Request, path: str, *, is_split: bool = False
) -> Answer:
    """The answer to a request that comes in one segment, or in two that part its body."""
    whole = encode(request, path)
    cut = len(whole) - len(request.body) // 2
    protocol, wire, _clock = connect(Limits(), respond, app)
    for segment in (whole[:cut], whole[cut:]) if is_split else (whole,):
        protocol.data_received(segment)
        await settled()
    while protocol.tasks:  # an answer that a thread makes
        await asyncio.wait(protocol.tasks)
    protocol.connection_lost(None)
    sent: Any = Sent(wire.sent)
    return read(http.client.HTTPResponse(sent, method=request.verb))


async def by_all_paths(
    app: Any, endpoint: McpEndpoint, request: Request, path: str = f"/mcp/{TOKEN}"
) -> list[Answer]:
    """Its answers: over ASGI alone, by the fast path, and by a replay of what was held."""
    return [
        await by_wire(app, None, request, path),
        await by_wire(app, endpoint.respond, request, path),
        await by_wire(app, endpoint.respond, request, path, is_split=True),
    ]


def test_the_fast_path_and_asgi_answer_alike_over_real_sockets() -> None:
    endpoint, at_once = our_server(), 0

    def respond(head: Head, body: bytes) -> Any:
        nonlocal at_once
        reply = endpoint.respond(head, body)
        at_once += isinstance(reply, Reply)
        return reply

    with (
        served(endpoint, http=make_protocol(None)) as slow,
        served(endpoint, http=make_protocol(respond)) as fast,
    ):
        differ = []
        for request in TABLE:
            found = []
            for port in (slow.port, fast.port, fast.port):
                with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
                    connection.sendall(encode(request))
                    found.append(read(http.client.HTTPResponse(connection, method=request.verb)))
            if any(each != found[0] for each in found):
                differ.append((request, found))
    assert not differ, differ[:3]
    assert at_once > 1000


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of refusals are not logged."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.usefixtures("quiet")
def test_every_path_answers_alike_whatever_the_server_lets_through(name: str) -> None:
    config, more = SERVERS[name]
    hours = itertools.count(0.0, 3600.0)
    guesses = Guesses(clock=lambda: next(hours))  # each wrong token is the first of its minute
    grants = {TOKEN: make_grant(**config)}
    endpoint = Stand(grants=grants, calls=FakeCalls(answer=answer), guesses=guesses).endpoint
    third = TABLE[list(SERVERS).index(name) % 3 :: 3]  # each request meets two of the servers
    requests = [replace(each, headers=(*each.headers, *more)) for each in third]

    async def ask() -> list[Any]:
        return [(each, await by_all_paths(endpoint, endpoint, each)) for each in requests]

    differ = [pair for pair in asyncio.run(ask()) if any(each != pair[1][0] for each in pair[1])]
    assert not differ, differ[:3]


REQUESTS = [
    Request(method, "2025-11-25", method, body, tuple(headers.items()))
    for method, params in (("tools/list", {}), ("ping", {}), ("tools/call", {"name": "nothing"}))
    for body, headers in [message(method, params)]
]


def test_every_path_answers_alike_for_urls_that_are_open_filtered_expired_and_revoked(tmp_path: Path) -> None:
    """By the records and the keys of a real deployment; what is revoked is closed with the next request."""
    settings = Settings.load({"LEDGERPORT_DATA": str(tmp_path)})
    runtime = Runtime(settings, log=lambda event, **fields: None)
    runtime.stores.records.add_account(ONE, AuditEntry(1.0, "test", "account.created", ONE.id))
    now = McpServers(runtime.deployment)
    before = McpServers(replace(runtime.deployment, clock=lambda: 1_000_000_000.0))
    made = {
        "open": now.create(ONE.id, "open", {}),
        "filtered": now.create(ONE.id, "filtered", {"methods": ["read"]}),
        "token": now.create(ONE.id, "token", {"require_api_token_auth": True}),
        "expired": before.create(ONE.id, "expired", {}, "2001-09-10T00:00:00Z"),
        "revoked": now.create(ONE.id, "revoked", {}),
    }
    application = Application(runtime)

    def statuses(name: str) -> set[int]:
        found = set()
        for request in REQUESTS:
            path = f"/mcp/{made[name]['token']}"
            answers = asyncio.run(by_all_paths(application, application.mcp, request, path))
            assert answers == answers[:1] * len(answers), (name, request)
            found.add(answers[0][0])
        return found

    assert statuses("revoked") == {200}
    now.delete(ONE.id, made["revoked"]["id"])
    expected = {"open": {200}, "filtered": {200}, "token": {403}, "expired": {404}, "revoked": {404}}
    assert {name: statuses(name) for name in made} == expected
    asyncio.run(runtime.close())


def test_a_url_that_is_revoked_is_closed_on_a_connection_that_is_open() -> None:
    stand = Stand()
    sent = encode(REQUESTS[0])

    async def act(protocol: Any, wire: Wire, _clock: Clock) -> None:
        protocol.data_received(sent)
        assert wire.sent.startswith(b"HTTP/1.1 200 ")
        stand.grants.clear()
        wire.sent = b""
        protocol.data_received(sent)
        await asyncio.wait(protocol.tasks)
        assert wire.sent.startswith(b"HTTP/1.1 404 ")

    on_a_wire(Limits(), act, stand.endpoint.respond, stand.endpoint)
