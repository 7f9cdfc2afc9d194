"""The forecast of the cash flow against what came, on companies that it was not adjusted on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest

from runtime.insights.analysis import WantedReport
from runtime.insights.books import Account, Books, Transaction
from runtime.insights.forecast.forecast import INSIGHT
from tests.insights.backtest import CUTS, KINDS, Row, run_backtests
from tests.insights.changing import replace
from tests.insights.companies import make_store, read_books, read_reports
from tests.insights.cutting import cut_books, measure_bank


@cache
def run_kind(kind: str) -> Row:
    [row] = run_backtests(kinds=(kind,))
    return row


@cache
def read_whole(kind: str) -> Books:
    return read_books(make_store(kind, 1))


@pytest.mark.parametrize("kind", KINDS)
def test_the_band_holds_the_balance_in_about_four_of_five_weeks(kind: str):
    assert 0.70 <= run_kind(kind).coverage <= 0.90


@pytest.mark.parametrize("kind", KINDS)
def test_the_balance_after_eight_weeks_is_nearer_than_that_of_the_same_weeks_a_year_before(kind: str):
    assert run_kind(kind).error < run_kind(kind).naive_error


@pytest.mark.parametrize("kind", KINDS)
def test_the_balance_after_eight_weeks_is_nearer_than_if_all_is_paid_when_due(kind: str):
    assert run_kind(kind).error < run_kind(kind).due_error


@pytest.mark.parametrize("kind", KINDS)
def test_books_that_are_turned_back_have_the_balances_of_the_report_of_that_day(kind: str):
    books, store = read_whole(kind), make_store(kind, 1)
    for days in CUTS[::3]:
        day = books.today - timedelta(days=days)
        cut = cut_books(books, day)
        report = read_reports(store, [WantedReport("then", "balance_sheet", end=day)], day)["then"]
        owed = sum(each.home_open for each in cut.list_kinds("invoice"))
        credit = sum(each.home_open for each in cut.list_kinds("customer_credit", "customer_payment"))
        payable = sum(each.home_open for each in cut.list_kinds("bill"))

        assert measure_bank(books, day) == report.find_total("bank")
        assert sum(each.balance for each in cut.list_accounts("bank")) == report.find_total("bank")
        assert owed - credit == report.find_total("receivable")
        assert payable == report.find_total("payable")


def test_what_is_entered_for_later_days_changes_no_forecast_from_a_day():
    books = read_whole("consultancy")
    day = books.today - timedelta(days=CUTS[2])
    later = [each for each in books.list_kinds("invoice", "bill", "expense", "journal") if each.day > day]
    again = tuple(replace(each, key=each.key._replace(id=f"9{each.key.id}")) for each in later)
    accounts = {id: replace(each, balance=enter(each, again)) for id, each in books.accounts.items()}
    more = replace(books, transactions=(*books.transactions, *again), accounts=accounts)
    assert measure_bank(more, more.today) != measure_bank(books, books.today)

    found = INSIGHT.compute(cut_books(more, day, ()), {"weeks": 8})

    assert found == INSIGHT.compute(cut_books(books, day, ()), {"weeks": 8})


def enter(account: Account, transactions: tuple[Transaction, ...]) -> Decimal:
    """Return the balance of an account after some transactions."""
    alone = Books(transactions[-1].day, transactions=transactions, accounts={account.key.id: account})
    [before] = cut_books(alone, transactions[0].day - timedelta(days=1)).accounts.values()
    return 2 * account.balance - before.balance
