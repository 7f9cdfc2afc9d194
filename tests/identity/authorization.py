"""The whole application with its authorization server, people whose browsers are signed in, and a clock set by hand."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from sqlalchemy import delete, insert, text, update

from generator.catalog import Catalog
from runtime.identity.sessions import Sessions
from runtime.model import AccountId, AuditEntry, McpServer, McpServerId, ServerConfig
from runtime.operations.accounts import About, Accounts
from runtime.people import PersonId, Role
from runtime.server.app import Application, Runtime
from runtime.server.authorization import Authorization
from runtime.settings import Settings
from runtime.stores.people_tables import MEMBER, PERSON
from runtime.stores.tables import ACCOUNT, TENANT
from tests.builtin import builtin_catalog
from tests.deployment import NOON, HandClock

ADDRESS = "http://127.0.0.1:8000"
BACK = "https://agent.example/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
READ, WRITE, CUSTOM = "tools:read", "tools:write", "tools:custom"
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


class Prepared(Runtime):
    """A runtime whose catalog is compiled once for all tests."""

    def read_catalog(self) -> Catalog:
        return builtin_catalog()


@dataclass
class Place:
    """One process of a deployment, reached without a network."""

    runtime: Runtime
    application: Application
    clock: HandClock
    client: httpx2.AsyncClient
    logged: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def records(self) -> Any:
        return self.runtime.stores.records

    def add_company(self, name: str, tenant: str = "default", external_id: str | None = None) -> str:
        accounts = Accounts(self.runtime.deployment, self.runtime.tokens)
        about = About(tenant_id=tenant, external_id=external_id)
        made = accounts.create(name, "quickbooks", about=about)
        return str(made["integrated_account"]["id"] if "integrated_account" in made else made["id"])

    def set_status(self, account: str, status: str) -> None:
        with self.records._engine.begin() as connection:
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(status=status))

    def add_server(self, account: str, id_: str, **config: Any) -> McpServerId:
        made = McpServer(
            McpServerId(id_), AccountId(account), "Agent", ServerConfig(**config), None, NOON, NOON
        )
        token_hash = self.runtime.keys.hash_token(id_)
        assert self.records.add_mcp_server(
            made, token_hash, AuditEntry(NOON, "tests", "mcp_server.created", id_)
        )
        return made.id

    def add_person(self, email: str, role: Role = "owner", tenant: str = "default") -> PersonId:
        person = PersonId(f"person-{email}")
        values = {"id": person, "email": email, "name": email, "created_at": NOON}
        with self.records._engine.begin() as connection:
            connection.execute(insert(PERSON).values(values))
        self.add_member(person, role, tenant)
        return person

    def add_member(self, person: PersonId, role: Role, tenant: str) -> None:
        values = {"tenant_id": tenant, "person_id": person, "role": role, "created_at": NOON}
        with self.records._engine.begin() as connection:
            connection.execute(insert(MEMBER).values(values))

    def change_role(self, person: PersonId, role: Role) -> None:
        with self.records._engine.begin() as connection:
            connection.execute(update(MEMBER).where(MEMBER.c.person_id == person).values(role=role))

    def remove_member(self, person: PersonId) -> None:
        with self.records._engine.begin() as connection:
            connection.execute(delete(MEMBER).where(MEMBER.c.person_id == person))

    def set_tools_role(self, role: Role, tenant: str = "default") -> None:
        with self.records._engine.begin() as connection:
            connection.execute(delete(TENANT).where(TENANT.c.id == tenant))
            values = {"id": tenant, "limits": "", "created_at": NOON, "tools_role": role}
            connection.execute(insert(TENANT).values(values))

    async def sign_in(self, person: PersonId) -> dict[str, str]:
        """The header fields of a browser in which somebody is signed in."""
        sessions = Sessions(self.runtime.deployment)
        return {"cookie": f"{sessions.cookie_name}={await sessions.begin(person, 'invitation')}"}

    async def register(self, name: str = "Agent", redirects: Sequence[str] = (BACK,)) -> str:
        body = {"client_name": name, "redirect_uris": list(redirects)}
        answer = await self.client.post("/oauth/register", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["client_id"])

    async def ask(self, browser: Mapping[str, str], client_id: str, **changed: str | None) -> httpx2.Response:
        """Open the page of a request; what is None is left out of it."""
        return await self.client.get(
            "/oauth/authorize", params=make_request(client_id, **changed), headers=browser
        )

    async def decide(
        self, browser: Mapping[str, str], page: httpx2.Response, **choice: Any
    ) -> httpx2.Response:
        """Send the form of a page."""
        fields = {**read_form(page), "action": "allow", "scope": [READ], "ends": "quarter", **choice}
        return await self.client.post("/oauth/authorize", data=fields, headers=browser)

    async def get_code(
        self,
        browser: Mapping[str, str],
        client_id: str,
        company: Any,
        asked: Mapping[str, Any] = {},
        **choice: Any,
    ) -> str:
        page = await self.ask(browser, client_id, **asked)
        done = await self.decide(browser, page, company=company, **choice)
        assert done.status_code == 303, done.text
        return read_answer(done)["code"]

    async def exchange(self, client_id: str, **form: str) -> httpx2.Response:
        return await self.client.post("/oauth/token", data={"client_id": client_id, **form})

    async def use_code(self, client_id: str, code: str, **changed: str) -> httpx2.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": BACK,
        }
        return await self.exchange(client_id, **form | changed)

    async def refresh(self, client_id: str, token: str, **more: str) -> httpx2.Response:
        return await self.exchange(client_id, grant_type="refresh_token", refresh_token=token, **more)

    async def get_tokens(
        self, browser: Mapping[str, str], company: Any, client_id: str = "", **choice: Any
    ) -> dict[str, Any]:
        client_id = client_id or await self.register()
        code = await self.get_code(browser, client_id, company, **choice)
        answer = await self.use_code(client_id, code)
        assert answer.status_code == 200, answer.text
        return {**answer.json(), "client_id": client_id}

    async def call(
        self, token: str, method: str = "tools/list", path: str = "/mcp", **params: Any
    ) -> httpx2.Response:
        headers = {**HEADERS, **({"authorization": f"Bearer {token}"} if token else {})}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return await self.client.post(path, json=body, headers=headers)

    def list_events(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.logged if name == event]

    def list_audit(self, action: str) -> list[AuditEntry]:
        with self.records._reading.begin() as connection:
            rows = connection.execute(
                text("SELECT subject, details FROM audit WHERE action = :a"), {"a": action}
            )
            return list(rows)


def make_request(client_id: str, **changed: str | None) -> dict[str, str]:
    values: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": BACK,
        "state": "a state",
        "scope": READ,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "resource": f"{ADDRESS}/mcp",
        **changed,
    }
    return {name: value for name, value in values.items() if value is not None}


def read_form(page: httpx2.Response) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


def read_answer(response: httpx2.Response) -> dict[str, str]:
    """The query of the address that a redirect leads to."""
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def list_names(answer: httpx2.Response) -> list[str]:
    return [tool["name"] for tool in answer.json()["result"]["tools"]]


def open_place(data: Path, clock: HandClock | None = None, **variables: str) -> Place:
    logged: list[tuple[str, dict[str, Any]]] = []
    settings = Settings.load(
        {
            "LEDGERPORT_DATA": str(data),
            "LEDGERPORT_QUICKBOOKS_CLIENT_ID": "the-client",
            "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": "the-client-secret",
            **variables,
        }
    )
    runtime = Prepared(settings, log=lambda event, **fields: logged.append((event, fields)))
    clock = clock or HandClock()
    runtime.deployment = replace(runtime.deployment, clock=clock, monotonic=clock)
    runtime.authorization = Authorization(runtime.deployment, runtime.get_catalog)
    application = Application(runtime)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application), base_url=ADDRESS)
    return Place(runtime, application, clock, client, logged)


@asynccontextmanager
async def opened(data: Path, clock: HandClock | None = None, **variables: str) -> AsyncIterator[Place]:
    """A process over a directory; a second one over the same directory is another process of the deployment."""
    place = open_place(data, clock, **variables)
    try:
        yield place
    finally:
        await place.client.aclose()
        await place.runtime.close()
