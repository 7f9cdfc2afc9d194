"""What each line of a transaction adds to profit, and the quantity that it sells or buys. Called by `movements`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from runtime.insights.bookings import BOOKED, Booking, list_bookings, to_cents
from runtime.insights.books import Books, Kind, Transaction
from runtime.insights.period_pairs import find_unread
from runtime.insights.profit_bridge.months import Month, Months

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


def list_read_kinds(books: Books, months: Months) -> list[Kind]:
    """Return the kinds that were read whole in both months: what is there of others would look like a change."""
    return [kind for kind in BOOKED if not any(any(find_unread(books, [kind], each.days)) for each in months)]


def list_postings(
    books: Books, month: Month, kinds: Sequence[Kind], accounts: frozenset[str]
) -> Iterator[Posting]:
    """Yield what records of some kinds posted in a month to some accounts, oldest first."""
    for each in list_bookings(books, kinds, month.days):
        if each.account in accounts:
            yield Posting(
                each.transaction, each.account, each.line.item, _read_quantity(each), to_cents(-each.amount)
            )


def _read_quantity(booking: Booking) -> Decimal | None:
    line, transaction = booking.line, booking.transaction
    if not line.item or not line.quantity:
        return None
    is_return = transaction.kind in _RETURNS or transaction.is_reversed
    return -line.quantity if is_return else line.quantity
