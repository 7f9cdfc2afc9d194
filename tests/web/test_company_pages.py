"""Calls of tools by the pages of companies: a role that may use no tools, and a company that is read only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from generator.catalog import Tool
from runtime.errors import Forbidden
from runtime.exchange.tool_answer import Answer
from runtime.model import AccountId, Grant
from runtime.operations.company_facts import CompanyFactsReader
from runtime.stores.tables import ACCOUNT
from runtime.web.company_pages import CompanyPages, CompanyServices, _make_place
from runtime.web.company_pages import Place as Look
from runtime.web.person_pages import PageParts
from tests.identity.authorization import Place, opened

CREATE = "create_a_quick_books_customer"
GET = "get_single_quick_books_customer_by_id"


class NotedCalls:
    """Answers a record, and notes what is called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    async def call(self, _grant: Grant, _tools: Mapping[str, Tool], name: str, *_: Any, **__: Any) -> Answer:
        self.called.append(name)
        return Answer('{"Id": "1", "DisplayName": "Swift Cars"}')


def prepare(here: Place) -> tuple[NotedCalls, str]:
    """Calls that are noted, and a company that is connected."""
    calls = NotedCalls()
    here.runtime.calls = calls  # type: ignore[assignment]
    company = here.add_company("Shop")
    here.set_status(company, "active")
    return calls, company


async def make_place(here: Place, company: str, role: Any) -> tuple[CompanyPages, Look]:
    """Pages of a company, and what they know of somebody with a role who looks at it."""
    unused: Any = None
    services = CompanyServices(here.runtime.calls, here.runtime.finished, CompanyFactsReader())
    pages = CompanyPages(PageParts(here.runtime.deployment, unused, unused, unused, unused), services)
    account = here.records.find_account(AccountId(company))
    who: Any = SimpleNamespace(person=SimpleNamespace(id="anna"))
    return pages, await _make_place(pages, who, account, role)


@pytest.mark.parametrize("role", ["billing_admin", "admin"])
def test_a_page_reads_nothing_for_a_role_below_the_least_one_for_tools(tmp_path: Path, role: Any) -> None:
    async def begin() -> None:
        async with opened(tmp_path) as here:
            calls, company = prepare(here)
            here.set_tools_role("owner")
            browser = await here.sign_in(here.add_person("anna@shop.example", role))
            page = await here.client.get(f"/company/{company}/customers/1", headers=browser)
            assert page.status_code == 403
            assert f"Your role, {role}, does not let you use the tools of this company." in page.text
            assert "the least role for tools" in page.text
            assert calls.called == []

    asyncio.run(begin())


def test_the_least_role_for_tools_is_enough_for_a_page_that_reads(tmp_path: Path) -> None:
    async def begin() -> None:
        async with opened(tmp_path) as here:
            calls, company = prepare(here)
            here.set_tools_role("owner")
            browser = await here.sign_in(here.add_person("anna@shop.example", "owner"))
            page = await here.client.get(f"/company/{company}/customers/1", headers=browser)
            assert page.status_code == 200
            assert calls.called == [GET]

    asyncio.run(begin())


def test_a_company_that_is_read_only_is_read_and_a_write_for_an_owner_is_refused_unsent(
    tmp_path: Path,
) -> None:
    async def begin() -> None:
        async with opened(tmp_path) as here:
            calls, company = prepare(here)
            with here.records._engine.begin() as connection:
                connection.execute(update(ACCOUNT).values(read_only=1))
            pages, place = await make_place(here, company, "owner")
            refused = await pages.call(place, CREATE, {"DisplayName": "Swift Cars"}, is_write=True)
            assert isinstance(refused.error, Forbidden)
            assert str(refused.error).startswith("This company is connected read only.")
            assert (await pages.call(place, GET, {"id": "1"})).error is None
            assert calls.called == [GET]

    asyncio.run(begin())


def test_a_role_that_may_not_write_reads_and_its_write_is_refused_unsent(tmp_path: Path) -> None:
    async def begin() -> None:
        async with opened(tmp_path) as here:
            calls, company = prepare(here)
            here.set_tools_role("owner")
            pages, place = await make_place(here, company, "billing_admin")
            for name, is_write in ((CREATE, True), (GET, False)):
                refused = await pages.call(place, name, {}, is_write=is_write)
                assert isinstance(refused.error, Forbidden)
                assert "Your role, billing_admin, does not let you" in str(refused.error)
            assert calls.called == []

    asyncio.run(begin())
