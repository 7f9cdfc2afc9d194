"""The made-up vendor of which only some tools handle money, on loopback, and a whole deployment that knows it."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from generator.compile import compile_catalog
from runtime.model import Account, AccountId
from runtime.operations.account_keys import AccountKeys
from runtime.operations.accounts import About, Accounts
from runtime.operations.api_tokens import ApiTokens
from tests.builtin import builtin_catalog
from tests.identity import authorization
from tests.identity.authorization import Place, opened
from tests.vendor_server import http, vendor

MIXED = compile_catalog(Path(__file__).resolve().parent / "mixed")
BOTH = replace(
    builtin_catalog(),
    version="both",
    integrations={**builtin_catalog().integrations, **MIXED.integrations},
    tools=(*builtin_catalog().tools, *MIXED.tools),
)
LIST, UPDATE, BILLS = "list_all_pier_workers", "update_a_pier_worker_by_id", "list_all_pier_bills"
WORKER = {"id": 1, "name": "Ada", "hourlyCost": 41.5, "rate": {"amount": 120, "name": "Senior"}}
FIELDS = {"site": "north", "public_key": "open", "private_key": "first-secret"}


@dataclass
class Pier:
    """The vendor: the one secret that it takes, what its request for the company answers, and what it was asked."""

    secret: str = "first-secret"
    confirmation: bytes = b'{"site": "north", "title": "The North Pier"}'
    refuses_workers: bool = False
    asked: list[str] = field(default_factory=list)

    def answer(self, line: str, headers: dict[str, str], _body: bytes) -> bytes:
        self.asked.append(line.split(" HTTP")[0])
        expected = base64.b64encode(f"north+open:{self.secret}".encode()).decode()
        if headers.get("authorization") != f"Basic {expected}":
            return http(401, b'{"message": "Token expired"}')
        if "/me" in line:
            return http(200, self.confirmation)
        if self.refuses_workers:
            return http(401, b'{"message": "No permission"}')
        return http(200, json.dumps(WORKER if "/workers/1" in line else [WORKER]).encode())


@dataclass
class Site:
    """A deployment with a company of the vendor, and those who ask it."""

    here: Place
    pier: Pier
    company: str = ""

    @property
    def account(self) -> Account:
        found = self.here.runtime.stores.read_account(AccountId(self.company))
        assert found is not None
        return found

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.here.runtime.deployment, self.here.runtime.tokens)

    @property
    def keys(self) -> AccountKeys:
        return AccountKeys(self.accounts)

    async def add(self, **about: Any) -> str:
        made = self.accounts.create("North", "pier", FIELDS, about=About(tenant_id="default", **about))
        self.company = made["id"]
        return self.company

    def make_token(self, scopes: list[str] | None = None, account: str | None = None) -> str:
        """An API token of the operator, or one that is bound to an account."""
        deployment = self.here.runtime.deployment
        tokens = ApiTokens(deployment.stores, deployment.keys, clock=deployment.clock)
        wanted = scopes or ["admin"]
        return str(tokens.create("Test", wanted, account)["token"])

    async def rest(self, method: str, path: str, token: str = "", **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {token or self.make_token()}"}
        return await self.here.client.request(method, path, headers=headers, **more)

    async def send(
        self, browser: Mapping[str, str], page: str, action: str, values: Mapping[str, str]
    ) -> httpx2.Response:
        """Send the form of a page that goes to an action."""
        shown = (await self.here.client.get(page, headers=browser)).text
        found = re.search(
            rf'<form[^>]*action="{re.escape(action)}">.*?name="proof" value="([^"]*)"', shown, re.DOTALL
        )
        proof = unescape(found[1]) if found else ""
        return await self.here.client.post(action, headers=browser, data={"proof": proof, **values})


def run(data: Path, monkeypatch: pytest.MonkeyPatch, story: Callable[[Site], Awaitable[None]]) -> None:
    """Run a story of a deployment, with the vendor on loopback."""

    async def begin() -> None:
        monkeypatch.setattr(authorization, "builtin_catalog", lambda: BOTH)
        pier = Pier()
        async with (
            vendor(pier.answer) as server,
            opened(data, LEDGERPORT_PIER_ORIGIN=server.url, LEDGERPORT_PIER_ENVIRONMENT="live") as here,
        ):
            await story(Site(here, pier))

    asyncio.run(begin())
