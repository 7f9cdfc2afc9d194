"""Accounts receivable and payable: every amount on them belongs to somebody, on whatever form it was booked."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.simulators.quickbooks.books import exchange_gains, postings
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.postings import Entry
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault

CONTROLS = frozenset({postings.RECEIVABLE, postings.PAYABLE})


def check_names(books: Books, entries: Iterable[Entry]) -> None:
    """Raise 6000 for a receivable without a customer or a payable without a vendor.

    Without the name the balances of customers and vendors would no longer add up to their accounts.
    """
    for entry in entries:
        kind = books.get_account_type(entry.account)
        if kind == postings.RECEIVABLE and not entry.customer:
            raise make_nameless_fault("Accounts Receivable", "customer")
        if kind == postings.PAYABLE and not entry.vendor:
            raise make_nameless_fault("Accounts Payable", "vendor")


def check_currencies(books: Books, body: Body, entries: Iterable[Entry]) -> None:
    """Raise 6000 for an amount on an account, or of a name, in another currency than theirs."""
    if not exchange_gains.has_several(books):
        return
    code, home = exchange_gains.get_currency(books, body), books.get_home_currency()
    for entry in entries:
        held = exchange_gains.get_currency(books, books.find("Account", entry.account))
        if not (entry.is_home or entry.is_cost) and held not in (home, code):
            raise make_business_fault(
                "The account is in another currency than the transaction.", "CurrencyRef"
            )
        kind = books.get_account_type(entry.account)
        party = {postings.RECEIVABLE: "Customer", postings.PAYABLE: "Vendor"}.get(kind)
        named = entry.customer if party == "Customer" else entry.vendor
        if party is not None and exchange_gains.get_currency(books, books.find(party, named)) != code:
            raise make_business_fault("The name is in another currency than the transaction.", "CurrencyRef")


def make_nameless_fault(account: str, party: str) -> Exception:
    """Return the fault 6000 for an amount on a control account that belongs to nobody."""
    return make_business_fault(f"When you use {account}, you must choose a {party} in the Name field.")


def refuse(books: Books, account: str | None, name: str) -> None:
    """Raise 6430 when property `name` refers to a receivable or payable account, which it cannot book to."""
    if account is not None and books.get_account_type(account) in CONTROLS:
        raise make_fault("6430", f"Invalid account type used : {name}", name)
