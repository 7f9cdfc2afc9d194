"""What moves bank accounts regularly: wages, rent, tax, loans, card payments, as the history shows. Called by `forecast`.

What has no pattern is left for `unrecorded`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from runtime.insights.books import ZERO, Books
from runtime.insights.forecast.cash_moves import Move, Signature, has_opening, list_moves, measure_effect
from runtime.insights.forecast.flows import Item, Part
from runtime.insights.forecast.past import Past
from runtime.insights.forecast.rates import History
from runtime.insights.forecast.series import Event, Series, split_series

_NAMES = {
    "card_payment": "Payment of card",
    "transfer": "Transfer",
    "deposit": "Deposit",
    "refund": "Refunds",
}
CLEARED = (0.7, 1.3)
"""Between these shares of what was bought by card, payments clear the card, and the next one is what is owed."""


class Regular(NamedTuple):
    """The flows of the patterns, and the moves of none, by their signatures."""

    items: list[Item]
    rest: dict[Signature, list[Event]]


def find_recurring(past: Past) -> Regular:
    """Return what is expected of the patterns in the moves of the bank accounts, and the moves that have none."""
    groups: dict[Signature, list[Move]] = defaultdict(list)
    for move in list_moves(past.books, past.banks):
        if not has_opening(past.books, move.transaction):
            groups[move.signature].append(move)
    items: list[Item] = []
    rest: dict[Signature, list[Event]] = {}
    for signature, moves in groups.items():
        events = [Event(each.transaction.day, each.amount, each.transaction.key) for each in moves]
        found, left = ([], events) if signature[0] == "sale" else split_series(events, past.today)
        if left:
            rest[signature] = left
        for series in found:
            items += _list_items(past, series, moves[-1])
    return Regular(items, rest)


def _list_items(past: Past, series: Series, last: Move) -> Iterator[Item]:
    """Yield the occurrences of a pattern, those of a card as far as it is used."""
    card = last.transaction.to_account
    if last.transaction.kind == "card_payment" and (made := _list_card_items(past, series, last, card)):
        yield from made
        return
    for day in series.list_days(past.today, past.until):
        yield make_item(
            past, "recurring", series, (day - past.today).days, series.amount, name_move(past.books, last)
        )


def make_item(
    past: Past,
    part: Part,
    series: Series,
    ahead: int,
    amount: float,
    label: str,
    deviation: float | None = None,
) -> Item:
    """Return one occurrence of a pattern, spread over the days on which it usually comes."""
    chances = [0.0] * past.days
    places = range(ahead - 1 - series.spread, ahead + series.spread)
    for place in places:
        chances[min(max(place, 0), past.days - 1)] += series.chance / len(places)
    evidence = tuple(each.key for each in reversed(series.events[-3:]))
    facts = {"pattern": series.step.text, "seen": len(series.events)}
    spread = series.deviation if deviation is None else deviation
    return Item(part, amount, chances, label, evidence, None, spread, facts)


def name_move(books: Books, move: Move) -> str:
    """Return what a reader calls the moves of a pattern."""
    each = move.transaction
    if each.kind in ("card_payment", "transfer"):
        account = each.to_account if move.amount < 0 else each.account
        return f"{_NAMES[each.kind]} {books.name_account(account)}"
    if name := books.name_party(each.party, each.party_name):
        return name
    if each.memo:
        return each.memo
    account = next((line.account for line in each.lines if line.account and not line.links), "")
    return books.name_account(account) if account else _NAMES.get(each.kind, each.kind)


def _list_card_items(past: Past, series: Series, last: Move, card: str) -> list[Item]:
    """Return the payments of a card that they clear: what is owed by then; empty where payments do not clear it."""
    found = past.books.accounts.get(card)
    charges = _list_charges(past, card)
    since = past.find_first_day("expense", "vendor_payment")
    year = max((past.today - since).days, 1)
    paid = -sum(each.amount for each in series.events if (past.today - each.day).days <= year)
    spent = sum(each.amount for each in charges if each.day >= series.events[0].day)
    if found is None or not spent or not CLEARED[0] <= paid / spent <= CLEARED[1]:
        return []
    rate = History(charges, since, past.today).measure_rate(past.days)
    owed, before, items = max(-float(found.balance), 0.0), 0, []
    variance = 0.0
    for day in series.list_days(past.today, past.until):
        ahead = (day - past.today).days
        owed += sum(rate.means[before:ahead])
        variance += (
            sum(rate.variances[before:ahead]) + (rate.uncertainty * sum(rate.means[before:ahead])) ** 2
        )
        items.append(
            make_item(past, "recurring", series, ahead, -owed, name_move(past.books, last), variance**0.5)
        )
        owed, before, variance = 0.0, ahead, 0.0
    return items


def _list_charges(past: Past, card: str) -> Sequence[Event]:
    accounts = frozenset({card})
    found = []
    for each in past.books.list_kinds("expense", "vendor_payment", "journal"):
        amount = -measure_effect(each, accounts)
        if amount != ZERO and each.day <= past.today:
            found.append(Event(each.day, float(amount), each.key))
    return found
