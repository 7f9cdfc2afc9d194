"""What a late customer or a further expense changes. Called by `forecast`.

What cannot be answered, as for a customer that nobody knows, is said in a sentence in place of figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from runtime.insights.analysis import Options
from runtime.insights.books import Books, Key
from runtime.insights.forecast.figures import Outlook, find_lowest
from runtime.insights.forecast.flows import Item, as_money
from runtime.insights.forecast.paths import choose_drawn, draw_band
from runtime.insights.forecast.series import Step

CUSTOMERS = "customers"
EVERY: Mapping[str, Step | None] = {"once": None, "week": Step(days=7), "month": Step(months=1)}
MOST_NAMES = 5
"""Names that a sentence can hold."""


class Change(NamedTuple):
    """A changed assumption: the flows with it, and what is said of it; no flows where it cannot be answered."""

    items: list[Item] | None
    says: dict[str, Any]


def answer_what_if(outlook: Outlook, options: Options) -> dict[str, Any]:
    """Return what the changes that are asked for come to; empty where none is asked for."""
    found: dict[str, Any] = {}
    items = list(outlook.items)
    is_changed = False
    for name, change in (("delay_customer", change_delay), ("add_expense", add_expense)):
        asked = options.get(name)
        if asked:
            changed, found[name] = change(outlook, items, asked)
            items, is_changed = (changed, True) if changed is not None else (items, is_changed)
    if is_changed:
        found |= _compare(outlook, items)
    return found


def change_delay(outlook: Outlook, items: Sequence[Item], asked: Mapping[str, Any]) -> Change:
    """Return the flows with all payments of a customer some days later."""
    text, days = str(asked.get("customer") or "").strip(), int(asked.get("days") or 0)
    matches = find_customers(outlook.past.books, text)
    if len(matches) != 1:
        return Change(None, {"customer": text, "days": days, "problem": _explain(matches, text)})
    [(key, name)] = matches.items()
    moved = [each for each in items if each.party == key and each.amount > 0]
    later = [_delay(each, days) if each.party == key and each.amount > 0 else each for each in items]
    says: dict[str, Any] = {"customer": str(key), "name": name, "days": days, "payments": len(moved)}
    says["amount"] = as_money(sum(each.amount for each in moved))
    says["expected"] = as_money(sum(each.expected for each in moved))
    if not moved:
        says["problem"] = (
            f"Nothing is expected of {name} within these weeks, so that a delay changes nothing."
        )
    return Change(later, says)


def add_expense(outlook: Outlook, items: Sequence[Item], asked: Mapping[str, Any]) -> Change:
    """Return the flows with a further expense, once, every week or every month."""
    amount, first, every = (
        _read_amount(asked.get("amount")),
        _read_day(asked.get("date")),
        asked.get("every") or "once",
    )
    says: dict[str, Any] = {"amount": amount, "date": first, "every": every}
    if amount is None or amount <= 0 or first is None or every not in EVERY:
        return Change(
            None, says | {"problem": "Give an amount above zero, a date such as 2026-12-31, and how often."}
        )
    past = outlook.past
    days = [day for day in _list_days(first, EVERY[every], past.until) if day > past.today]
    if not days:
        window = f"from {past.today + timedelta(days=1)} to {past.until}"
        return Change(None, says | {"problem": f"It is not paid within the weeks of the forecast, {window}."})
    added = [_make_expense(float(amount), (day - past.today).days, past.days) for day in days]
    return Change([*items, *added], says | {"times": len(days), "total": as_money(amount * len(days))})


def find_customers(books: Books, text: str) -> dict[Key, str]:
    """Return the customers that an Id or a name may mean: an Id first, then the whole name, then a part of it."""
    known = {key: each.name for key, each in books.parties.items() if key.resource == CUSTOMERS}
    for each in books.transactions:
        if each.party is not None and each.party.resource == CUSTOMERS:
            known.setdefault(each.party, each.party_name)
    key = Key(CUSTOMERS, text.removeprefix(f"{CUSTOMERS}:"))
    if key in known:
        return {key: known[key]}
    wanted = text.casefold()
    same = {key: name for key, name in known.items() if name.casefold() == wanted}
    return same or {key: name for key, name in known.items() if wanted and wanted in name.casefold()}


def _explain(matches: Mapping[Key, str], text: str) -> str:
    if not matches:
        return (
            f"No customer has the Id or the name {text!r}. Look the customer up, and ask again with the Id."
        )
    names = ", ".join(f"{name} ({key.id})" for key, name in list(matches.items())[:MOST_NAMES])
    return f"{len(matches)} customers have {text!r} in their names: {names}. Ask again with an Id."


def _delay(item: Item, days: int) -> Item:
    whole = len(item.chances)
    return replace(item, chances=([0.0] * min(days, whole) + list(item.chances))[:whole])


def _make_expense(amount: float, ahead: int, days: int) -> Item:
    chances = [float(place == ahead - 1) for place in range(days)]
    return Item("recurring", -amount, chances, "Added expense")


def _list_days(first: date, step: Step | None, until: date) -> Iterable[date]:
    day = first
    while day <= until:
        yield day
        if step is None:
            return
        day = step.add_to(day, first.day)


def _compare(outlook: Outlook, items: Sequence[Item]) -> dict[str, Any]:
    """Return the weeks and the lowest point with a change, beside what they differ by."""
    past, before = outlook.past, outlook.band
    drawn = choose_drawn(outlook.items)
    band = draw_band(float(outlook.opening), items, outlook.streams, past.days, drawn)
    weeks = [
        {
            "week_end": past.today + timedelta(days=place + 1),
            "median": as_money(band.medians[place]),
            "low": as_money(band.lows[place]),
            "high": as_money(band.highs[place]),
            "change": as_money(band.medians[place]) - as_money(before.medians[place]),
        }
        for place in range(6, past.days, 7)
    ]
    return {"weeks": weeks, "lowest": find_lowest(past.today, band)}


def _read_amount(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _read_day(value: Any) -> date | None:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        return None
