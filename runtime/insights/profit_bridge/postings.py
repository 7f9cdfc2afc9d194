"""What each line of a transaction adds to profit, in the company's currency. Called by `movements`.

A sale is posted to the account of the line, else to the income account of its item; a purchase to the account of the
line or of its item, where its stock is not counted; journal entries and deposits as they stand. What the vendor works
out itself, such as the cost of stock sold, is on no record, and not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from runtime.insights.books import ZERO, Books, Item, Kind, Line, Transaction
from runtime.insights.profit_bridge.months import Month

CENT = Decimal("0.01")
SALES: tuple[Kind, ...] = ("invoice", "sale", "customer_credit", "refund")
PURCHASES: tuple[Kind, ...] = ("bill", "expense", "vendor_credit")
POSTED: tuple[Kind, ...] = (*SALES, *PURCHASES, "deposit", "journal")
"""The kinds whose lines name accounts of the profit and loss report."""
_RAISING: tuple[Kind, ...] = ("invoice", "sale", "vendor_credit", "deposit")
_RETURNS: tuple[Kind, ...] = ("customer_credit", "refund", "vendor_credit")
"""The kinds whose quantities come back."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A line: `effect` is what it adds to profit, `quantity` what was sold or bought by it, below zero for a return."""

    transaction: Transaction
    account: str
    item: str
    quantity: Decimal | None
    effect: Decimal


def list_postings(books: Books, month: Month, accounts: frozenset[str]) -> Iterator[Posting]:
    """Yield what was posted in a month to some accounts, oldest first."""
    for each in books.list_kinds(*POSTED):
        if month.has(each.day):
            for line, effect in zip(each.lines, _list_effects(each), strict=True):
                account = find_account(each, line, books)
                if effect and account in accounts:
                    yield Posting(each, account, line.item, _read_quantity(each, line), effect)


def find_account(transaction: Transaction, line: Line, books: Books) -> str:
    """Return the account that a line is posted to; empty where it cannot be known, or where it settles something."""
    item = books.items.get(line.item)
    if line.account or item is None:
        return line.account
    if transaction.kind in SALES:
        return item.income_account
    return item.asset_account if is_stocked(item) else item.expense_account


def is_stocked(item: Item) -> bool:
    """Whether the stock of an item is counted, so that the vendor works out the cost of what is sold."""
    return item.on_hand is not None


def _read_quantity(transaction: Transaction, line: Line) -> Decimal | None:
    if not line.item or not line.quantity:
        return None
    is_return = transaction.kind in _RETURNS or transaction.is_reversed
    return -line.quantity if is_return else line.quantity


def _list_effects(transaction: Transaction) -> list[Decimal]:
    """Return what each line adds to profit, in cents of the company's currency.

    Cents that rounding at a rate leaves over stand in the largest line, so that the lines add up to the whole.
    """
    lines, rate = transaction.lines, transaction.rate
    signed = [_sign(transaction, each) * each.amount for each in lines]
    found = [round_cents(each if rate == 1 else each * rate) for each in signed]
    rest = ZERO if rate == 1 else round_cents(sum(signed, ZERO) * rate) - sum(found, ZERO)
    if rest:
        largest = max(range(len(found)), key=lambda place: abs(found[place]))
        found[largest] += rest
    return found


def _sign(transaction: Transaction, line: Line) -> int:
    if transaction.kind == "journal":
        return 1 if line.side == "credit" else -1
    return 1 if (transaction.kind in _RAISING) != transaction.is_reversed else -1


def round_cents(amount: Decimal) -> Decimal:
    """Return an amount in cents, halves rounded away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)
