"""The period that a dashboard looks at: how it is split into steps, and what its days are in the arguments of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from generator.company_rules import WEEKDAYS, Dashboard
from generator.templates import fill_template
from runtime.operations.formats import add_months, end_month

MONTHS = 12
"""Months of the longest period, and of what is shown by month whatever the period is: a year has every season."""
SOON_DAYS = 7
"""What is due within so many days is due soon: a week, in which bills are usually paid together."""


@dataclass(frozen=True, slots=True)
class Period:
    """A period that ends today: so many days, or whole months where `days` is 0."""

    key: str
    title: str
    days: int = 0

    def find_start(self, today: date) -> date:
        """Return its first day."""
        return today - timedelta(days=self.days - 1) if self.days else add_months(today, 1 - MONTHS)

    def list_ends(self, today: date, dashboard: Dashboard) -> tuple[date, ...]:
        """Return the last day of each of its steps; the last one is today."""
        return list_week_ends(self, today, dashboard) if self.days else list_month_ends(today)


PERIODS = (Period("30d", "30 days", 30), Period("90d", "90 days", 90), Period("12m", "12 months"))
USUAL_PERIOD = PERIODS[-1]


def find_period(key: str) -> Period:
    """Return the period with a key; the usual one for any other text."""
    return next((each for each in PERIODS if each.key == key), USUAL_PERIOD)


def list_month_ends(today: date) -> tuple[date, ...]:
    """Return the last days of the last twelve months; that of this month is today."""
    ends = [end_month(add_months(today, back)) for back in range(1 - MONTHS, 0)]
    return (*ends, today)


def list_week_ends(period: Period, today: date, dashboard: Dashboard) -> tuple[date, ...]:
    """Return the last days of the weeks of a period; that of this week is today."""
    start = period.find_start(today)
    day = start + timedelta(days=(WEEKDAYS.index(dashboard.week_end) - start.weekday()) % 7)
    ends = []
    while day < today:
        ends.append(day)
        day += timedelta(days=7)
    return (*ends, today)


def make_values(dashboard: Dashboard, period: Period, today: date) -> dict[str, str]:
    """Return what the placeholders of arguments are filled with."""
    return {
        "today": today.isoformat(),
        "yesterday": (today - timedelta(days=1)).isoformat(),
        "in_a_week": (today + timedelta(days=SOON_DAYS)).isoformat(),
        "year_start": add_months(today, 1 - MONTHS).isoformat(),
        "period_start": period.find_start(today).isoformat(),
        "step": dashboard.week if period.days else dashboard.month,
    }


def fill_arguments(arguments: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """Return the arguments of a call with its placeholders filled."""
    return {
        name: fill_template(value, lambda key: values[key]) if isinstance(value, str) else value
        for name, value in arguments.items()
    }
