"""What comes without a pattern: how much on a usual day, in which season, and how far that varies.

Called by `unrecorded` and `recurring` with what is left when patterns have been found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import fmean, pvariance
from typing import NamedTuple

from runtime.insights.forecast.series import Event

YEAR = 365
"""Days of a year."""
HALF_LIFE = 150.0
"""Days after which an event counts half for the level. Chosen on seeds 101 to 106."""
LEAST_DAYS = 28
"""Days over which what came is spread at least, so that a company of one day is not taken to sell so every day."""
ENOUGH_FOR_SEASONS = 330
"""Days of history that show nearly every month of a year."""
DOUBT = 0.1
"""How uncertain a level is beside what the number of its events says: seasons differ from year to year."""
BLOCK = 28
"""Days over which what came is compared with what was expected: a month's stock is ordered once."""
BELIEF = 6.0
"""How many blocks count as if events came by chance alone."""
PHASES = (3, 10, 17, 24, 27, 31)
"""The last day of the phases of a month, in which companies invoice and pay differently."""


class Rate(NamedTuple):
    """Each coming day's mean and variance, tomorrow first, and the share by which all of them may be wrong."""

    means: list[float]
    variances: list[float]
    uncertainty: float


class History:
    """Events of the past without a pattern, from the day on which the books begin, or were read."""

    def __init__(self, events: Sequence[Event], since: date, today: date) -> None:
        self._today = today
        self._since = max(since, today - timedelta(days=2 * YEAR - 1))
        self._events = [each for each in events if self._since <= each.day <= today]
        days = (today - self._since).days + 1
        self._days = [self._since + timedelta(days=place) for place in range(days)]
        self.seasons = self._find_seasons()
        self._phases = self._find_phases()

    def measure_rate(self, days: int) -> Rate:
        """Return what is expected on each of the coming days."""
        if not self._events:
            return Rate([0.0] * days, [0.0] * days, 0.0)
        weights = [self._weigh(each.day) for each in self._events]
        total = sum(weight * each.amount for weight, each in zip(weights, self._events, strict=True))
        squares = sum(weight * each.amount**2 for weight, each in zip(weights, self._events, strict=True))
        exposure = sum(self._weigh(day) * self.seasons[day.month - 1] for day in self._days)
        exposure *= max(LEAST_DAYS / len(self._days), 1.0)
        level, spread = total / exposure, squares / exposure
        spread *= self._measure_dispersion(level, spread)
        counted = sum(weights) ** 2 / sum(weight * weight for weight in weights)
        relative = (squares * sum(weights)) / (total * total) / counted if total else 1.0
        factors = self._list_factors(days)
        means = [level * factor for factor in factors]
        return Rate(means, [spread * factor for factor in factors], (relative + DOUBT**2) ** 0.5)

    def _list_factors(self, days: int) -> list[float]:
        return [self._find_factor(self._today + timedelta(days=place + 1)) for place in range(days)]

    def _find_factor(self, day: date) -> float:
        return self.seasons[day.month - 1] * self._phases[_find_phase(day)]

    def _weigh(self, day: date) -> float:
        return float(0.5 ** ((self._today - day).days / HALF_LIFE))

    def _find_seasons(self) -> list[float]:
        """Return how busy each month of the year is, drawn towards 1 as far as chance alone would explain it."""
        if len(self._days) < ENOUGH_FOR_SEASONS or len(self._events) < 24:
            return [1.0] * 12
        sums, squares, counts, spans = [0.0] * 12, 0.0, [0] * 12, [0] * 12
        for each in self._events:
            sums[each.day.month - 1] += each.amount
            counts[each.day.month - 1] += 1
            squares += each.amount**2
        for day in self._days:
            spans[day.month - 1] += 1
        rates = [total / span if span else 0.0 for total, span in zip(sums, spans, strict=True)]
        usual = fmean(rates)
        if not usual:
            return [1.0] * 12
        found = [rate / usual for rate in rates]
        relative = squares * len(self._events) / sum(sums) ** 2
        chance = relative / (len(self._events) / 12)
        seen = pvariance(found)
        share = max(0.0, 1 - chance / seen) if seen else 0.0
        return [max(1 + share * (each - 1), 0.05) for each in found]

    def _find_phases(self) -> list[float]:
        """Return how busy each phase of a month is, drawn towards 1 where there are few events."""
        spans, sums = [0] * len(PHASES), [0.0] * len(PHASES)
        for day in self._days:
            spans[_find_phase(day)] += 1
        for each in self._events:
            sums[_find_phase(each.day)] += each.amount
        usual, number = sum(sums) / len(self._days), len(self._events)
        share = number / (number + 40)
        if not usual:
            return [1.0] * len(PHASES)
        return [
            1 + share * (total / span / usual - 1) if span else 1.0
            for total, span in zip(sums, spans, strict=True)
        ]

    def _measure_dispersion(self, level: float, spread: float) -> float:
        """Return how much more a week varies than events by chance would, 1 where there are too few weeks."""
        blocks = min(len(self._days) // BLOCK, YEAR // BLOCK)
        if blocks < 6 or not spread:
            return 1.0
        missed = [0.0] * blocks
        for each in self._events:
            place = (self._today - each.day).days // BLOCK
            if place < blocks:
                missed[place] += each.amount
        for place, day in enumerate(reversed(self._days[-BLOCK * blocks :])):
            missed[place // BLOCK] -= level * self._find_factor(day)
        seen = fmean(each * each for each in missed) / (BLOCK * spread)
        return min(max((blocks * seen + BELIEF) / (blocks + BELIEF), 0.25), 4.0)


def _find_phase(day: date) -> int:
    return next(place for place, last in enumerate(PHASES) if day.day <= last)
