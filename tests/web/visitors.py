"""Browsers without scripts that visit the pages in this process, over a real file: forms are sent as they are found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from runtime.api.routes import make_application
from runtime.identity.people import Operator, People
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.finished_calls import FinishedCalls
from runtime.people import Person
from runtime.safety.guesses import Guesses
from runtime.tenancy import TenantId
from runtime.web.company_pages import CompanyServices
from runtime.web.routes import make_missing_page, make_routes
from tests.api.harness import Calls
from tests.deployment import Deployment, HandClock, deploy

HERE = TenantId("acme")
OPERATOR = Operator("tests")
_FORM = re.compile(r'<form[^>]* action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Site:
    """The pages and the management API of a deployment, and what they log."""

    def __init__(
        self, data: Path, clock: HandClock | None = None, most_guesses: int = 20, **variables: str
    ) -> None:
        self.here: Deployment = deploy(data, clock, **variables)
        self.clock = self.here.clock
        self.parts = self.here.parts()
        self.people = People(self.parts)
        self.events: list[tuple[str, dict[str, Any]]] = []
        guesses = Guesses(clock=self.clock, most_failures=most_guesses)
        log = lambda event, **fields: self.events.append((event, fields))  # noqa: E731
        self.calls = Calls()
        self.services = CompanyServices(self.calls, FinishedCalls(log), CompanyFactsReader())
        self.application = make_application(
            self.parts,
            calls=self.calls,
            tokens=self.here.tokens,
            log=log,
            guesses=guesses,
            missing_page=make_missing_page(self.parts, log),
            pages=make_routes(
                self.parts, self.here.accounts.authorizations, log, guesses, services=self.services
            ),
        )

    def open_browser(self) -> httpx2.AsyncClient:
        """A browser of its own, which stores cookies and follows nothing by itself."""
        transport = httpx2.ASGITransport(app=self.application)
        return httpx2.AsyncClient(
            transport=transport, base_url=self.here.settings.public_url, headers={"Accept": "text/html"}
        )

    async def invite(self, email: str, role: str, tenant: TenantId = HERE) -> str:
        """The path of a link of the operator."""
        return urlsplit((await self.people.invite(OPERATOR, tenant, email, role)).link).path

    async def sign_in(self, email: str, role: str, tenant: TenantId = HERE) -> httpx2.AsyncClient:
        """A browser in which somebody is signed in, with a role where that one is new."""
        browser, path = self.open_browser(), await self.invite(email, role, tenant)
        answer = await submit(browser, await browser.get(path), path)
        assert answer.status_code == 303, answer.text
        return browser

    async def find(self, email: str, tenant: TenantId = HERE) -> Person:
        return await self.people.find_by_email(tenant, email)

    async def list_roles(self, tenant: TenantId = HERE) -> dict[str, str]:
        return {each.email: member.role for each, member in await self.people.list_all(OPERATOR, tenant)}

    async def close(self) -> None:
        await self.here.tokens.close()
        self.here.stores.close()


def read_forms(page: httpx2.Response) -> list[tuple[str, dict[str, str]]]:
    """Each form of a page: where it leads, and what it sends by itself."""
    found = _FORM.findall(page.text)
    return [
        (unescape(action), {n: unescape(v) for n, v in _HIDDEN.findall(content)}) for action, content in found
    ]


async def submit(
    browser: httpx2.AsyncClient, page: httpx2.Response, action: str, values: Mapping[str, str] | None = None
) -> httpx2.Response:
    """What a form of a page comes to, the first one that leads there and has these values or fields for them."""
    wanted = dict(values or {})
    for leads_to, hidden in read_forms(page):
        if leads_to == action and all(hidden.get(name, value) == value for name, value in wanted.items()):
            return await browser.post(action, data=hidden | wanted)
    raise AssertionError(f"no form leads to {action}")
