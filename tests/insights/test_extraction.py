"""Records of a vendor become books by the rules of its definitions: exactly, and whatever a record lacks or has."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.assembly import TRANSACTIONS, Reading, ReadPage, assemble_books
from runtime.insights.books import Books, Key, Span
from runtime.insights.record_types import Page
from tests.builtin import builtin_catalog
from tests.insights.changing import replace

RULES = builtin_catalog().integrations["quickbooks"].insights
DAY = date(2026, 11, 20)
INVOICE = {
    "Id": "7",
    "DocNumber": "1001",
    "TxnDate": "2026-11-01",
    "DueDate": "2026-12-01",
    "CustomerRef": {"value": "24", "name": "Sonnenschein"},
    "TotalAmt": 100.10,
    "Balance": 0.3,
    "Line": [],
}


def read(*records: dict[str, Any], resource: str = "invoices", entity: str = "Invoice", **more: Any) -> Books:
    body = json.dumps({"QueryResponse": {entity: list(records)}}).encode()
    page = ReadPage(TRANSACTIONS, Page(resource, body, ("QueryResponse", entity)), **more)
    return assemble_books(RULES, Reading(DAY, pages=(page,)))


def test_figures_are_exact_and_days_are_days() -> None:
    [found] = read({**INVOICE, "TotalAmt": 1234567890123.45}).transactions

    assert found.total == Decimal("1234567890123.45") and found.open == Decimal("0.3")
    assert (found.day, found.due) == (date(2026, 11, 1), date(2026, 12, 1))
    assert (found.party, found.party_name) == (Key("customers", "24"), "Sonnenschein")


def test_lines_are_read_with_discounts_below_zero_bundles_opened_and_subtotals_left_out() -> None:
    def line(kind: str, amount: float, **more: Any) -> dict[str, Any]:
        return {"DetailType": kind, "Amount": amount, kind: more}

    item = line("SalesItemLineDetail", 60, ItemRef={"value": "3"}, Qty=2, UnitPrice=30)
    bundle = line("GroupLineDetail", 0, Line=[line("SalesItemLineDetail", 50, ItemRef={"value": "4"})])
    lines = [item, bundle, line("DiscountLineDetail", 10), line("SubTotalLineDetail", 100)]
    [found] = read({**INVOICE, "Line": lines}).transactions

    assert [(each.amount, each.item) for each in found.lines] == [
        (Decimal(60), "3"),
        (Decimal(50), "4"),
        (Decimal(-10), ""),
    ]
    assert (found.lines[0].quantity, found.lines[0].price) == (Decimal(2), Decimal(30))


def test_the_other_transactions_that_a_line_settles_are_named_by_their_resources() -> None:
    line = {
        "Amount": 25,
        "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}, {"TxnId": "8", "TxnType": "Odd"}],
    }
    payment = {"Id": "9", "TxnDate": "2026-11-02", "TotalAmt": 25, "Line": [line]}
    [found] = read(payment, resource="payments", entity="Payment").transactions

    assert [(link.key, link.amount) for each in found.lines for link in each.links] == [
        (Key("invoices", "7"), Decimal(25))
    ]


def test_what_is_null_counts_as_absent() -> None:
    [found] = read(
        {**INVOICE, "DueDate": None, "CustomerRef": None, "Line": None, "Balance": None}
    ).transactions

    assert (found.due, found.party, found.open, found.lines) == (None, None, Decimal(0), ())


def test_a_record_that_cannot_be_read_is_counted_and_the_others_are_there() -> None:
    books = read(INVOICE, {**INVOICE, "Id": "8", "TxnDate": "soon"}, {**INVOICE, "Id": "9", "Line": 7})

    assert [each.key.id for each in books.transactions] == ["7"]
    assert [(each.what, each.count) for each in books.missing] == [("invoices", 2)]


def test_amounts_in_another_currency_are_worth_their_rate_at_home() -> None:
    [found] = read({**INVOICE, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.1}).transactions

    assert (found.currency, found.home_total) == ("EUR", Decimal("110.110"))


def test_a_page_with_fewer_records_than_were_counted_is_not_passed_off_as_whole() -> None:
    [missing] = read(INVOICE, question="q", count=3).missing

    assert missing.count == 2 and "changed" in missing.why


def test_a_record_that_came_on_two_pages_counts_once_and_is_reported() -> None:
    body = json.dumps({"QueryResponse": {"Invoice": [INVOICE]}}).encode()
    page = ReadPage(TRANSACTIONS, Page("invoices", body, ("QueryResponse", "Invoice")), "q", 1)
    books = assemble_books(RULES, Reading(DAY, pages=(page, page)))

    assert len(books.transactions) == 1 and [each.count for each in books.missing] == [1]


def test_of_a_kind_that_was_read_in_part_the_days_after_the_oldest_are_known() -> None:
    body = json.dumps({"QueryResponse": {"Invoice": [INVOICE]}}).encode()
    page = ReadPage(TRANSACTIONS, Page("invoices", body, ("QueryResponse", "Invoice")))
    whole = Reading(DAY, pages=(page,), read={"invoice": Span(date(2024, 1, 1), DAY)})
    part = assemble_books(RULES, replace(whole, partial=frozenset({"invoice"})))

    assert assemble_books(RULES, whole).read["invoice"] == Span(date(2024, 1, 1), DAY)
    assert part.read["invoice"] == Span(date(2026, 11, 2), DAY)


def test_a_kind_of_which_no_page_was_read_is_not_known_at_all() -> None:
    unread = Reading(DAY, read={"invoice": Span(None, DAY)}, partial=frozenset({"invoice"}))

    assert "invoice" not in assemble_books(RULES, unread).read


def test_a_company_without_a_record_has_empty_books() -> None:
    books = read()

    assert books.transactions == () and books.missing == ()
