"""Profitability of clients: money of the books and labour of the work, and how all of it adds up to the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.books import Item, Key
from runtime.insights.profitability.profitability import INSIGHT
from runtime.insights.profitability.streams import find_by_words
from tests.insights.changing import replace
from tests.insights.hand_made import make_customer
from tests.insights.provider_books import (
    buy,
    make_invoice_of_work,
    make_provider,
    pay,
    report,
    sell,
    work,
)

SEPTEMBER = date(2026, 9, 10)


def analyse(books: Any, **options: Any) -> dict[str, Any]:
    return INSIGHT.compute(books, options).figures


def find(figures: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in figures["clients"] if each["name"] == name)


def find_line(figures: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in figures["not_of_clients"] if each["line"] == name)


def test_a_client_has_revenue_by_stream_products_labour_and_margins():
    books = make_provider(
        [
            sell("1", "1", "1000"),
            sell("2", "1", "300", "goods"),
            buy("3", "200", "cost", customer="1"),
        ],
        [work("1", "11", "5"), work("2", "11", "5", cost="50")],
    )

    row = find(analyse(books), "Acme")
    assert row["revenue"] == 1300
    assert (row["streams"]["managed_services"], row["streams"]["products"]) == (1000, 300)
    assert (row["product_cost"], row["labour"], row["hours"]) == (200, 450, 10)
    assert (row["gross_margin"], row["gross_margin_percent"]) == (650, Decimal("50.0"))
    assert (row["gross_margin_per_hour"], row["effective_hourly_rate"]) == (65, 110)


def test_a_customer_below_a_mapped_one_belongs_to_it():
    figures = analyse(make_provider([sell("1", "1", "100"), sell("2", "3", "50")]))

    assert [each["name"] for each in figures["clients"]] == ["Acme"]
    assert find(figures, "Acme")["revenue"] == 150


def test_several_clients_of_the_work_system_may_be_one_customer():
    figures = analyse(make_provider([sell("1", "2", "500")], [work("1", "12", "1"), work("2", "13", "2")]))

    row = find(figures, "Birch")
    assert (row["hours"], row["in_work_system"]) == (3, ["Birch LLC", "Birch West"])


def test_what_is_not_mapped_stands_in_lines_of_its_own():
    figures = analyse(
        make_provider(
            [sell("1", "1", "100"), sell("2", "4", "70"), buy("3", "30", "tools"), pay("4", "500")],
            [work("1", "14", "2"), work("2", "15", "3"), work("3", "11", "1")],
        )
    )

    assert find_line(figures, "customers_without_work")["revenue"] == 70
    assert find_line(figures, "customers_without_work")["largest"][0]["name"] == "Books only"
    assert find_line(figures, "work_without_customer")["labour"] == 80
    assert find_line(figures, "work_without_customer")["largest"][0]["record"] == "work/companies:14"
    assert find_line(figures, "work_of_no_client")["labour"] == 120
    assert find_line(figures, "no_customer_named")["product_cost"] == 30
    assert find_line(figures, "labour_not_in_time")["gross_margin"] == 240 - 500


def make_two_months() -> Any:
    reports = {
        "profit_and_loss": report(
            {"income": "1070.10", "cost_of_sales": "430.05", "expenses": "90", "net_income": "550.05"},
            {
                "income": "100.07",
                "cost_of_sales": "500",
                "expenses": "40.02",
                "other_income": "5",
                "net_income": "-434.95",
            },
        )
    }
    return make_provider(
        [
            sell("1", "1", "1000.10", day=SEPTEMBER),
            sell("2", "4", "70", day=SEPTEMBER),
            buy("3", "30.05", "cost", "1", SEPTEMBER),
            pay("4", "400", day=SEPTEMBER),
            buy("5", "90", "rent", day=SEPTEMBER),
            sell("6", "2", "100.07"),
            pay("7", "500"),
            buy("8", "40.02", "office"),
            sell("9", "", "5", "interest"),
        ],
        [
            work("1", "11", "3.33", SEPTEMBER),
            work("2", "12", "7.77"),
            work("3", "14", "0.01"),
            work("4", "15", "1"),
        ],
        reports=reports,
    )


def test_every_month_adds_up_to_the_report_to_the_cent():
    analysis = INSIGHT.compute(make_two_months(), {"start_date": "2026-09-01", "end_date": "2026-10-31"})

    assert [each["month"] for each in analysis.figures["months"]] == ["2026-09", "2026-10"]
    for month in analysis.figures["months"]:
        assert month["adds_up"] is True
        assert month["ties"] is True
        assert sum(month["gross_margin_of"].values()) == month["gross_profit"]
    assert len(analysis.ties) == 10
    assert all(each.agrees for each in analysis.ties)


def test_clients_and_lines_add_up_to_the_gross_profit_of_the_books():
    figures = analyse(make_two_months(), start_date="2026-09-01", end_date="2026-10-31")

    clients = sum(each["gross_margin"] for each in figures["clients"])
    lines = sum(each["gross_margin"] for each in figures["not_of_clients"])
    assert clients + lines == figures["gross_profit_of_the_books"] == figures["company"]["gross_profit"]
    assert figures["company"]["gross_profit"] == Decimal("240.12")
    assert figures["company"]["labour_in_overheads"] == Decimal("40.02")


def test_a_report_that_shows_something_else_does_not_tie():
    shown = report({"income": "101", "net_income": "101"})
    analysis = INSIGHT.compute(make_provider([sell("1", "1", "100")], reports={"profit_and_loss": shown}), {})

    assert analysis.figures["months"][0]["ties"] is False
    assert {each.figure for each in analysis.ties if not each.agrees} == {
        "income of 2026-10", "gross profit of 2026-10", "net income of 2026-10",
    }  # fmt: skip


def test_without_the_report_nothing_is_said_to_tie():
    analysis = INSIGHT.compute(make_provider([sell("1", "1", "100")]), {})

    assert analysis.figures["months"][0]["ties"] == "not checked"
    assert all(each.theirs is None for each in analysis.ties)


def test_a_report_with_other_columns_confirms_nothing():
    shown = report({"income": "50"}, {"income": "50"}, {"income": "0"})
    analysis = INSIGHT.compute(make_provider([sell("1", "1", "100")], reports={"profit_and_loss": shown}), {})

    assert analysis.figures["months"][0]["ties"] == "not checked"


def test_goods_from_stock_cost_what_the_report_shows_beyond_the_records():
    item = Item(Key("items", "5"), "Laptop", Decimal(3), income_account="goods", asset_account="bank")
    shown = report({"income": "100", "cost_of_sales": "60", "net_income": "40"})
    books = make_provider([sell("1", "1", "100", "")], reports={"profit_and_loss": shown}, items={"5": item})
    lines = [line.__class__(line.amount, item="5") for line in books.transactions[0].lines]
    books = replace(books, transactions=(replace(books.transactions[0], lines=tuple(lines)),))
    figures = analyse(books)

    assert find_line(figures, "goods_from_stock")["gross_margin"] == -60
    assert find(figures, "Acme")["streams"]["products"] == 100
    assert figures["gross_profit_of_the_books"] == 40


def test_labour_is_of_the_entry_else_of_the_member_times_the_multiplier():
    figures = analyse(
        make_provider(
            [sell("1", "1", "1000")],
            [work("1", "11", "1", cost="50"), work("2", "11", "1"), work("3", "11", "2", work_type="1")],
        )
    )

    assert find(figures, "Acme")["labour"] == 50 + 40 + 2 * 60


def test_hours_without_a_cost_are_named():
    analysis = INSIGHT.compute(
        make_provider([sell("1", "1", "10")], [work("1", "11", "2.5", member="92")]), {}
    )

    row = find(analysis.figures, "Acme")
    assert (row["labour"], row["hours_without_cost"]) == (0, Decimal("2.5"))
    assert any(each.startswith("2.50 hours have no cost") for each in analysis.assumptions)


def test_a_caller_may_say_what_an_hour_costs_where_nothing_says_it():
    figures = analyse(
        make_provider([sell("1", "1", "10")], [work("1", "11", "2", member="92"), work("2", "11", "1")]),
        hour_cost=30,
    )

    assert find(figures, "Acme")["labour"] == 100


def test_a_multiplier_of_zero_does_not_make_work_free():
    analysis = INSIGHT.compute(
        make_provider([sell("1", "1", "10")], [work("1", "11", "2", work_type="2")]), {}
    )

    assert find(analysis.figures, "Acme")["labour"] == 80
    assert any("multiplier of zero" in each for each in analysis.assumptions)


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("Managed Services", "managed_services"), ("Project Services", "projects"), ("Hourly Support", "hourly"),
        ("Licence Resale", "products"), ("Hardware Sales", "products"), ("Billable Expense Income", "expenses"),
        ("Sundry", None),
    ],
)  # fmt: skip
def test_names_of_accounts_say_the_stream(name: str, stream: str | None):
    assert find_by_words(name) == stream


def test_an_invoice_of_the_work_system_says_what_the_account_does_not():
    invoices = [
        make_invoice_of_work("1", "A-1", kind="agreement"),
        make_invoice_of_work("2", "A-2", kind="progress"),
    ]
    sales = [sell(str(at), "1", "10", "odd", number=f"A-{at}") for at in (1, 2, 3)]
    streams = find(analyse(make_provider(sales, invoices=invoices)), "Acme")["streams"]

    assert (streams["managed_services"], streams["projects"], streams["other"]) == (10, 10, 10)


def test_clients_are_ranked_by_what_they_earn_and_both_ends_are_shown():
    sales = [sell("1", "1", "100"), sell("2", "2", "300")]
    figures = analyse(make_provider(sales), limit=1)

    assert [(each["name"], each["rank"]) for each in figures["clients"]] == [("Birch", 1)]
    assert (figures["shown"], figures["count"]) == (1, 2)
    assert [each["rank"] for each in analyse(make_provider(sales), limit=2)["clients"]] == [1, 2]


def test_one_client_may_be_asked_for():
    figures = analyse(make_provider([sell("1", "1", "100"), sell("2", "2", "300")]), client="acme INC.")

    assert [(each["name"], each["rank"]) for each in figures["clients"]] == [("Acme", 2)]
    assert figures["gross_profit_of_the_books"] == 400


def test_a_name_that_no_client_has_is_said_with_those_near():
    figures = analyse(make_provider([sell("1", "1", "100")]), client="Akme")

    assert figures["clients"] == []
    assert figures["says"].endswith("Names near it: acme.")


def test_a_client_is_compared_with_the_period_before():
    sales = [sell("1", "1", "100"), sell("2", "1", "100", day=SEPTEMBER)]
    entries = [work("1", "11", "2"), work("2", "11", "1", SEPTEMBER)]
    row = find(analyse(make_provider(sales, entries)), "Acme")

    assert (row["before"]["gross_margin"], row["change"], row["trend"]) == (60, -40, "worse")


def test_overheads_are_apart_unless_they_are_asked_for():
    books = make_provider(
        [sell("1", "1", "100"), sell("2", "2", "200"), buy("3", "100", "rent"), buy("4", "7", "rent", "1")]
    )
    plain, shared = analyse(books), analyse(books, allocate="revenue")

    assert "overheads" not in find(plain, "Acme")
    assert plain["overheads"] == {
        "all": 107,
        "named_for_a_customer": 7,
        "of_nobody": 100,
        "allocated_by": "none",
    }
    shares = [find(shared, name)["overheads"] for name in ("Acme", "Birch")]
    assert shares == [Decimal("33.33"), Decimal("66.67")]
    assert find(shared, "Acme")["after_overheads"] == 100 - 7 - Decimal("33.33")
    assert shared["overheads"]["allocated"] == 100


def test_overheads_may_be_shared_out_by_hours():
    books = make_provider(
        [sell("1", "1", "100"), sell("2", "2", "200"), buy("3", "90", "rent")],
        [work("1", "11", "2"), work("2", "12", "1"), work("3", "15", "9")],
    )

    assert [find(analyse(books, allocate="hours"), name)["overheads"] for name in ("Acme", "Birch")] == [
        60,
        30,
    ]


@pytest.mark.parametrize(("lacking", "says"), [("work", "work system"), ("mapping", "mapping")])
def test_without_both_systems_mapped_figures_are_of_the_whole_company(lacking: str, says: str):
    analysis = INSIGHT.compute(make_provider([sell("1", "1", "100")], **{lacking: None}), {})

    assert analysis.figures["of"] == "whole company"
    assert says in analysis.figures["says"].casefold()
    assert analysis.figures["company"]["gross_profit"] == 100
    assert "clients" not in analysis.figures
    assert [each.what for each in analysis.missing][:1] == [lacking]


def test_records_of_both_systems_are_evidence():
    analysis = INSIGHT.compute(make_provider([sell("1", "1", "100")], [work("5", "11", "1")]), {})

    assert analysis.evidence == ("invoices:1", "work/time_entries:5")


def test_lists_of_the_work_system_that_were_not_read_are_missing():
    books = make_provider([sell("1", "1", "100")])
    books = replace(books, work=replace(books.work, lists=frozenset({"clients", "members", "agreements"})))
    missing = INSIGHT.compute(books, {}).missing

    assert [each.what for each in missing] == ["time entries of the work system"]


def test_customers_above_one_another_in_a_circle_end():
    circle = {each.key: each for each in (make_customer("4", parent="5"), make_customer("5", parent="4"))}
    figures = analyse(make_provider([sell("1", "4", "9")], parties=circle))

    assert find_line(figures, "customers_without_work")["revenue"] == 9
