"""The days a report covers: from `start_date` and `end_date`, or from a `date_macro` such as "Last Fiscal Quarter"."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from runtime.simulators.quickbooks.faults import make_fault

USUAL = "this fiscal year-to-date"
BEGINNING = date(1900, 1, 1)
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
LENGTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, and the macro in lower case that named them, if one did."""

    start: date
    end: date
    macro: str | None


def get_month(name: object) -> int:
    """Return the number of a month by its English name; 1 for what is none."""
    return MONTHS.get(str(name).lower(), 1)


def parse_day(name: str, value: str | None) -> date | None:
    """Return a day written as YYYY-MM-DD; 2060 for what is none."""
    if not value:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise make_fault("2060", f"Invalid Date Format : {value[:100]}", name) from error
    if not 1900 <= found.year <= 2999:
        raise make_fault("2070", f"Invalid Date : {value[:100]}", name)
    return found


def choose_period(
    parameters: Mapping[str, str],
    today: date,
    first_month: int = 1,
    usual: str = USUAL,
    subject: str = "date",
) -> Period:
    """Return the period a request asks for.

    Both dates win over the macro; with one of them alone the macro wins when there is one. Raises 2060 for a day that
    is none, 2190 for an unknown macro or a period that ends before it starts.
    """
    start = parse_day(f"start_{subject}", parameters.get("start_date"))
    end = parse_day(f"end_{subject}", parameters.get("end_date"))
    macro = parameters.get("date_macro", "").strip().lower()
    if (start is None and end is None) or (macro and (start is None or end is None)):
        return Period(*resolve_macro(macro or usual, today, first_month), macro or usual)
    usual_start, usual_end = resolve_macro(usual, today, first_month)
    period = Period(start or min(usual_start, end or today), end or max(usual_end, start or today), None)
    if period.end < period.start:
        raise make_fault("2190", "Invalid Date Range : start_date is after end_date", f"start_{subject}")
    return period


def resolve_macro(macro: str, today: date, first_month: int = 1) -> tuple[date, date]:
    """Return first and last day of a macro. "Fiscal" follows the company's year, "calendar" begins in January."""
    one = timedelta(1)
    fixed = {"today": (today, today), "yesterday": (today - one, today - one), "all": (BEGINNING, today)}
    if macro in fixed:
        return fixed[macro]
    if macro == "next 4 weeks":
        return today + one, today + timedelta(28)
    macro_parts = macro.removesuffix("-to-date").split()
    first = first_month if "fiscal" in macro_parts else 1
    kind = [part for part in macro_parts if part not in ("fiscal", "calendar")]
    if len(kind) != 2 or kind[0] not in ("this", "last", "next") or kind[1] not in ("week", *LENGTHS):
        raise make_fault("2190", f"Invalid Date Range : {macro[:100]}", "date_macro")
    return _relative(kind[0], kind[1], today, first, to_date=macro.endswith("-to-date"))


def _relative(which: str, unit: str, today: date, first_month: int, *, to_date: bool) -> tuple[date, date]:
    start, end = find_span(unit, today, first_month)
    if which == "next":
        return find_span(unit, end + timedelta(1), first_month)
    if which == "this":
        return start, today if to_date else end
    before, end_before = find_span(unit, start - timedelta(1), first_month)
    if not to_date:
        return before, end_before
    if unit == "week":
        return before, before + (today - start)
    return before, _find_same_day(add_months(before, _count_months(start, today)), today.day)


def _count_months(start: date, inside: date) -> int:
    return (inside.year - start.year) * 12 + inside.month - start.month


def _find_same_day(first: date, day: int) -> date:
    """Return a day of the month that begins with `first`; its last one where it is shorter."""
    return first.replace(day=min(day, calendar.monthrange(first.year, first.month)[1]))


def find_span(unit: str, inside: date, first_month: int = 1) -> tuple[date, date]:
    """Return the week (from Sunday), month, quarter or year that a day is in; quarters and years count from
    `first_month`.
    """
    if unit == "week":
        start = inside - timedelta((inside.weekday() + 1) % 7)
        return start, start + timedelta(6)
    length = LENGTHS[unit]
    back = (inside.month - first_month) % length
    start = add_months(date(inside.year, inside.month, 1), -back)
    return start, add_months(start, length) - timedelta(1)


def add_months(first: date, months: int) -> date:
    """Return the first of a month, some months on."""
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)


def split_period(unit: str, start: date, end: date, first_month: int = 1) -> Iterator[tuple[date, date]]:
    """Return the days, weeks, months, quarters or years that a period falls into, the outer ones cut to it."""
    following = start
    while following <= end:
        last = following if unit == "day" else min(find_span(unit, following, first_month)[1], end)
        yield following, last
        following = last + timedelta(1)
