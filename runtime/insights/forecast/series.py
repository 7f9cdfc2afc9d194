"""Recurring patterns in a history of days and amounts. Called by `recurring` and `unrecorded`."""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from runtime.insights.books import Key

LEAST = 3
"""Occurrences that make a pattern."""
SHARE = 0.75
"""How many of the gaps have to fit."""
NEWEST = 12
"""Occurrences that count, the newest: what was usual two years ago is not what is usual now."""
LEARNING = 0.35
"""How far an amount moves the expected one towards it. Chosen on seeds 101 to 106."""
MONTH_SLACK, WEEK_SLACK = 4, 1
"""Days by which an occurrence may come earlier or later: weekends and bank holidays."""


class Event(NamedTuple):
    """One occurrence."""

    day: date
    amount: float
    key: Key


class Step(NamedTuple):
    """The length of a gap, in days or in months."""

    days: int = 0
    months: int = 0

    @property
    def text(self) -> str:
        """How often, in words."""
        names = {
            (7, 0): "every week",
            (14, 0): "every two weeks",
            (0, 1): "every month",
            (0, 3): "every quarter",
        }
        return names.get((self.days, self.months), f"every {self.months} months")

    @property
    def length(self) -> float:
        """The length in days, about."""
        return self.days or self.months * 30.44

    def add_to(self, day: date, on: int = 0) -> date:
        """Return the day one gap later; `on` is the day of the month, 31 for the last one."""
        if self.days:
            return day + timedelta(days=self.days)
        month = day.year * 12 + day.month - 1 + self.months
        return make_day(month, on or day.day)


STEPS = (Step(7), Step(14), Step(months=1), Step(months=2), Step(months=3), Step(months=6))


class Series(NamedTuple):
    """A pattern: `amount` is what the next occurrence is expected to have, `deviation` by how much that is missed."""

    step: Step
    on: int
    amount: float
    deviation: float
    spread: int
    """Days by which occurrences come earlier or later than expected."""
    chance: float
    """How many of the expected occurrences came."""
    events: tuple[Event, ...]

    def list_days(self, today: date, until: date) -> Iterator[date]:
        """Yield the days after today on which it is expected; one that is a little late is expected tomorrow."""
        day = self._find_next(self.events[-1].day)
        grace = max(self.spread + 1, 2)
        while day <= until:
            if day > today:
                yield day
            elif (today - day).days <= grace and self.chance > SHARE:
                yield today + timedelta(days=1)
            day = self._find_next(day)

    def _find_next(self, day: date) -> date:
        if self.step.days:
            return day + timedelta(days=self.step.days)
        near = _round_month(day, self.on)
        return make_day(near + self.step.months, self.on)


def make_day(month: int, on: int) -> date:
    """Return a day of a month, counted from year 0; its last one where it is shorter."""
    year, place = divmod(month, 12)
    return date(year, place + 1, min(on, _measure_month(year, place + 1)))


def split_series(events: Sequence[Event], today: date) -> tuple[list[Series], list[Event]]:
    """Return the patterns in some events, and the events that are of none."""
    merged = _merge_days(events)
    found = find_series(merged, today)
    if found is not None:
        return [found], []
    by_amount: dict[float, list[Event]] = defaultdict(list)
    for each in merged:
        by_amount[round(each.amount, 2)].append(each)
    series, rest = [], []
    for group in by_amount.values():
        same = find_series(group, today) if len(group) > LEAST else None
        if same is None:
            rest += group
        else:
            series.append(same)
    return series, rest


def find_series(events: Sequence[Event], today: date) -> Series | None:
    """Return the pattern that some events of different days are; None where they are none, or one that has ended."""
    recent = events[-NEWEST:]
    if len(recent) < LEAST:
        return None
    usual = median((after.day - before.day).days for before, after in pairwise(recent))
    for step in STEPS:
        if abs(usual - step.length) > MONTH_SLACK:
            continue
        missed = [_measure_miss(before.day, after.day, step) for before, after in pairwise(recent)]
        fitting = [each for each in missed if abs(each) <= (MONTH_SLACK if step.months else WEEK_SLACK)]
        if len(fitting) >= SHARE * len(missed):
            if (today - recent[-1].day).days > 1.5 * step.length + MONTH_SLACK:
                return None
            return _make_series(step, recent, len(fitting) / len(missed))
    return None


def _make_series(step: Step, recent: Sequence[Event], share: float) -> Series:
    on = _find_day_of_month(recent) if step.months else 0
    level, errors = recent[0].amount, []
    for place, each in enumerate(recent[1:], 2):
        errors.append(each.amount - level)
        level += max(LEARNING, 1 / place) * (each.amount - level)
    if recent[-1].amount == recent[-2].amount:
        level = recent[-1].amount
    deviation = (fmean(error * error for error in errors[-8:])) ** 0.5
    misses = [abs(each.day.day - min(on, _count_days(each.day))) for each in recent] if on else [0]
    spread = round(fmean(min(miss, MONTH_SLACK) for miss in misses))
    return Series(step, on, level, deviation, spread, share, tuple(recent))


def _measure_miss(before: date, after: date, step: Step) -> int:
    """Return by how many days a gap is longer than a step; at the end of months, the last days count as the same."""
    expected = step.add_to(before)
    missed = (after - expected).days
    if step.months and before.day == _count_days(before):
        missed = min(missed, (after - step.add_to(before, 31)).days, key=abs)
    return missed


def _find_day_of_month(events: Sequence[Event]) -> int:
    """Return the usual day of the month, 31 for the last one."""
    days = [each.day for each in events[-6:]]
    if all(day.day == _count_days(day) for day in days) and len({day.day for day in days}) > 1:
        return 31
    [(usual, count)] = Counter(day.day for day in days).most_common(1)
    return usual if count > len(days) / 2 else round(median(day.day for day in days))


def _round_month(day: date, on: int) -> int:
    """Return the month to whose usual day a day is nearest."""
    month = day.year * 12 + day.month - 1
    near = range(month - 1, month + 2)
    return min(near, key=lambda each: abs((make_day(each, on) - day).days))


def _count_days(day: date) -> int:
    return _measure_month(day.year, day.month)


@lru_cache(maxsize=1024)
def _measure_month(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _merge_days(events: Sequence[Event]) -> list[Event]:
    """Return the events with those of one day as one."""
    found: list[Event] = []
    for each in events:
        if found and found[-1].day == each.day:
            found[-1] = Event(each.day, found[-1].amount + each.amount, each.key)
        else:
            found.append(each)
    return found
