"""The page of a company: its figures and where they lead, what it costs, and what stays empty without harm."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from generator.catalog import Tool
from runtime.errors import NeedsReauth, RateLimited
from runtime.exchange.tool_answer import Answer
from runtime.model import AccountId, AuditEntry, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.dashboard.company_reads import FAILED_SECONDS, FRESH_SECONDS
from runtime.operations.mcp_servers import McpServers
from runtime.people import PersonId
from runtime.stores.tables import ACCOUNT
from tests.builtin import builtin_catalog
from tests.company import NOON, Company, copy_books, make_landscaper
from tests.deployment import HandClock
from tests.identity.authorization import Place, opened
from tests.web.visitors import read_forms

Answers = Callable[[str, dict[str, Any]], Answer | None]
READS = 7


class Vendor:
    """Calls to the books of the demo company, some of which may be answered otherwise."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.instead: Answers = lambda _name, _arguments: None

    async def call(
        self, _grant: Grant, tools: Mapping[str, Tool], name: str, arguments: dict[str, Any], **_: Any
    ) -> Answer:
        assert all(each.is_read_only for each in tools.values())
        self.asked.append((name, arguments))
        return self.instead(name, arguments) or await self._company.ask(name, **arguments)


class Visit:
    """A person who looks at the page of a company that is connected."""

    def __init__(self, here: Place, vendor: Vendor, account: str, browser: dict[str, str]) -> None:
        self.here, self.vendor, self.account, self.browser = here, vendor, account, browser

    @property
    def path(self) -> str:
        return f"/company/{self.account}"

    async def look(self, query: str = "") -> httpx2.Response:
        answer = await self.here.client.get(f"{self.path}{query}", headers=self.browser)
        assert answer.status_code == 200, answer.text
        return answer

    async def refresh(self, page: httpx2.Response) -> httpx2.Response:
        fields = next(each for action, each in read_forms(page) if action == f"{self.path}/refresh")
        return await self.here.client.post(f"{self.path}/refresh", data=fields, headers=self.browser)


Story = Callable[[Visit], Awaitable[None]]


def set_account(here: Place, account: str, **values: Any) -> None:
    with here.records._engine.begin() as connection:
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(**values))


def run(data: Path, story: Story, status: str = "active", role: Any = "owner") -> None:
    async def begin() -> None:
        async with opened(data, HandClock(NOON)) as here:
            account = here.add_company("Shop")
            set_account(here, account, status=status)
            vendor = Vendor(Company(copy_books(make_landscaper())))
            here.runtime.calls = vendor  # type: ignore[assignment]
            here.runtime.facts = CompanyFactsReader()
            browser = await here.sign_in(here.add_person("anna@shop.example", role))
            await story(Visit(here, vendor, account, browser))

    asyncio.run(begin())


def read_text(page: httpx2.Response) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<(svg|head)\b.*?</\1>", " ", page.text, flags=re.DOTALL)
    text = re.sub(r"<(?:/?(?:div|li|dd|dt|td|th|p|span class=.(?:sub|num)))\b[^>]*>", " ", text)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", text)).split())


