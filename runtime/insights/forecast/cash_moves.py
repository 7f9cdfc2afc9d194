"""Opening balances, and the transactions that move bank accounts by themselves. Called by `forecast` and `recurring`.

Payments of invoices and bills are no such moves: they follow from what is open (`open_items`). A deposit is one only
for what it has beside the payments that it takes to the bank.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from runtime.insights.books import ZERO, Account, Books, Transaction

Signature = tuple[str, ...]


REPORT = "balance_sheet"
"""The report that confirms balances, by the name that the definitions give it."""


class Move(NamedTuple):
    """What a transaction brings the bank accounts, in the currency of the company."""

    transaction: Transaction
    amount: float
    signature: Signature
    """Equal for moves that may be a pattern: the same kind, party, account and text."""


class Balance(NamedTuple):
    """The balance of an account in the currency of the company; None where no rate is known."""

    account: Account
    home: Decimal | None


def list_balances(books: Books, role: str) -> list[Balance]:
    """Return the active accounts with a role, and those that have a balance, by name.

    An account in another currency is worth what the balance sheet shows of it, or its balance at the latest rate.
    """
    rates = {each.currency: each.rate for each in books.transactions if each.rate != 1}
    report = books.reports.get(REPORT) if role == "bank" else None
    shown = {row.id: row.read_amount() for row in report.rows if row.id} if report is not None else {}
    found = []
    for account in books.accounts.values():
        if role in account.roles and (account.is_active or account.balance):
            is_home = not account.currency or account.currency == books.currency
            rate = Decimal(1) if is_home else rates.get(account.currency)
            worth = None if rate is None else account.balance * rate
            reported = None if is_home else shown.get(account.key.id)
            found.append(Balance(account, worth if reported is None else reported))
    return sorted(found, key=lambda each: (each.account.name, each.account.key.id))


def list_moves(books: Books, banks: frozenset[str]) -> Iterator[Move]:
    """Yield the moves of the bank accounts that settle nothing, oldest first."""
    for each in books.transactions:
        amount = _measure_move(each, banks)
        if amount:
            sign = "in" if amount > 0 else "out"
            yield Move(each, float(amount), (each.kind, sign, *_sign(each, banks)))


def _measure_move(each: Transaction, banks: frozenset[str]) -> Decimal:
    match each.kind:
        case "sale":
            return each.home_total
        case "refund":
            return -each.home_total
        case "deposit" if each.account in banks:
            linked = sum((line.amount for line in each.lines if line.links), ZERO)
            return (each.total - linked) * each.rate
        case "expense" | "card_payment" | "transfer" | "journal":
            return measure_effect(each, banks)
    return ZERO


def measure_effect(each: Transaction, accounts: frozenset[str]) -> Decimal:
    """Return what a transaction brings some bank, card or clearing accounts, in the currency of the company."""
    if each.kind == "journal":
        return measure_journal(each, accounts)
    own = each.home_total if each.account in accounts else ZERO
    if each.kind in {"sale", "customer_payment"} or (each.kind == "expense" and each.is_reversed):
        return own
    if each.kind in {"expense", "refund", "vendor_payment"}:
        return -own
    if each.kind in {"card_payment", "transfer"}:
        return (each.home_total if each.to_account in accounts else ZERO) - own
    if each.kind == "deposit":
        taken = sum((line.amount for line in each.lines if line.account in accounts), ZERO)
        return own - taken * each.rate
    return ZERO


def measure_journal(each: Transaction, accounts: frozenset[str]) -> Decimal:
    """Return what a journal entry debits some accounts with, less what it credits them with."""
    lines = [line for line in each.lines if line.account in accounts]
    total = sum((line.amount if line.side == "debit" else -line.amount for line in lines), ZERO)
    return total * each.rate


def _sign(each: Transaction, banks: frozenset[str]) -> Signature:
    """Return what moves of one kind and direction have in common where they are of one pattern."""
    if each.kind in ("sale", "refund"):
        return ()
    if each.kind in {"transfer", "card_payment"}:
        return (each.account, each.to_account)
    others = sorted({line.account for line in each.lines if line.account not in banks and not line.links})
    if each.party is not None:
        return (str(each.party), others[0] if others else "")
    letters = "".join(letter if letter.isalpha() else " " for letter in each.memo.casefold())
    text = " ".join(letters.split())
    return (text,) if text else tuple(others)


def has_opening(books: Books, each: Transaction) -> bool:
    """Whether a move belongs to the beginning of the books, and says nothing of what will come."""
    first = books.transactions[0].day
    is_equity = any(books.has_role(line.account, "opening_balance") for line in each.lines)
    return is_equity or (each.kind == "journal" and each.day == first)
