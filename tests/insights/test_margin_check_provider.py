"""Margin check on the firm that both simulators render: what is planted in it is found, and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from runtime.insights.analysis import Analysis
from runtime.insights.kinds import find_insight
from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.plan import Plan
from runtime.simulators.provider.sizes import choose_parameters
from tests.insights.changing import replace
from tests.insights.companies import compute, make_store, read_books
from tests.insights.provider_work import make_mapping, make_work

SEEDS = (1, 2, 3)
SIZE = 1500


@cache
def make_firm(seed: int) -> Plan:
    return make_plan(choose_parameters(make_store("provider", seed, SIZE).clock.read_today(), seed, SIZE))


@cache
def run(name: str, seed: int) -> Analysis:
    """Return what an analysis makes of all complete months of the firm."""
    store, firm, insight = make_store("provider", seed, SIZE), make_firm(seed), find_insight(name)
    today, months = store.clock.read_today(), firm.truths.complete_months
    options: dict[str, Any] = {}
    if name == "margin_check":
        options = {
            "start_date": months[0].isoformat(),
            "end_date": find_end(months[-1]).isoformat(),
            "limit": 200,
        }
    books = read_books(store, insight.plan(options, today).reports)
    return compute(insight, replace(books, work=make_work(firm, today), mapping=make_mapping(firm)), options)


def find_end(month: date) -> date:
    """Return the last day of a month."""
    return date.fromordinal(date(month.year + month.month // 12, month.month % 12 + 1, 1).toordinal() - 1)


def to_money(cents: int) -> Decimal:
    return Decimal(cents) / 100


@pytest.mark.parametrize("seed", SEEDS)
def test_each_error_that_is_planted_is_found_with_its_amount_and_nothing_else_is(seed):
    firm = make_firm(seed)
    truths, complete = firm.truths, firm.truths.complete_months
    found: Counter[str] = Counter()
    for each in run("margin_check", seed).figures["findings"]:
        found[each["check"]] += each["amount"]

    tools = sum(
        line.cents
        for one in firm.documents
        for line in one.lines
        if one.number in truths.tool_as_overhead.numbers and one.day.replace(day=1) in complete
    )
    without = sum(
        line.cents
        for one in firm.documents
        for line in one.lines
        if one.number in truths.without_agreement.numbers and one.day.replace(day=1) in complete
    )
    months, never = len(complete), truths.never_billed
    assert dict(found) == {
        "labour_in_overhead": to_money(truths.labour_as_overhead.cents),
        "tools_in_overhead": to_money(tools),
        "unusual_account": to_money(truths.misposted_cost.cents),
        "hardware_without_cost": to_money(truths.cost_later.cost),
        "price_below_list": to_money(truths.below_list.monthly * months),
        "agreement_without_invoice": to_money(never.cents - never.monthly * (len(firm.months) - months)),
        "invoice_without_agreement": to_money(without),
        "unbilled_time": to_money(truths.unbilled.time),
        "unbilled_expenses": to_money(truths.unbilled.expenses),
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_findings_name_the_agreement_and_the_entries_and_entries_balance(seed):
    analysis, truths = run("margin_check", seed), make_firm(seed).truths
    records = {
        check: {
            key for each in analysis.figures["findings"] if each["check"] == check for key in each["records"]
        }
        for check in ("agreement_without_invoice", "unbilled_time", "unbilled_expenses")
    }

    assert records["agreement_without_invoice"] == {f"work/agreements:{truths.never_billed.agreement_id}"}
    assert records["unbilled_time"] <= {f"work/time_entries:{id_}" for id_ in truths.unbilled.time_entry_ids}
    assert records["unbilled_expenses"] == {f"work/expenses:{id_}" for id_ in truths.unbilled.expense_ids}
    corrections = [each["correction"] for each in analysis.figures["findings"] if each["correction"]]
    assert len(corrections) > 10
    for each in corrections:
        debit, credit = each["arguments"]["Line"]
        assert debit["Amount"] == credit["Amount"] > 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["margin_check", "valuation"])
def test_the_figures_of_the_firm_tie_with_its_reports(name, seed):
    analysis = run(name, seed)

    assert [each.as_dict() for each in analysis.ties if not each.agrees] == []
    assert analysis.missing == ()


def test_without_the_work_system_the_errors_of_the_books_are_found_all_the_same():
    store, insight = make_store("provider", 1, SIZE), find_insight("margin_check")
    months = make_firm(1).truths.complete_months
    options = {
        "start_date": months[0].isoformat(),
        "end_date": find_end(months[-1]).isoformat(),
        "limit": 200,
    }

    figures = compute(insight, read_books(store), options).figures

    assert {each["check"] for each in figures["findings"]} == {
        "labour_in_overhead", "tools_in_overhead", "unusual_account", "hardware_without_cost", "price_below_list",
    }  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_wages_are_moved_to_wages_and_their_taxes_to_taxes(seed):
    texts = [
        each["correction"]["arguments"]["PrivateNote"]
        for each in run("margin_check", seed).figures["findings"]
        if each["check"] == "labour_in_overhead"
    ]

    wages = [each for each in texts if ": Wages " in each]
    taxes = [each for each in texts if ": Payroll taxes " in each]
    assert wages and taxes and len(wages) + len(taxes) == len(texts)
    assert all(each.startswith("Move to Technician Wages: ") for each in wages)
    assert all(each.startswith("Move to Technician Payroll Taxes: ") for each in taxes)
