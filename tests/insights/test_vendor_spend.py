"""Spend by vendor: what counts, beside what it stands, and what the vendors' report confirms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.books import Key, Link, Span
from runtime.insights.report_rows import Report
from runtime.insights.vendor_spend import INSIGHT
from tests.insights.hand_made import (
    TODAY,
    make_books,
    make_item,
    make_line,
    make_report,
    make_transaction,
    make_vendor,
)

OCTOBER, SEPTEMBER = date(2026, 10, 14), date(2026, 9, 14)
ONE, TWO = make_vendor("1", "Hilltop"), make_vendor("2", "Fiberline")


def spend(*transactions: Any, **more: Any) -> dict[str, Any]:
    options = more.pop("options", {})
    return INSIGHT.compute(make_books(transactions, parties=(ONE, TWO), **more), options).figures


def buy(id_: str, amount: str, *, kind: str = "bill", day: date = OCTOBER, of: Any = ONE, **more: Any) -> Any:
    account = more.pop("account", "rent")
    return make_transaction(kind, id_, day, of.key if of else None, make_line(amount, account), **more)


def test_bills_expenses_credits_and_refunds_of_a_vendor_add_up():
    figures = spend(
        buy("1", "500"),
        buy("2", "100", kind="expense"),
        buy("3", "30", kind="vendor_credit"),
        buy("4", "20", kind="expense", is_reversed=True),
    )

    [row] = figures["vendors"]
    assert (row["spent"], figures["total"], row["transactions"]) == (550, 550, 4)


def test_lines_of_journals_and_deposits_count_for_the_vendor_that_they_name():
    journal = make_transaction(
        "journal", "1", OCTOBER, None,
        make_line("80", "rent", side="debit", party=ONE.key), make_line("80", "bank", side="credit"),
    )  # fmt: skip
    deposit = make_transaction("deposit", "2", OCTOBER, None, make_line("15", "rent", party=ONE.key))

    [row] = spend(journal, deposit)["vendors"]

    assert row["spent"] == 65


def test_money_that_a_deposit_brings_to_the_bank_is_no_expense():
    brought = make_line("90", "rent", party=ONE.key, links=(Link(Key("payments", "5"), Decimal(90)),))
    deposit = make_transaction("deposit", "2", OCTOBER, None, brought)

    assert spend(deposit)["count"] == 0


def test_a_report_without_rows_shows_zero():
    analysis = INSIGHT.compute(make_books(reports={"vendor_expenses": Report("report_tool")}), {})

    assert analysis.ties[0].agrees


def test_what_no_vendor_stands_for_is_a_line_of_its_own():
    employee = Key("employees", "4")
    journal = make_transaction("journal", "1", OCTOBER, None, make_line("80", "rent", side="debit"))
    expense = make_transaction("expense", "2", OCTOBER, employee, make_line("20", "rent"))

    figures = spend(journal, expense)

    assert figures["vendors"] == []
    assert figures["without_a_vendor"]["spent"] == 100
    assert figures["without_a_vendor"]["accounts"][0]["name"] == "Rent"


def test_stock_and_assets_stand_apart():
    items = [make_item("1", on_hand="5"), make_item("2")]
    bill = make_transaction(
        "bill",
        "1",
        OCTOBER,
        ONE.key,
        make_line("50", item="1"),
        make_line("70", item="2"),
        make_line("9", "bank"),
    )

    [row] = spend(bill, items=items)["vendors"]

    assert row["spent"] == 70
    assert {each["name"]: each["spent"] for each in row["not_an_expense"]} == {"Stock": 50, "Bank": 9}


def test_the_period_before_new_and_lost_vendors_are_named():
    reports = {"vendor_expenses_year": make_report({"2": "900"}, "900")}
    figures = spend(buy("1", "500"), buy("2", "90", day=SEPTEMBER, of=TWO), reports=reports)

    assert [(each["name"], each["status"], each["change"]) for each in figures["vendors"]] == [
        ("Hilltop", "new", 500),
        ("Fiberline", "lost", -90),
    ]
    assert figures["new_vendors"]["count"] == figures["lost_vendors"]["count"] == 1


def test_a_vendor_that_had_expenses_in_the_year_before_is_not_new():
    reports = {"vendor_expenses_year": make_report({"1": "900"}, "900")}

    [row] = spend(buy("1", "500"), reports=reports)["vendors"]

    assert row["status"] == "continuing"


def test_the_share_of_the_largest_five_is_the_concentration():
    several = [buy(f"{n}", "100", of=make_vendor(f"{n}")) for n in range(10)]

    assert spend(*several)["concentration"]["largest_five_percent"] == Decimal("50.0")


def test_there_is_no_share_of_a_total_that_is_not_above_zero():
    figures = spend(buy("1", "50", kind="vendor_credit"))

    assert figures["total"] == -50
    assert figures["vendors"][0]["share_percent"] is None


def test_amounts_in_another_currency_count_at_the_rate_of_the_transaction_to_the_cent():
    bill = make_transaction(
        "bill",
        "1",
        OCTOBER,
        ONE.key,
        *(make_line("0.33", "rent") for _ in range(3)),
        rate="1.5",
        currency="EUR",
    )

    figures = spend(bill)

    assert figures["total"] == Decimal("1.49")  # 0.99 at 1.5, and not three times 0.50


def test_a_vendor_that_does_not_tie_says_so_with_both_numbers():
    reports = {"vendor_expenses": make_report({"1": "480", "2": "5"}, "485")}
    analysis = INSIGHT.compute(make_books([buy("1", "500")], parties=(ONE, TWO), reports=reports), {})

    [row] = analysis.figures["vendors"]
    assert (row["ties"], row["ours"], row["report_shows"], row["difference"]) == (False, 500, 480, 20)
    assert [each["name"] for each in analysis.figures["does_not_tie"]["vendors"]] == ["Hilltop", "Fiberline"]
    assert analysis.ties[0].as_dict()["says"] == "does not tie"


def test_a_report_that_was_read_in_part_or_not_at_all_confirms_nothing():
    part = {"vendor_expenses": make_report({"1": "500"}, "500", is_whole=False)}

    for reports in ({}, part):
        figures = spend(buy("1", "500"), reports=reports)

        assert figures["vendors"][0]["ties"] == "not checked"
        assert figures["does_not_tie"]["count"] is None


def test_what_was_not_read_is_missing():
    read = {"bill": Span(date(2026, 9, 20), TODAY)}
    analysis = INSIGHT.compute(make_books([buy("1", "500")], read=read, lists=frozenset()), {})

    assert {each.what for each in analysis.missing} == {
        "Bills", "Expenses", "Credits of vendors", "Deposits", "Journal entries", "accounts", "items",
    }  # fmt: skip


def test_a_line_on_an_account_that_is_not_known_is_not_lost():
    figures = spend(buy("1", "500", account="404"))

    assert figures["total"] == 500
    assert figures["vendors"][0]["accounts"][0]["name"] == "account 404"


def test_a_company_of_one_day_has_spent_nothing():
    figures = spend()

    assert (figures["total"], figures["vendors"], figures["count"]) == (0, [], 0)
    assert figures["concentration"]["largest_five_percent"] is None


def test_no_more_than_the_limit_are_listed_and_all_are_counted():
    several = [buy(f"{n}", "100", of=make_vendor(f"{n}")) for n in range(10)]

    figures = spend(*several, options={"limit": 3})

    assert (len(figures["vendors"]), figures["shown"], figures["count"]) == (3, 3, 10)


def test_evidence_begins_with_the_largest_record():
    analysis = INSIGHT.compute(make_books([buy("1", "5"), buy("2", "500")], parties=[ONE]), {})

    assert analysis.evidence == ("bills:2", "bills:1")
