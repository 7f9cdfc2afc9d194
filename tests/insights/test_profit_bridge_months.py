"""The months of the bridge: which are compared, what is read of them, and what was not read."""

from __future__ import annotations

from datetime import date

import pytest

from runtime.errors import InvalidArguments
from runtime.insights.bookings import BOOKED
from runtime.insights.books import Missing, Span
from runtime.insights.profit_bridge import INSIGHT
from runtime.insights.report_rows import Report, Row
from tests.insights.bridge_books import (
    ANNA,
    GROUPS,
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
)
from tests.insights.changing import replace


def test_the_last_whole_month_is_compared_with_the_one_before_it() -> None:
    wanted = INSIGHT.plan({}, date(2027, 1, 31))

    [records] = wanted.records
    assert (records.since, records.until) == (date(2026, 11, 1), date(2026, 12, 31))
    assert [(each.name, each.start, each.end) for each in wanted.reports] == [
        ("before", date(2026, 11, 1), date(2026, 11, 30)),
        ("after", date(2026, 12, 1), date(2026, 12, 31)),
    ]
    assert set(records.kinds) == set(BOOKED)


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


@pytest.mark.parametrize("rows", [1, 0])
def test_a_report_of_which_a_part_was_not_read_is_none(rows: int) -> None:
    row = Row("row", 1, ("Sales", "5"), SALES, "", ("Income",))
    part = Report(TOOL, rows=(row,) * rows, totals=GROUPS, is_whole=False)

    found = explain(make_books([], part, report({SALES: 9})))

    assert [each.what for each in found.missing] == ["Profit and loss report of 2026-09"]


@pytest.mark.parametrize(
    ("span", "months", "why"),
    [
        (None, ["2026-09", "2026-10"], "They were not read."),
        (Span(date(2026, 9, 2), TODAY), ["2026-09"], "They were read only from 2026-09-02 to 2026-11-20."),
        (Span(None, date(2026, 10, 30)), ["2026-10"], "They were read only to 2026-10-30."),
    ],
)
def test_records_that_were_not_read_are_missing(span: Span | None, months: list[str], why: str) -> None:
    read = dict.fromkeys(BOOKED, Span(date(2026, 9, 1), date(2026, 10, 31))) | {"bill": span}
    books = make_books([], report({RENT: 1}), report({RENT: 2}))
    books = replace(books, read={name: each for name, each in read.items() if each is not None})

    found = explain(books)

    reason = f"{why} They explain nothing here."
    assert found.missing == tuple(Missing(f"Bills of {month}", reason) for month in months)


def test_without_the_list_of_accounts_those_of_the_reports_are_known() -> None:
    made = [record("bill", OCTOBER, line(30, RENT)), record("bill", OCTOBER, line(30, STOCK))]
    books = make_books(made, report({}), report({RENT: 30}), accounts={}, lists=frozenset({"items"}))

    found = explain(books)

    assert list_amounts(found.figures["bridge"]) == {"Rent": -30}
    assert [each.what for each in found.missing] == ["Accounts"]


def test_records_of_a_kind_that_was_read_in_part_explain_nothing_in_either_month() -> None:
    made = [record("bill", day, line(30, RENT), party=LANDLORD) for day in (SEPTEMBER, OCTOBER)]
    books = make_books(made[1:], report({RENT: 30}), report({RENT: 35}))
    since = Span(date(2026, 10, 1), TODAY)
    books = replace(books, read={**books.read, "bill": since}, missing=(Missing("bills", "Rate limit.", 1),))

    found = explain(books)

    assert list_amounts(found.figures["bridge"]) == {
        "Rent: other, not explained by the records that were read": -5
    }
    assert (found.figures["by_customer"], found.missing) == ([], ()), "what is missing is said by the books"


@pytest.mark.parametrize("without", ["bill", "items", "accounts"])
def test_with_neither_a_report_nor_all_records_nothing_is_passed_off_as_the_whole(without: str) -> None:
    made = [record("invoice", SEPTEMBER, line(80, SALES)), record("invoice", OCTOBER, line(30, SALES))]
    books = make_books(made, None, report({SALES: 30}))
    books = replace(
        books,
        read={kind: span for kind, span in books.read.items() if kind != without},
        lists=books.lists - {without},
    )

    found = INSIGHT.compute(books, {})

    assert found.figures["profit"] == {"before": None, "after": 30, "change": None}
    assert not any(
        found.figures[each] for each in ("bridge", "by_cause", "by_account", "by_customer", "by_item")
    )
    assert (found.evidence, found.ties) == ((), ())
    assert found.figures["says"] == (
        "Why profit of October 2026 differs from that of September 2026 is not known: too little was read to compare "
        "both months."
    )
    assert "Profit and loss report of 2026-09" in [each.what for each in found.missing]
