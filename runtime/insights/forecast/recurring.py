"""What moves bank accounts regularly: wages, rent, tax, loans, as the history shows. Called by `forecast`.

What has no pattern is left for `unrecorded`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from runtime.insights.books import Books
from runtime.insights.forecast.cards import Cards, list_card_items, make_occurrence
from runtime.insights.forecast.cash_moves import Move, Signature, has_opening, list_moves
from runtime.insights.forecast.flows import Item
from runtime.insights.forecast.past import Past
from runtime.insights.forecast.series import Event, Series, split_series

_NAMES = {
    "card_payment": "Payment of card",
    "transfer": "Transfer to or from",
    "deposit": "Other deposits",
    "refund": "Refunds",
}


class Regular(NamedTuple):
    """The flows of the patterns, and the moves of none, by their signatures."""

    items: list[Item]
    rest: dict[Signature, list[Event]]


def group_moves(past: Past) -> dict[Signature, list[Move]]:
    """Return the moves of the bank accounts by what those of a pattern have in common."""
    groups: dict[Signature, list[Move]] = defaultdict(list)
    for move in list_moves(past.books, past.banks):
        if not has_opening(past.books, move.transaction):
            groups[move.signature].append(move)
    return groups


def find_recurring(past: Past, groups: Mapping[Signature, Sequence[Move]], cards: Cards) -> Regular:
    """Return what is expected of the patterns in the moves of the bank accounts, and the moves that have none."""
    items: list[Item] = list_card_items(past, cards)
    rest: dict[Signature, list[Event]] = {}
    for signature, moves in groups.items():
        if signature in cards:
            continue
        events = [Event(each.transaction.day, each.amount, each.transaction.key) for each in moves]
        found, left = ([], events) if signature[0] == "sale" else split_series(events, past.today)
        if left:
            rest[signature] = left
        for series in found:
            items += _list_items(past, series, moves[-1])
    return Regular(items, rest)


def _list_items(past: Past, series: Series, last: Move) -> Iterator[Item]:
    """Yield the occurrences of a pattern."""
    for day in series.list_days(past.today, past.until):
        ahead = (day - past.today).days
        label = name_move(past.books, last)
        yield make_occurrence(past, series, ahead, series.amount, label, series.deviation)


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
