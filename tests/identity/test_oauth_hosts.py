"""Clients as hosts have them, against a server that runs: the Python SDK, and the published rules of two hosts."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    OAuthToken,
    ProtectedResourceMetadata,
)

from runtime.identity.access_tokens import LONGEST_TOKEN
from tests.identity.authorization import (
    CHALLENGE,
    HEADERS,
    READ,
    VERIFIER,
    WRITE,
    Place,
    open_place,
    read_answer,
    read_form,
)
from tests.serving import served
from tests.vendor_server import http, vendor

LOCAL_BACK = "http://127.0.0.1:39999/callback"
Browser = dict[str, str]


class Late:
    """An application that is there once the address is known at which it is served."""

    application: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)


@asynccontextmanager
async def running(data: Path, **variables: str) -> AsyncIterator[tuple[Place, str]]:
    """A server that runs, and its address."""
    late = Late()
    with served(late) as server:
        address = f"http://127.0.0.1:{server.port}"
        here = open_place(data, LEDGERPORT_PUBLIC_URL=address, **variables)
        late.application = here.application
        try:
            yield here, address
        finally:
            await here.client.aclose()
            await here.runtime.close()


class Memory:
    """What a client of the SDK remembers."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Person:
    """A person in a browser, who allows what is asked for."""

    def __init__(self, browser: Browser, companies: list[str], scopes: list[str]) -> None:
        self.browser, self.companies, self.scopes = browser, companies, scopes
        self.answer: dict[str, str] = {}
        self.asked: list[str] = []

    async def open(self, url: str) -> None:
        async with httpx2.AsyncClient(headers=self.browser) as client:
            page = await client.get(url)
            assert page.status_code == 200, page.text
            self.asked.append(url)
            fields = {**read_form(page), "action": "allow", "ends": "quarter"}
            fields |= {"company": self.companies, "scope": self.scopes}
            done = await client.post(str(page.url.join("/oauth/authorize")), data=fields)
            self.answer = read_answer(done)

    async def come_back(self) -> AuthorizationCodeResult:
        said = self.answer
        return AuthorizationCodeResult(code=said["code"], state=said["state"], iss=said["iss"])


def make_provider(url: str, person: Person, memory: Memory) -> OAuthClientProvider:
    metadata = OAuthClientMetadata.model_validate(
        {"client_name": "SDK", "redirect_uris": [LOCAL_BACK], "token_endpoint_auth_method": "none"}
    )
    return OAuthClientProvider(url, metadata, memory, person.open, person.come_back)


