"""The two months that are compared. Called by `explaining`."""

from __future__ import annotations

import calendar
from datetime import date
from typing import NamedTuple

from runtime.errors import InvalidArguments
from runtime.insights.analysis import Options
from runtime.insights.period_pairs import Days


class Month(NamedTuple):
    """A month of a year."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.first:%B} {self.year}"

    @property
    def before(self) -> Month:
        """The month before. Raises InvalidArguments for the first one that there is."""
        return check_month(self.year, self.number - 1) if self.number > 1 else check_month(self.year - 1, 12)

    @property
    def days(self) -> Days:
        """All of its days."""
        return Days(self.first, self.last)


class Months(NamedTuple):
    """The month that profit changed from, and the one that it changed to."""

    before: Month
    after: Month

    @property
    def are_adjacent(self) -> bool:
        """Whether one follows the other, or both are one."""
        numbers = [each.year * 12 + each.number for each in self]
        return abs(numbers[0] - numbers[1]) <= 1


def choose_months(options: Options, today: date) -> Months:
    """Return the months that are asked for, else the last whole one and the month before it."""
    month = options.get("month")
    after = read_month(str(month)) if month else Month(today.year, today.month).before
    other = options.get("compared_with")
    return Months(read_month(str(other)) if other else after.before, after)


def read_month(text: str) -> Month:
    """Return a month such as 2026-10. Raises InvalidArguments for anything else."""
    year, _, number = text.partition("-")
    if not (year.isascii() and year.isdigit() and number.isascii() and number.isdigit()):
        raise InvalidArguments(f"{text[:20]} is no month.", advice="Write months as 2026-10.")
    return check_month(int(year), int(number))


def check_month(year: int, number: int) -> Month:
    """Return a month. Raises InvalidArguments where there is none in a calendar."""
    if not (date.min.year <= year <= date.max.year and 1 <= number <= 12):
        raise InvalidArguments("There is no such month.", advice="Write months as 2026-10.")
    return Month(year, number)
