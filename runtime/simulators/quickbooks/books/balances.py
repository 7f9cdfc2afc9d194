"""Balances shown on accounts, customers, vendors and items: what the postings add up to, updated by difference.

`CurrentBalance` of an account is positive for a debit, whatever the kind of account, and zero for income and expenses.
A customer's balance counts the receivable accounts, a vendor's the payable ones (positive when owed). A bulk load
collects the differences and writes them once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from runtime.simulators.quickbooks.books import valuation
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.pending import Differences
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.money import make_amount, round_to_cents

RESULT_TYPES = frozenset({"Income", "Cost of Goods Sold", "Expense", "Other Income", "Other Expense"})


def settle_balances(books: Books) -> None:
    """Value the stock that postings have moved, and write the balances that they have changed."""
    valuation.release_refused(books)
    differences, books.differences = books.differences, Differences()
    write_balances(books, differences)


@contextmanager
def load_in_bulk(books: Books) -> Iterator[None]:
    """Make many changes in one transaction, with the balances written at the end."""
    with books.store.begin_transaction():
        books.is_loading = True
        try:
            yield
            settle_balances(books)
        finally:
            books.is_loading = False


def write_balances(books: Books, differences: Differences) -> None:
    """Add the differences to the records they concern, and to the records above those."""
    added: tuple[tuple[Callable[[Books, str, Any], None], Mapping[str, Any]], ...] = (
        (_add_to_account, differences.accounts),
        (_add_to_customer, differences.customers),
        (_add_to_vendor, differences.vendors),
        (_add_to_stock, differences.stock),
    )
    for add, changes in added:
        for id, change in changes.items():
            if change:
                add(books, id, change)


def _add_to_vendor(books: Books, id: str, change: int) -> None:
    vendor = books.find("Vendor", id)
    if vendor is not None:
        vendor["Balance"] = make_amount(round_to_cents(vendor.get("Balance")) + change)
        books.write_silently("Vendor", vendor)


def _add_to_stock(books: Books, id: str, units: float) -> None:
    item = books.find("Item", id)
    if item is not None and item.get("Type") == "Inventory":
        item["QtyOnHand"] = round(float(item.get("QtyOnHand") or 0) + units, 6)
        books.write_silently("Item", item)


NESTED = {
    "Account": ("CurrentBalance", "CurrentBalanceWithSubAccounts"),
    "Customer": ("Balance", "BalanceWithJobs"),
}
"""Own balance, and balance with everything below, of the lists that nest."""


def add_up_tree(books: Books, entity: str) -> None:
    """Add the balances up the tree anew, after a record has got another parent."""
    own, whole = NESTED[entity]
    rows = books.store.execute(
        "select body from records where realm = ? and entity = ?", (books.realm, entity)
    ).fetchall()
    bodies = {body["Id"]: body for body in (orjson.loads(row[0]) for row in rows)}
    sums: dict[str, int] = defaultdict(int)
    for id, body in bodies.items():
        above: str | None = id
        while above is not None and above in bodies:
            sums[above] += round_to_cents(body.get(own))
            above = get_reference(bodies[above].get("ParentRef"))
    for id, body in bodies.items():
        if round_to_cents(body.get(whole)) != sums[id]:
            body[whole] = make_amount(sums[id])
            books.write_silently(entity, body)


def _raise(record: Body, name: str, change: int) -> None:
    record[name] = make_amount(round_to_cents(record.get(name)) + change)


def _add_to_account(books: Books, id: str, change: int) -> None:
    account = books.find("Account", id)
    if account is None or account.get("AccountType") in RESULT_TYPES:
        return
    _raise(account, "CurrentBalance", change)
    while account is not None:
        _raise(account, "CurrentBalanceWithSubAccounts", change)
        books.write_silently("Account", account)
        above = get_reference(account.get("ParentRef"))
        account = books.find("Account", above) if above else None


def _add_to_customer(books: Books, id: str, change: int) -> None:
    customer = books.find("Customer", id)
    if customer is None:
        return
    _raise(customer, "Balance", change)
    while customer is not None:
        _raise(customer, "BalanceWithJobs", change)
        books.write_silently("Customer", customer)
        above = get_reference(customer.get("ParentRef"))
        customer = books.find("Customer", above) if above else None
