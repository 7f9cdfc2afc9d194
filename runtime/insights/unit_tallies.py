"""What the books say of each item, customer or segment in a period: sales, discounts, quantities, costs that name it.

Called by `unit_economics`. The key "" holds what cannot be assigned. The discount of a whole form is shared out among
its items by their amounts, to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from runtime.insights.bookings import BOOKED, EARNED, SPENT, Booking, is_stocked, list_bookings, to_cents
from runtime.insights.books import ZERO, Books
from runtime.insights.period_pairs import Days

REDUCING = ("customer_credit", "refund")


@dataclass(slots=True)
class Tally:
    """What was sold and what it cost. `outside` is what of the sales was booked to accounts that are not income.

    `cost_of_sales` and `expenses` are lines that name it; the cost of goods from stock is none of them. `stocked` has
    the units sold of each item whose stock is counted, `records` what each transaction moved.
    """

    sales: Decimal = ZERO
    discounts: Decimal = ZERO
    quantity: Decimal = ZERO
    outside: Decimal = ZERO
    cost_of_sales: Decimal = ZERO
    expenses: Decimal = ZERO
    stocked: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    records: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def revenue(self) -> Decimal:
        """What is left of the sales after discounts."""
        return self.sales - self.discounts

    @property
    def average_price(self) -> Decimal | None:
        """What one unit was sold for before discounts; None without units."""
        return to_cents(self.sales / self.quantity) if self.quantity else None


Tallies = Mapping[str, Tally]
FIND_KEY: Mapping[str, Callable[[Booking], str]] = {
    "item": lambda booking: booking.line.item if booking.is_sale or booking.group in SPENT else "",
    "customer": lambda booking: booking.customer,
    "class": lambda booking: booking.segment,
}
"""What an amount is assigned to, by what the tool calls it."""


def sum_by(books: Books, days: Days, by: str) -> Tallies:
    """Return what was sold and spent for each item, customer or segment in some days."""
    found: dict[str, Tally] = defaultdict(Tally)
    for _, several in groupby(list_bookings(books, BOOKED, days), lambda each: each.transaction.key):
        bookings = list(several)
        for each in bookings:
            _add(found, each, books, by)
        if by == "item":
            _share_discounts(found, bookings)
    return found


def _add(found: Mapping[str, Tally], booking: Booking, books: Books, by: str) -> None:
    key, record = FIND_KEY[by](booking), str(booking.transaction.key)
    if _is_revenue(booking, by):
        row = found[key]
        if booking.is_discount and by != "item":
            row.discounts += booking.amount
        elif not booking.is_discount:
            row.sales -= booking.amount
        row.records[record] -= booking.amount
        if by == "item" and booking.line.item and booking.group != "income":
            row.outside -= booking.amount
        _count_units(row, booking, books)
    elif booking.group in SPENT:
        row = found[key]
        if booking.group == "cost_of_sales" or (key and by == "item"):
            row.cost_of_sales += booking.amount
        else:
            row.expenses += booking.amount


def _is_revenue(booking: Booking, by: str) -> bool:
    """Whether an amount is sold: for items whatever sales forms sell, and all other income beside it."""
    if by == "item":
        return booking.group == "income" or (booking.is_sale and bool(booking.line.item))
    return booking.group in EARNED


def _count_units(row: Tally, booking: Booking, books: Books) -> None:
    line = booking.line
    if not booking.is_sale or not line.item or line.quantity is None:
        return
    units = -line.quantity if booking.transaction.kind in REDUCING else line.quantity
    row.quantity += units
    if is_stocked(books.items.get(line.item)):
        row.stocked[line.item] += units


def _share_discounts(found: Mapping[str, Tally], bookings: list[Booking]) -> None:
    """Share the discounts of a form out among its items; without items they stay where nothing is assigned."""
    discount = sum((each.amount for each in bookings if each.is_discount and each.group == "income"), ZERO)
    if not discount:
        return
    sold = [each for each in bookings if each.is_sale and each.line.item]
    for key, part in _split(discount, sold):
        found[key].discounts += part


def _split(discount: Decimal, sold: list[Booking]) -> Iterator[tuple[str, Decimal]]:
    whole, left = sum((each.amount for each in sold), ZERO), discount
    if not whole:
        yield "", discount
        return
    *smaller, largest = sorted(sold, key=lambda each: abs(each.amount))
    for each in smaller:
        part = to_cents(discount * each.amount / whole)
        left -= part
        yield each.line.item, part
    yield largest.line.item, left
