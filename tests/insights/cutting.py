"""Books turned back to a day: as they were then, without anything that was entered for a later day.

What was settled later is open again, by the links of the payments that are dropped; balances of bank, card and clearing
accounts are turned back by what moved them. `test_forecast_backtest` shows that a vendor's report of that day has the
same balances.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from runtime.insights.books import ZERO, Account, Books, Key, Span, Template, Transaction
from runtime.simulators.quickbooks.books.store import Store
from tests.insights.changing import replace

REOPENED = {"invoice", "bill", "customer_credit", "vendor_credit"}


def cut_books(books: Books, day: date, templates: Iterable[Template] | None = None) -> Books:
    """Return the books as they were at the end of a day; `templates` are those that were there then."""
    later = [each for each in books.transactions if each.day > day]
    dropped = {each.key for each in later}
    settled: dict[Key, Decimal] = defaultdict(Decimal)
    for each in later:
        for link in each.list_settled():
            settled[link.key] += link.amount
    left = [_turn_back(each, settled, dropped) for each in books.transactions if each.key not in dropped]
    accounts = {id: _turn_back_account(each, later) for id, each in books.accounts.items()}
    return replace(
        books,
        today=day,
        transactions=tuple(left),
        accounts=accounts,
        templates=tuple(books.templates if templates is None else templates),
        read={kind: Span(span.since, min(span.until, day)) for kind, span in books.read.items()},
        reports={},
    )


def list_templates_of(store: Store, books: Books, day: date) -> tuple[Template, ...]:
    """Return the recurring transactions of a company that were there on a day."""
    rows = store.execute("select body from records where entity = 'RecurringTransaction'").fetchall()
    made: dict[str, str] = {}
    for row in rows:
        for inner in json.loads(row[0]).values():
            made[str(inner["Id"])] = inner["MetaData"]["CreateTime"][:10]
    return tuple(each for each in books.templates if made[each.key.id] <= day.isoformat())


def _turn_back(each: Transaction, settled: Mapping[Key, Decimal], dropped: set[Key]) -> Transaction:
    again = settled.get(each.key, ZERO) if each.kind in REOPENED else ZERO
    links = tuple(link for link in each.links if link.key not in dropped)
    if not again and len(links) == len(each.links):
        return each
    return replace(each, open=each.open + again, links=links)


def _turn_back_account(account: Account, later: Iterable[Transaction]) -> Account:
    """Return a bank, card or clearing account with the balance that it had before some transactions."""
    if account.roles.isdisjoint({"bank", "card", "undeposited"}):
        return account
    is_clearing = "undeposited" in account.roles
    moved = sum((_measure(each, account.key.id, is_clearing) for each in later), ZERO)
    return replace(account, balance=account.balance - moved)


def _measure(each: Transaction, account: str, is_clearing: bool) -> Decimal:
    """Return what a transaction did to the balance of an account. Written apart from the forecast, on purpose."""
    from_it = each.home_total if each.account == account else ZERO
    to_it = each.home_total if each.to_account == account else ZERO
    if each.kind in ("sale", "customer_payment"):
        return from_it
    if each.kind == "expense":
        return from_it if each.is_reversed else -from_it
    if each.kind in ("refund", "vendor_payment"):
        return -from_it
    if each.kind in ("transfer", "card_payment"):
        return to_it - from_it
    if each.kind == "deposit":
        taken = sum((line.amount for line in each.lines if line.links and is_clearing), ZERO)
        return from_it - taken
    if each.kind == "journal":
        own = [line for line in each.lines if line.account == account]
        return sum((line.amount if line.side == "debit" else -line.amount for line in own), ZERO)
    return ZERO


def measure_bank(books: Books, day: date) -> Decimal:
    """Return what the bank accounts held at the end of a day."""
    later = [each for each in books.transactions if each.day > day]
    accounts = books.list_accounts("bank")
    return sum((_turn_back_account(each, later).balance for each in accounts), ZERO)
