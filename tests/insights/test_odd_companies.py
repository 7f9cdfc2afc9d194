"""Odd companies and large books: they are what they are called, and their books are sound."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from runtime.insights.analysis import WantedReport
from runtime.insights.books import ZERO
from tests.insights.companies import find_realm, make_store, read_books
from tests.insights.large_books import BANK, PAYABLE, RECEIVABLE, make_large_books
from tests.insights.odd_companies import (
    make_all,
    make_closed_company,
    make_company_of_one_day,
    make_company_with_currencies,
    make_company_without_customers,
    make_empty_company,
)

ALL = ("one day", "without customers", "without transactions", "several currencies", "closed")


def test_each_odd_company_has_a_name():
    assert tuple(make_all()) == ALL


@pytest.mark.parametrize("name", ALL)
def test_the_books_of_each_odd_company_are_sound_and_its_reports_can_be_read(name: str):
    store = make_all()[name]
    wanted = [WantedReport("balance", "trial_balance"), WantedReport("result", "profit_and_loss")]

    books = read_books(store, wanted)

    assert store.execute("select coalesce(sum(cents), 0) from postings").fetchone() == (0,)
    assert books.reports["balance"].find_total("all", 1) == books.reports["balance"].find_total("all", 2)
    assert books.accounts and find_realm(store)


def test_the_company_of_one_day_has_a_few_transactions_of_one_day():
    books = read_books(make_company_of_one_day())

    assert {each.day for each in books.transactions} == {books.today}
    assert Counter(each.kind for each in books.transactions) == {"journal": 1, "invoice": 1, "expense": 1}


def test_the_company_without_customers_has_two_years_of_costs():
    books = read_books(make_company_without_customers())

    assert {each.resource for each in books.parties} == {"vendors"}
    assert {each.kind for each in books.transactions} == {"journal", "bill", "vendor_payment", "expense"}
    assert (books.today - books.transactions[0].day).days > 700


def test_the_empty_company_has_lists_alone():
    books = read_books(make_empty_company())

    assert books.transactions == () and books.accounts and books.parties


def test_the_company_with_currencies_has_open_items_and_a_bank_account_in_each():
    books = read_books(make_company_with_currencies())
    abroad = [each for each in books.transactions if each.currency not in ("", "USD")]

    assert {each.currency for each in abroad} == {"EUR", "GBP"}
    assert all(each.home_total != each.total for each in abroad)
    assert {each.currency for each in books.list_kinds("invoice", "bill") if each.open} == {
        "USD",
        "EUR",
        "GBP",
    }
    assert {each.currency for each in books.list_accounts("bank")} >= {"EUR", "GBP"}


def test_the_closed_company_says_until_when_it_is_closed():
    books = read_books(make_closed_company())

    assert books.settings["closing_date"] == str(books.today)
    assert "closing_date" not in read_books(make_store("consultancy")).settings
    assert read_books(make_closed_company(30)).settings["closing_date"] < str(books.today)


def test_large_books_have_exactly_so_many_transactions_in_their_order():
    for count in (1, 7, 20_000):
        books = make_large_books(count)
        days = [each.day for each in books.transactions]
        assert len(books.transactions) == len(books.by_key) == count
        assert days == sorted(days) and days[-1] <= books.today


def test_large_books_are_the_same_for_the_same_seed():
    assert make_large_books(500) == make_large_books(500) != make_large_books(500, seed=2)


def test_what_is_open_in_large_books_is_what_the_accounts_say():
    books = make_large_books(20_000)
    receivable = sum((each.open for each in books.list_kinds("invoice")), ZERO)
    payable = sum((each.open for each in books.list_kinds("bill")), ZERO)

    assert books.accounts[RECEIVABLE].balance == receivable > 0
    assert books.accounts[PAYABLE].balance == payable > 0
    assert books.accounts[BANK].balance != Decimal(0)


def test_each_payment_in_large_books_settles_one_document_of_its_party():
    books = make_large_books(5_000)
    paid = Counter()
    for each in books.list_kinds("customer_payment", "vendor_payment"):
        [link] = each.list_settled()
        document = books.by_key[link.key]
        paid[link.key] += 1
        assert document.party == each.party and document.total == each.total and document.open == 0

    assert paid and set(paid.values()) == {1}
