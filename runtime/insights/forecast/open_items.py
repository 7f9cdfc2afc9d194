"""Open invoices, money received and not deposited, open bills and what is dated ahead, as expected flows.

Called by `forecast`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from runtime.insights.books import Books, Key, Kind, Transaction
from runtime.insights.forecast.cards import Cards, lead_bill_to_bank
from runtime.insights.forecast.cash_moves import measure_effect
from runtime.insights.forecast.delays import Habit
from runtime.insights.forecast.flows import Item, as_money
from runtime.insights.forecast.past import Past

HALF_YEAR = 182
"""Days of half a year."""
DOUBTFUL = 0.5
"""Below this share of what a customer owes that may be expected within half a year, the customer is named."""


class Doubt(NamedTuple):
    """A customer who may not pay: what is open, and how much of it is expected within half a year."""

    customer: Key | None
    name: str
    open: float
    expected: float
    paid: int
    of: int
    evidence: tuple[Key, ...]

    @property
    def why(self) -> str:
        """Why, in a sentence."""
        if not self.paid:
            return "No invoice was ever paid."
        if self.paid == self.of:
            return "What is open is the rest of invoices that were paid in part; such rests are seldom paid."
        return "What is open has been due longer than what was paid so far, or is the rest of a part payment."

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        return {
            "customer": str(self.customer) if self.customer else None,
            "name": self.name,
            "open": as_money(self.open),
            "expected_within_half_year": as_money(self.expected),
            "invoices_paid": self.paid,
            "invoices_in_all": self.of,
            "why": self.why,
            "invoices": [str(key) for key in self.evidence[:3]],
            "invoices_open": len(self.evidence),
        }


def list_doubts(past: Past) -> list[Doubt]:
    """Return the customers of whose open invoices less than half may be expected within half a year."""
    groups: dict[Key | None, list[tuple[Transaction, float]]] = defaultdict(list)
    for each, left in past.list_open("invoice"):
        groups[each.party].append((each, left))
    found = []
    for party, group in groups.items():
        expected = sum(left * _measure_chance(past, each) for each, left in group)
        whole = sum(left for _, left in group)
        if expected < DOUBTFUL * whole:
            ordered = sorted(group, key=lambda one: -one[1])
            name = past.books.name_party(party, group[0][0].party_name)
            keys = tuple(each.key for each, _ in ordered)
            found.append(Doubt(party, name, whole, expected, *past.customers.count_paid(party), keys))
    return sorted(found, key=lambda each: each.expected - each.open)


def list_open_invoices(past: Past) -> Iterator[Item]:
    """Yield each open invoice with the days on which its customer may be expected to pay."""
    for each, left in past.list_open("invoice"):
        part, chances = _list_chances(past, each)
        yield Item(
            "open_invoices", part * left, past.lead_to_bank(chances), str(each.key), (each.key,), each.party,
            facts=_describe(past.books, each),
        )  # fmt: skip


def list_open_bills(past: Past, cards: Cards) -> Iterator[Item]:
    """Yield each open bill with the days on which the company may be expected to pay it from a bank account."""
    for each, left in past.list_open("bill"):
        part, chances = _list_chances(past, each)
        yield Item(
            "open_bills", -part * left, lead_bill_to_bank(past, cards, each.party, chances), str(each.key), (each.key,),
            each.party, facts=_describe(past.books, each),
        )  # fmt: skip


def list_waiting(past: Past) -> Iterator[Item]:
    """Yield the money that was received and has not been taken to the bank, with the days that this may take."""
    for each in past.lags.waiting:
        chances = past.lags.list_left(each.day, past.today, past.days)
        facts = _describe(past.books, each)
        yield Item(
            "undeposited_funds",
            float(each.home_total),
            chances,
            str(each.key),
            (each.key,),
            each.party,
            facts=facts,
        )


def list_dated_ahead(past: Past) -> Iterator[Item]:
    """Yield what is entered with a later day, and moves a bank account then."""
    for each in past.books.transactions:
        if past.today < each.day <= past.until:
            amount = float(measure_effect(each, past.banks))
            if amount:
                facts = _describe(past.books, each)
                chances = [float(place == (each.day - past.today).days - 1) for place in range(past.days)]
                yield Item(
                    "dated_ahead", amount, chances, str(each.key), (each.key,), each.party, facts=facts
                )


def measure_late(each: Transaction, today: date) -> int:
    """Return how many days ago something was due; below zero before that."""
    return (today - (each.due or each.day)).days


def _list_chances(past: Past, each: Transaction) -> tuple[float, list[float]]:
    """Return which part of what is open is expected to be paid at once, and on which days."""
    habit, party, late = _find_habit(past, each)
    part = 1.0 if habit is past.rests[each.kind] else past.first_parts[each.kind]
    return part, habit.list_chances(party, late, past.days)


def _measure_chance(past: Past, each: Transaction) -> float:
    """Return the chance that something is paid within half a year."""
    habit, party, late = _find_habit(past, each)
    return habit.measure_chance(party, late, HALF_YEAR)


def _find_habit(past: Past, each: Transaction) -> tuple[Habit, Key | None, int]:
    """Return the habit by which something is paid, whose it is, and for how many days it is due or its rest is open."""
    kind: Kind = each.kind
    settled = (past.received if kind == "invoice" else past.paid).get(each.key)
    if settled:
        return past.rests[kind], None, max((past.today - settled[-1].day).days, 0)
    return past.customers if kind == "invoice" else past.vendors, each.party, measure_late(each, past.today)


def _describe(books: Books, each: Transaction) -> dict[str, object]:
    return {
        "number": each.number,
        "party": books.name_party(each.party, each.party_name),
        "day": each.day,
        "due": each.due,
    }