def test_the_page_shows_each_figure_with_its_report_and_when_it_was_read(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        page = await visit.look()
        text = read_text(page)
        sheet = await visit.vendor._company.ask(
            "get_quick_books_balance_sheet_report", start_date="2025-01-01", end_date="2026-11-20"
        )
        rows = json.loads(sheet.text)["rows"]
        cash = next(each["cells"][-1] for each in rows if each["cells"][0] == "Total Bank Accounts")
        assert f"${float(cash):,.2f}" in text
        for shown in (
            "Cash in bank",
            "Customers owe",
            "You owe vendors",
            "Net income, Nov 2026",
            "As of 18:40",
        ):
            assert shown in text
        assert f"{READS} calls" in text
        assert (
            f"{visit.path}/reports/profit_and_loss_reports?start_date=2025-12-01&amp;end_date=2026-11-20"
            "&amp;summarize_column_by=Month" in page.text
        )

    run(tmp_path, story)


def test_a_reload_costs_nothing_and_refresh_asks_anew(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        first = await visit.look()
        again = await visit.look()
        assert len(visit.vendor.asked) == READS
        assert "none of them now" in read_text(again)
        sent = await visit.refresh(first)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{visit.path}?period=12m")
        await visit.look()
        assert len(visit.vendor.asked) == 2 * READS
        visit.here.clock.pass_(FRESH_SECONDS + 1)
        await visit.look()
        assert len(visit.vendor.asked) == 3 * READS

    run(tmp_path, story)


def test_another_period_asks_only_for_what_depends_on_it(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.look()
        page = await visit.look("?period=90d")
        added = {name for name, _ in visit.vendor.asked[READS:]}
        assert added == {"get_quick_books_balance_sheet_report", "get_quick_books_customer_sales_report"}
        assert 'aria-current="true">90 days' in page.text

    run(tmp_path, story)


def test_a_limit_leaves_its_panels_empty_with_when_to_try_again(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        limited = Answer(status=429, error=RateLimited("The limit is reached.", retry_after=30))
        visit.vendor.instead = lambda name, _: limited if "balance_sheet" in name else None
        text = read_text(await visit.look())
        assert "Try again from 18:40 on" in text
        assert "You owe vendors" in text
        assert "Overdue invoices" in text
        visit.here.clock.pass_(29)
        await visit.look()
        assert len(visit.vendor.asked) == READS
        visit.here.clock.pass_(2)
        visit.vendor.instead = lambda _name, _: None
        assert "Try again" not in read_text(await visit.look())
        assert len(visit.vendor.asked) == READS + 1

    run(tmp_path, story)


def test_an_error_of_the_vendor_leaves_the_page_and_is_asked_again_soon(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        failed = Answer(status=0, error=NeedsReauth("The connection has ended.", advice="Connect it again."))
        visit.vendor.instead = lambda _name, _: failed
        text = read_text(await visit.look())
        assert "The connection has ended. Connect it again." in text
        visit.here.clock.pass_(FAILED_SECONDS + 1)
        visit.vendor.instead = lambda _name, _: None
        assert "has ended" not in read_text(await visit.look())

    run(tmp_path, story)


@pytest.mark.parametrize("status", ["disconnected", "connecting"])
def test_a_company_that_is_not_connected_leads_to_its_connection(tmp_path: Path, status: str) -> None:
    async def story(visit: Visit) -> None:
        led = await visit.here.client.get(visit.path, headers=visit.browser)
        assert (led.status_code, led.headers["location"]) == (303, f"{visit.path}/connection")
        assert visit.vendor.asked == []

    run(tmp_path, story, status)


def test_a_company_whose_connection_has_ended_is_not_read_and_says_what_to_do(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        page = await visit.look()
        assert visit.vendor.asked == []
        assert f'href="{visit.path}/connection"' in page.text
        assert "The company must be connected again" in read_text(page)

    run(tmp_path, story, "needs_reauth")


def test_hostile_names_in_the_books_are_harmless(tmp_path: Path) -> None:
    name = '<script>alert(1)</script>"onload=x =cmd'
    row = {"depth": 0, "kind": "row", "cells": [name, "5.00"], "id": "../../x"}
    total = {"depth": 0, "kind": "total", "cells": ["TOTAL", "5.00"], "group": "GrandTotal"}
    sales = {"columns": ["customer", "Total"], "rows": [row, total], "rows_in_all": 2}
    record = {
        "Id": "7",
        "DocNumber": name,
        "CustomerRef": {"name": name},
        "DueDate": "<b>2026</b>",
        "Balance": 5.0,
    }

    def answer(asked: str, _arguments: dict[str, Any]) -> Answer | None:
        if "customer_sales" in asked:
            return Answer(json.dumps(sales))
        return Answer(json.dumps({"records": [record]})) if asked.startswith("list_") else None

    async def story(visit: Visit) -> None:
        visit.vendor.instead = answer
        page = await visit.look()
        assert name in unescape(page.text)
        assert "<script>alert" not in page.text
        assert '"onload' not in page.text
        assert "<b>2026" not in page.text
        assert f"{visit.path}/customers/..%2F..%2Fx" in page.text
        assert "../../x" not in page.text

    run(tmp_path, story)


def test_mcp_servers_that_end_soon_and_bills_due_soon_need_attention(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        servers = McpServers(visit.here.runtime.deployment)
        servers.create(AccountId(visit.account), "Month end", {}, expires_at=None)
        made = servers.create(AccountId(visit.account), "Collections", {})
        end_server(visit, made["id"], NOON + 3 * 86_400)
        bill = {"Id": "9", "VendorRef": {"name": "Norton Lumber"}, "DueDate": "2026-11-22", "Balance": 12.5}
        visit.vendor.instead = lambda name, _: (
            Answer(json.dumps({"records": [bill]})) if name == "list_all_quick_books_bills" else None
        )
        text = read_text(await visit.look())
        assert "“Collections” ends in 3 days" in text
        assert "Month end" not in text
        assert "Bills due within a week: 1 First on Nov 22: Norton Lumber 12.50" in text
        assert "Overdue invoices:" in text

    run(tmp_path, story)


def end_server(visit: Visit, server: str, at: float) -> None:
    found = visit.here.records.find_mcp_server(AccountId(visit.account), server, NOON)
    audit = AuditEntry(NOON, "tests", "mcp_server.updated", server)
    visit.here.records.change_mcp_server(
        AccountId(visit.account), found.id, lambda each: replace(each, expires_at=at), audit
    )


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_a_role_that_may_not_see_the_books_is_led_away_and_nothing_is_read(tmp_path: Path, role: str) -> None:
    async def story(visit: Visit) -> None:
        led = await visit.here.client.get(visit.path, headers=visit.browser)
        assert (led.status_code, led.headers["location"]) == (303, f"{visit.path}/connection")
        refused = await visit.here.client.post(f"{visit.path}/refresh", headers=visit.browser)
        assert refused.status_code == 403
        assert visit.vendor.asked == []

    run(tmp_path, story, role=role)


def test_recent_activity_is_what_agents_and_people_wrote_in_words(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        assert "Nothing has been written yet" in read_text(await visit.look())
        await write_customer(visit, "<i>Elm</i> Bakery")
        page = await visit.look()
        assert "Create customer &lt;i&gt;Elm&lt;/i&gt; Bakery" in page.text
        assert f'href="{visit.path}/journal/' in page.text
        assert "anna@shop.example" in read_text(page)

    run(tmp_path, story)


async def write_customer(visit: Visit, name: str) -> None:
    """Have the person write a record, as an agent of theirs does."""
    runtime, person = visit.here.runtime, PersonId("person-anna@shop.example")
    account = visit.here.records.find_account(AccountId(visit.account))
    vendor = visit.vendor._company.calls._vendor
    vendor._journal = runtime.journal
    calls = Calls(catalog=runtime.get_catalog, vendor=vendor, max_answer_bytes=32_000)
    grant = Grant(account, ServerConfig(), client="an agent", person_id=person)
    tools = builtin_catalog().by_name
    answer = await calls.call(grant, tools, "create_a_quick_books_customer", {"DisplayName": name})
    assert answer.error is None, answer.error


def test_refresh_without_its_proof_is_refused(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.look()
        sent = await visit.here.client.post(f"{visit.path}/refresh", headers=visit.browser)
        assert sent.status_code == 403
        await visit.look()
        assert len(visit.vendor.asked) == READS

    run(tmp_path, story)
