"""The bank balance of each coming day as a median and a band, of expected flows. Called by `forecast` and `what_if`.

The largest flows are drawn one by one in some hundred courses of events, always the same ones; the many small ones
together come close to a normal distribution, by the means and variances that they have.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from runtime.insights.forecast.flows import Item, Stream

PATHS = 400
"""Courses of events; with more, the band moves by less than a hundredth of its width."""
DRAWN = 60
"""Flows that are drawn one by one."""
SEED = 16
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9


class Band(NamedTuple):
    """The balance of each day, tomorrow first."""

    medians: list[float]
    lows: list[float]
    highs: list[float]


def draw_band(opening: float, items: Iterable[Item], streams: Sequence[Stream], days: int) -> Band:
    """Return the median and the 80 % band of the balance of each day."""
    ranked = sorted(items, key=_measure_weight, reverse=True)
    means, variances = _sum_small(ranked[DRAWN:], days)
    for stream in streams:
        means = [one + other for one, other in zip(means, stream.means, strict=True)]
        variances = [one + other for one, other in zip(variances, accumulate(stream.variances), strict=True)]
    base = [opening + mean for mean in accumulate(means)]
    spread = [variance**0.5 for variance in variances]
    levels = [[stream.uncertainty * each for each in accumulate(stream.means)] for stream in streams]
    drawn = [(each, list(accumulate(each.chances))) for each in ranked[:DRAWN]]
    source = random.Random(SEED)  # noqa: S311 (repeatable on purpose)
    paths = [_draw_path(source, base, spread, levels, drawn) for _ in range(PATHS)]
    by_day = [sorted(balances) for balances in zip(*paths, strict=True)]
    medians, lows, highs = ([_pick(each, share) for each in by_day] for share in (MIDDLE, LOW, HIGH))
    return Band(medians, lows, highs)


def _draw_path(
    source: random.Random,
    base: Sequence[float],
    spread: Sequence[float],
    levels: Sequence[Sequence[float]],
    drawn: Sequence[tuple[Item, list[float]]],
) -> list[float]:
    """Return the balances of one course of events."""
    steps = [0.0] * len(base)
    for item, chances in drawn:
        chance = source.random()
        if chance < chances[-1]:
            amount = source.gauss(item.amount, item.deviation) if item.deviation else item.amount
            steps[bisect_left(chances, chance)] += amount
    shift = source.gauss(0, 1)
    found = [one + shift * by + step for one, by, step in zip(base, spread, accumulate(steps), strict=True)]
    for level in levels:
        shift = source.gauss(0, 1)
        found = [one + shift * by for one, by in zip(found, level, strict=True)]
    return found


def _sum_small(items: Iterable[Item], days: int) -> tuple[list[float], list[float]]:
    """Return the mean of each day of some flows, and the variance of their sum up to each day."""
    means, variances = [0.0] * days, [0.0] * days
    for item in items:
        amount = item.amount
        square, own = amount * amount, item.deviation**2
        means = [mean + amount * chance for mean, chance in zip(means, item.chances, strict=True)]
        variances = [
            variance + square * chance * (1 - chance) + own * chance
            for variance, chance in zip(variances, accumulate(item.chances), strict=True)
        ]
    return means, variances


def _measure_weight(item: Item) -> float:
    chance = sum(item.chances)
    return abs(item.amount) * (chance if chance < 1 else 1.0)


def _pick(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
