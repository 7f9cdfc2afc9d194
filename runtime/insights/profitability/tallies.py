"""Money and work of each owner and month. Called by `profitability` for the period and the one before it.

Labour that the books paid is set apart, because the work system says for whom it was. Nothing is left out: what names
no customer is of nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from heapq import nsmallest

from runtime.insights.bookings import BOOKED, Booking, is_stocked, list_bookings, to_cents
from runtime.insights.books import ZERO, Books
from runtime.insights.period_pairs import Days
from runtime.insights.profitability.labour import Rates, compute_cost, is_given_away
from runtime.insights.profitability.owners import NOBODY, Owner, Owners
from runtime.insights.profitability.streams import Streams
from runtime.insights.work_records import TimeEntry

_WORK = "work/"
RECORD_OF_WORK = f"{_WORK}{{}}"
"""How a record of the work system is named as evidence, beside those of the books."""
MOST_RECORDS = 5
"""Records of a client, or of a cause, as evidence: those that one looks at first."""
_PAY = ("wages", "payroll", "salar", "labor", "labour", "technician pay")
"""Parts of names of accounts that labour is booked to."""


@dataclass(slots=True)
class Tally:
    """Money and work of one owner. `products` are direct costs of the books but for labour; `expenses` any others.

    `unknown` are hours whose cost is not known, `unbilled` those that could be billed and were not, and
    `unbilled_value` what they are sold for. `records` has what each record moved.
    """

    streams: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    products: Decimal = ZERO
    expenses: Decimal = ZERO
    hours: Decimal = ZERO
    billable_hours: Decimal = ZERO
    labour: Decimal = ZERO
    unknown: Decimal = ZERO
    unbilled: Decimal = ZERO
    unbilled_value: Decimal = ZERO
    agreement_hours: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    records: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def revenue(self) -> Decimal:
        """All that was earned."""
        return sum(self.streams.values(), ZERO)

    @property
    def margin(self) -> Decimal:
        """What is left after direct costs and labour."""
        return self.revenue - self.products - self.labour

    def add(self, other: Tally) -> None:
        """Add what another has, its records with it."""
        self.add_figures(other)
        for key, amount in other.records.items():
            self.records[key] += amount

    def add_figures(self, other: Tally) -> None:
        """Add what another has but for its records, of which there are tens of thousands."""
        for name in ("products", "expenses", "hours", "billable_hours", "labour", "unknown", "unbilled",
                     "unbilled_value"):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("streams", "agreement_hours"):
            mine = getattr(self, name)
            for key, amount in getattr(other, name).items():
                mine[key] += amount


@dataclass(slots=True)
class BooksTally:
    """What the books have in a month or a period, whoever it is of. `labour` stands in the costs of sales."""

    income: Decimal = ZERO
    other_income: Decimal = ZERO
    cost_of_sales: Decimal = ZERO
    labour: Decimal = ZERO
    overheads: Decimal = ZERO
    labour_in_overheads: Decimal = ZERO
    has_stock: bool = False

    def add(self, other: BooksTally) -> None:
        """Add what another has."""
        for name in ("income", "other_income", "cost_of_sales", "labour", "overheads", "labour_in_overheads"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.has_stock = self.has_stock or other.has_stock


@dataclass(frozen=True, slots=True)
class Tallies:
    """Everything of some days, by month (its first day) and owner."""

    days: Days
    months: Mapping[date, Mapping[Owner, Tally]]
    books: Mapping[date, BooksTally]
    free_hours: Decimal = ZERO
    """Hours of types of work with a multiplier of zero."""

    def sum_owners(self) -> dict[Owner, Tally]:
        """Return each owner over all months."""
        found: dict[Owner, Tally] = defaultdict(Tally)
        for month in self.months.values():
            for owner, tally in month.items():
                found[owner].add(tally)
        return found

    def sum_books(self) -> BooksTally:
        """Return the books over all months."""
        whole = BooksTally()
        for each in self.books.values():
            whole.add(each)
        return whole


def list_heaviest(tally: Tally) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the records that moved most: those of the books, and those of the work system."""
    weights: tuple[list[tuple[Decimal, str]], ...] = ([], [])
    for key, amount in tally.records.items():
        weights[key.startswith(_WORK)].append((-abs(amount), key))
    of_books, of_work = (tuple(key for _, key in nsmallest(MOST_RECORDS, each)) for each in weights)
    return of_books, of_work


def add_up(books: Books, days: Days, owners: Owners, streams: Streams, rates: Rates | None) -> Tallies:
    """Return money and work of some days."""
    months: dict[date, dict[Owner, Tally]] = {first: defaultdict(Tally) for first in list_months(days)}
    whole = {first: BooksTally() for first in months}
    pay = {id_ for id_, each in books.accounts.items() if is_pay(each.name, each.roles)}
    for each in list_bookings(books, BOOKED, days):
        first = each.transaction.day.replace(day=1)
        _add_booking(each, months[first], whole[first], owners, streams, pay)
        whole[first].has_stock |= each.is_sale and is_stocked(books.items.get(each.line.item))
    free = ZERO
    if rates is not None:
        for entry in rates.work.time_entries:
            if days.has(entry.day):
                tally = months[entry.day.replace(day=1)][owners.find_of_work(entry.client)]
                free += _add_entry(entry, tally, rates)
    return Tallies(days, months, whole, free)


def list_months(days: Days) -> Iterator[date]:
    """Yield the first days of the months that some days are in."""
    first = days.start.replace(day=1)
    while first <= days.end:
        yield first
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)


def is_pay(name: str, roles: frozenset[str]) -> bool:
    """Whether labour is booked to an account."""
    return "payroll" in roles or any(word in name.casefold() for word in _PAY)


def _add_booking(
    booking: Booking,
    month: Mapping[Owner, Tally],
    whole: BooksTally,
    owners: Owners,
    streams: Streams,
    pay: set[str],
) -> None:
    group, amount, is_labour = booking.group, booking.amount, booking.account in pay
    owner, record = owners.find_of_customer(booking.customer), str(booking.transaction.key)
    if group == "income":
        whole.income -= amount
        month[owner].streams[streams.find(booking)] -= amount
        month[owner].records[record] -= amount
    elif group == "other_income":
        whole.other_income -= amount
    elif group == "cost_of_sales":
        whole.cost_of_sales += amount
        if is_labour:
            whole.labour += amount
        else:
            month[owner].products += amount
            month[owner].records[record] -= amount
    elif group in ("expense", "other_expense"):
        whole.overheads += amount
        whole.labour_in_overheads += amount if is_labour else ZERO
        if owner != NOBODY:
            month[owner].expenses += amount


def _add_entry(entry: TimeEntry, tally: Tally, rates: Rates) -> Decimal:
    """Add an entry, and return its hours where the type of its work would make them free."""
    cost = compute_cost(entry, rates)
    tally.hours += entry.hours
    tally.billable_hours += entry.hours if entry.is_billable else ZERO
    if cost is None:
        tally.unknown += entry.hours
    else:
        tally.labour += cost
        tally.records[RECORD_OF_WORK.format(entry.key)] -= cost
    if entry.agreement:
        tally.agreement_hours[entry.agreement] += entry.hours
    if is_given_away(entry):
        tally.unbilled += entry.hours
        tally.unbilled_value += to_cents(entry.hours * (rates.find_price(entry) or ZERO))
    return entry.hours if rates.has_no_multiplier(entry) else ZERO