def test_the_python_sdk_registers_signs_in_lists_and_steps_up(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (here, address):
            company = here.add_company("Shop")
            person = Person(await here.sign_in(here.add_person("a@x.example")), [company], [READ])
            memory, url = Memory(), f"{address}/mcp"
            provider = make_provider(url, person, memory)
            async with (
                httpx2.AsyncClient(auth=provider) as client,
                Client(streamable_http_client(url, http_client=client)) as session,
            ):
                names = [tool.name for tool in (await session.list_tools()).tools]
                assert "list_all_quick_books_invoices" in names
                assert memory.tokens is not None and memory.tokens.scope == READ
                person.scopes = [READ, WRITE]
                result = await session.call_tool("create_a_quick_books_customer", {"DisplayName": "x"})
                assert result.is_error and "never been connected" in str(result.content)
            assert len(person.asked) == 2
            assert memory.tokens.scope == f"{READ} {WRITE}"

    asyncio.run(story())


def test_the_python_sdk_refreshes_what_has_ended_without_asking_the_person(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (here, address):
            company = here.add_company("Shop")
            person = Person(await here.sign_in(here.add_person("a@x.example")), [company], [READ])
            memory, url = Memory(), f"{address}/c/{company}/mcp"
            for _ in range(2):
                provider = make_provider(url, person, memory)
                async with (
                    httpx2.AsyncClient(auth=provider) as client,
                    Client(streamable_http_client(url, http_client=client)) as session,
                ):
                    assert (await session.list_tools()).tools
                    here.clock.pass_(901)
                    provider.context.token_expiry_time = 1.0
                    assert (await session.list_tools(cache_mode="bypass")).tools
            assert len(person.asked) == 1

    asyncio.run(story())


def test_metadata_are_what_the_sdk_reads_and_the_issuer_is_the_same_everywhere(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (_here, address), httpx2.AsyncClient() as client:
            said = await client.get(f"{address}/.well-known/oauth-authorization-server")
            server = OAuthMetadata.model_validate_json(said.content)
            assert said.json()["issuer"] == address
            assert server.code_challenge_methods_supported == ["S256"]
            assert server.token_endpoint_auth_methods_supported == ["none"]
            assert said.json()["client_id_metadata_document_supported"] is True
            assert said.json()["authorization_response_iss_parameter_supported"] is True
            for path in ("", "/mcp", "/c/a1/mcp"):
                found = await client.get(f"{address}/.well-known/oauth-protected-resource{path}")
                resource = ProtectedResourceMetadata.model_validate_json(found.content)
                assert found.json()["authorization_servers"] == [address]
                assert str(resource.resource) == address + (path or "/mcp")
                assert found.headers["access-control-allow-origin"] == "*"
            for path in ("/x", "/mcp/lpm_x", "/c/mcp", "/c/a/b/mcp"):
                found = await client.get(f"{address}/.well-known/oauth-protected-resource{path}")
                assert found.status_code == 404

    asyncio.run(story())


async def act_as_host(
    here: Place, address: str, rules: dict[str, Any], browser: Browser, company: str
) -> dict[str, Any]:
    """Do what a host does, by its published rules, and return what its tokens are."""
    url = f"{address}/mcp"
    async with httpx2.AsyncClient(follow_redirects=False) as client:
        first = await client.post(url, json=DISCOVER, headers=HEADERS)
        assert first.status_code == 401
        where = first.headers["www-authenticate"].split('resource_metadata="')[1].split('"')[0]
        resource = (await client.get(where)).json()
        assert resource["resource"] == url  # as typed, path included
        server_url = resource["authorization_servers"][0]
        server = (await client.get(f"{server_url}/.well-known/oauth-authorization-server")).json()
        assert server["issuer"] == server_url
        assert "S256" in server["code_challenge_methods_supported"]
        client_id = await rules["identify"](client, server)
        asked = {
            "response_type": "code", "client_id": client_id, "redirect_uri": rules["back"], "state": rules["state"],
            "code_challenge": CHALLENGE, "code_challenge_method": "S256", "resource": url, "scope": rules["scope"],
        }  # fmt: skip
        page = await client.get(server["authorization_endpoint"], params=asked, headers=browser)
        fields = {**read_form(page), "action": "allow", "ends": "month", "company": company, "scope": READ}
        done = await client.post(server["authorization_endpoint"], data=fields, headers=browser)
        said = read_answer(done)
        assert urlsplit(done.headers["location"])._replace(query="").geturl() == rules["back"]
        assert (said["state"], said["iss"]) == (rules["state"], server["issuer"])
        form = {
            "grant_type": "authorization_code", "code": said["code"], "redirect_uri": rules["back"],
            "client_id": client_id, "code_verifier": VERIFIER, "resource": url,
        }  # fmt: skip
        tokens = (await client.post(server["token_endpoint"], data=form)).json()
        bearer = {**HEADERS, "authorization": f"Bearer {tokens['access_token']}"}
        assert (await client.post(url, json=DISCOVER, headers=bearer)).status_code == 200
        assert len(tokens["access_token"]) < LONGEST_TOKEN // 4
        return {**tokens, "page": page.text, "bearer": bearer, "client_id": client_id}


DISCOVER = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
CLAUDE_BACK = "https://claude.ai/api/mcp/auth_callback"


async def register_claude(client: httpx2.AsyncClient, server: dict[str, Any]) -> str:
    """Register as Claude does where it uses no document."""
    body = {
        "client_name": "Claude", "redirect_uris": [CLAUDE_BACK, "https://claude.com/api/mcp/auth_callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "none", "scope": " ".join(server["scopes_supported"]),
    }  # fmt: skip
    answer = await client.post(server["registration_endpoint"], json=body)
    assert answer.status_code == 201
    assert answer.json()["token_endpoint_auth_method"] == "none"
    return str(answer.json()["client_id"])


def test_a_client_by_claudes_rules(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (here, address):
            company, browser = here.add_company("Shop"), await here.sign_in(here.add_person("a@x.example"))
            rules = {
                "identify": register_claude, "back": CLAUDE_BACK, "state": secrets.token_urlsafe(32),
                "scope": "tools:read tools:write tools:custom offline_access",
            }  # fmt: skip
            tokens = await act_as_host(here, address, rules, browser, company)
            assert "nothing shows that it is" not in tokens["page"]
            async with httpx2.AsyncClient() as client:
                call = {"name": "create_a_quick_books_customer", "arguments": {"DisplayName": "x"}}
                body = {**DISCOVER, "method": "tools/call", "params": call}
                beyond = await client.post(f"{address}/mcp", json=body, headers=tokens["bearer"])
                assert beyond.status_code == 200 and beyond.json()["result"]["isError"]
                form = {
                    "grant_type": "refresh_token",
                    "refresh_token": tokens["refresh_token"],
                    "client_id": tokens["client_id"],
                }
                refreshed = await client.post(f"{address}/oauth/token", data=form)
                assert refreshed.json()["refresh_token"] != tokens["refresh_token"]
                again = await client.post(f"{address}/oauth/token", data=form)
                assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")

    asyncio.run(story())


@pytest.mark.parametrize("back", ["https://chatgpt.com/connector_platform_oauth_redirect"])
def test_a_client_by_chatgpts_rules_with_a_document_and_a_long_state(tmp_path: Path, back: str) -> None:
    async def story() -> None:
        def answer(line: str, _headers: dict[str, str], _body: bytes) -> bytes:
            described = {
                "client_id": host.url + line.split()[1],
                "client_name": "ChatGPT",
                "redirect_uris": [back],
                "token_endpoint_auth_method": "none",
            }
            return http(200, json.dumps(described).encode())

        async def identify(_client: httpx2.AsyncClient, server: dict[str, Any]) -> str:
            assert server["client_id_metadata_document_supported"] is True
            assert "offline_access" in server["scopes_supported"]
            return f"{host.url}/oauth/client.json"

        private = {"LEDGERPORT_WEBHOOK_PRIVATE": "on"}
        async with vendor(answer) as host, running(tmp_path, **private) as (here, address):
            company = here.add_company("Shop")
            browser = await here.sign_in(here.add_person("a@x.example"))
            rules = {"identify": identify, "back": back, "state": "s" * 420, "scope": "offline_access"}
            tokens = await act_as_host(here, address, rules, browser, company)
            assert tokens["scope"] == READ
            assert "nothing shows that it is" not in tokens["page"]
            assert len(host.requests) == 1

    asyncio.run(story())
