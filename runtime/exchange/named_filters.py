"""Words for filters: `overdue` is what a definition says, with its dates worked out from today. Called by `listing`.

The words become ordinary filters before anything else looks at them, and the answer says which. Where a word and a
filter beside it say something of the same field, both hold.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from generator.catalog import Condition, Listing
from generator.templates import fill_template, find_names
from runtime.errors import InvalidArguments

NAMED = "only"
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def replace_named(
    listing: Listing, arguments: Mapping[str, Any], today: date, time_zone: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments with filters in place of words, and a sentence that says what each word is.

    Raises InvalidArguments for a word that says another thing of a field than a filter beside it.
    """
    days = list_days(today)
    conditions = {each.argument: each for each in listing.conditions}
    found = {name: value for name, value in arguments.items() if name != NAMED}
    notes = []
    for word in dict.fromkeys(arguments[NAMED]):
        filters = {name: _fill(value, days) for name, value in listing.named[word].items()}
        for name, value in filters.items():
            given = found.get(name)
            found[name] = value if given is None else _narrow(conditions[name], given, value, word)
        said = ", ".join(f"{name} {value}" for name, value in filters.items())
        notes.append(f"{word}: {said}.")
    if any(_names_day(value) for word in arguments[NAMED] for value in listing.named[word].values()):
        notes.append(f"Today is {days['today']} in {time_zone}.")
    return found, notes


def _names_day(value: Any) -> bool:
    return isinstance(value, str) and bool(set(find_names(value)))


def _fill(value: Any, days: Mapping[str, str]) -> Any:
    return fill_template(value, lambda name: days[name]) if isinstance(value, str) else value


def _narrow(condition: Condition, given: Any, value: Any, word: str) -> Any:
    """Return the value that means both of two."""
    if condition.operator == "from":
        return max(given, value)
    if condition.operator == "until":
        return min(given, value)
    if given != value:
        raise InvalidArguments(
            f'Argument "{condition.argument}" cannot stand beside "{word}", which says another value of it. '
            "Nothing was sent.",
            advice="Give one of the two.",
        )
    return given


def list_days(today: date) -> dict[str, str]:
    """Return the days that a word may name, relative to today, as YYYY-MM-DD. A week begins on Monday."""
    monday = today - timedelta(days=today.weekday())
    days = {"today": today, "yesterday": today - timedelta(days=1)}
    days |= {"this_week_start": monday, "this_week_end": monday + timedelta(days=6)}
    days |= {"last_week_start": monday - timedelta(days=7), "last_week_end": monday - timedelta(days=1)}
    for name, months in MONTHS.items():
        for which, back in (("this", 0), ("last", months)):
            first = _first_of(today, months, back)
            days[f"{which}_{name}_start"] = first
            days[f"{which}_{name}_end"] = _last_of(first, months)
    return {name: each.isoformat() for name, each in days.items()}


def _first_of(today: date, months: int, back: int) -> date:
    """Return the first day of the period of so many months that a day is in, or of one so many months before."""
    month = (today.month - 1) // months * months - back
    return date(today.year + month // 12, month % 12 + 1, 1)


def _last_of(first: date, months: int) -> date:
    month = first.month + months - 1
    return date(first.year, month, monthrange(first.year, month)[1])
