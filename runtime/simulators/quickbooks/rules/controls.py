"""Accounts receivable and payable: every amount on them belongs to somebody, on whatever form it was booked."""

from __future__ import annotations

from collections.abc import Iterable

from .. import postings
from ..books import Books
from ..faults import business, fault
from ..postings import Entry

CONTROLS = frozenset({postings.RECEIVABLE, postings.PAYABLE})


def check_names(books: Books, entries: Iterable[Entry]) -> None:
    """Raise 6000 for a receivable without a customer or a payable without a vendor.

    Without the name the balances of customers and vendors would no longer add up to their accounts.
    """
    for entry in entries:
        kind = books.account_type(entry.account)
        if kind == postings.RECEIVABLE and not entry.customer:
            raise nameless("Accounts Receivable", "customer")
        if kind == postings.PAYABLE and not entry.vendor:
            raise nameless("Accounts Payable", "vendor")


def nameless(account: str, party: str) -> Exception:
    """6000 for an amount on a control account that belongs to nobody."""
    return business(f"When you use {account}, you must choose a {party} in the Name field.")


def refuse(books: Books, account: str | None, name: str) -> None:
    """Raise 6430 when property `name` refers to a receivable or payable account, which it cannot book to."""
    if account is not None and books.account_type(account) in CONTROLS:
        raise fault("6430", f"Invalid account type used : {name}", name)
