"""Why profit differs between two months: each rule over small books in which every effect is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.errors import InvalidArguments
from runtime.insights.books import Books, Key, Missing, Span, Transaction
from runtime.insights.profit_bridge import INSIGHT
from runtime.insights.profit_bridge.postings import POSTED
from runtime.insights.report_rows import Report, Row
from tests.insights.bridge_books import (
    ANNA,
    BANK,
    BO,
    GOODS,
    GROUPS,
    INTEREST,
    LANDLORD,
    OCTOBER,
    RENT,
    SALES,
    SEPTEMBER,
    STOCK,
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


def test_an_item_is_split_into_price_and_volume() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(10, 100), party=ANNA),
            record("invoice", OCTOBER, sold(8, 110), party=ANNA),
        ],
        report({SALES: 1000}),
        report({SALES: 880}),
    )

    [row] = explain(books).figures["by_item"]

    assert (row["volume_effect"], row["price_effect"], row["effect"]) == (-200, 80, -120)
    assert (row["quantity_before"], row["quantity_after"]) == (10, 8)
    assert row["says"] == (
        "Hour: 8 instead of 10 sold lowers profit by 200.00, an average price of 110.00 instead of 100.00 raises "
        "profit by 80.00."
    )


def test_a_dearer_purchase_lowers_profit_by_its_price() -> None:
    books = make_books(
        [
            record("bill", SEPTEMBER, sold(10, 20), party=LANDLORD),
            record("bill", OCTOBER, sold(12, 25), party=LANDLORD),
        ],
        report({GOODS: 200}),
        report({GOODS: 300}),
    )

    found = explain(books)

    [row] = found.figures["by_item"]
    assert (row["volume_effect"], row["price_effect"]) == (-40, -60)
    assert list_amounts(found.figures["by_cause"]) == {
        "Prices of items bought": -60,
        "Quantities of items bought": -40,
    }


def test_who_buys_is_mix_where_each_pays_what_he_paid() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(10, 100), party=ANNA),
            record("invoice", SEPTEMBER, sold(10, 50), party=BO),
            record("invoice", OCTOBER, sold(5, 100), party=ANNA),
            record("invoice", OCTOBER, sold(15, 50), party=BO),
        ],
        report({SALES: 1500}),
        report({SALES: 1250}),
    )

    [row] = explain(books).figures["by_item"]

    assert (row["price_effect"], row["volume_effect"], row["mix_effect"]) == (0, 0, -250)


def test_items_that_are_new_lost_or_without_a_quantity_are_said_apart() -> None:
    books = make_books(
        [
            record("invoice", SEPTEMBER, sold(2, 30, "2"), party=ANNA),
            record("invoice", OCTOBER, sold(1, 100), party=BO),
            record("invoice", SEPTEMBER, line(70, SALES, item="3")),
            record("invoice", OCTOBER, line(75, SALES, item="3")),
        ],
        report({SALES: 130}),
        report({SALES: 175}),
    )

    found = explain(books)

    rows = {each["item"]: each for each in found.figures["by_item"]}
    assert rows["Hour"]["new_effect"] == 100
    assert rows["Lamp"]["lost_effect"] == -60
    assert rows["item 3"]["unpriced_effect"] == 5
    assert list_amounts(found.figures["by_cause"]) == {
        "Items sold in October 2026 only": 100,
        "Items sold in September 2026 only": -60,
        "Items sold without an average price": 5,
    }


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


def test_the_last_whole_month_is_compared_with_the_one_before_it() -> None:
    wanted = INSIGHT.plan({}, date(2027, 1, 31))

    [records] = wanted.records
    assert (records.since, records.until) == (date(2026, 11, 1), date(2026, 12, 31))
    assert [(each.name, each.start, each.end) for each in wanted.reports] == [
        ("before", date(2026, 11, 1), date(2026, 11, 30)),
        ("after", date(2026, 12, 1), date(2026, 12, 31)),
    ]
    assert set(records.kinds) == set(POSTED)


def test_months_that_are_far_from_each_other_are_read_without_those_between() -> None:
    wanted = INSIGHT.plan({"month": "2026-10", "compared_with": "2025-10"}, TODAY)

    assert [(each.since, each.until) for each in wanted.records] == [
        (date(2025, 10, 1), date(2025, 10, 31)),
        (date(2026, 10, 1), date(2026, 10, 31)),
    ]


def test_months_in_the_other_order_are_compared_as_asked_for_and_that_is_said() -> None:
    books = make_books(
        [record("invoice", OCTOBER, line(50, SALES), party=ANNA)], report({SALES: 50}), report({})
    )

    found = explain(books, month="2026-09", compared_with="2026-10")

    assert found.figures["profit"]["change"] == -50
    assert list_amounts(found.figures["bridge"]) == {"Sales": -50}
    assert (
        "September 2026 is before October 2026: the bridge runs back from the later month to the earlier one."
        in (found.assumptions)
    )


def test_a_month_compared_with_itself_changes_nothing() -> None:
    options = {"month": "2026-10", "compared_with": "2026-10"}
    books = make_books([record("invoice", OCTOBER, line(50, SALES))], None, report({SALES: 50}))

    found = explain(books, **options)

    assert found.figures["profit"] == {"before": 50, "after": 50, "change": 0}
    assert (found.figures["bridge"], found.missing) == ([], ())
    assert [each.figure for each in found.ties] == [
        "income of 2026-10 by the records", "costs of 2026-10 by the records", "net income of 2026-10",
    ]  # fmt: skip
    assert [each.name for each in INSIGHT.plan(options, TODAY).reports] == ["after"]
    assert len(INSIGHT.plan(options, TODAY).records) == 1


@pytest.mark.parametrize(
    ("month", "says"),
    [
        ("2027-03", "March 2027 has not begun: only what is dated ahead is in it."),
        ("2026-11", "November 2026 is not over: it has what is known as of 2026-11-20, dated until its end."),
    ],
)
def test_a_month_that_is_not_over_is_answered_and_said(month: str, says: str) -> None:
    ahead = record("invoice", date.fromisoformat(f"{month}-25"), line(50, SALES))
    books = make_books([ahead], report({}), report({SALES: 50}))

    found = explain(books, month=month, compared_with="2026-10")

    assert found.figures["profit"]["change"] == 50
    assert says in found.assumptions


@pytest.mark.parametrize("month", ["0000-05", "2026-13", "2026-1x", "October", "²026-10"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(InvalidArguments):
        INSIGHT.plan({"month": month}, TODAY)


def test_the_first_month_that_there_is_has_none_before_it() -> None:
    with pytest.raises(InvalidArguments):
        INSIGHT.plan({"month": "0001-01"}, TODAY)
    assert len(INSIGHT.plan({"month": "9999-12", "compared_with": "0001-01"}, TODAY).reports) == 2


def test_without_a_report_both_months_are_compared_by_their_records_and_that_is_said() -> None:
    made = [record("invoice", SEPTEMBER, line(80, SALES)), record("bill", OCTOBER, line(30, RENT))]

    found = explain(make_books(made, None, report({RENT: 65})))

    assert found.figures["profit"] == {"before": 80, "after": -30, "change": -110}
    assert list_amounts(found.figures["bridge"]) == {"Sales": -80, "Rent": -30}
    assert [each.what for each in found.missing] == ["Profit and loss report of 2026-09"]
    assert [each.as_dict()["ties"] for each in found.ties if "2026-09" in each.figure] == ["not checked"] * 2


def test_a_report_of_which_a_part_was_not_read_is_none() -> None:
    part = Report(
        TOOL, rows=(Row("row", 1, ("Sales", "5"), SALES, "", ("Income",)),), totals=GROUPS, is_whole=False
    )

    found = explain(make_books([], part, report({SALES: 9})))

    assert [each.what for each in found.missing] == ["Profit and loss report of 2026-09"]


@pytest.mark.parametrize(
    ("span", "months"),
    [
        (None, "2026-09 and 2026-10"),
        (Span(date(2026, 9, 2), TODAY), "2026-09"),
        (Span(None, date(2026, 10, 30)), "2026-10"),
    ],
)
def test_records_that_were_not_read_are_missing(span: Span | None, months: str) -> None:
    read = dict.fromkeys(POSTED, Span(date(2026, 9, 1), date(2026, 10, 31))) | {"bill": span}
    books = make_books([], report({RENT: 1}), report({RENT: 2}))
    books = replace(books, read={name: each for name, each in read.items() if each is not None})

    found = explain(books)

    assert found.missing == (
        Missing(f"Bills of {months}", "They were not read whole: they explain nothing here."),
    )


def test_without_the_list_of_accounts_those_of_the_reports_are_known() -> None:
    made = [record("bill", OCTOBER, line(30, RENT)), record("bill", OCTOBER, line(30, STOCK))]
    books = make_books(made, report({}), report({RENT: 30}), accounts={}, lists=frozenset({"items"}))

    found = explain(books)

    assert list_amounts(found.figures["bridge"]) == {"Rent": -30}
    assert [each.what for each in found.missing] == ["Accounts"]
