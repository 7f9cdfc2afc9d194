"""Sums over records of a company tie to the reports that the definitions name, and say so where none shows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.companies import seed
from tests.company import Company, copy_books, make_landscaper


@pytest.fixture
def company() -> Iterator[Company]:
    found = Company(make_landscaper())
    yield found
    found.close()


def test_a_word_is_said_in_filters_and_ties_as_they_do(company):
    by_word = company.call("list invoices", sum=["Balance"], only=["unpaid"])
    by_filter = company.call("list invoices", sum=["Balance"], Balance_from=0.01)

    assert by_word.pop("note") == "unpaid: Balance_from 0.01."
    assert by_word["ties"] == by_filter["ties"]
    assert by_word["sums"] == by_filter["sums"]
    assert by_word["ids"] == by_filter["ids"]


BALANCE_SHEET = "get_quick_books_balance_sheet_report"


@pytest.mark.parametrize(
    ("resource", "field", "filters", "report"),
    [
        ("customers", "Balance", {}, "get_quick_books_customer_balance_report"),
        ("vendors", "Balance", {}, "get_quick_books_vendor_balance_report"),
        ("accounts", "CurrentBalance", {"Classification": "Asset"}, BALANCE_SHEET),
        ("accounts", "CurrentBalance", {"AccountType": "Bank"}, BALANCE_SHEET),
        ("accounts", "CurrentBalance", {"AccountType": "Accounts Receivable"}, BALANCE_SHEET),
        ("accounts", "CurrentBalance", {"AccountType": "Fixed Asset"}, BALANCE_SHEET),
    ],
)
def test_a_sum_that_a_report_shows_agrees_with_it(company, resource, field, filters, report):
    found = company.call(f"list {resource}", sum=[field], **filters)

    assert found["ties"] == [
        {"field": field, "report": report, "figure": found["sums"][field]["sum"], "agrees": True}
    ]
    assert found["sums"][field]["sum"] != 0
    assert "note" not in found


@pytest.mark.parametrize(
    ("resource", "field", "filters"),
    [
        ("invoices", "TotalAmt", {"TxnDate_from": "2026-01-01"}),
        ("accounts", "CurrentBalance", {}),
        ("accounts", "CurrentBalance", {"Classification": "Liability"}),
        ("accounts", "CurrentBalance", {"AccountType": "Bank", "Name_contains": "Sav"}),
        ("customers", "Balance", {"Balance_from": 100}),
    ],
)
def test_a_sum_that_no_report_shows_is_said_not_to_be_checked(company, resource, field, filters):
    found = company.call(f"list {resource}", sum=[field], **filters)

    assert "ties" not in found
    assert found["note"] == f"Not checked against a report: {field}."


def test_a_field_that_ties_does_not_vouch_for_another(company):
    found = company.call("list invoices", sum=["Balance", "TotalAmt"], Balance_from=0.01)

    assert [each["field"] for each in found["ties"]] == ["Balance"]
    assert found["note"] == "Not checked against a report: TotalAmt."


def test_a_customer_who_is_inactive_and_owes_is_a_difference_and_no_figure():
    company = Company(copy_books(make_landscaper()))
    owing = company.list("customers", Balance_from=100, limit=1)[0]
    books = Books(company.store, seed.REALM)
    record = books.read("Customer", owing["Id"])
    with company.store.begin_transaction():
        books.write_changed("Customer", {**record, "Active": False})
    found = company.call("list customers", sum=["Balance"])
    company.close()

    assert "sum" not in found["sums"]["Balance"]
    assert found["sums"]["Balance"]["does_not_tie"]["difference"] == -owing["Balance"]
    assert found["ties"][0]["agrees"] is False
