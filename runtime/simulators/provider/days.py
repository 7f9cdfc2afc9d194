"""Months, workdays and later days. Called by the makers of a plan."""

from __future__ import annotations

import random
from datetime import date, timedelta


def list_months(last_day: date, count: int) -> tuple[date, ...]:
    """Return the first days of so many months, the last of which has the last day."""
    return tuple(add_months(last_day.replace(day=1), place - count + 1) for place in range(count))


def add_months(first: date, count: int) -> date:
    """Return the first day of a month so many months later (or earlier)."""
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def end_month(first: date) -> date:
    """Return the last day of a month."""
    return add_months(first, 1) - timedelta(days=1)


def list_workdays(first: date, last: date) -> tuple[date, ...]:
    """Return Mondays to Fridays, both ends included."""
    days = ((first + timedelta(days=place)) for place in range((last - first).days + 1))
    return tuple(day for day in days if day.weekday() < 5)


def draw_later_day(key: str, day: date, between: tuple[int, int], last_day: date) -> date | None:
    """Return a day so many days later, or None for one after the last; the same for a key, whatever else there is."""
    later = day + timedelta(days=random.Random(key).randint(*between))  # noqa: S311 (repeatable on purpose)
    return later if later <= last_day else None
