"""Cards that are paid regularly: when, and what will be owed by then. Called by `recurring` and for bills paid by card.

A bill that is paid by card leaves the bank with the next payment of the card, and is expected on that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from runtime.insights.books import Key, Kind
from runtime.insights.forecast.cash_moves import Move, Signature, measure_effect
from runtime.insights.forecast.flows import Item
from runtime.insights.forecast.past import Past
from runtime.insights.forecast.series import Event, Series, find_series

CLEARED = (0.7, 1.3)
"""Between these shares of what was bought by card, payments clear the card, and the next one is what is owed."""


class Card(NamedTuple):
    """A card whose payments clear it: their pattern, and in how many days each coming one is expected."""

    account: str
    series: Series
    ahead: tuple[int, ...]


Cards = Mapping[Signature, Card]


def find_cards(past: Past, groups: Mapping[Signature, Sequence[Move]]) -> dict[Signature, Card]:
    """Return the cards that are paid regularly and in full, by what their payments have in common."""
    found = {}
    for signature, moves in groups.items():
        account = moves[-1].transaction.to_account
        if past.books.has_role(account, "card"):
            events = [Event(each.transaction.day, each.amount, each.transaction.key) for each in moves]
            series = find_series(events, past.today)
            if series is not None and _is_cleared(past, account, series):
                days = series.list_days(past.today, past.until)
                found[signature] = Card(account, series, tuple((day - past.today).days for day in days))
    return found


def list_card_items(past: Past, cards: Cards) -> list[Item]:
    """Return the payments of cards: what is owed now, and what is usually bought until then."""
    return [item for card in cards.values() for item in _list_items(past, card)]


def lead_bill_to_bank(past: Past, cards: Cards, vendor: Key | None, chances: Sequence[float]) -> list[float]:
    """Return on which days the payment of a bill moves the bank, for the days on which the bill is paid."""
    share = past.measure_bank_share(vendor)
    found = [share * chance for chance in chances]
    ahead = next((card.ahead for card in cards.values()), ())
    for place, chance in enumerate(chances):
        if chance and (day := next((each for each in ahead if each > place), 0)):
            found[day - 1] += (1 - share) * chance
    return found


def make_occurrence(
    past: Past, series: Series, ahead: int, amount: float, label: str, deviation: float
) -> Item:
    """Return one occurrence of a pattern, spread over the days on which it usually comes."""
    chances = [0.0] * past.days
    places = range(ahead - 1 - series.spread, ahead + series.spread)
    for place in places:
        chances[min(max(place, 0), past.days - 1)] += series.chance / len(places)
    evidence = tuple(each.key for each in reversed(series.events[-3:]))
    facts = {"pattern": series.step.text, "seen": len(series.events)}
    return Item("recurring", amount, chances, label, evidence, None, deviation, facts)


def _list_items(past: Past, card: Card) -> Iterator[Item]:
    rate = past.measure_rate(_list_charges(past, card.account, "expense", "journal"), "expense")
    owed, before = max(-float(past.books.accounts[card.account].balance), 0.0), 0
    label = f"Payment of card {past.books.name_account(card.account)}"
    for ahead in card.ahead:
        bought = sum(rate.means[before:ahead])
        variance = sum(rate.variances[before:ahead]) + (rate.uncertainty * bought) ** 2
        yield make_occurrence(past, card.series, ahead, -owed - bought, label, variance**0.5)
        owed, before = 0.0, ahead


def _is_cleared(past: Past, account: str, series: Series) -> bool:
    """Whether the payments of a card come to what was bought with it."""
    first, last = series.events[0].day, series.events[-1].day
    paid = -sum(each.amount for each in series.events[1:])
    charges = _list_charges(past, account, "expense", "journal", "vendor_payment")
    bought = sum(each.amount for each in charges if first < each.day <= last)
    return bought > 0 and CLEARED[0] <= paid / bought <= CLEARED[1]


def _list_charges(past: Past, account: str, *kinds: Kind) -> list[Event]:
    accounts = frozenset({account})
    found = ((each, -measure_effect(each, accounts)) for each in past.books.list_kinds(*kinds))
    return [Event(each.day, float(amount), each.key) for each, amount in found if amount]
