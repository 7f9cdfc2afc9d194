"""Every figure of a dashboard is the one of the report that it claims to summarise, for each demo company."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from runtime.exchange.tool_answer import Answer
from runtime.model import AccountId
from runtime.operations.dashboard.company_reads import MOST_AT_ONCE, Asked, CompanyReads, Reading
from runtime.operations.dashboard.figures import find_owed, find_ranking
from runtime.operations.dashboard.panels import Panels, list_asked, make_panels
from runtime.operations.dashboard.periods import PERIODS, USUAL_PERIOD, Period
from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from tests.builtin import builtin_catalog
from tests.company import NOON, Company, copy_books

TODAY = date(2026, 11, 20)
BUSINESSES = tuple(companies.BUSINESSES)
REPORT = "get_quick_books_{}_report"


@cache
def make_books(name: str) -> tuple[Store, str]:
    """The books of a demo company, and its realm; nobody changes them."""
    store = Store(":memory:", Clock(frozen=NOON))
    return store, companies.make_company(store, name)


def open_company(name: str, **config: Any) -> Company:
    store, realm = make_books(name)
    return Company(copy_books(store), realm=realm, **config)


def read_panels(company: Company, period: Period = USUAL_PERIOD) -> tuple[Panels, dict[str, Reading]]:
    integration = builtin_catalog().integrations["quickbooks"]
    dashboard = integration.company.dashboard
    assert dashboard is not None

    async def call(tool: str, arguments: dict[str, Any]) -> Any:
        return await company.ask(tool, **arguments)

    reads = CompanyReads(lambda: NOON)
    readings = company._runner.run(
        reads.read(company.grant.account.id, list_asked(dashboard, period, TODAY), call)
    )
    return make_panels(integration, dashboard, readings, TODAY), readings


def read_report(company: Company, name: str, **arguments: Any) -> Mapping[str, Any]:
    answer = company.answer(REPORT.format(name), **arguments)
    assert answer.error is None, answer.error
    found: Mapping[str, Any] = json.loads(answer.text, parse_float=Decimal)
    return found


def find_cell(report: Mapping[str, Any], group: str, place: int) -> Decimal:
    """A cell of the last row of a group, looked up without any code of the product; 0 for a group that is not there."""
    rows = [row for row in report["rows"] if row.get("group") == group and row["kind"] != "header"]
    return Decimal(rows[-1]["cells"][place] or 0) if rows else Decimal(0)


@pytest.mark.parametrize("name", BUSINESSES)
def test_cash_in_bank_is_that_of_the_balance_sheet_of_the_day(name: str) -> None:
    company = open_company(name)
    cash = read_panels(company)[0].cash
    assert cash is not None
    assert cash.figures is not None

    for day, place in ((TODAY, -1), (date(2026, 10, 31), -2), (date(2025, 12, 31), 0)):
        sheet = read_report(company, "balance_sheet", start_date="2025-01-01", end_date=day.isoformat())
        assert cash.figures.amounts[place] == find_cell(sheet, "BankAccounts", -1)
    assert len(cash.figures.amounts) == 12
    assert cash.figures.last


@pytest.mark.parametrize("name", BUSINESSES)
@pytest.mark.parametrize(
    ("key", "report", "control"),
    [("receivables", "aged_receivables", "AR"), ("payables", "aged_payables", "AP")],
)
def test_what_is_owed_is_the_sum_of_the_aging_report_and_of_the_balance_sheet(
    name: str, key: str, report: str, control: str
) -> None:
    company = open_company(name)
    panel = getattr(read_panels(company)[0], key)
    aging = read_report(company, report, report_date=TODAY.isoformat(), aging_method="Report_Date")
    sheet = read_report(company, "balance_sheet", start_date="2025-01-01", end_date=TODAY.isoformat())

    expected = [find_cell(aging, "GrandTotal", place) for place in range(1, 7)]
    assert [amount for _, amount in panel.figures.ages] == expected[:5]
    assert panel.figures.total == expected[5] == find_cell(sheet, control, -1)
    assert panel.figures.late == sum(expected[1:5])


@pytest.mark.parametrize("name", BUSINESSES)
def test_income_costs_and_net_income_of_a_month_are_those_of_its_report(name: str) -> None:
    company = open_company(name)
    profit = read_panels(company)[0].profit
    assert profit is not None
    assert profit.figures is not None

    for place, start, end in (
        (-1, "2026-11-01", "2026-11-20"),
        (-2, "2026-10-01", "2026-10-31"),
        (0, "2025-12-01", "2025-12-31"),
    ):
        report = read_report(company, "profit_and_loss", start_date=start, end_date=end)
        costs = sum(find_cell(report, group, -1) for group in ("COGS", "Expenses", "OtherExpenses"))
        income = find_cell(report, "Income", -1) + find_cell(report, "OtherIncome", -1)
        assert profit.figures.income[place] == income
        assert profit.figures.costs[place] == costs
        assert profit.figures.net[place] == find_cell(report, "NetIncome", -1) == income - costs
    assert len(profit.figures.net) == 12


@pytest.mark.parametrize("name", BUSINESSES)
@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.key)
def test_the_top_customers_add_up_to_the_sales_of_the_period(name: str, period: Period) -> None:
    company = open_company(name)
    ranking = read_panels(company, period)[0].ranking
    assert ranking is not None
    assert ranking.figures is not None
    start = period.find_start(TODAY).isoformat()
    sales = read_report(company, "customer_sales", start_date=start, end_date=TODAY.isoformat())

    entries = ranking.figures.entries
    assert ranking.figures.total == find_cell(sales, "GrandTotal", -1)
    assert sum(each.amount for each in entries) == ranking.figures.total
    assert [each.amount for each in entries] == sorted((each.amount for each in entries), reverse=True)
    assert all(each.id and not each.name.startswith("Total ") for each in entries)


@pytest.mark.parametrize("name", BUSINESSES)
def test_the_overdue_list_has_every_invoice_whose_day_has_passed(name: str) -> None:
    company = open_company(name)
    overdue = read_panels(company)[0].overdue
    assert overdue is not None
    assert overdue.figures is not None
    known = company.list("invoices", query="select * from Invoice where Balance > '0' maxresults 1000")
    late = {each["Id"]: each for each in known if each["DueDate"] < TODAY.isoformat()}

    assert {each.id for each in overdue.figures.records} == late.keys()
    assert overdue.figures.total == sum(Decimal(str(each["Balance"])) for each in late.values())
    assert [each.days for each in overdue.figures.records] == sorted(
        ((TODAY - date.fromisoformat(each["DueDate"])).days for each in late.values()), reverse=True
    )


@pytest.mark.parametrize("period", PERIODS[:2], ids=lambda period: period.key)
def test_the_balance_by_week_ends_on_the_weeks_of_the_report(period: Period) -> None:
    company = open_company("landscaper")
    panels, _ = read_panels(company, period)
    dashboard = builtin_catalog().integrations["quickbooks"].company.dashboard
    assert dashboard is not None
    assert panels.cash is not None
    assert panels.cash.figures is not None
    ends = period.list_ends(TODAY, dashboard)

    assert len(ends) == len(panels.cash.figures.amounts)
    sheet = read_report(company, "balance_sheet", start_date="2025-01-01", end_date=ends[0].isoformat())
    assert panels.cash.figures.amounts[0] == find_cell(sheet, "BankAccounts", -1)


def test_a_few_calls_are_under_way_at_once_and_all_are_made() -> None:
    asked = {str(place): Asked("a tool", "books", {"place": place}) for place in range(10)}

    async def begin() -> None:
        may_answer, begun = asyncio.Event(), 0

        async def call(_tool: str, _arguments: dict[str, Any]) -> Answer:
            nonlocal begun
            begun += 1
            await may_answer.wait()
            return Answer('{"rows": []}')

        reads = CompanyReads(lambda: NOON, most_wait=0.0)
        await reads.read(AccountId("a"), asked, call)
        assert begun == MOST_AT_ONCE
        may_answer.set()
        reads._most_wait = 60.0
        found = await reads.read(AccountId("a"), asked, call)
        assert (begun, all(each.answer for each in found.values())) == (10, True)

    asyncio.run(begin())


def test_a_call_that_takes_too_long_goes_on_and_the_next_look_has_its_answer() -> None:
    asked = {"all": Asked("a tool", "books", {})}

    async def begin() -> None:
        may_answer, count = asyncio.Event(), 0

        async def call(_tool: str, _arguments: dict[str, Any]) -> Answer:
            nonlocal count
            count += 1
            await may_answer.wait()
            return Answer('{"rows": []}')

        reads = CompanyReads(lambda: NOON, most_wait=0.0)
        late = (await reads.read(AccountId("a"), asked, call))["all"]
        assert (late.answer, late.error) == (None, None)
        may_answer.set()
        reads._most_wait = 60.0
        found = (await reads.read(AccountId("a"), asked, call))["all"]
        assert (found.answer, found.is_new, count) == ({"rows": []}, False, 1)

    asyncio.run(begin())


def test_answers_in_parts_have_the_same_figures_as_whole_ones() -> None:
    whole, _ = read_panels(open_company("landscaper"))
    parts, readings = read_panels(open_company("landscaper", most_bytes=4_000))

    assert max(each.calls for each in readings.values()) > 1
    assert parts.cash == whole.cash or parts.cash.figures == whole.cash.figures  # type: ignore[union-attr]
    for key in ("receivables", "payables", "profit", "ranking"):
        assert getattr(parts, key).figures == getattr(whole, key).figures


def test_a_report_without_rows_owes_nothing_and_one_with_other_columns_is_not_read() -> None:
    rules = builtin_catalog().integrations["quickbooks"].company.dashboard
    assert rules is not None
    assert rules.receivables is not None
    row = {"depth": 0, "kind": "total", "cells": ["TOTAL", "1.00", "2.00"], "group": "GrandTotal"}

    empty = find_owed(rules.receivables, {"columns": [], "rows": []})
    assert empty is not None
    assert (empty.total, empty.late) == (Decimal(0), Decimal(0))
    assert find_owed(rules.receivables, {"columns": ["A", "B", "C"], "rows": [row]}) is None


def test_a_ranking_of_nothing_has_no_shares() -> None:
    rules = builtin_catalog().integrations["quickbooks"].company.dashboard
    assert rules is not None
    assert rules.ranking is not None

    found = find_ranking(rules.ranking, {"columns": ["Customer", "Total"], "rows": []})
    assert (found.entries, found.total) == ((), None)
