"""What each line of a transaction books to income, costs, expenses and other accounts, in the company's currency.

Called by `vendor_spend`, `unit_economics`, `profitability` and `profit_bridge`. The vendor books a sale to the income
account of its item, a purchase to the account of the line or of its item, and lines of journal entries and deposits as
they stand. What it works out itself, such as the cost of goods sold from stock, is on no record, and not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from runtime.insights.books import ZERO, Account, Books, Item, Key, Kind, Line, Transaction
from runtime.insights.period_pairs import Days

CENT = Decimal("0.01")
CUSTOMERS, VENDORS = "customers", "vendors"
"""The resources of parties, under the names that the lists of `books` have."""
SALES: tuple[Kind, ...] = ("invoice", "sale", "customer_credit", "refund")
PURCHASES: tuple[Kind, ...] = ("bill", "expense", "vendor_credit")
BOOKED: tuple[Kind, ...] = (*SALES, *PURCHASES, "deposit", "journal")
Group = Literal[
    "income", "other_income", "cost_of_sales", "expense", "other_expense", "balance_sheet", "unknown"
]
SPENT: tuple[Group, ...] = ("cost_of_sales", "expense", "other_expense")
EARNED: tuple[Group, ...] = ("income", "other_income")


class Booking(NamedTuple):
    """What a line books: `amount` is in the company's currency, and above zero for a debit."""

    transaction: Transaction
    line: Line
    account: str
    group: Group
    amount: Decimal

    @property
    def vendor(self) -> Key | None:
        """The vendor that it is booked for; None for anybody else."""
        party = self.transaction.party if self.transaction.kind in PURCHASES else self.line.party
        return party if party is not None and party.resource == VENDORS else None

    @property
    def customer(self) -> str:
        """The customer, by Id, that it is booked for; empty without one."""
        if self.transaction.kind in PURCHASES:
            return self.line.customer
        party = self.transaction.party if self.transaction.kind in SALES else self.line.party
        return party.id if party is not None and party.resource == CUSTOMERS else ""

    @property
    def segment(self) -> str:
        """The segment, by Id; empty without one. A discount on a whole form has that of its line alone."""
        return self.line.segment or ("" if self.is_discount else self.transaction.segment)

    @property
    def is_sale(self) -> bool:
        """Whether it is a line of a sales form."""
        return self.transaction.kind in SALES

    @property
    def is_discount(self) -> bool:
        """Whether it lowers a whole sales form, and stands for no item."""
        return self.is_sale and not self.line.item


def list_bookings(books: Books, kinds: Sequence[Kind], days: Days) -> Iterator[Booking]:
    """Yield what the lines of transactions of some kinds and days book."""
    groups = {id_: _find_group(account) for id_, account in books.accounts.items()}
    for each in books.list_kinds(*kinds):
        if days.has(each.day):
            for line, amount in zip(each.lines, _list_debits(each), strict=True):
                if amount and not (each.kind == "deposit" and line.links):
                    account = _find_account(each, line, books)
                    yield Booking(each, line, account, groups.get(account, "unknown"), amount)


def is_stocked(item: Item | None) -> bool:
    """Whether the vendor counts the stock of an item, and so works out the cost of what is sold."""
    return item is not None and item.on_hand is not None


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount in cents, halves rounded away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _find_group(account: Account) -> Group:
    for group in (*SPENT, *EARNED):
        if group in account.roles:
            return group
    return "balance_sheet"


def _find_account(transaction: Transaction, line: Line, books: Books) -> str:
    item = books.items.get(line.item)
    if line.account or item is None:
        return line.account
    if transaction.kind in SALES:
        return item.income_account
    return (item.asset_account if is_stocked(item) else item.expense_account) or item.income_account


def _list_debits(transaction: Transaction) -> list[Decimal]:
    """Return what each line debits, in the company's currency."""
    amounts = [each.amount for each in transaction.lines]
    if transaction.rate != 1:
        amounts = _convert(transaction, amounts)
    return [
        _get_sign(transaction, line) * amount for line, amount in zip(transaction.lines, amounts, strict=True)
    ]


def _convert(transaction: Transaction, amounts: list[Decimal]) -> list[Decimal]:
    """Return amounts at the rate of a transaction; what rounding leaves goes to the largest line."""
    found = [to_cents(each * transaction.rate) for each in amounts]
    if transaction.kind == "journal":
        signs = [_get_sign(transaction, line) for line in transaction.lines]
    else:
        signs = [1] * len(found)
    whole = to_cents(transaction.home_total) - to_cents(transaction.tax * transaction.rate)
    target = ZERO if transaction.kind == "journal" else whole
    rest = target - sum((sign * each for sign, each in zip(signs, found, strict=True)), ZERO)
    if rest and found:
        largest = max(range(len(found)), key=lambda place: abs(found[place]))
        found[largest] += signs[largest] * rest
    return found


def _get_sign(transaction: Transaction, line: Line) -> int:
    """Return 1 where an amount above zero is a debit, else -1."""
    if transaction.kind == "journal":
        return 1 if line.side == "debit" else -1
    if transaction.kind in ("bill", "expense"):
        return -1 if transaction.is_reversed else 1
    return 1 if transaction.kind in ("customer_credit", "refund") else -1
