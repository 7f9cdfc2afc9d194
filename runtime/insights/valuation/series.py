"""What is invoiced to a customer again and again: recognised by equal steps and similar amounts. Called by `customers`.

A series is what one customer pays for one product, or on one account. It recurs where most steps between its months are
the same, and most amounts are near the middle one: an agreement is, hours worked are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

from runtime.insights.bookings import Booking
from runtime.insights.books import ZERO

STEPS = (1, 2, 3, 6, 12)
"""Months between two invoices of an agreement."""
FEWEST, FEWEST_YEARLY = 3, 2
"""Invoices without which nothing recurs; of a yearly one two years have no more than two."""
MOST_STEPS = 0.75
"""The part of the steps that has to be the same, so that a month invoiced late does not hide a series."""
NEAR, MOST_NEAR = Decimal("0.25"), 2 / 3
"""How far an amount lies from the middle one as a part of it, and the part of the amounts that has to: seats come and
go by a tenth or two in a year, hours worked vary by half."""
LAST = 3
"""The latest invoices by whose middle amount a series is valued, so that a credit or an extra does not."""


@dataclass(frozen=True, slots=True)
class Series:
    """What recurs: `amounts` by month, counted from year 0; one comes each `step` months."""

    customer: str
    step: int
    amounts: Mapping[int, Decimal]

    def is_active(self, month: int) -> bool:
        """Whether the last invoice until a month covers it."""
        last = max((each for each in self.amounts if each <= month), default=None)
        return last is not None and last + self.step > month

    def find_monthly(self, month: int) -> Decimal:
        """Return what it comes to a month, as it is in a month; zero where it is not active."""
        if not self.is_active(month):
            return ZERO
        latest = sorted(each for each in self.amounts if each <= month)[-LAST:]
        return median(self.amounts[each] for each in latest) / self.step


def count_month(year: int, month: int) -> int:
    """Return a month as a count, so that steps can be taken."""
    return year * 12 + month - 1


def list_series(bookings: Iterable[Booking], roots: Mapping[str, str]) -> list[Series]:
    """Return what recurs in the sales to customers; `roots` has the customer above each one."""
    groups: dict[tuple[str, str], dict[int, Decimal]] = {}
    for each in bookings:
        if each.group == "income" and each.customer and (each.is_sale and not each.is_discount):
            customer = roots.get(each.customer, each.customer)
            months = groups.setdefault((customer, each.line.item or each.account), {})
            month = count_month(each.transaction.day.year, each.transaction.day.month)
            months[month] = months.get(month, ZERO) - each.amount
    found = []
    for (customer, _), months in groups.items():
        billed = {month: amount for month, amount in months.items() if amount > 0}
        if (step := find_step(billed)) and is_steady(list(billed.values())):
            found.append(Series(customer, step, billed))
    return found


def find_step(months: Iterable[int]) -> int:
    """Return the months between two invoices; 0 where they do not recur."""
    ordered = sorted(months)
    steps = Counter(after - before for before, after in pairwise(ordered))
    if not steps:
        return 0
    step, times = steps.most_common(1)[0]
    fewest = FEWEST_YEARLY if step == 12 else FEWEST
    is_regular = step in STEPS and len(ordered) >= fewest and times >= MOST_STEPS * (len(ordered) - 1)
    return step if is_regular else 0


def is_steady(amounts: list[Decimal]) -> bool:
    """Whether most amounts are near the middle one."""
    middle = median(amounts)
    near = sum(1 for each in amounts if abs(each - middle) <= NEAR * middle)
    return near >= MOST_NEAR * len(amounts)
