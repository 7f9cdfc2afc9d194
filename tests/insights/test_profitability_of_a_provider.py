"""The profitability of the provider's clients is what its plan says, and adds up to its books month by month."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from runtime.insights.analysis import Analysis
from runtime.insights.profitability.profitability import INSIGHT
from runtime.simulators.provider.days import end_month
from tests.insights.provider_business import read_provider
from tests.simulators.provider.business import SEEDS, TODAY, plan_of

STREAMS = {"managed_services": "managed", "projects": "projects", "products": "products", "hourly": "hourly",
           "expenses": "expenses"}  # fmt: skip


@cache
def analyse(seed: int) -> Analysis:
    months = plan_of(seed).truths.complete_months
    options = {
        "start_date": months[0].isoformat(),
        "end_date": end_month(months[-1]).isoformat(),
        "limit": 200,
    }
    wanted = INSIGHT.plan(options, TODAY)
    return INSIGHT.compute(read_provider(seed, wanted.reports), options)


def cents(amount: Decimal) -> int:
    return int(amount * 100)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_month_ties_to_the_profit_and_loss_report_to_the_cent(seed: int):
    analysis = analyse(seed)

    months = plan_of(seed).truths.complete_months
    assert len(analysis.ties) == 5 * len(months)
    assert [each for each in analysis.ties if not each.agrees] == []
    assert all(each["adds_up"] is True and each["ties"] is True for each in analysis.figures["months"])
    figures = analysis.figures
    assert figures["gross_profit_of_the_books"] == figures["company"]["gross_profit"]


@pytest.mark.parametrize("seed", SEEDS)
def test_each_client_earns_and_costs_in_each_month_what_the_plan_says(seed: int):
    truths = plan_of(seed).truths
    numbers = {client.customer_id: client.number for client in plan_of(seed).clients if client.customer_id}
    expected: dict[tuple[int, str], Any] = {
        (each.client, each.month.isoformat()[:7]): each for each in truths.figures
    }
    wrong, seen = [], 0
    for row in analyse(seed).figures["clients"]:
        number = numbers[row["client"].partition(":")[2]]
        for month in row["months"]:
            truth = expected.get((number, month["month"]))
            known = (truth.revenue, truth.product_cost, truth.labour) if truth is not None else (0, 0, 0)
            ours = tuple(cents(month[name]) for name in ("revenue", "product_cost", "labour"))
            seen += 1
            if ours != known:
                wrong.append((row["name"], month["month"], ours, known))
    assert seen > 100
    assert wrong == []


@pytest.mark.parametrize("seed", SEEDS)
def test_each_stream_is_that_of_the_plan(seed: int):
    truths = plan_of(seed).truths
    numbers = {client.customer_id: client.number for client in plan_of(seed).clients if client.customer_id}
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for each in truths.figures:
        if each.month in truths.complete_months:
            for name in STREAMS.values():
                sums[each.client, name] += getattr(each, name)
    wrong = [
        (row["name"], name)
        for row in analyse(seed).figures["clients"]
        for name, truth in STREAMS.items()
        if cents(row["streams"][name]) != sums[numbers[row["client"].partition(":")[2]], truth]
    ]
    assert wrong == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_unprofitable_client_is_the_last_and_its_time_is_why(seed: int):
    unprofitable = plan_of(seed).truths.unprofitable
    last = analyse(seed).figures["clients"][-1]

    assert last["client"] == f"customers:{unprofitable.customer_id}"
    assert last["gross_margin"] < 0
    assert cents(last["labour"]) == unprofitable.labour
    assert last["causes"][0]["cause"] in ("hours", "agreement_over_use")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_agreement_that_is_used_far_beyond_its_limit_is_found(seed: int):
    truth = plan_of(seed).truths.overused
    uses = {each["agreement"]: each for row in analyse(seed).figures["clients"] for each in row["agreements"]}
    found = uses[f"work/agreements:{truth.agreement_id}"]

    assert found["use"] == "over"
    assert found["covered_hours"] == Decimal(truth.limit * len(truth.minutes)) / 60
    assert found["hours"] * 60 == sum(minutes for _, minutes in truth.minutes)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_on_one_side_alone_is_apart(seed: int):
    truths, figures = plan_of(seed).truths, analyse(seed).figures
    lines = {each["line"]: each for each in figures["not_of_clients"]}

    books = {each["record"] for each in lines["customers_without_work"]["largest"]}
    assert books == {f"customers:{each}" for each in truths.only_in_books}
    work = {each["record"] for each in lines["work_without_customer"]["largest"]}
    assert work == {f"work/companies:{each}" for each in truths.only_in_work}
    assert lines["work_of_no_client"]["hours"] > 0
