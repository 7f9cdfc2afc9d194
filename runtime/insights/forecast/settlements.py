"""Which payment settled what, and how money that was received reaches the bank. Called by `forecast`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from runtime.insights.books import ZERO, Books, Key, Kind, Transaction
from runtime.insights.forecast.delays import Delay

MOST_LAG = 45
"""Days after which money received is no longer expected at the bank: it was forgotten, or never was there."""
LEAST_COUNT = 5
"""Payments on a day of the week below which those of all days count."""


class Settlement(NamedTuple):
    """A payment of something: on which day, and how much of it."""

    day: date
    amount: float
    payment: Transaction


Settlements = Mapping[Key, Sequence[Settlement]]


def find_settlements(books: Books, kind: Kind) -> dict[Key, list[Settlement]]:
    """Return the payments of a kind by what they settle, oldest first."""
    found: dict[Key, list[Settlement]] = defaultdict(list)
    for payment in books.list_kinds(kind):
        for link in payment.list_settled():
            amount = float(link.amount * payment.rate)
            found[link.key].append(Settlement(payment.day, amount, payment))
    return found


def list_delays(books: Books, kind: Kind, settled: Settlements) -> Iterator[Delay]:
    """Yield how long each invoice, or each bill, was open before its first payment, or is."""
    for each in books.list_kinds(kind):
        if each.total <= 0 or each.day > books.today:
            continue
        paid, due = settled.get(each.key), each.due or each.day
        start = (each.day - due).days
        if paid:
            yield Delay(each.party, start, max((paid[0].day - due).days, start), is_paid=True)
        elif each.open:
            yield Delay(each.party, start, (books.today - due).days, is_paid=False)


def list_rest_delays(books: Books, kind: Kind, settled: Settlements) -> Iterator[Delay]:
    """Yield how long the rest of what was paid in part took to be paid after that, or is open."""
    for each in books.list_kinds(kind):
        paid = settled.get(each.key)
        if paid and paid[0].amount < float(each.home_total) - 0.005:
            first = paid[0].day
            if len(paid) > 1:
                yield Delay(None, 0, (paid[1].day - first).days, is_paid=True)
            elif each.open:
                yield Delay(None, 0, (books.today - first).days, is_paid=False)


def measure_first_part(books: Books, kind: Kind, settled: Settlements) -> float:
    """Return which part of something its first payment pays, on average."""
    parts = [
        min(paid[0].amount / float(each.home_total), 1.0)
        for each in books.list_kinds(kind)
        if each.total > 0 and (paid := settled.get(each.key)) and paid[0].payment.total > 0
    ]
    return (sum(parts) + LEAST_COUNT) / (len(parts) + LEAST_COUNT)


class Lags:
    """How many days money that was received takes to the bank, by the day of the week on which it came."""

    def __init__(self, books: Books, banks: frozenset[str], undeposited: frozenset[str]) -> None:
        self._deposited: dict[Key, date] = {}
        for deposit in books.list_kinds("deposit"):
            self._deposited |= {link.key: deposit.day for link in deposit.list_settled()}
        self._whole: Counter[int] = Counter()
        self._weekdays: dict[int, Counter[int]] = defaultdict(Counter)
        self._shares: dict[int, list[tuple[int, float]]] = {}
        self.waiting: list[Transaction] = []
        for each in books.list_kinds("customer_payment", "sale"):
            if each.account in undeposited:
                self._count_waiting(each)
            elif each.account in banks and each.kind == "customer_payment" and each.total:
                self._count(each.day, 0)

    def list_shares(self, weekday: int) -> list[tuple[int, float]]:
        """Return which share of what comes on a day of the week reaches the bank after how many days."""
        known = self._shares.get(weekday)
        if known is None:
            found = self._weekdays.get(weekday, Counter())
            counts = found if found.total() >= LEAST_COUNT else self._whole
            total = counts.total()
            known = [(lag, count / total) for lag, count in sorted(counts.items())] or [(0, 1.0)]
            self._shares[weekday] = known
        return known

    def list_left(self, received: date, today: date, days: int) -> list[float]:
        """Return the chance of each coming day that money which still waits reaches the bank on it."""
        age = (today - received).days
        shares = [(lag, share) for lag, share in self.list_shares(received.weekday()) if lag > age]
        whole = sum(share for _, share in shares)
        found = [0.0] * days
        for lag, share in shares:
            if lag - age <= days:
                found[lag - age - 1] += share / whole
        return found

    def lead_to_bank(self, chances: Sequence[float], today: date) -> list[float]:
        """Return the days on which money reaches the bank for the days on which it is paid, tomorrow first."""
        days = len(chances)
        found = [0.0] * days
        first = today.weekday() + 1
        tables = [self.list_shares((first + place) % 7) for place in range(7)]
        for place, chance in enumerate(chances):
            if chance:
                for lag, share in tables[place % 7]:
                    if place + lag < days:
                        found[place + lag] += chance * share
        return found

    def _count_waiting(self, each: Transaction) -> None:
        day = self._deposited.get(each.key)
        if day is not None:
            self._count(each.day, (day - each.day).days)
        elif each.total > ZERO:
            self.waiting.append(each)

    def _count(self, day: date, lag: int) -> None:
        if 0 <= lag <= MOST_LAG:
            self._whole[lag] += 1
            self._weekdays[day.weekday()][lag] += 1
