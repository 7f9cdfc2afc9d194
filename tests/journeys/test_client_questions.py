"""The three questions of a provider, asked with the official client: what is planted in both systems is answered.

Which clients earn, is the gross margin right, and what is the business worth. Amounts are compared to the cent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from runtime.simulators.provider.days import end_month
from tests.journeys.two_systems import Firm, ask

STREAMS = {
    "managed_services": "managed",
    "projects": "projects",
    "products": "products",
    "hourly": "hourly",
    "expenses": "expenses",
}
MUCH = 1_000_000
"""Bytes of an answer: all clients in all months."""
JOURNAL = "list_all_quick_books_journal_entries"


@pytest.fixture(scope="module")
def books_url(firm: Firm) -> str:
    return firm.open_url(firm.books, max_answer_bytes=MUCH)


def days_of(firm: Firm) -> dict[str, str]:
    """All months that are complete."""
    months = firm.truths.complete_months
    return {"start_date": months[0].isoformat(), "end_date": end_month(months[-1]).isoformat()}


@pytest.fixture(scope="module")
def profitability(firm: Firm, books_url: str) -> dict[str, Any]:
    answer = ask(books_url, "client_profitability", **days_of(firm), limit=200).value
    assert (answer["complete"], answer["missing"]) == (True, [])
    return answer["figures"]


def cents(amount: Decimal | int) -> int:
    return int(amount * 100)


def number_of(firm: Firm) -> dict[str, int]:
    return {f"customers:{each.customer_id}": each.number for each in firm.plan.clients if each.customer_id}


def test_the_mapping_of_a_person_is_every_pair_and_no_other(firm):
    links = firm.call("GET", f"/tenant/{firm.books['tenant_id']}/company-mapping")["links"]

    by_itself = [each for each in links if each["how"] not in ("confirmed", "manual")]
    truth = {(str(each.company_id), each.customer_id) for each in firm.truths.pairs}
    assert {(each["work_id"], each["customer_id"]) for each in by_itself} <= truth
    linked = {(each["work_id"], each["customer_id"]) for each in links if each["status"] == "linked"}
    assert linked == truth
    none = {each["work_id"] for each in links if each["status"] == "not_a_client"}
    assert none == set(map(str, firm.truths.not_clients))


def test_each_client_earns_and_costs_in_each_month_what_is_true(firm, profitability):
    numbers, wrong, seen = number_of(firm), [], 0
    truths = {(each.client, each.month.isoformat()[:7]): each for each in firm.truths.figures}
    for row in profitability["clients"]:
        for month in row["months"]:
            truth = truths.get((numbers[row["client"]], month["month"]))
            known = (truth.revenue, truth.product_cost, truth.labour) if truth else (0, 0, 0)
            ours = tuple(cents(month[name]) for name in ("revenue", "product_cost", "labour"))
            seen += 1
            if ours != known:
                wrong.append((row["name"], month["month"], ours, known))

    assert wrong == []
    assert seen == len(profitability["clients"]) * len(firm.truths.complete_months) > 200


def test_each_stream_of_each_client_is_what_is_true(firm, profitability):
    numbers, truth = number_of(firm), defaultdict(int)
    for each in firm.truths.figures:
        if each.month in firm.truths.complete_months:
            for name in STREAMS.values():
                truth[each.client, name] += getattr(each, name)

    assert [
        (row["name"], name)
        for row in profitability["clients"]
        for name, ours in STREAMS.items()
        if cents(row["streams"][name]) != truth[numbers[row["client"]], ours]
    ] == []


def test_the_client_that_costs_more_than_it_brings_is_the_last_and_its_hours_are_why(firm, profitability):
    truth, last = firm.truths.unprofitable, profitability["clients"][-1]

    assert last["client"] == f"customers:{truth.customer_id}"
    assert last["rank"] == len(profitability["clients"])
    ours = tuple(cents(last[name]) for name in ("revenue", "product_cost", "labour"))
    assert ours == (truth.revenue, truth.product_cost, truth.labour)
    assert cents(last["gross_margin"]) == truth.revenue - truth.product_cost - truth.labour < 0
    assert last["causes"][0]["cause"] in ("hours", "agreement_over_use")


def test_an_answer_that_is_cut_to_the_usual_size_has_the_client_that_costs_us_money(firm):
    figures = ask(firm.open_url(firm.books), "client_profitability", **days_of(firm)).value["figures"]

    assert figures["clients_in_all"] > len(figures["clients"])
    assert figures["clients"][0]["rank"] == 1
    assert figures["clients"][-1]["client"] == f"customers:{firm.truths.unprofitable.customer_id}"


def test_every_complete_month_is_that_of_the_books_and_of_their_own_report(firm, books_url, profitability):
    months = profitability["months"]
    report = ask(
        books_url, "get_quick_books_profit_and_loss_report", **days_of(firm), summarize_column_by="Month"
    ).value
    totals = {row["group"]: row["cells"][1:-1] for row in report["rows"] if "group" in row}
    of_report = zip(totals["Income"], totals["COGS"], totals["NetIncome"], strict=True)
    truth = {each.month: each for each in firm.truths.books}
    true = [truth[each] for each in firm.truths.complete_months]

    ours = [tuple(cents(each[n]) for n in ("income", "cost_of_sales", "net_income")) for each in months]
    assert ours == [tuple(cents(Decimal(cell or "0")) for cell in each) for each in of_report]
    assert ours == [(each.income, each.direct, each.net) for each in true]
    assert all(each["ties"] is True and each["adds_up"] is True for each in months)


def test_what_is_not_of_a_client_is_a_line_of_its_own_and_all_lines_are_the_books(firm, profitability):
    clients, lines = profitability["clients"], profitability["not_of_clients"]
    parts: Counter[str] = Counter()
    for month in profitability["months"]:
        parts.update(month["gross_margin_of"])
        assert sum(month["gross_margin_of"].values()) == month["gross_profit"]

    assert parts["client"] == sum(each["gross_margin"] for each in clients)
    assert sum(parts.values()) == profitability["company"]["gross_profit"]
    largest = {
        line["line"]: {each["record"] for each in line["largest"]} for line in lines if "largest" in line
    }
    assert largest["customers_without_work"] == {f"customers:{each}" for each in firm.truths.only_in_books}
    assert largest["work_without_customer"] == {f"work/companies:{each}" for each in firm.truths.only_in_work}


def test_each_error_of_the_margin_is_found_with_its_amount_and_nothing_else_is(firm, books_url):
    truths, plan = firm.truths, firm.plan
    complete = truths.complete_months
    answer = ask(books_url, "margin_check", **days_of(firm), limit=200).value
    found: Counter[str] = Counter()
    for each in answer["figures"]["findings"]:
        found[each["check"]] += cents(each["amount"])

    def add_up(numbers: tuple[str, ...]) -> int:
        documents = [one for one in plan.documents if one.number in numbers]
        return sum(
            line.cents for one in documents for line in one.lines if one.day.replace(day=1) in complete
        )

    open_months = len(plan.months) - len(complete)
    assert (answer["complete"], answer["missing"]) == (True, [])
    assert dict(found) == {
        "labour_in_overhead": truths.labour_as_overhead.cents,
        "tools_in_overhead": add_up(truths.tool_as_overhead.numbers),
        "unusual_account": truths.misposted_cost.cents,
        "hardware_without_cost": truths.cost_later.cost,
        "price_below_list": truths.below_list.monthly * len(complete),
        "agreement_without_invoice": truths.never_billed.cents - truths.never_billed.monthly * open_months,
        "invoice_without_agreement": add_up(truths.without_agreement.numbers),
        "unbilled_time": truths.unbilled.time,
        "unbilled_expenses": truths.unbilled.expenses,
    }


def test_a_correction_is_proposed_and_booked_by_a_person_alone(firm, books_url):
    def find_labour() -> list[dict[str, Any]]:
        figures = ask(books_url, "margin_check", **days_of(firm), limit=200).value["figures"]
        return [each for each in figures["findings"] if each["check"] == "labour_in_overhead"]

    def count_entries() -> int:
        return len(ask(books_url, JOURNAL, limit=1000, fields=["Id"]).value["records"])

    firm.control_books("snapshot", {"name": "before the correction"})
    try:
        before = count_entries()
        found = find_labour()
        assert count_entries() == before
        assert all("books a" not in each["correction"]["says"].lower() for each in found)
        proposed = found[0]["correction"]
        arguments = {**proposed["arguments"]}
        booked = ask(books_url, proposed["tool"], **_as_json(arguments))
        assert not booked.is_error, booked.text
        assert count_entries() == before + 1
    finally:
        firm.control_books("restore", {"name": "before the correction"})


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


def test_the_value_is_an_estimate_from_the_earnings_of_the_books(firm, books_url):
    truths, complete = firm.truths, firm.truths.complete_months[-12:]
    figures = ask(books_url, "valuation", month=complete[-1].isoformat()[:7]).value["figures"]
    earnings, value, multiples = figures["earnings"], figures["value"], figures["multiples"]

    true = [each for each in truths.books if each.month in complete]
    assert cents(earnings["income"]) == sum(each.income for each in true)
    assert cents(earnings["gross_margin"]) == sum(each.income - each.direct for each in true)
    assert cents(earnings["net_income"]) == sum(each.net for each in true)
    assert (
        earnings["ebitda"] == earnings["net_income"] + earnings["depreciation"] == figures["adjusted_ebitda"]
    )
    assert 0 < value["low"] < value["mid"] < value["high"]
    for name in ("low", "mid", "high"):
        assert value[name] == (figures["adjusted_ebitda"] * multiples[name]).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
    churn = figures["churn"]
    assert churn["source"] == "agreements of the work system"
    last = end_month(complete[-1])
    held = {each.company_id for each in firm.plan.agreements if each.until is None or each.until >= last}
    gone = {each.company_id for each in firm.plan.agreements} - held
    names = {each.name for each in firm.plan.companies if each.id in gone}
    assert {each["name"] for each in churn["lost"]} <= names
    assert churn["customers_lost"] == len(churn["lost"]) < churn["customers_at_start"]
    assert churn["monthly_at_start"] > churn["monthly_lost"]
    assert figures["is_estimate"] is True
    assert "estimate" in figures["says"]
    assert multiples["source"] and multiples["date"]
