"""Programs that ask: registered ones and those described by a document, which is read under guard."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from runtime.errors import OAuthRefused
from runtime.identity.client_documents import ClientDocuments
from runtime.identity.client_metadata import check_redirect
from runtime.identity.clients import REGISTRATIONS, Clients
from runtime.stores.purge_records import CLIENTS_STORED_SECONDS
from tests.identity.authorization import BACK, Place, opened
from tests.vendor_server import http, vendor

ROBOT = {"client_name": "Robot", "redirect_uris": [BACK]}


def run(data: Path, story: Callable[[Place], Awaitable[None]], **variables: str) -> None:
    async def begin() -> None:
        async with opened(data, **variables) as here:
            await story(here)

    asyncio.run(begin())


def test_a_registered_client_is_public_and_may_ask_for_every_scope(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        asked = {**ROBOT, "scope": "tools:read", "token_endpoint_auth_method": "client_secret_post"}
        answer = await here.client.post("/oauth/register", json=asked)
        found = answer.json()
        assert answer.status_code == 201
        assert found["client_id"].startswith("lpc_")
        assert found["token_endpoint_auth_method"] == "none" and "client_secret" not in found
        assert found["scope"] == "tools:read tools:write tools:custom offline_access"
        assert found["redirect_uris"] == [BACK]
        assert answer.headers["access-control-allow-origin"] == "*"

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://a.example/"}, "invalid_redirect_uri"),
        ({"redirect_uris": [7]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK] * 21}, "invalid_redirect_uri"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
    ],
)
def test_what_cannot_be_a_client_is_refused(tmp_path: Path, changed: dict[str, Any], error: str) -> None:
    async def story(here: Place) -> None:
        answer = await here.client.post("/oauth/register", json={**ROBOT, **changed})
        assert (answer.status_code, answer.json()["error"]) == (400, error)

    run(tmp_path, story)


@pytest.mark.parametrize("content", [b"", b"[]", b"nonsense", b"\xff", b'"x"'])
def test_a_registration_that_is_no_object_is_refused(tmp_path: Path, content: bytes) -> None:
    async def story(here: Place) -> None:
        answer = await here.client.post("/oauth/register", content=content)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
        large = await here.client.post("/oauth/register", content=b"x" * 20_000)
        assert large.status_code == 413

    run(tmp_path, story)


@pytest.mark.parametrize(
    "uri",
    [
        "http://agent.example/callback", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
        "https://user:pw@agent.example/", "https://agent.example/#x", "//agent.example/", "agent", "",
        "https://agent.example/\\evil", "https://agent.example/ x", "https://agént.example/", "ftp://a.example/",
        "http://127.0.0.1.evil.example/", "http://[::]/callback", "custom:/callback", "https:///callback",
        "https://agent.example:port/", "x" * 3_000,
    ],
)  # fmt: skip
def test_nobody_is_sent_back_to_such_an_address(uri: str) -> None:
    with pytest.raises(OAuthRefused) as refused:
        check_redirect(uri)
    assert refused.value.error == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "uri",
    [
        BACK, "http://127.0.0.1/callback", "http://localhost:8080/", "http://[::1]/x", "com.example.app:/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback", "vscode://x/y", "vscode-insiders://x/y",
    ],
)  # fmt: skip
def test_these_may_be_returned_to(uri: str) -> None:
    assert check_redirect(uri) == uri


def test_one_address_registers_so_many_clients_in_an_hour(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        for _ in range(REGISTRATIONS[0].limit):
            await here.register()
        refused = await here.client.post("/oauth/register", json=ROBOT)
        assert refused.status_code == 429
        assert refused.json()["error"] == "temporarily_unavailable"
        assert 0 < int(refused.headers["retry-after"]) <= 3_600
        here.clock.pass_(3_600)
        await here.register()

    run(tmp_path, story)


def test_a_client_that_nobody_uses_is_forgotten_and_one_with_a_grant_is_not(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        company, browser = here.add_company("Shop"), await here.sign_in(here.add_person("a@x.example"))
        used, unused = await here.register(), await here.register()
        await here.get_tokens(browser, company, used, ends="never")
        later = here.clock() + CLIENTS_STORED_SECONDS
        here.records.purge(later - 1)
        assert here.records.find_client(unused) is not None
        here.records.purge(later)
        assert here.records.find_client(unused) is None
        assert here.records.find_client(used) is not None

    run(tmp_path, story)


def test_what_was_never_used_or_has_ended_is_forgotten_a_day_later(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        company, browser = here.add_company("Shop"), await here.sign_in(here.add_person("a@x.example"))
        client = await here.register()
        await here.get_code(browser, client, company, ends="never")
        await here.get_tokens(browser, company, client, ends="day")
        await here.get_tokens(browser, company, client, ends="never")

        def count(table: str) -> int:
            with here.records._reading.begin() as connection:
                return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

        here.records.purge(here.clock() + 86_400 - 1)
        assert count("oauth_grant") == 3
        here.records.purge(here.clock() + 2 * 86_400 + 60)
        assert [count(each) for each in ("oauth_grant", "mcp_server", "oauth_code")] == [1, 1, 0]

    run(tmp_path, story)


def document(**changed: Any) -> bytes:
    return json.dumps({"client_id": "{id}", **ROBOT, **changed}).encode()


LOCAL = {"LEDGERPORT_WEBHOOK_PRIVATE": "on"}


def test_a_document_describes_a_client_and_is_read_again_when_it_is_no_longer_fresh(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        named = ["First"]

        def answer(line: str, _headers: dict[str, str], _body: bytes) -> bytes:
            content = json.dumps(
                {"client_id": server.url + line.split()[1], **ROBOT, "client_name": named[0]}
            )
            return http(200, content.encode(), "application/json", "Cache-Control: max-age=600")

        async with vendor(answer) as server:
            clients, client_id = Clients(here.runtime.deployment), f"{server.url}/client.json"
            assert (await clients.find(client_id)).metadata["client_name"] == "First"
            named[0] = "Second"
            here.clock.pass_(599)
            assert (await clients.find(client_id)).metadata["client_name"] == "First"
            here.clock.pass_(1)
            assert (await clients.find(client_id)).metadata["client_name"] == "Second"
            assert len(server.requests) == 2

    run(tmp_path, story, **LOCAL)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (http(302, b"", "text/plain", "Location: http://169.254.169.254/latest"), "redirected"),
        (http(404, b"{}"), "answered with 404"),
        (http(200, b"not json"), "JSON object"),
        (http(200, b"[]"), "JSON object"),
        (http(200, document(client_id="https://other.example/x")), "its own address"),
        (http(200, document(client_secret="x")), "no secret"),
        (http(200, document(token_endpoint_auth_method="client_secret_basic")), "no secret"),
        (http(200, document(redirect_uris=["http://evil.example/"])), "redirect URI"),
        (http(200, b" " * 70_000), "65536 bytes"),
    ],
)
def test_a_document_that_cannot_be_one_is_refused_with_the_reason(
    tmp_path: Path, answer: bytes, why: str
) -> None:
    async def story(here: Place) -> None:
        async def serve(line: str, _headers: dict[str, str], _body: bytes) -> bytes:
            content = answer.partition(b"\r\n\r\n")[2].replace(b"{id}", f"{server.url}/client.json".encode())
            status = int(answer.split()[1])
            more = ["Location: http://169.254.169.254/latest"] if status == 302 else []
            return http(status, content, "application/json", *more)

        async with vendor(serve) as server:
            with pytest.raises(OAuthRefused, match=why):
                await Clients(here.runtime.deployment).find(f"{server.url}/client.json")
            assert len(server.requests) == 1

    run(tmp_path, story, **LOCAL)


@pytest.mark.parametrize(
    "client_id",
    [
        "https://127.0.0.1/client.json", "https://169.254.169.254/latest/meta-data", "https://[::]/client.json",
        "https://[::1]/x", "https://10.0.0.1/x", "https://[::ffff:127.0.0.1]/x", "https://224.0.0.1/x",
        "https://0.0.0.0/x", "https://100.100.100.200/x", "http://agent.example/x", "https://agent.example",
        "https://agent.example/", "https://agent.example/a/../b", "https://user@agent.example/x",
        "https://agent.example/x#y", "https://agent.example:port/x",
    ],
)  # fmt: skip
def test_a_document_at_such_an_address_is_never_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client_id: str
) -> None:
    async def story(here: Place) -> None:
        async def resolve(*_arguments: Any, **_more: Any) -> Any:
            raise AssertionError("it was looked up")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        with pytest.raises(OAuthRefused) as refused:
            await Clients(here.runtime.deployment).find(client_id)
        assert refused.value.error == "invalid_client"

    run(tmp_path, story)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "::", "10.1.2.3", "::ffff:10.0.0.1", "fd00::1"]
)
def test_a_name_that_leads_into_a_private_network_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    async def story() -> None:
        async def resolve(_host: str, port: int, **_more: Any) -> Any:
            family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        documents = ClientDocuments(is_private_allowed=False)
        with pytest.raises(OAuthRefused, match="leads into a private network"):
            await documents.fetch("https://agent.example/client.json")

    asyncio.run(story())


def test_a_document_whose_host_cannot_be_reached_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(OAuthRefused, match="cannot be reached"):
            await Clients(here.runtime.deployment).find(f"http://127.0.0.1:{port}/client.json")

    run(tmp_path, story, **LOCAL)


def test_a_document_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.identity.client_documents.FETCH_SECONDS", 0.05)

    async def story(here: Place) -> None:
        never = asyncio.Event()

        async def hang(_line: str, _headers: dict[str, str], _body: bytes) -> bytes:
            await never.wait()
            return b""

        async with vendor(hang) as server:
            with pytest.raises(OAuthRefused, match="no answer within"):
                await Clients(here.runtime.deployment).find(f"{server.url}/client.json")

    run(tmp_path, story, **LOCAL)


def test_a_registered_client_may_not_take_the_id_of_a_document(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        for unknown in ("", "lpc_x", "x" * 3_000, "a\0b"):
            with pytest.raises(OAuthRefused):
                await Clients(here.runtime.deployment).find(unknown)

    run(tmp_path, story)
