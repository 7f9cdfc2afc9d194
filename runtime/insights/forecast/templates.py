"""Recurring transactions as they are set up in the books, as expected flows. Called by `forecast`.

One whose days the history shows already is not counted twice: it confirms the pattern, which is known then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from statistics import median
from typing import NamedTuple

from runtime.insights.books import Key, Kind, Template
from runtime.insights.forecast.cards import Cards, lead_bill_to_bank
from runtime.insights.forecast.flows import Item
from runtime.insights.forecast.past import Past
from runtime.insights.forecast.series import Step

STEPS: Mapping[str, Step] = {
    "daily": Step(days=1),
    "weekly": Step(days=7),
    "monthly": Step(months=1),
    "yearly": Step(months=12),
}
NEAR = 0.15
"""By which share the amount of a recurring transaction may differ from that of the pattern that it makes."""
USUAL_TERM = 30
"""Days until payment is due where no document has a due date: net 30 is the most common term."""
DOCUMENTS: Mapping[str, Kind] = {"invoice": "invoice", "bill": "bill"}


class Confirmed(NamedTuple):
    """The flows with those of recurring transactions, and how many of these were found where."""

    items: list[Item]
    used: int
    confirming: int
    unused: int


def add_templates(past: Past, cards: Cards, items: Sequence[Item]) -> Confirmed:
    """Return the flows with those of recurring transactions: confirmed patterns, and what has none yet."""
    found, places_of = list(items), dict[Key | None, list[int]]()
    for place, item in enumerate(found):
        places_of.setdefault(item.party, []).append(place)
    used = confirming = unused = 0
    for template in past.books.templates:
        if not template.is_active or template.kind not in ("invoice", "sale", "bill", "expense"):
            continue
        step, own = _find_step(template), places_of.setdefault(template.party, [])
        places = [place for place in own if _matches(found[place], template, step)]
        made = [] if places else list(_list_items(past, cards, template))
        for place in places:
            evidence = (template.key, *found[place].evidence)
            found[place] = replace(found[place], part="recurring", evidence=evidence)
        own += range(len(found), len(found) + len(made))
        found += made
        confirming += bool(places)
        used += bool(made)
        unused += not (places or made)
    return Confirmed(found, used, confirming, unused)


def _matches(item: Item, template: Template, step: Step | None) -> bool:
    """Whether an occurrence of a pattern is one that a recurring transaction makes; both are of one party."""
    if item.party is None or step is None or item.facts.get("pattern") != step.text:
        return False
    total = float(template.total)
    return not total or abs(abs(item.amount) - total) <= NEAR * total


def _list_items(past: Past, cards: Cards, template: Template) -> Iterator[Item]:
    """Yield what a recurring transaction brings; nothing where its amount or its next day is not known."""
    step = _find_step(template)
    amount = float(template.total)
    if step is None or template.next_day is None or not amount:
        return
    if past.books.has_role(template.account, "card"):
        return
    name = past.books.name_party(template.party, template.name)
    facts = {"party": name, "pattern": step.text, "seen": 0}
    sign = 1 if template.kind in ("invoice", "sale") else -1
    for day in _list_days(template.next_day, step, past.today, past.until):
        chances = _list_chances(past, cards, template, (day - past.today).days)
        label = f"Recurring: {template.name or name}"
        yield Item("recurring", sign * amount, chances, label, (template.key,), template.party, 0.0, facts)


def _list_chances(past: Past, cards: Cards, template: Template, ahead: int) -> list[float]:
    kind = DOCUMENTS.get(template.kind)
    if kind is None:
        return [float(place == ahead - 1) for place in range(past.days)]
    terms = [(each.due - each.day).days for each in past.books.list_kinds(kind) if each.due is not None]
    term = round(median(terms[-50:])) if terms else USUAL_TERM
    chances = past.list_document_chances(kind, template.party, ahead, term)
    return (
        past.lead_to_bank(chances)
        if kind == "invoice"
        else lead_bill_to_bank(past, cards, template.party, chances)
    )


def _list_days(first: date, step: Step, today: date, until: date) -> Iterator[date]:
    """Yield the days after today; a month without the day has its last one, and the next one has it again."""
    day, on = first, first.day
    while day <= until:
        if day > today:
            yield day
        day = step.add_to(day, on)


def _find_step(template: Template) -> Step | None:
    step = STEPS.get(template.interval)
    return Step(step.days * template.every, step.months * template.every) if step is not None else None
