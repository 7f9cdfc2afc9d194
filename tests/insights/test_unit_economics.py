"""Unit economics: revenue, quantity, price, cost and margin, and how everything adds up to the income."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.books import Key, Party
from runtime.insights.report_rows import Report, Row
from runtime.insights.unit_economics import INSIGHT
from tests.insights.hand_made import (
    TODAY,
    make_books,
    make_customer,
    make_item,
    make_line,
    make_report,
    make_transaction,
)

OCTOBER, SEPTEMBER = date(2026, 10, 14), date(2026, 9, 14)
ACME = make_customer("1", "Acme")
ITEMS = [make_item("1", cost="4"), make_item("2", on_hand="9", cost="6"), make_item("3")]


def sell(id_: str, *lines: Any, kind: str = "invoice", day: date = OCTOBER, **more: Any) -> Any:
    return make_transaction(kind, id_, day, ACME.key, *lines, **more)


def line(amount: str, item: str = "1", quantity: str = "1", **more: Any) -> Any:
    return make_line(amount, more.pop("account", "sales"), item=item, quantity=quantity, **more)


def analyse(*transactions: Any, **more: Any) -> dict[str, Any]:
    options = {name: more.pop(name) for name in ("by", "limit") if name in more}
    segments = {"7": Party(Key("classes", "7"), "North"), "8": Party(Key("classes", "8"), "South")}
    values: dict[str, Any] = {"parties": [ACME], "items": ITEMS, "segments": segments} | more
    return INSIGHT.compute(make_books(transactions, **values), options).figures


def find(figures: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in figures["rows"] if each["name"] == name)


def make_class_report(**columns: dict[str, str]) -> Report:
    """A profit and loss report with a column for each class."""
    names = ("income", "cost_of_sales", "expenses")
    rows = [
        Row("total", 0, (name, *(each.get(name, "") for each in columns.values())), "", name)
        for name in names
    ]
    return Report("report_tool", ("account", *columns), tuple(rows), {name: name for name in names})


def test_credits_and_refunds_lower_revenue_and_quantity():
    figures = analyse(
        sell("1", line("100", quantity="10")),
        sell("2", line("20", quantity="2"), kind="customer_credit"),
        sell("3", line("10", quantity="1"), kind="refund"),
    )

    row = find(figures, "Item 1")
    assert (row["revenue"], row["quantity"], row["average_price"]) == (70, 7, 10)


def test_the_discount_of_a_form_is_shared_out_to_the_cent():
    figures = analyse(sell("1", line("10", "1"), line("10", "2"), line("10", "3"), make_line("-1", "sales")))

    discounts = [each["discounts"] for each in figures["rows"]]
    assert sum(discounts) == 1
    assert sorted(discounts) == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]
    assert figures["totals"]["income"] == 29


def test_a_discount_on_goods_that_come_to_nothing_is_not_assigned():
    figures = analyse(sell("1", line("10", "1"), line("-10", "2"), make_line("-1", "sales")))

    assert figures["without_an_item"]["revenue"] == -1
    assert figures["totals"]["income"] == -1


def test_the_cost_of_stock_is_what_the_report_shows():
    reports = {"rows": make_report({"2": "5|100|100|20|55"}, "5|100|100|20|55")}

    row = find(analyse(sell("1", line("100", "2", "5")), reports=reports), "Item 2")

    assert (row["cost_of_goods"], row["gross_margin"], row["gross_margin_percent"]) == (55, 45, 45)
    assert row["cost_source"] == "cost of goods sold in the books"
    assert row["ties"] is True


@pytest.mark.parametrize(
    ("item", "cost", "source"),
    [
        ("1", Decimal(20), "purchase cost times quantity"),
        ("2", Decimal(30), "purchase cost times quantity"),
        ("3", None, "not known"),
    ],
)
def test_without_the_report_the_cost_is_the_purchase_cost_or_not_known(item, cost, source):
    row = find(analyse(sell("1", line("100", item, "5"))), f"Item {item}")

    assert (row["cost_of_goods"], row["cost_source"]) == (cost, source)
    assert (row["gross_margin"] is None) == (cost is None)


def test_what_was_bought_of_an_item_without_stock_is_its_cost():
    bill = make_transaction("bill", "2", OCTOBER, Key("vendors", "1"), make_line("35", item="3"))

    row = find(analyse(sell("1", line("100", "3", "5")), bill), "Item 3")

    assert (row["cost_of_goods"], row["cost_source"]) == (35, "purchases of it in the period")


def test_price_and_volume_add_up_to_the_change_of_sales():
    figures = analyse(
        sell("1", line("100", quantity="10"), day=SEPTEMBER), sell("2", line("144", quantity="12"))
    )

    row = find(figures, "Item 1")
    assert (row["volume_effect"], row["price_effect"], row["change"]) == (20, 24, 44)


def test_what_is_new_or_gone_has_a_volume_effect_alone():
    figures = analyse(sell("1", line("100", "1"), day=SEPTEMBER), sell("2", line("70", "2")))

    assert (find(figures, "Item 1")["volume_effect"], find(figures, "Item 2")["volume_effect"]) == (-100, 70)


def test_income_without_an_item_is_a_line_of_its_own_and_everything_adds_up():
    journal = make_transaction("journal", "2", OCTOBER, None, make_line("40", "sales", side="credit"))
    deposit = make_transaction("deposit", "3", OCTOBER, None, make_line("5", "sales"))
    retainer = sell("4", line("300", "3", account="retainers"))

    figures = analyse(sell("1", line("100")), journal, deposit, retainer)

    assert figures["without_an_item"]["revenue"] == 45
    assert figures["without_an_item"]["from"] == {"deposits": 5, "journal_entries": 40}
    totals = figures["totals"]
    assert (totals["assigned"], totals["booked_outside_income"], totals["income"]) == (400, 300, 145)


def test_a_bill_on_an_income_account_is_no_sale_of_its_item():
    bill = make_transaction("bill", "2", OCTOBER, Key("vendors", "1"), make_line("30", "sales", item="1"))

    figures = analyse(sell("1", line("100")), bill)

    assert find(figures, "Item 1")["sales"] == 100
    assert figures["totals"]["income"] == 70


def test_a_customer_costs_what_was_bought_for_it_and_the_goods_that_the_report_shows():
    bill = make_transaction(
        "bill",
        "2",
        OCTOBER,
        Key("vendors", "1"),
        make_line("15", "rent", customer="1"),
        make_line("9", "rent"),
    )
    reports = {"rows": make_report({"1": "100|75|25"}, "100|75|25")}

    figures = analyse(sell("1", line("100", "2", "5")), bill, by="customer", reports=reports)

    row = find(figures, "Acme")
    assert (row["revenue"], row["expenses"], row["cost_of_goods"], row["contribution"]) == (100, 15, 60, 25)
    assert row["ties"] is True
    assert figures["without_a_customer"]["expenses"] == 9


def test_a_customer_whose_costs_no_line_names_does_not_tie_unless_it_bought_from_stock():
    reports = {"rows": make_report({"1": "100|75|25"}, "100|75|25")}

    row = find(analyse(sell("1", line("100", "1")), by="customer", reports=reports), "Acme")

    assert row["ties"] is False
    assert "no line names" in row["says"]


def test_without_the_report_goods_cost_their_purchase_cost_for_each_unit():
    row = find(analyse(sell("1", line("100", "2", "5")), by="customer"), "Acme")

    assert (row["cost_of_goods"], row["cost_source"]) == (30, "purchase cost times quantity")


def test_a_class_is_that_of_the_line_or_else_of_the_form():
    form = sell("1", line("100", segment="8"), line("50"), make_line("-10", "sales"), segment="7")
    bill = make_transaction(
        "bill", "2", OCTOBER, Key("vendors", "1"),
        make_line("20", "goods", segment="7"), make_line("5", "rent", segment="7"),
    )  # fmt: skip
    columns = {
        "North": {"income": "50", "cost_of_sales": "20", "expenses": "5"},
        "South": {"income": "100"},
        "Total": {},
    }

    figures = analyse(form, bill, by="class", reports={"rows": make_class_report(**columns)})

    north, south = find(figures, "North"), find(figures, "South")
    assert (south["revenue"], north["revenue"]) == (100, 50)
    assert (north["cost_of_goods"], north["gross_margin"], north["contribution"]) == (20, 30, 25)
    assert north["ties"] is south["ties"] is True
    assert figures["without_a_class"]["revenue"] == -10


def test_a_class_whose_column_shows_something_else_does_not_tie():
    for name, value in (("income", "90"), ("expenses", "1"), ("cost_of_sales", "3")):
        reports = {"rows": make_class_report(North={"income": "100", name: value})}

        figures = analyse(sell("1", line("100", segment="7")), by="class", reports=reports)

        assert find(figures, "North")["ties"] is False
        assert figures["does_not_tie"] == {"count": 1, "names": ["North"]}


def test_a_class_whose_name_stands_twice_in_the_report_is_not_checked():
    report = make_class_report(North={"income": "100"})
    twice = Report(report.tool, ("account", "North", "North"), report.rows, report.totals)

    row = find(analyse(sell("1", line("100", segment="7")), by="class", reports={"rows": twice}), "North")

    assert row["ties"] == "not checked"


def test_an_item_that_does_not_tie_says_so_with_both_numbers():
    reports = {"rows": make_report({"1": "1|90|||"}, "1|90|||")}

    row = find(analyse(sell("1", line("100")), reports=reports), "Item 1")

    assert (row["ties"], row["ours"], row["report_shows"]) == (False, 100, 90)


def test_amounts_in_another_currency_count_at_the_rate_of_the_form_to_the_cent():
    form = sell("1", *(line("0.33", item) for item in ("1", "2", "3")), rate="1.5", currency="EUR")

    figures = analyse(form)

    assert figures["totals"]["income"] == Decimal("1.49")
    assert sorted(each["revenue"] for each in figures["rows"]) == [
        Decimal("0.49"),
        Decimal("0.50"),
        Decimal("0.50"),
    ]


def test_an_unknown_item_has_its_id_as_its_name():
    figures = analyse(sell("1", line("100", "404")))

    assert figures["rows"][0]["name"] == "item 404"


@pytest.mark.parametrize("by", ["item", "customer", "class"])
def test_a_company_of_one_day_has_no_rows(by):
    analysis = INSIGHT.compute(make_books(), {"by": by})

    assert (analysis.figures["rows"], analysis.figures["totals"]["income"]) == ([], 0)
    assert all(each.theirs is None for each in analysis.ties)


@pytest.mark.parametrize("by", ["item", "customer", "class"])
def test_lists_that_were_not_read_are_missing(by):
    analysis = INSIGHT.compute(make_books([sell("1", line("100"))], lists=frozenset()), {"by": by})

    expected = {"item": set(), "customer": {"customers"}, "class": {"segments"}}[by]
    assert {each.what for each in analysis.missing} == {"accounts", "items"} | expected


def test_no_more_than_the_limit_are_listed_and_all_are_counted():
    figures = analyse(*(sell(f"{n}", line("10", f"{n}")) for n in range(6)), limit=2)

    assert (len(figures["rows"]), figures["shown"], figures["count"]) == (2, 2, 6)


def test_both_periods_and_their_reports_are_read():
    wanted = INSIGHT.plan({"by": "class"}, TODAY)

    assert [(each.name, each.start, each.end, each.step) for each in wanted.reports] == [
        ("profit_and_loss", date(2026, 10, 1), date(2026, 10, 31), ""),
        ("rows", date(2026, 10, 1), date(2026, 10, 31), "segment"),
        ("rows_before", date(2026, 9, 1), date(2026, 9, 30), "segment"),
    ]
    assert wanted.records[0].since == date(2026, 9, 1)
