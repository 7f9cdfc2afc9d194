"""A list that is cut says how many records there are in all where it is asked, and pays one read for it at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from runtime.errors import BudgetReached
from runtime.simulators.quickbooks.books.balances import load_in_bulk
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.writes import changes
from tests.company import Company, copy_books, make_landscaper

CUSTOMER, MANY = "3", 1_200
OF_2026 = {"TxnDate_from": "2026-01-01", "TxnDate_until": "2026-01-31", "CustomerRef": CUSTOMER}


@cache
def make_many() -> Store:
    """Return the demo company with 1,200 invoices more of one customer in January 2026."""
    store = copy_books(make_landscaper())
    books = Books(store, seed.REALM)
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": 10,
        "SalesItemLineDetail": {"ItemRef": {"value": "4"}},
    }
    with store.begin_transaction(), load_in_bulk(books):
        for at in range(MANY):
            day = f"2026-01-{at % 31 + 1:02}"
            new = {"CustomerRef": {"value": CUSTOMER}, "TxnDate": day, "Line": [line], "DocNumber": f"T-{at}"}
            changes.create(books, "Invoice", new)
    return store


@pytest.fixture
def company() -> Iterator[Company]:
    found = Company(make_many())
    yield found
    found.close()


def ask(company: Company, **arguments: Any) -> tuple[Any, int]:
    """Return the answer of a list of invoices and how many requests it took."""
    company.client.requests.clear()
    return company.call("list invoices", **arguments), company.count_sent()


@pytest.mark.parametrize(
    "arguments",
    [
        OF_2026,
        {**OF_2026, "format": "table"},
        {**OF_2026, "limit": 1000, "max_tokens": 2000},
        {"query": "select * from Invoice where DocNumber like 'T-%' orderby TxnDate maxresults 7"},
        {"query": "select Id, DocNumber from Invoice where DocNumber like 'T-%'"},
        {"any_of": [{**OF_2026}, {"DocNumber": "T-7"}]},
    ],
)
def test_a_cut_first_page_says_how_many_records_there_are_in_all(company, arguments):
    page, _ = ask(company, **arguments, count=True)
    assert page["total"] == MANY
    assert next(iter(page)) == "total"
    assert page["returned"] < MANY
    assert page["next_cursor"]


def test_a_count_takes_one_read_more_and_only_where_it_is_asked_for(company):
    assert ask(company, **OF_2026)[1] == 1
    page, sent = ask(company, **OF_2026, count=True)
    assert sent == 2
    assert "SELECT%20COUNT" in company.client.requests[1].url.replace("+", "%20")
    assert page == {"total": MANY, **ask(company, **OF_2026)[0]}


def test_an_or_is_counted_by_its_combinations_each_record_once(company):
    either = [{"DocNumber": "T-7"}, {**OF_2026, "TxnDate_until": "2026-01-01"}]
    expected = len({f"T-{at}" for at in range(MANY) if at % 31 == 0} | {"T-7"})
    page, sent = ask(company, any_of=either, limit=5, count=True)
    assert page["total"] == expected
    assert sent == 2 + 3


def test_a_list_that_is_whole_is_not_counted(company):
    page, sent = ask(company, DocNumber="T-7", count=True)
    assert (page["total"], page["returned"], sent) == (1, 1, 1)


def test_a_query_that_begins_later_is_counted(company):
    page, _ = ask(
        company, query="select * from Invoice where DocNumber like 'T-%' startposition 1199", count=True
    )
    assert (page["total"], page["returned"]) == (MANY, 2)


def test_later_pages_are_not_counted_and_the_argument_may_be_left_out(company):
    first, _ = ask(company, **OF_2026, count=True)
    for more in ({}, {"count": True}):
        page, sent = ask(company, **OF_2026, next_cursor=first["next_cursor"], **more)
        assert "total" not in page
        assert sent == 1


def test_a_count_that_fails_does_not_lose_the_page(company):
    async def stop_counting(request):
        if "COUNT" in request.url:
            raise BudgetReached("The budget of reads is used up.")

    company.client.before = stop_counting
    page, _ = ask(company, **OF_2026, count=True)
    assert page["total_unknown"] == "The budget of reads is used up."
    assert page["returned"] == 50


def test_a_text_that_the_vendor_takes_wider_is_not_counted(company):
    page, sent = ask(company, DocNumber_contains="T%", limit=2, count=True)
    assert "stands for others" in page["total_unknown"]
    assert sent == 1


def test_an_or_of_many_branches_is_not_counted(company):
    some = [{"DocNumber_contains": f"T-{at}"} for at in range(1, 6)]
    page, sent = ask(company, any_of=some, limit=2, count=True)
    assert "An OR of 5 branches is not counted" in page["total_unknown"]
    assert sent == 5


def test_a_query_that_counts_is_as_it_was(company):
    page, sent = ask(company, query="select count(*) from Invoice where DocNumber like 'T-%'", count=True)
    assert page["total"] == MANY
    assert sent == 1


def test_a_total_is_within_the_limits_of_an_answer(company):
    page, _ = ask(company, **OF_2026, limit=1000, max_tokens=500, count=True)
    text = company.answer("list invoices", **OF_2026, limit=1000, max_tokens=500, count=True).text
    assert page["total"] == MANY
    assert len(text) <= 500 * 2.2


def test_a_server_that_answers_few_records_counts_all(company):
    company.grant = replace(company.grant, config=replace(company.grant.config, max_rows=3))
    page, _ = ask(company, **OF_2026, count=True)
    assert (page["returned"], page["total"]) == (3, MANY)


def test_a_batch_does_not_count(company):
    name = next(tool.name for tool in company.tools.values() if tool.returns.kind == "batch")
    call = {"tool": "list_all_quick_books_invoices", "arguments": {"count": True}}
    assert "cannot count in a batch" in company.refused(name, calls=[call]).message
