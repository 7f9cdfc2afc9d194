"""The days a report covers: from `start_date` and `end_date`, or from a `date_macro` such as "Last Month"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ..faults import fault

USUAL = "this fiscal year-to-date"


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, and the macro in lower case that named them, if one did."""

    start: date
    end: date
    macro: str | None


def of(parameters: Mapping[str, str], today: date) -> Period:
    """The period a request asks for; 2060 for a day that is none, 2190 when it ends before it starts."""
    start, end = (_day(parameters, name) for name in ("start_date", "end_date"))
    macro = (parameters.get("date_macro") or USUAL).lower()
    if start is None and end is None:
        return Period(*_macro(macro, today), macro)
    usual = _macro(USUAL, today)
    period = Period(start or min(usual[0], end or today), end or max(usual[1], start or today), None)
    if period.end < period.start:
        raise fault("2190", "Invalid Date Range : start_date is after end_date", "start_date")
    return period


def _day(parameters: Mapping[str, str], name: str) -> date | None:
    value = parameters.get(name)
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise fault("2060", f"Invalid Date Format : {value[:100]}", name) from error


UNITS = ("week", "month", "quarter", "year")


def _macro(macro: str, today: date) -> tuple[date, date]:
    """First and last day of a named period, for a fiscal year that begins in January."""
    fixed = {
        "today": (today, today),
        "yesterday": (today - timedelta(1), today - timedelta(1)),
        "all": (date(1900, 1, 1), today),
    }
    if macro in fixed:
        return fixed[macro]
    if macro == "next 4 weeks":
        return today + timedelta(1), today + timedelta(28)
    words = macro.removesuffix("-to-date").replace("fiscal ", "").replace("calendar ", "").split()
    if len(words) != 2 or words[0] not in ("this", "last", "next") or words[1] not in UNITS:
        raise fault("2190", f"Invalid Date Range : {macro[:100]}", "date_macro")
    start, end = unit_of(words[1], today)
    if words[0] == "next":
        return unit_of(words[1], end + timedelta(1))
    if words[0] == "this":
        return start, today if macro.endswith("-to-date") else end
    before, end_before = unit_of(words[1], start - timedelta(1))
    if not macro.endswith("-to-date"):
        return before, end_before
    return before, min(before + (today - start), end_before)


def unit_of(unit: str, day: date) -> tuple[date, date]:
    """The week (from Sunday), month, quarter or year that a day is in."""
    if unit == "week":
        start = day - timedelta((day.weekday() + 1) % 7)
        return start, start + timedelta(6)
    first_month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    following = first_month + months
    after = date(day.year + (following > 12), (following - 1) % 12 + 1, 1)
    return date(day.year, first_month, 1), after - timedelta(1)
