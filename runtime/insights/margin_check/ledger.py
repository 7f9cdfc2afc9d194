"""The bookings of the period and before it, and the accounts that corrections need. Called by the checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from runtime.insights.bookings import BOOKED, Booking, list_bookings
from runtime.insights.books import ZERO, Books, Role
from runtime.insights.period_pairs import ONE_DAY, Days, subtract_months
from runtime.insights.topics import LONGEST_TEXT, Topics
from runtime.insights.valuation.customers import list_roots

HISTORY_MONTHS, LATER_MONTHS = 12, 3
"""Months before the period that make a habit, and after it in which a cost may still have come: a year has each yearly
bill once, and suppliers bill within a quarter."""

SHORTEST_NAME = 5
"""Characters of a member's name that is looked for in texts: shorter ones are parts of other words."""


@dataclass(frozen=True)
class Ledger:
    """The books as the checks need them. `bookings` are of the history, the period, and some months after it."""

    books: Books
    days: Days
    topics: Topics
    bookings: tuple[Booking, ...]

    @cached_property
    def roots(self) -> dict[str, str]:
        """The customer at the top of each one."""
        return list_roots(self.books)

    @property
    def period(self) -> Iterator[Booking]:
        """The bookings of the period."""
        return (each for each in self.bookings if self.days.has(each.transaction.day))

    @cached_property
    def months(self) -> tuple[date, ...]:
        """The first days of the months that the period touches."""
        first, found = self.days.start.replace(day=1), []
        while first <= self.days.end:
            found.append(first)
            first = subtract_months(first, -1)
        return tuple(found)

    @cached_property
    def member_names(self) -> tuple[str, ...]:
        """The names, in small letters, of those who entered billable time for clients in the work system."""
        work = self.books.work
        if work is None:
            return ()
        busy = {each.member for each in work.time_entries if each.client and each.is_billable}
        names = (member.name.casefold() for id_, member in work.members.items() if id_ in busy)
        return tuple(each for each in names if len(each) >= SHORTEST_NAME)

    def find_root(self, customer: str) -> str:
        """Return the customer at the top of one."""
        return self.roots.get(customer, customer)

    @cached_property
    def totals(self) -> Mapping[str, Decimal]:
        """What is booked on each account, by its Id, without regard to its sign."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for each in self.bookings:
            found[each.account] += each.amount
        return {account: abs(total) for account, total in found.items()}

    def find_account(self, role: Role, topic: str, like: str = "", *texts: str) -> str:
        """Return the account of a role and topic that fits best; empty without one.

        Its name has the most words of another one; then of some texts; then the most is booked on it.
        """
        named, said = split_words(like), split_words(" ".join(each[:LONGEST_TEXT] for each in texts))
        found = [
            (
                -len(named & words),
                -len(said & words),
                -self.totals.get(each.key.id, ZERO),
                each.name,
                each.key.id,
            )
            for each in self.books.list_accounts(role)
            if each.is_active and self.topics.has(topic, each.name)
            for words in (split_words(each.name),)
        ]
        return min(found)[-1] if found else ""

    def name_booking_party(self, booking: Booking) -> str:
        """Return who a booking is with."""
        record = booking.transaction
        return self.books.name_party(record.party, record.party_name)


def make_ledger(books: Books, days: Days) -> Ledger:
    """Return the books as the checks need them."""
    bookings = tuple(list_bookings(books, BOOKED, choose_reading(days)))
    return Ledger(books, days, Topics(books.facts), bookings)


def choose_reading(days: Days) -> Days:
    """Return the days that are read for a period."""
    after = subtract_months(days.end, -LATER_MONTHS - 1)
    return Days(subtract_months(days.start, HISTORY_MONTHS), after - ONE_DAY)


def find_month(day: date) -> date:
    """Return the first day of a month."""
    return day.replace(day=1)


def find_last_day(month: date) -> date:
    """Return the last day of a month."""
    return subtract_months(month, -1) - ONE_DAY


def split_words(name: str) -> frozenset[str]:
    """Return the words of a name, in small letters."""
    return frozenset("".join(each if each.isalnum() else " " for each in name.casefold()).split())
