"""Sales not yet invoiced, purchases not yet billed and other moves to come, as expected flows. Called by `forecast`.

Invoices and bills that come regularly are expected one by one, the others by level and season; both are paid as their
customers pay, and as the company pays its vendors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from statistics import fmean, median
from typing import NamedTuple

from runtime.insights.books import Key, Kind, Transaction
from runtime.insights.forecast.cards import Cards, lead_bill_to_bank
from runtime.insights.forecast.cash_moves import Signature
from runtime.insights.forecast.flows import Item, Part, Stream
from runtime.insights.forecast.past import Past
from runtime.insights.forecast.rates import YEAR
from runtime.insights.forecast.series import Event, Series, split_series

Group = tuple[Key | None, frozenset[str]]


class Unrecorded(NamedTuple):
    """Documents to come: those of patterns one by one, the others as a stream."""

    items: list[Item]
    streams: list[Stream]


def find_documents(past: Past, cards: Cards, kind: Kind) -> Unrecorded:
    """Return what invoices, or bills, to come are expected to bring."""
    groups: dict[Group, list[Transaction]] = defaultdict(list)
    for each in past.books.list_kinds(kind):
        if each.total > 0:
            groups[each.party, frozenset(line.item or line.account for line in each.lines)].append(each)
    items: list[Item] = []
    rest: list[Event] = []
    for group in groups.values():
        events = [Event(each.day, float(each.home_total), each.key) for each in group]
        found, left = split_series(events, past.today) if len(events) > 2 else ([], events)
        rest += left
        for series in found:
            items += _list_series_items(past, cards, kind, series, group)
    rest.sort(key=lambda event: event.day)
    return Unrecorded(items, list(_list_streams(past, cards, kind, rest)))


def find_others(past: Past, rest: Mapping[Signature, Sequence[Event]]) -> list[Stream]:
    """Return what moves without a pattern are expected to bring: sales paid at once, and others in and out."""
    recent = past.today - timedelta(days=YEAR)
    sales: list[Event] = []
    others: list[Event] = []
    for signature, events in rest.items():
        if signature[0] == "sale":
            sales += events
        elif sum(recent < each.day <= past.today for each in events) > 1:
            others += events
    moves: tuple[tuple[Part, str, list[Event]], ...] = (
        ("not_yet_invoiced", "Sales paid at once", sales),
        ("other", "Other money in", [each for each in others if each.amount > 0]),
        ("other", "Other money out", [each for each in others if each.amount < 0]),
    )
    return [_make_stream(past, part, label, events) for part, label, events in moves if events]


def _make_stream(past: Past, part: Part, label: str, events: list[Event]) -> Stream:
    events.sort(key=lambda event: event.day)
    rate = past.measure_rate(events, "journal", "expense", "sale")
    return Stream(part, label, *rate, _list_newest(events))


def _list_series_items(
    past: Past, cards: Cards, kind: Kind, series: Series, group: Sequence[Transaction]
) -> Iterator[Item]:
    last = group[-1]
    part: Part = "not_yet_invoiced" if kind == "invoice" else "not_yet_billed"
    share = series.chance * past.first_parts[kind]
    term = round(median(_measure_term(each) for each in group[-6:]))
    evidence = tuple(each.key for each in reversed(series.events[-3:]))
    name = past.books.name_party(last.party, last.party_name)
    label = f"{'Invoices to' if kind == 'invoice' else 'Bills of'} {name}"
    facts = {"party": name, "pattern": series.step.text, "seen": len(series.events)}
    for day in series.list_days(past.today, past.until):
        ahead = (day - past.today).days
        chances = [share * each for each in past.list_document_chances(kind, last.party, ahead, term)]
        chances = (
            past.lead_to_bank(chances)
            if kind == "invoice"
            else lead_bill_to_bank(past, cards, last.party, chances)
        )
        amount = series.amount if kind == "invoice" else -series.amount
        yield Item(part, amount, chances, label, evidence, last.party, series.deviation, facts)


def _list_streams(past: Past, cards: Cards, kind: Kind, rest: Sequence[Event]) -> Iterator[Stream]:
    """Yield the documents without a pattern as a stream of what is paid of them."""
    if not rest:
        return
    rate = past.measure_rate(rest, kind)
    newest = [past.books.by_key[each.key] for each in rest[-60:]]
    term = round(fmean(_measure_term(each) for each in newest))
    chances = [past.first_parts[kind] * each for each in past.list_document_chances(kind, None, 0, term)]
    means, variances = _spread(rate.means, chances), _spread(rate.variances, chances)
    evidence = _list_newest(rest)
    if kind == "invoice":
        means, variances = past.lead_to_bank(means), past.lead_to_bank(variances)
        yield Stream(
            "not_yet_invoiced", "Sales not yet invoiced", means, variances, rate.uncertainty, evidence
        )
    else:
        means = [-each for each in lead_bill_to_bank(past, cards, None, means)]
        variances = lead_bill_to_bank(past, cards, None, variances)
        yield Stream(
            "not_yet_billed", "Purchases not yet billed", means, variances, rate.uncertainty, evidence
        )


def _spread(values: Sequence[float], chances: Sequence[float]) -> list[float]:
    """Return what is paid on each day of documents of these amounts, each of which is paid after its day."""
    days = len(values)
    found = [0.0] * days
    for place, value in enumerate(values):
        for after in range(days - place - 1):
            found[place + 1 + after] += value * chances[after]
    return found


def _measure_term(each: Transaction) -> int:
    return min(max(((each.due or each.day) - each.day).days, 0), 180)


def _list_newest(events: Sequence[Event]) -> tuple[Key, ...]:
    return tuple(each.key for each in reversed(events[-3:]))
