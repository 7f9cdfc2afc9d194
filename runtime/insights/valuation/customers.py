"""Recurring revenue, concentration, and the customers lost in twelve months. Called by `valuing`.

Where a work system is connected, its agreements say who was a client at the start and who is one at the end; without
one, the series of invoices do. A sub-customer counts with the customer above it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.bookings import CUSTOMERS, Booking, to_cents
from runtime.insights.books import ZERO, Books, Key
from runtime.insights.period_pairs import ONE_DAY, Days
from runtime.insights.valuation.series import Series, count_month
from runtime.insights.vendor_spend import measure_share
from runtime.insights.work_records import Agreement, Work

MOST_CUSTOMERS, MOST_NAMES, DEEPEST = 10, 10, 6
"""Customers by revenue and names of lost ones, as one reads; and levels of customers, of which vendors have five."""


@dataclass(frozen=True, slots=True)
class Churn:
    """Who was there at the start and is not at the end. Money is a month. Percentages are None without anybody."""

    source: str
    at_start: int
    lost: Sequence[str]
    monthly_at_start: Decimal
    monthly_lost: Decimal

    @property
    def customers_percent(self) -> Decimal | None:
        """The customers lost."""
        return measure_share(Decimal(len(self.lost)), Decimal(self.at_start))

    @property
    def revenue_percent(self) -> Decimal | None:
        """The recurring revenue lost with them."""
        return measure_share(self.monthly_lost, self.monthly_at_start)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        return {
            "source": self.source,
            "customers_at_start": self.at_start,
            "customers_lost": len(self.lost),
            "customers_percent": self.customers_percent,
            "revenue_percent": self.revenue_percent,
            "monthly_at_start": to_cents(self.monthly_at_start),
            "monthly_lost": to_cents(self.monthly_lost),
            "lost": [{"name": each} for each in self.lost[:MOST_NAMES]],
        }


@dataclass(frozen=True, slots=True)
class Revenue:
    """The income of twelve months by customer; of some of it none is named."""

    by_customer: Mapping[str, Decimal]
    total: Decimal
    recurring: Decimal
    monthly: Decimal
    """What recurs, a month, at the end."""

    @property
    def recurring_percent(self) -> Decimal | None:
        """The part of the income that recurs."""
        return measure_share(self.recurring, self.total)

    @property
    def ranked(self) -> list[str]:
        """The customers, the largest first."""
        found = self.by_customer
        return sorted(found, key=lambda id_: (-found[id_], len(id_), id_))

    @property
    def largest_percent(self) -> Decimal | None:
        """The part of the income that the largest customer brings."""
        return self.measure_largest(1) if self.by_customer else None

    def measure_largest(self, count: int) -> Decimal | None:
        """Return the part of the income that the largest customers bring."""
        return measure_share(sum((self.by_customer[each] for each in self.ranked[:count]), ZERO), self.total)


def list_roots(books: Books) -> dict[str, str]:
    """Return the customer at the top of each customer, by Id."""
    parents = {key.id: each.parent for key, each in books.parties.items() if key.resource == CUSTOMERS}
    roots = {}
    for id_ in parents:
        top = id_
        for _ in range(DEEPEST):
            top = parents.get(top) or top
        roots[id_] = top
    return roots


def sum_revenue(
    bookings: Iterable[Booking], series: Sequence[Series], roots: Mapping[str, str], year: Days
) -> Revenue:
    """Return the income of the year by customer, and what recurs of it."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    total = ZERO
    for each in bookings:
        if each.group == "income" and year.has(each.transaction.day):
            total -= each.amount
            if each.customer:
                found[roots.get(each.customer, each.customer)] -= each.amount
    first, last = (count_month(day.year, day.month) for day in year)
    recurring = sum(
        (amount for each in series for month, amount in each.amounts.items() if first <= month <= last), ZERO
    )
    return Revenue(dict(found), total, recurring, sum((each.find_monthly(last) for each in series), ZERO))


def measure_churn(books: Books, series: Iterable[Series], year: Days) -> Churn:
    """Return the customers whose invoices recurred before the year, and of whom none does at its end."""
    last = count_month(year.end.year, year.end.month)
    start: dict[str, Decimal] = defaultdict(Decimal)
    end: dict[str, Decimal] = defaultdict(Decimal)
    for each in series:
        start[each.customer] += each.find_monthly(last - 12)
        end[each.customer] += each.find_monthly(last)
    lost = [id_ for id_, amount in start.items() if amount > 0 and not end[id_]]
    return _make_churn("recurring invoices", start, lost, lambda id_: books.name_party(Key(CUSTOMERS, id_)))


def measure_agreement_churn(work: Work, year: Days) -> Churn:
    """Return the clients with an agreement before the year, and without one at its end."""
    before = year.start - ONE_DAY
    start: dict[str, Decimal] = defaultdict(Decimal)
    end: set[str] = set()
    prices = _sum_additions(work, before)
    for id_, each in work.agreements.items():
        if each.is_valid_in(before, before):
            start[each.client] += (each.amount + prices.get(id_, ZERO)) / max(each.months, 1)
        if _holds(each, year.end):
            end.add(each.client)
    lost = [id_ for id_ in start if id_ not in end]
    return _make_churn("agreements of the work system", start, lost, work.name_client)


def describe_concentration(books: Books, revenue: Revenue) -> dict[str, Any]:
    """Return the largest customers, and what they bring."""
    return {
        "customers": len(revenue.by_customer),
        "largest_percent": revenue.largest_percent,
        "largest_five_percent": revenue.measure_largest(5),
        "largest_ten_percent": revenue.measure_largest(10),
        "largest": [
            {
                "customer": str(Key(CUSTOMERS, id_)),
                "name": books.name_party(Key(CUSTOMERS, id_)),
                "revenue": to_cents(revenue.by_customer[id_]),
                "share_percent": measure_share(revenue.by_customer[id_], revenue.total),
            }
            for id_ in revenue.ranked[:MOST_CUSTOMERS]
        ],
    }


def _holds(agreement: Agreement, day: date) -> bool:
    return agreement.is_valid_in(day, day) and not (agreement.is_cancelled and agreement.end is None)


def _sum_additions(work: Work, day: date) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for each in work.additions:
        if (each.start is None or each.start <= day) and (each.end is None or each.end >= day):
            found[each.agreement] += each.amount
    return found


def _make_churn(
    source: str, start: Mapping[str, Decimal], lost: Sequence[str], name: Callable[[str], str]
) -> Churn:
    there = [id_ for id_, amount in start.items() if amount > 0 or id_ in lost]
    ranked = sorted(lost, key=lambda id_: (-start[id_], id_))
    gone = sum((start[id_] for id_ in lost), ZERO)
    return Churn(source, len(there), [name(id_) for id_ in ranked], sum(start.values(), ZERO), gone)
