"""Open items turned back to the end of a month, against the reports that show them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.analysis import Tie
from runtime.insights.books import Books, Span, Transaction
from runtime.insights.checklist import INSIGHT
from tests.insights.changing import replace
from tests.insights.checklist_books import MONTH, check, make, make_books, make_reports, post, settle
from tests.insights.planned import without

INVOICE = make("invoice", "1", "10-05", "100", open="60")
PAID_LATER = make("customer_payment", "2", "11-03", "40", lines=(settle("invoice", "1", "40"),))


def compare(
    *transactions: Transaction, receivable: str = "0.00", payable: str = "0.00", **values: Any
) -> Books:
    """Return books whose reports show receivables and payables."""
    return make_books(
        *transactions, reports=make_reports({}, receivable=receivable, payable=payable), **values
    )


def list_ties(books: Books, month: str = MONTH) -> dict[str, Tie]:
    """Return the ties by the report that they are compared with; of payables where the report shows both."""
    return {each.report: each for each in INSIGHT.compute(books, {"month": month}).ties}


@pytest.mark.parametrize(
    ("transactions", "receivable"),
    [
        ((INVOICE, PAID_LATER), "100.00"),
        ((INVOICE, replace(PAID_LATER, day=date(2026, 10, 20))), "60.00"),
        ((make("invoice", "3", "11-01", "70", open="70"),), "0.00"),
        ((make("invoice", "3", "2026-12-24", "70", open="70"),), "0.00"),
        ((make("customer_credit", "4", "10-05", "30", open="30"), INVOICE, PAID_LATER), "70.00"),
        ((make("customer_payment", "5", "10-05", "25", open="25"),), "-25.00"),
        (
            (
                make("invoice", "3", "11-01", "70"),
                make("customer_payment", "5", "10-05", "70", lines=(settle("invoice", "3", "70"),)),
            ),
            "-70.00",
        ),
        (
            (make("journal", "6", "10-09", lines=(post("3", "15", "debit"), post("11", "15", "credit"))),),
            "15.00",
        ),
        ((make("expense", "6", "10-09", "15", account="1", lines=(post("3", "15"),)),), "15.00"),
        (
            (
                make("journal", "6", "10-09", lines=(post("3", "15", "debit"), post("11", "15", "credit"))),
                make("customer_payment", "5", "10-15", "15", lines=(settle("journal", "6", "15"),)),
            ),
            "0.00",
        ),
    ],
)
def test_receivables_are_what_was_open_at_the_end_of_the_month(
    transactions: tuple[Transaction, ...], receivable: str
) -> None:
    item = check(compare(*transactions, receivable=receivable))["receivables"]

    assert (item["status"], item["amount"]) == ("done", Decimal(receivable))


@pytest.mark.parametrize(
    ("transactions", "payable"),
    [
        ((make("bill", "1", "10-05", "100", open="100"),), "100.00"),
        (
            (
                make("bill", "1", "10-05", "100"),
                make("vendor_payment", "2", "11-03", "100", lines=(settle("bill", "1", "100"),)),
            ),
            "100.00",
        ),
        ((make("vendor_payment", "2", "10-03", "30", account="1"),), "-30.00"),
        (
            (
                make("bill", "1", "10-05", "100"),
                make("vendor_credit", "3", "10-06", "20"),
                make(
                    "vendor_payment",
                    "2",
                    "10-08",
                    "80",
                    lines=(settle("bill", "1", "100"), settle("vendor_credit", "3", "20")),
                ),
            ),
            "0.00",
        ),
        (
            (make("journal", "6", "10-09", lines=(post("4", "15", "credit"), post("11", "15", "debit"))),),
            "15.00",
        ),
    ],
)
def test_payables_are_what_was_open_at_the_end_of_the_month(
    transactions: tuple[Transaction, ...], payable: str
) -> None:
    item = check(compare(*transactions, payable=payable))["payables"]

    assert (item["status"], item["amount"]) == ("done", Decimal(payable))


def test_a_difference_is_answered_with_both_numbers() -> None:
    books = compare(INVOICE, PAID_LATER, receivable="90.00")

    item, tie = check(books)["receivables"], list_ties(books)["aged_receivables_tool"]

    assert item["status"] == "attention"
    assert "100.00 USD" in item["says"]
    assert "90.00 USD" in item["says"]
    answer = tie.as_dict()
    assert (answer["ties"], answer["ours"], answer["report_shows"]) == (
        False,
        Decimal("100.00"),
        Decimal("90.00"),
    )


def test_a_direct_entry_on_the_account_is_named_where_the_reports_differ() -> None:
    journal = make("journal", "6", "10-09", lines=(post("3", "15", "debit"), post("11", "15", "credit")))

    item = check(compare(INVOICE, PAID_LATER, journal, receivable="100.00"))["receivables"]

    assert (item["status"], item["evidence"]) == ("attention", ["journal_entries:6"])


def test_a_month_that_ended_long_ago_is_compared_as_of_today_and_says_so() -> None:
    books = compare(INVOICE, PAID_LATER, receivable="60.00")

    analysis = INSIGHT.compute(books, {"month": "2026-03"})
    item = next(each for each in analysis.figures["items"] if each["name"] == "receivables")

    assert (item["status"], item["amount"]) == ("done", 60)
    assert "as of today" in item["says"]
    assert any("as of today" in each for each in analysis.assumptions)


def test_an_invoice_in_another_currency_is_turned_back_at_its_own_rate() -> None:
    foreign = {"currency": "EUR"}
    invoice = make("invoice", "1", "10-05", "100", rate=Decimal("1.10"), **foreign)
    payment = make(
        "customer_payment",
        "2",
        "11-03",
        "100",
        rate=Decimal("1.20"),
        lines=(settle("invoice", "1", "100"),),
        **foreign,
    )

    item = check(compare(invoice, payment, receivable="110.00"))["receivables"]

    assert (item["status"], item["amount"]) == ("done", 110)


def test_receivables_are_not_known_where_later_payments_were_not_read() -> None:
    books = compare(INVOICE, PAID_LATER, receivable="100.00")
    until = replace(books, read=books.read | {"customer_payment": Span(None, date(2026, 10, 31))})

    assert check(until)["receivables"]["status"] == "not_known"
    assert "aged_receivables_tool" not in list_ties(until)


def test_reports_that_were_not_read_are_not_tied() -> None:
    books = without(make_books(INVOICE, PAID_LATER), reports=("balance_sheet", "trial_balance"))

    assert set(list_ties(books)) == {"aged_receivables_tool", "aged_payables_tool"}


def test_the_columns_of_the_trial_balance_tie_with_its_total() -> None:
    ties = INSIGHT.compute(make_books(balances={"1": "30", "4": "-30"}), {"month": MONTH}).ties

    shown = [each for each in ties if each.report == "trial_balance_tool"]
    assert [(each.ours, each.agrees) for each in shown] == [(30, True), (30, True)]
