"""What stock is worth: the cost of everything that leaves it, worked out anew from a day on when a movement changes.

Average cost, in the order of days and then of Ids, so that the books follow from the records alone, in whatever order
they were written. Stock sold before it was bought leaves at the item's purchase cost; what it cost in the end is
corrected when it is bought, on the cost account of the item. No stock is worth nothing.

The entries of a movement stand next to each other: first the cost, then the stock (see `rules/entries.py`). A purchase
has an entry of cost only where it corrects earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.pending import Place
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.money import parse_decimal, share

PRICED = frozenset({"Bill", "Purchase", "VendorCredit", "Item"})
"""Transactions whose lines say what the stock on them is worth; all others move it at its cost."""

PLACE = "date, txn_type <> 'Item', cast(txn_id as integer)"
"""Order of the movements: days, the starting stock of an item, the counter that all transactions share."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Units and what they are worth, in cents; negative when more was sold than there was."""

    units: Decimal = Decimal(0)
    cents: int = 0

    def move_at_cost(self, units: Decimal, usual_cost: Decimal) -> Stock:
        """Return the stock after units came or went at cost; `usual_cost` is in cents, for what was never bought."""
        left = self.units + units
        if not left:
            return Stock()
        if self.units > 0:
            return Stock(left, share(self.cents, left, self.units))
        if units < 0:
            return Stock(left, self.cents + share(1, usual_cost * units, Decimal(1)))
        return self.move_at_price(units, share(1, usual_cost * units, Decimal(1)))

    def move_at_price(self, units: Decimal, value: int) -> Stock:
        """Return the stock after units came or went at a price, `value` in cents; `value` has the sign of the units."""
        left = self.units + units
        if not left:
            return Stock()
        if self.units * units >= 0 or not units:
            return Stock(left, self.cents + value)
        if self.units * left > 0:
            return self._lowered(left, value)
        return Stock(left, share(value, left, units))

    def _lowered(self, left: Decimal, value: int) -> Stock:
        """Return stock nearer to none: what was bought goes at its price, what was lacking at what it was taken for."""
        rest = self.cents + value
        if self.units < 0 or rest * left < 0:
            return Stock(left, share(self.cents, left, self.units))
        return Stock(left, rest)


@dataclass(slots=True)
class Row:
    """A posting with an item: only what is needed to value it."""

    pk: int
    txn_type: str
    txn_id: str
    line: str | None
    date: str
    account: str
    cents: int
    quantity: float | None


def get_place(entity: str, body: Body) -> Place:
    """Return where the movements of a transaction are in the order."""
    return str(body["TxnDate"]), entity != "Item", int(body["Id"])


def note(books: Books, items: Iterable[str | None], place: Place) -> None:
    """Note that the stock of items changed at a place; a bulk load values everything at its end."""
    for item in items:
        if item is not None:
            books.unvalued[item] = min(place, books.unvalued.get(item, place))


def release_refused(books: Books) -> None:
    """Value everything that was noted."""
    unvalued, books.unvalued = books.unvalued, {}
    for item, place in sorted(unvalued.items()):
        value_stock_from(books, item, place)


def value_stock_from(books: Books, item: str, place: Place) -> None:
    """Value the movements of an item from a place on, and write what is different."""
    record = books.find("Item", item) or {}
    stock = _before(books, item, place)
    rows = _rows(books, item, place)
    for _, several in groupby(rows, lambda row: (row.date, row.txn_type, row.txn_id)):
        stock = _value(books, record, list(several), stock)


def _before(books: Books, item: str, place: Place) -> Stock:
    row = books.store.execute(
        "select coalesce(sum(quantity), 0), coalesce(sum(cents), 0) from postings"
        f" where realm = ? and item = ? and quantity is not null and ({PLACE}) < (?, ?, ?)",
        (books.realm, item, *place),
    ).fetchone()
    return Stock(_units(row[0]), int(row[1]))


def _units(value: Any) -> Decimal:
    """Return units as the books have them: six decimals."""
    return round(parse_decimal(value), 6)


def _rows(books: Books, item: str, place: Place) -> list[Row]:
    rows = books.store.execute(
        "select pk, txn_type, txn_id, line, date, account, cents, quantity from postings"
        f" where realm = ? and item = ? and ({PLACE}) >= (?, ?, ?) order by {PLACE}, pk",
        (books.realm, item, *place),
    )
    return [Row(*row) for row in rows]


def _value(books: Books, record: Body, rows: list[Row], stock: Stock) -> Stock:
    """Value the movements of one transaction, one after the other."""
    for position, row in enumerate(rows):
        if row.quantity is None:
            continue
        if row.txn_type in PRICED:
            stock = _value_priced(books, record, rows, row, stock)
        else:
            after = stock.move_at_cost(_units(row.quantity), parse_decimal(record.get("PurchaseCost")) * 100)
            cost = _cost_of(rows, position)
            if cost is not None:
                _write(books, row, after.cents - stock.cents)
                _write(books, cost, stock.cents - after.cents)
            stock = after
    return stock


def _cost_of(rows: list[Row], position: int) -> Row | None:
    """Return the entry of cost beside one of stock; files of former versions have it behind, or lack one of nothing."""
    row = rows[position]
    beside = rows[max(position - 1, 0) : position] + rows[position + 1 : position + 2]
    return next((each for each in beside if each.quantity is None and each.cents == -row.cents), None)


def _value_priced(books: Books, record: Body, rows: list[Row], row: Row, stock: Stock) -> Stock:
    """Value stock that has a price; the difference to what it is worth here goes to the cost account."""
    lines = [] if row.txn_type == "Item" else rows
    correction = next((each for each in lines if each.quantity is None and each.line == row.line), None)
    price = row.cents + (correction.cents if correction else 0)
    after = stock.move_at_price(_units(row.quantity), price)
    _write(books, row, after.cents - stock.cents)
    difference = price - (after.cents - stock.cents)
    if correction is not None:
        _write(books, correction, difference)
    elif difference:
        _correct(books, row, str(get_reference(record.get("ExpenseAccountRef"))), difference)
    return after


def _write(books: Books, row: Row, value: int) -> None:
    if row.cents != value:
        books.differences.accounts[row.account] += value - row.cents
        books.store.execute("update postings set cents = ? where pk = ?", (value, row.pk))
        row.cents = value


def _correct(books: Books, row: Row, account: str, value: int) -> None:
    """Add an entry of cost to a purchase, with the names of the entry for the stock."""
    names = "customer, vendor, employee, class, department, item, memo"
    books.differences.accounts[account] += value
    books.store.execute(
        f"insert into postings (realm, txn_type, txn_id, line, date, account, cents, {names})"
        f" select realm, txn_type, txn_id, line, date, ?, ?, {names} from postings where pk = ?",
        (account, value, row.pk),
    )
