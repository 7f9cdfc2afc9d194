"""A client by the name that either system has: at reports, at transactions and at lists, with the official client."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from runtime.simulators.provider.days import end_month
from runtime.simulators.provider.truths import Pair
from tests.journeys.two_systems import Firm, ask

INVOICES = "list_all_quick_books_invoices"
WHOLE = "No client was named: this is of the whole company."


@pytest.fixture(scope="module")
def short(firm: Firm) -> str:
    return firm.open_url(firm.books, tool_exposure="short")


@pytest.fixture(scope="module")
def full(firm: Firm) -> str:
    return firm.open_url(firm.books)


@pytest.fixture(scope="module")
def pair(firm: Firm) -> Pair:
    """A client that is called otherwise in each system."""
    figured = {each.client for each in firm.truths.figures if each.month == firm.truths.complete_months[-1]}
    numbers = {each.customer_id: each.number for each in firm.plan.clients}
    differ = [each for each in firm.truths.pairs if each.how in ("order", "abbreviation", "typo")]
    return next(each for each in differ if numbers[each.customer_id] in figured)


@pytest.fixture(scope="module")
def month(firm: Firm) -> dict[str, str]:
    """The last month that is complete."""
    first = firm.truths.complete_months[-1]
    return {"start_date": first.isoformat(), "end_date": end_month(first).isoformat()}


def family_of(firm: Firm, customer_id: str) -> set[str]:
    return {customer_id} | {below for below, above in firm.truths.sub_customers if above == customer_id}


def invoices_of(firm: Firm, customer_id: str, month: dict[str, str]) -> dict[str, int]:
    """The numbers of the invoices of a client in a month, with their cents."""
    family = family_of(firm, customer_id)
    return {
        each.number: sum(line.cents for line in each.lines)
        for each in firm.plan.documents
        if each.kind == "invoice"
        and each.party in family
        and month["start_date"] <= each.day.isoformat() <= month["end_date"]
    }


def totals(report: dict[str, Any]) -> dict[str, Decimal]:
    found = {}
    for row in report["rows"]:
        if row["kind"] == "total" and row.get("group"):
            found[row["group"]] = Decimal(row["cells"][1] or "0")
    return found


@pytest.mark.parametrize("system", ["company_name", "customer_name"])
def test_profit_and_loss_of_a_client_is_that_of_the_plan(firm, short, pair, month, system):
    said = ask(short, "profit_and_loss", **month, client=getattr(pair, system))
    number = next(each.number for each in firm.plan.clients if each.customer_id == pair.customer_id)
    [truth] = [
        each
        for each in firm.truths.figures
        if each.client == number and each.month == firm.truths.complete_months[-1]
    ]
    report = totals(said.value)

    assert report["Income"] * 100 == truth.revenue > 0
    assert report.get("COGS", Decimal(0)) * 100 == truth.product_cost
    [resolved] = said.value["resolved"]
    assert set(resolved["ids"]) == family_of(firm, pair.customer_id)
    assert resolved["work_ids"] == [str(pair.company_id)]
    assert WHOLE not in said.text


def test_the_report_of_the_whole_company_says_that_it_is(firm, short, month):
    said = ask(short, "profit_and_loss", **month)
    truth = next(each for each in firm.truths.books if each.month == firm.truths.complete_months[-1])

    assert WHOLE in said.texts[1]
    assert totals(said.value)["NetIncome"] * 100 == truth.net


@pytest.mark.parametrize("system", ["company_name", "customer_name"])
def test_transactions_and_invoices_are_those_of_the_client_alone(firm, short, full, pair, month, system):
    name, truth = getattr(pair, system), invoices_of(firm, pair.customer_id, month)
    rows = ask(short, "query_transactions", **month, client=name, type="Invoice").value["transactions"]
    days = {"TxnDate_from": month["start_date"], "TxnDate_until": month["end_date"]}
    listed = ask(full, INVOICES, **days, client=name).value["records"]

    assert {each["number"]: int(each["amount"] * 100) for each in rows} == truth
    assert {each["DocNumber"]: int(each["TotalAmt"] * 100) for each in listed} == truth
    assert truth


def test_what_two_merged_firms_are_called_is_one_client(firm, short, month):
    merged = next(each for each in firm.truths.pairs if each.how == "merged")
    said = ask(short, "profit_and_loss", **month, client=merged.company_name)

    both = [str(each.company_id) for each in firm.truths.pairs if each.customer_id == merged.customer_id]
    [resolved] = said.value["resolved"]
    assert resolved["name"] == merged.customer_name
    assert sorted(resolved["work_ids"]) == sorted(both)
    assert len(both) == 2


@pytest.mark.parametrize("tool", ["profit_and_loss", "query_transactions"])
def test_a_name_of_nobody_and_of_no_client_are_refused_and_no_figure_is_answered(firm, short, month, tool):
    companies = {each.id: each.name for each in firm.plan.companies}
    no_client = ask(short, tool, **month, client=companies[firm.truths.not_clients[0]])
    nobody = ask(short, tool, **month, client="Nobody At All")

    assert "marked as no client" in no_client.error["message"]
    assert 'No client is called "Nobody At All"' in nobody.error["message"]


def test_a_client_of_the_work_system_alone_is_never_taken_for_the_whole_company(firm, short, month):
    [company_id] = firm.truths.only_in_work
    name = next(each.name for each in firm.plan.companies if each.id == company_id)

    assert ask(short, "profit_and_loss", **month, client=name).error["code"] == "invalid_arguments"
