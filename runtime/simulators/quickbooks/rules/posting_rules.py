"""Which function makes the ledger entries of which kind of record: the one table of them.

Comes after the preparations, when a record has its Id and its links; `postings` writes what comes out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from runtime.simulators.quickbooks.books import exchange_gains, postings
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.postings import Entry
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.money import parse_decimal, share
from runtime.simulators.quickbooks.rules import entries, stock

Maker = Callable[[Books, Body], list[Entry]]

MAKERS: Mapping[str, Maker] = {
    "Bill": entries.post_bill,
    "BillPayment": entries.post_bill_payment,
    "CreditCardPayment": entries.post_card_payment,
    "CreditMemo": entries.post_credit_memo,
    "Deposit": entries.post_deposit,
    "InventoryAdjustment": stock.post_adjustment,
    "Invoice": entries.post_invoice,
    "Item": entries.post_opening_stock,
    "JournalEntry": entries.post_journal_entry,
    "Payment": entries.post_payment,
    "Purchase": entries.post_purchase,
    "RefundReceipt": entries.post_refund_receipt,
    "SalesReceipt": entries.post_sales_receipt,
    "Transfer": entries.post_transfer,
    "VendorCredit": entries.post_vendor_credit,
}


def make_entries(books: Books, entity: str, body: Body) -> list[Entry]:
    """Return the entries that a transaction makes; none for what does not post."""
    maker = MAKERS.get(entity)
    if maker is None:
        return []
    department = get_reference(body.get("DepartmentRef"))
    entries = maker(books, body)
    if department is not None:
        entries = [replace(entry, department=entry.department or department) for entry in entries]
    return _in_home_currency(entries, parse_decimal(body.get("ExchangeRate") or 1))


def _in_home_currency(entries: list[Entry], rate: Decimal) -> list[Entry]:
    """Return entries at the exchange rate; what rounding leaves goes to the largest line, so that the totals are
    exact.
    """
    if rate == 1 or not entries:
        return entries
    converted = [
        entry if entry.is_home else replace(entry, cents=share(entry.cents, rate, Decimal(1)))
        for entry in entries
    ]
    rest = sum(entry.cents for entry in converted)
    if rest:
        largest = max(
            range(len(converted)),
            key=lambda index: (converted[index].line is not None, abs(converted[index].cents)),
        )
        converted[largest] = replace(converted[largest], cents=converted[largest].cents - rest)
    return converted


def post_exchange_gains(books: Books) -> None:
    """Book the payments anew whose exchange gains have changed."""
    for entity, id in exchange_gains.take_unsettled(books):
        body = books.find(entity, id)
        if body is not None and exchange_gains.get_currency(books, body) != books.get_home_currency():
            postings.replace_entries(books, entity, body, make_entries(books, entity, body))
