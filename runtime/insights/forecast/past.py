"""What a forecast learned of the past of a company, made once and used for every part. Called by `forecast`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property

from runtime.insights.books import Books, Key, Kind, Transaction
from runtime.insights.forecast.delays import Habit
from runtime.insights.forecast.rates import History, Rate
from runtime.insights.forecast.series import Event
from runtime.insights.forecast.settlements import (
    Lags,
    Settlements,
    find_settlements,
    list_delays,
    list_rest_delays,
    measure_first_part,
)

BANK_WEIGHT = 4.0
"""How many payments of the company's habit are set against those to a vendor, for which part is paid from a bank."""


CREDITS: dict[Kind, tuple[Kind, ...]] = {
    "invoice": ("customer_credit", "customer_payment"),
    "bill": ("vendor_credit", "vendor_payment"),
}
"""What lowers the sum of what is open."""


class Past:
    """The habits in some books, for the days of a forecast."""

    def __init__(self, books: Books, days: int) -> None:
        self.books, self.days = books, days
        self.today: date = books.today
        self.until = books.today + timedelta(days=days)
        self.banks = frozenset(each.key.id for each in books.list_accounts("bank"))
        self.undeposited = frozenset(each.key.id for each in books.list_accounts("undeposited"))
        self._open: dict[Kind, list[tuple[Transaction, float]]] = {}
        self.lags = Lags(books, self.banks, self.undeposited)

    @cached_property
    def received(self) -> Settlements:
        """What customers paid, by invoice."""
        return find_settlements(self.books, "customer_payment")

    @cached_property
    def paid(self) -> Settlements:
        """What the company paid its vendors, by bill."""
        return find_settlements(self.books, "vendor_payment")

    @cached_property
    def customers(self) -> Habit:
        """How late customers pay."""
        return Habit(list_delays(self.books, "invoice", self.received))

    @cached_property
    def vendors(self) -> Habit:
        """How late the company pays its vendors."""
        return Habit(list_delays(self.books, "bill", self.paid))

    @cached_property
    def rests(self) -> dict[Kind, Habit]:
        """How long the rest of what was paid in part takes."""
        settled: dict[Kind, Settlements] = {"invoice": self.received, "bill": self.paid}
        return {kind: Habit(list_rest_delays(self.books, kind, each)) for kind, each in settled.items()}

    @cached_property
    def first_parts(self) -> dict[Kind, float]:
        """Which part of an invoice, or a bill, its first payment pays."""
        settled: dict[Kind, Settlements] = {"invoice": self.received, "bill": self.paid}
        return {kind: measure_first_part(self.books, kind, each) for kind, each in settled.items()}

    @cached_property
    def _bank_counts(self) -> dict[Key | None, tuple[int, int]]:
        """How many payments to each vendor there were, and how many from a bank account."""
        counts: dict[Key | None, tuple[int, int]] = {}
        for each in self.books.list_kinds("vendor_payment"):
            if each.total > 0:
                for party in (each.party, None):
                    banked, number = counts.get(party, (0, 0))
                    counts[party] = (banked + (each.account in self.banks), number + 1)
        return counts

    def measure_bank_share(self, vendor: Key | None) -> float:
        """Return which share of the bills of a vendor is paid from a bank account and not by card."""
        banked, number = self._bank_counts.get(None, (0, 0))
        usual = (banked + 1) / (number + 1)
        banked, number = self._bank_counts.get(vendor, (0, 0)) if vendor is not None else (0, 0)
        return (banked + BANK_WEIGHT * usual) / (number + BANK_WEIGHT)

    def list_open(self, kind: Kind) -> Sequence[tuple[Transaction, float]]:
        """Return the open invoices, or bills, with what is open less the credits of the party: these pay the oldest."""
        known = self._open.get(kind)
        if known is None:
            known = self._open[kind] = list(_list_open(self.books, kind))
        return known

    def find_first_day(self, *kinds: Kind) -> date:
        """Return the day from which transactions of some kinds are known: the first of the books, or that was read."""
        begins = self.books.transactions[0].day if self.books.transactions else self.today
        spans = [self.books.read[kind].since for kind in kinds if kind in self.books.read]
        return min(max([begins, *(since for since in spans if since is not None)]), self.today)

    def measure_rate(self, events: Sequence[Event], *kinds: Kind) -> Rate:
        """Return what events without a pattern come to on each of the coming days."""
        return History(events, self.find_first_day(*kinds), self.today).measure_rate(self.days)

    def lead_to_bank(self, chances: Sequence[float]) -> list[float]:
        """Return the days on which money that customers pay reaches the bank."""
        return self.lags.lead_to_bank(chances, self.today)

    def list_document_chances(self, kind: Kind, party: Key | None, ahead: int, term: int) -> list[float]:
        """Return the days on which an invoice or a bill is paid that will be dated some days ahead."""
        habit = self.customers if kind == "invoice" else self.vendors
        chances = habit.list_chances(party, -term, self.days)
        return [0.0] * ahead + list(chances[: self.days - ahead])


def _list_open(books: Books, kind: Kind) -> Iterator[tuple[Transaction, float]]:
    credits: dict[Key | None, float] = defaultdict(float)
    for each in books.list_kinds(*CREDITS[kind]):
        if each.open:
            credits[each.party] += float(each.home_open)
    for each in books.list_kinds(kind):
        if each.open:
            left = float(each.home_open)
            used = min(left, max(credits.get(each.party, 0.0), 0.0))
            if used > 0:
                credits[each.party] -= used
            if left - used > 0:
                yield each, left - used
