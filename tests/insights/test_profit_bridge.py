"""Why profit differs between two months: each rule over small books in which every effect is known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.books import Books, Key, Transaction
from runtime.insights.report_rows import Report, Row
from tests.insights.bridge_books import (
    ANNA,
    BANK,
    GOODS,
    GROUPS,
    INTEREST,
    LANDLORD,
    OCTOBER,
    RENT,
    SALES,
    SEPTEMBER,
    TODAY,
    TOOL,
    explain,
    line,
    list_amounts,
    make_books,
    record,
    report,
    sold,
)
from tests.insights.changing import replace


def ties_of(found: Any) -> dict[str, bool]:
    return {each.figure: each.agrees for each in found.ties}


def test_more_income_raises_profit_and_more_costs_lower_it() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, line(100, SALES), party=ANNA),
            record("invoice", OCTOBER, line(150, SALES), party=ANNA),
            record("bill", SEPTEMBER, line(40, RENT), party=LANDLORD),
            record("bill", OCTOBER, line(60, RENT), party=LANDLORD),
        ],
        report({SALES: 100, RENT: 40}),
        report({SALES: 150, RENT: 60}),
    )

    found = explain(books)

    assert found.figures["profit"] == {"before": 60, "after": 90, "change": 30}
    assert list_amounts(found.figures["bridge"]) == {"Sales": 50, "Rent": -20}
    assert all(ties_of(found).values()) and not found.missing
    assert found.figures["says"] == (
        "Profit of October 2026 was 90.00, 30.00 more than in September 2026 (60.00). The largest steps: "
        "Sales +50.00, Rent -20.00."
    )
    assert [each["says"] for each in found.figures["by_account"]] == [
        "Income in Sales rose from 100.00 to 150.00, which raises profit by 50.00; above all Anna (+50.00).",
        "Expenses in Rent rose from 40.00 to 60.00, which lowers profit by 20.00; above all Landlord (-20.00).",
    ]


@pytest.mark.parametrize(
    ("made", "account", "effect"),
    [
        (record("sale", OCTOBER, line(10, SALES)), SALES, 10),
        (record("customer_credit", OCTOBER, line(10, SALES)), SALES, -10),
        (record("refund", OCTOBER, line(10, SALES)), SALES, -10),
        (record("invoice", OCTOBER, line(-10, SALES)), SALES, -10),
        (record("expense", OCTOBER, line(10, RENT)), RENT, -10),
        (record("expense", OCTOBER, line(10, RENT), is_reversed=True), RENT, 10),
        (record("vendor_credit", OCTOBER, line(10, RENT)), RENT, 10),
        (record("deposit", OCTOBER, line(10, INTEREST)), INTEREST, 10),
        (record("journal", OCTOBER, line(10, RENT, side="debit"), line(10, BANK, side="credit")), RENT, -10),
        (record("journal", OCTOBER, line(10, SALES, side="credit"), line(10, BANK, side="debit")), SALES, 10),
        (record("bill", OCTOBER, line(10, item="1")), GOODS, -10),
        (record("invoice", OCTOBER, line(10, item="2")), SALES, 10),
        (record("invoice", OCTOBER, line(10, RENT, item="1")), RENT, 10),
        (record("invoice", OCTOBER, line("10.005", SALES), rate=Decimal(2)), SALES, Decimal("20.01")),
    ],
)
def test_each_kind_of_record_is_posted_as_the_vendor_does(
    made: Transaction, account: str, effect: Any
) -> None:
    shown = effect if account in (SALES, INTEREST) else -effect
    books = make_books([made], report({}), report({account: shown}))

    found = explain(books)

    [row] = found.figures["by_account"]
    assert (row["id"], row["explained"], row.get("unexplained")) == (account, effect, None)
    assert all(ties_of(found).values())


@pytest.mark.parametrize(
    "made",
    [
        record("bill", OCTOBER, line(10, item="2")),
        record("deposit", OCTOBER, line(10, BANK)),
        record("customer_payment", OCTOBER, line(10, SALES)),
        record("invoice", OCTOBER, line(0, SALES)),
        record("invoice", date(2026, 11, 1), line(10, SALES)),
        record("invoice", date(2026, 8, 31), line(10, SALES)),
    ],
)
def test_what_is_no_income_and_no_cost_of_these_months_moves_nothing(made: Transaction) -> None:
    found = explain(make_books([made], report({}), report({})))

    assert (found.figures["bridge"], found.figures["by_account"], found.figures["by_cause"]) == ([], [], [])


def test_rounding_at_a_rate_leaves_no_cent_over() -> None:
    lines = [line("0.33", SALES), line("0.33", SALES), line("0.34", RENT)]
    books = make_books(
        [record("invoice", OCTOBER, *lines, rate=Decimal("1.5"))],
        report({}),
        report({SALES: "1.00", RENT: "-0.50"}),
    )

    found = explain(books)

    assert found.figures["profit"]["after"] == Decimal("1.50")
    assert list_amounts(found.figures["by_account"], "account", "explained") == {
        "Sales": Decimal("1.00"),
        "Rent": Decimal("0.50"),
    }


def test_an_account_in_two_rows_of_a_report_counts_with_both() -> None:
    twice = [Row("row", 1, ("Sales", amount), SALES, "", ("Income",)) for amount in ("10.00", "5.00")]
    whole = Report(
        TOOL, rows=(*twice, Row("total", 0, ("Net Income", "15.00"), "", "NetIncome")), totals=GROUPS
    )

    found = explain(make_books([], report({}), whole))

    assert list_amounts(found.figures["by_account"], "account", "effect") == {"Sales": 15}


def test_the_cost_of_stock_sold_is_taken_from_the_report_and_said() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(2, 30, "2")),
            record("invoice", OCTOBER, sold(5, 30, "2")),
            record("bill", OCTOBER, line(7, GOODS), party=LANDLORD),
            record("bill", OCTOBER, sold(9, 10, "2"), party=LANDLORD),
        ],
        report({SALES: 60, GOODS: 20}),
        report({SALES: 150, GOODS: 57}),
    )

    found = explain(books)

    assert list_amounts(found.figures["bridge"]) == {
        "Sales": 90,
        "Cost of goods: cost of stock sold": -30,
        "Cost of goods": -7,
    }
    assert all(ties_of(found).values()), "the report alone knows it"
    assert any("costs, with the cost of stock sold as reported" in each for each in ties_of(found))
    assert any("Cost of goods" in each for each in found.assumptions)


def test_what_the_records_do_not_explain_is_a_step_of_its_own_and_does_not_tie() -> None:
    books = make_books(
        [record("bill", OCTOBER, line(60, RENT), party=LANDLORD)], report({RENT: 40}), report({RENT: 65})
    )

    found = explain(books)

    assert list_amounts(found.figures["bridge"]) == {
        "Rent": -60,
        "Rent: other, not explained by the records that were read": 35,
    }
    assert [each.as_dict() for each in found.ties if each.figure.startswith("Rent of")] == [
        {"figure": f"Rent of 2026-{month} by the records", "report": TOOL, "ties": False, "says": "does not tie",
         "ours": ours, "report_shows": theirs, "difference": ours - theirs}
        for month, ours, theirs in (("09", 0, 40), ("10", 60, 65))
    ]  # fmt: skip
    assert not ties_of(found)["costs of 2026-10 by the records"]
    assert ties_of(found)["income of 2026-10 by the records"]


def test_a_report_whose_accounts_are_not_its_profit_still_adds_up() -> None:
    books = make_books([], report({SALES: 100}), report({SALES: 100}, profit=130))

    found = explain(books)

    assert list_amounts(found.figures["bridge"]) == {"Shown in the report by no account": 30}
    assert ties_of(found)["net income of 2026-09"] and not ties_of(found)["net income of 2026-10"]


def test_an_account_with_others_below_it_counts_once_with_what_is_its_own() -> None:
    def make(own: str, below: str, profit: str) -> Report:
        rows = (
            Row("header", 0, ("Income", ""), "", "Income"),
            Row("header", 1, ("Sales", own), SALES, "", ("Income",)),
            Row("row", 2, ("Lamps", below), "77", "", ("Income",)),
            Row("total", 1, ("Total Sales", profit), "", "", ("Income",)),
            Row("total", 0, ("Total Income", profit), "", "Income", ("Income",)),
            Row("total", 0, ("Net Income", profit), "", "NetIncome"),
        )
        return Report(TOOL, ("account", "Total"), rows, GROUPS)

    found = explain(make_books([], make("10.00", "5.00", "15.00"), make("30.00", "", "30.00")))

    effects = list_amounts(found.figures["by_account"], "account", "effect")
    assert effects == {"Sales": 20, "Lamps": -5}
    assert ties_of(found)["net income of 2026-10"]


def test_steps_name_the_largest_records_that_are_not_the_same_in_both_months() -> None:
    def make(day: date, *amounts: int) -> list[Transaction]:
        return [record("invoice", day, line(amount, SALES), party=ANNA) for amount in amounts]

    before, after = make(SEPTEMBER, 500, 20), make(OCTOBER, 500, 1, 7, 9, 8)
    books = make_books([*before, *after], report({SALES: 520}), report({SALES: 525}))

    found = explain(books)

    [row] = found.figures["by_customer"]
    assert [each["amount"] for each in row["records"]] == [20, 9, 8]
    assert row["record_count"] == 7
    assert row["records"][1] == {
        "record": str(after[3].key), "number": after[3].number, "party": "Anna", "day": OCTOBER, "amount": 9,
    }  # fmt: skip
    assert found.evidence == tuple(str(each.key) for each in (before[1], after[3], after[4]))


def test_nothing_is_cut_without_being_counted() -> None:
    months = [(SEPTEMBER, 0), (OCTOBER, 1)]
    made = [
        record("invoice", day, sold(1 + number + more, 10, f"{number}"), party=Key("customers", f"{number}"))
        for number in range(10, 35)
        for day, more in months
    ]
    lines = [replace(each, lines=(replace(each.lines[0], account=SALES),)) for each in made]
    books = make_books(
        lines, report({SALES: 5750, RENT: 3, INTEREST: 5}), report({SALES: 6000, RENT: 1, INTEREST: 6})
    )

    found = explain(books, limit=2)

    assert [len(found.figures[each]) for each in ("by_account", "by_customer", "by_item")] == [2, 2, 2]
    assert found.figures["lists"]["by_item"] == {
        "shown": 2, "count": 25, "not_shown": 230, "not_assigned": 3,
    }  # fmt: skip
    assert [each["label"] for each in found.figures["bridge"]][-1] == "Smaller steps (1)"
    assert len(explain(books).figures["by_customer"]) == 10


def test_a_company_that_began_this_month_is_all_new() -> None:
    books = make_books(
        [record("invoice", OCTOBER, sold(3, 100), party=ANNA)], report({}), report({SALES: 300})
    )

    found = explain(books)

    assert found.figures["profit"] == {"before": 0, "after": 300, "change": 300}
    assert list_amounts(found.figures["by_cause"]) == {"Items sold in October 2026 only": 300}


def test_a_company_without_anything_says_that_nothing_changed() -> None:
    empty = Report(TOOL, totals=GROUPS)
    found = explain(Books(today=TODAY, reports={"before": empty, "after": empty}))

    assert found.figures["profit"]["change"] == 0 and found.figures["bridge"] == []
    assert found.figures["says"] == "Profit of October 2026 was 0.00, the same as in September 2026."
