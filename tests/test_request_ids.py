"""Every response says its Request-Id, at every endpoint, and the log says the same."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runtime.logs import make_log
from runtime.model import Account, AccountId, AuditEntry
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.mcp_servers import McpServers
from runtime.request_ids import CURRENT, choose_request_id, make_request_id
from runtime.server.app import Application, Runtime
from runtime.server.fast_path import make_protocol
from runtime.settings import Settings
from tests.serving import served

ONE = Account(
    AccountId("a1"), "quickbooks", "production", "One", "active", "", {"realm_id": "111111"}, b"", 1.0, 1.0
)
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
UNKNOWN = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such_tool"}}'


class Place:
    """A deployment that is served, with a URL and an API token."""

    def __init__(self, runtime: Runtime, log: io.StringIO, port: int) -> None:
        self.log, self.port = log, port
        servers = McpServers(runtime.deployment)
        self.url = "/mcp/" + servers.create(ONE.id, "Agent")["token"]
        self.token = ApiTokens(runtime.stores, runtime.keys).create("x")["token"]

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> str:
        """The Request-Id of the response, which has one."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            fields = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}", **headers}
            connection.request(method, path, body or None, fields)
            response = connection.getresponse()
            response.read()
            (found,) = response.headers.get_all("Request-Id") or [""]
            return found

    def read_lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    path: Path = tmp_path_factory.mktemp("ids")
    log = io.StringIO()
    runtime = Runtime(Settings.load({"LEDGERPORT_DATA": str(path)}), log=make_log("json", log))
    runtime.stores.records.add_account(ONE, AuditEntry(1.0, "test", "account.created", ONE.id))
    application = Application(runtime)
    with served(application, http=make_protocol(application.mcp.respond)) as server:
        yield Place(runtime, log, server.port)
    asyncio.run(runtime.close())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "{url}", PING),
        ("POST", "{url}?by=asgi", PING),
        ("GET", "{url}", b""),
        ("POST", "/mcp/unknown", PING),
        ("POST", "/mcp", PING),
        ("GET", "/sse/unknown", b""),
        ("GET", "/integrated-account", b""),
        ("POST", "/integrated-account", b"{}"),
        ("GET", "/integrated-account/never-was", b""),
        ("GET", "/files/lpf_unknown", b""),
        ("GET", "/healthz", b""),
        ("GET", "/openapi.json", b""),
        ("GET", "/nothing", b""),
        ("PUT", "/integrated-account", b""),
        ("GET", "/", b""),
        ("GET", "/connect/unknown", b""),
        ("GET", "/docs", b""),
    ],
)
def test_every_response_says_the_id_of_its_request_or_a_new_one(
    place: Place, method: str, path: str, body: bytes
) -> None:
    path = path.format(url=place.url)
    assert place.ask(method, path, body, **{"Request-Id": "mine-1.2_3"}) == "mine-1.2_3"
    first, second = (place.ask(method, path, body) for _ in range(2))
    assert first
    assert first != second
    for wrong in ("a b", "x" * 65, "-x", "a;b", "\xe4"):
        assert place.ask(method, path, body, **{"Request-Id": wrong}) not in ("", wrong)


def test_what_is_refused_below_the_endpoints_and_for_its_host_has_one_too(place: Place) -> None:
    assert place.ask("GET", "/healthz", Host="other.example")
    with socket.create_connection(("127.0.0.1", place.port)) as raw:
        raw.sendall(b"NOT HTTP\r\n\r\n")
        assert b"\r\nrequest-id: " in raw.recv(4096)


def test_each_line_of_the_log_that_a_request_causes_says_its_id(place: Place) -> None:
    place.ask("GET", "/integrated-account", **{"Request-Id": "of-api"})
    place.ask("POST", place.url, UNKNOWN, **{"Request-Id": "of-call"})
    place.ask("POST", place.url + "?by=asgi", UNKNOWN, **{"Request-Id": "of-asgi"})
    place.ask("POST", "/mcp/unknown", PING, **{"Request-Id": "of-refusal"})
    found = {line["request"]: line["event"] for line in place.read_lines() if "request" in line}
    assert found["of-api"] == "api"
    assert found["of-call"] == found["of-asgi"] == "tool_call"
    assert found["of-refusal"] == "mcp_refused"
    assert CURRENT.get() == ""


def test_an_id_is_made_once_and_a_chosen_one_has_to_be_short_and_plain() -> None:
    assert len({make_request_id() for _ in range(1000)}) == 1000
    assert choose_request_id(b"a" * 64) == "a" * 64
    assert choose_request_id(make_request_id().encode()).count("-") == 1
    for wrong in (None, b"", b"a" * 65, b"a\n", b"\xff", b"a/b"):
        assert choose_request_id(wrong) != (wrong or b"").decode("latin-1")
