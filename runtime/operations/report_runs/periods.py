"""The period before a period, as bookkeepers compare: whole months with whole months, a part with the same part.

A quarter is compared with the quarter before, a year to date with the same days of the year before, a week with the
seven days before it. Called by `report_run`.
"""

from __future__ import annotations

from datetime import date, timedelta

from runtime.operations.formats import add_months, end_month

YEAR = 12
"""Months."""
_UNITS = (1, 3, YEAR)
"""Months of what people report on: a month, a quarter, a year."""
FIRST_DAY = date(1, 1, 1)
"""No period begins before it."""


def find_period_before(start: date, end: date, *, by_year: bool) -> tuple[date, date]:
    """Return the period before one, or the same period of the year before."""
    if by_year:
        return add_months_to(start, -YEAR), add_months_to(end, -YEAR)
    months = _count_months(start, end)
    if months:
        return add_months_to(start, -months), add_months_to(end, -months)
    length = end - start
    last = start - timedelta(days=1) if start > FIRST_DAY + length else start
    return last - length, last


def find_day_before(day: date, *, by_year: bool) -> date:
    """Return the day a month before one, or a year before; the last day of a month stays the last."""
    return add_months_to(day, -YEAR if by_year else -1)


def add_months_to(day: date, months: int) -> date:
    """Return the same day of another month; its last day where the day is the last, or is not in that month."""
    first = add_months(day, months)
    last = end_month(first)
    return last if day == end_month(day) else first.replace(day=min(day.day, last.day))


def _count_months(start: date, end: date) -> int:
    """Return by how many months a period is moved; 0 for one that does not begin with a month."""
    if start.day != 1:
        return 0
    touched = (end.year - start.year) * YEAR + end.month - start.month + 1
    if end == end_month(end):
        return touched
    return next((unit for unit in _UNITS if touched <= unit), -(-touched // YEAR) * YEAR)
