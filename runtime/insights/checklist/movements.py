"""What a transaction moves on which accounts, in the currency of the company. Called by the modules of items.

Debits are above zero. It covers accounts that are named in a transaction; what a vendor books to the accounts of its
own accord, such as the control accounts, is a matter of `control`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from runtime.insights.books import Books, Line, Transaction

_IN = frozenset({"sale", "customer_payment", "deposit"})
_OUT = frozenset({"expense", "refund", "vendor_payment"})
_BETWEEN = frozenset({"transfer", "card_payment"})
_BOUGHT = frozenset({"expense", "bill"})
_CREDITED = frozenset({"invoice", "sale", "deposit", "vendor_credit"})


def list_movements(each: Transaction) -> Iterator[tuple[str, Decimal]]:
    """Yield the accounts that a transaction names, with what it moves on each."""
    if each.account and (whole := _sign_whole(each)):
        yield each.account, whole
    if each.to_account:
        yield each.to_account, each.home_total
    for line in each.lines:
        if line.account:
            yield line.account, sign_line(each, line)


def _sign_whole(each: Transaction) -> Decimal:
    total = -each.home_total if each.is_reversed else each.home_total
    if each.kind in _IN:
        return total
    if each.kind in _OUT or each.kind in _BETWEEN:
        return -total
    return Decimal(0)


def sign_line(each: Transaction, line: Line) -> Decimal:
    """Return what a line moves on its account."""
    amount = line.amount if each.rate == 1 else line.amount * each.rate
    if line.side:
        return amount if line.side == "debit" else -amount
    is_credit = each.kind in _CREDITED
    return -amount if is_credit != each.is_reversed else amount


def find_line_account(books: Books, each: Transaction, line: Line) -> str:
    """Return the Id of the account of a line: its own, or that of its product."""
    if line.account or not line.item or line.item not in books.items:
        return line.account
    item = books.items[line.item]
    return (
        item.expense_account if each.kind in _BOUGHT or each.kind == "vendor_credit" else item.income_account
    )
