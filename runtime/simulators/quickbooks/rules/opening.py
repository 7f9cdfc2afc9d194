"""Opening balances: what a new customer, vendor or account is said to owe or to hold becomes a transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.postings import find_account
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import make_fault
from runtime.simulators.quickbooks.money import make_amount, round_to_cents

Create = Callable[[Books, str, Any], Body]
NOTE = "Opening Balance"


def is_asked_for(entity: str, sent: Body) -> bool:
    """Return whether the body of a create names an opening balance."""
    name = "OpeningBalance" if entity == "Account" else "Balance"
    return entity in OPENERS and sent.get(name) not in (None, "", 0)


def make(books: Books, entity: str, sent: Body, body: Body, create: Create) -> None:
    """Make the opening transaction of a new record, if one was asked for; 6060 for an account without the day."""
    name, day_name = (
        ("OpeningBalance", "OpeningBalanceDate") if entity == "Account" else ("Balance", "OpenBalanceDate")
    )
    value, day = round_to_cents(sent[name]), sent.get(day_name)
    if entity == "Account" and not day:
        raise make_fault(
            "6060", "Account.OpenBalanceDate must be specified with Account.OpenBalance", day_name
        )
    if entity == "Account" or (day and value > 0):
        kind, transaction = OPENERS[entity](books, body, value)
        create(books, kind, {**transaction, "TxnDate": day, "PrivateNote": NOTE})


def _of_account(books: Books, body: Body, value: int) -> tuple[str, Body]:
    """Return a deposit-like entry against opening balance equity; liabilities open with a credit."""
    sign = 1 if body["Classification"] == "Asset" else -1
    sides = (
        (body["Id"], sign * value),
        (find_account(books, "Equity", "OpeningBalanceEquity"), -sign * value),
    )
    lines = [
        {
            "Amount": make_amount(abs(cents_)),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {
                "AccountRef": {"value": id},
                "PostingType": "Debit" if cents_ > 0 else "Credit",
            },
        }
        for id, cents_ in sides
    ]
    return "JournalEntry", {"Line": lines}


def _of_customer(_books: Books, body: Body, value: int) -> tuple[str, Body]:
    line = {"Amount": make_amount(value), "Description": NOTE, "DetailType": "SalesItemLineDetail"}
    return "Invoice", {"CustomerRef": {"value": body["Id"]}, "Line": [line]}


def _of_vendor(books: Books, body: Body, value: int) -> tuple[str, Body]:
    account = find_account(books, "Equity", "OpeningBalanceEquity")
    line = {
        "Amount": make_amount(value),
        "Description": NOTE,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}},
    }
    return "Bill", {"VendorRef": {"value": body["Id"]}, "Line": [line]}


OPENERS = {"Account": _of_account, "Customer": _of_customer, "Vendor": _of_vendor}
