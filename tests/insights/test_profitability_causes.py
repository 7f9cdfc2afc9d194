"""Why a client earns less than the others, and how much of its agreements is used."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.books import Key
from runtime.insights.profitability.profitability import INSIGHT
from runtime.insights.work_records import Addition
from tests.insights.changing import replace
from tests.insights.provider_books import OCTOBER, agree, buy, make_invoice_of_work, make_provider, sell, work

NINE = date(2026, 9, 9)


def analyse(books: Any, name: str = "Acme", **options: Any) -> dict[str, Any]:
    return next(each for each in INSIGHT.compute(books, options).figures["clients"] if each["name"] == name)


def use(agreement: Any, *entries: Any, additions: Any = (), **options: Any) -> dict[str, Any]:
    books = make_provider([sell("1", "1", "1000")], entries, agreements=[agreement])
    books = replace(books, work=replace(books.work, additions=tuple(additions)))
    (found,) = analyse(books, **options)["agreements"]
    return found


def test_hours_beyond_the_limit_are_over_use():
    found = use(
        agree("1", "11", "1000", limit=Decimal(10), limit_unit="hours"), work("1", "11", "14", agreement="1")
    )

    assert (found["covered_hours"], found["hours_over"], found["used_percent"]) == (10, 4, 140)
    assert (found["use"], found["hours_left"], found["agreement"]) == ("over", 0, "work/agreements:1")


def test_an_agreement_that_is_hardly_used_is_under_used():
    found = use(
        agree("1", "11", "1000", limit=Decimal(10), limit_unit="hours"), work("1", "11", "2", agreement="1")
    )

    assert (found["use"], found["hours_left"]) == ("under", 8)


def test_a_limit_covers_as_many_months_as_the_agreement_holds():
    agreement = agree("1", "11", "1000", limit=Decimal(12), limit_unit="hours", start=date(2026, 10, 1))
    found = use(
        agreement, work("1", "11", "5", agreement="1"), start_date="2026-09-01", end_date="2026-10-31"
    )

    assert (found["months"], found["covered_hours"], found["billed_by_agreement"]) == (1, 12, 1000)


def test_a_yearly_limit_and_fee_count_by_the_month():
    agreement = agree("1", "11", "1200", months=12, limit=Decimal(120), limit_unit="hours", limit_months=12)
    found = use(agreement, work("1", "11", "5", agreement="1"))

    assert (found["covered_hours"], found["billed_by_agreement"]) == (10, 100)


@pytest.mark.parametrize(("hours", "use_"), [("14", "over"), ("8", "as agreed"), ("4", "under")])
def test_without_a_limit_the_value_of_hours_says_how_much_is_used(hours: str, use_: str):
    found = use(agree("1", "11", "1000"), work("1", "11", hours, agreement="1"))

    assert (found["use"], found["value_of_hours"]) == (use_, 120 * int(hours))
    assert found["covered_hours"] is None


def test_additions_are_billed_with_their_agreement_while_they_last():
    def add(id_: str, **more: Any) -> Addition:
        return Addition(Key("additions", id_), "1", quantity=Decimal(10), price=Decimal(5), **more)

    additions = [
        add("1", included=Decimal(2)),
        add("2", end=date(2026, 8, 31)),
        add("3", start=date(2026, 11, 1)),
        add("4", is_billable=False),
    ]

    assert use(agree("1", "11", "100"), additions=additions)["billed_by_agreement"] == 140


def test_what_was_invoiced_for_an_agreement_is_what_it_billed():
    invoices = [
        make_invoice_of_work("1", "A-1", day=OCTOBER, total=Decimal(110), tax=Decimal(10), agreement="1"),
        make_invoice_of_work("2", "A-2", day=NINE, total=Decimal(99), agreement="1"),
    ]
    books = make_provider([sell("1", "1", "9")], agreements=[agree("1", "11", "1000")], invoices=invoices)

    (found,) = analyse(books)["agreements"]
    assert found["billed_by_agreement"] == 100


def test_an_agreement_that_ended_before_is_not_listed():
    books = make_provider([sell("1", "1", "9")], agreements=[agree("1", "11", "1", end=NINE)])

    assert analyse(books)["agreements"] == []


def make_unequal(*entries: Any, **more: Any) -> Any:
    """Two clients with the same revenue: Birch takes ten hours."""
    sales = [sell("1", "1", "1000"), sell("2", "2", "1000"), *more.pop("bought", ())]
    return make_provider(sales, [work("b", "12", "10"), *entries], **more)


def test_causes_are_parts_of_the_difference_to_what_is_usual():
    books = make_unequal(
        work("1", "11", "12", cost="60", is_billed=True),
        bought=[sell("3", "1", "100", "goods"), buy("4", "90", "cost", "1"),
                sell("5", "2", "100", "goods"), buy("6", "50", "cost", "2")],
    )  # fmt: skip
    row = analyse(books)

    assert row["beside_usual"] < 0
    assert sum(each["effect"] for each in row["causes"]) == row["beside_usual"]
    assert [each["cause"] for each in row["causes"]] == ["cost_of_an_hour", "hours", "products"]
    birch = analyse(books, "Birch")
    assert birch["beside_usual"] == -row["beside_usual"]


def test_hours_beyond_an_agreement_are_the_first_cause():
    books = make_unequal(
        work("1", "11", "40", agreement="1"),
        agreements=[agree("1", "11", "1000", limit=Decimal(10), limit_unit="hours")],
    )
    cause = analyse(books)["causes"][0]

    assert (cause["cause"], cause["records"]) == ("agreement_over_use", ["work/agreements:1"])
    assert cause["effect"] == -15 * 40
    assert "Agreement 1" in cause["says"]


def test_hours_that_were_not_billed_are_a_cause():
    row = analyse(make_unequal(work("1", "11", "40")))

    assert row["unbilled_hours"] == 40
    assert row["causes"][0]["cause"] == "unbilled_hours"
    assert row["causes"][0]["records"] == ["work/time_entries:1"]


@pytest.mark.parametrize(
    "more",
    [{"is_billed": True}, {"invoice": "9"}, {"is_billable": False}, {"is_written_off": True}, {"project": "3"}],
)  # fmt: skip
def test_hours_that_were_billed_or_are_not_to_be_are_none_of_them(more: dict[str, Any]):
    assert analyse(make_unequal(work("1", "11", "40", **more)))["unbilled_hours"] == 0


def test_at_most_three_causes_are_named():
    books = make_unequal(
        work("1", "11", "40", agreement="1"),
        work("2", "11", "30", cost="90"),
        agreements=[agree("1", "11", "1000", limit=Decimal(10), limit_unit="hours")],
        bought=[sell("3", "1", "100", "goods"), buy("4", "90", "cost", "1"),
                sell("5", "2", "100", "goods"), buy("6", "10", "cost", "2")],
    )  # fmt: skip

    assert len(analyse(books)["causes"]) == 3
