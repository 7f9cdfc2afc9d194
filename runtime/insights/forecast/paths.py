"""The bank balance of each coming day as a median and a band, of expected flows. Called by `forecast` and `what_if`.

The largest uncertain flows are drawn one by one in some hundred courses of events; the many small ones together come
close to a normal distribution, by the means and variances that they have. Each flow has the same draws each time, so
that a changed assumption shows in the balances and nothing else does.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from runtime.insights.forecast.flows import Item, Stream

PATHS = 400
"""Courses of events; with more, the band moves by less than a hundredth of its width."""
DRAWN = 60
"""Flows that are drawn one by one."""
SEED = 16
"""Any number does, as long as it is always the same."""
WIDTH = 0.95
"""What is drawn apart is not quite so: a busy month has more sales and more purchases. Chosen on seeds 101 to 108."""
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
"""The ends of an 80 % band, and the median."""
Places = frozenset[int]


class Band(NamedTuple):
    """The balance of each day, tomorrow first."""

    medians: list[float]
    lows: list[float]
    highs: list[float]


def choose_drawn(items: Sequence[Item]) -> Places:
    """Return the places of the flows that are drawn one by one: the largest of those that are not certain."""
    weights = [_measure_weight(item) for item in items]
    ranked = sorted(range(len(items)), key=lambda place: -weights[place])
    return frozenset(place for place in ranked[:DRAWN] if weights[place])


def draw_band(
    opening: float, items: Sequence[Item], streams: Sequence[Stream], days: int, drawn: Places
) -> Band:
    """Return the median and the 80 % band of the balance of each day."""
    means, variances = _sum_small((item for place, item in enumerate(items) if place not in drawn), days)
    for stream in streams:
        means = [one + other for one, other in zip(means, stream.means, strict=True)]
        variances = [one + other for one, other in zip(variances, accumulate(stream.variances), strict=True)]
    base = [opening + mean for mean in accumulate(means)]
    spread = [variance**0.5 for variance in variances]
    shifts = [spread, *([each.uncertainty * mean for mean in accumulate(each.means)] for each in streams)]
    paths = [base[:] for _ in range(PATHS)]
    for place, by in enumerate(shifts):
        _shift_paths(paths, by, _make_source(f"shift {place}"))
    moves = [list(_draw_moves(items[place], _make_source(f"flow {place}"))) for place in sorted(drawn)]
    found = (
        [_add_moves(path, own) for path, own in zip(paths, zip(*moves, strict=True), strict=True)]
        if moves
        else paths
    )
    by_day = [sorted(balances) for balances in zip(*found, strict=True)]
    medians, lows, highs = ([_pick(each, share) for each in by_day] for share in (MIDDLE, LOW, HIGH))
    return Band(medians, _draw_near(medians, lows), _draw_near(medians, highs))


def _make_source(name: str) -> random.Random:
    return random.Random(f"{SEED} {name}")  # noqa: S311 (repeatable on purpose)


def _shift_paths(paths: list[list[float]], by: Sequence[float], source: random.Random) -> None:
    """Move the balances of each course by a draw of its own that all of its days share."""
    for place, path in enumerate(paths):
        draw = source.gauss(0, 1)
        paths[place] = [one + draw * each for one, each in zip(path, by, strict=True)]


def _draw_moves(item: Item, source: random.Random) -> Iterator[tuple[int, float]]:
    """Yield the day on which a flow comes in each course, and its amount; day -1 where it does not come."""
    chances = list(accumulate(item.chances))
    for _ in range(PATHS):
        chance, draw = source.random(), source.gauss(0, 1)
        place = bisect_left(chances, chance) if chance < chances[-1] else -1
        yield place, item.amount + draw * item.deviation


def _add_moves(path: Sequence[float], moves: Iterable[tuple[int, float]]) -> list[float]:
    steps = [0.0] * len(path)
    for place, amount in moves:
        if place >= 0:
            steps[place] += amount
    return [one + step for one, step in zip(path, accumulate(steps), strict=True)]


def _sum_small(items: Iterable[Item], days: int) -> tuple[list[float], list[float]]:
    """Return the mean of each day of some flows, and the variance of their sum up to each day."""
    means, variances = [0.0] * days, [0.0] * days
    for item in items:
        amount = item.amount
        square, own = amount * amount, item.deviation**2
        means = [mean + amount * chance for mean, chance in zip(means, item.chances, strict=True)]
        variances = [
            variance + square * max(chance * (1 - chance), 0.0) + own * chance
            for variance, chance in zip(variances, accumulate(item.chances), strict=True)
        ]
    return means, variances


def _measure_weight(item: Item) -> float:
    """Return how much a flow matters for the band: nothing where its day and its amount are certain."""
    if not item.deviation and max(item.chances) > 0.9999:
        return 0.0
    return abs(item.amount) * min(sum(item.chances), 1.0)


def _draw_near(medians: Sequence[float], ends: Sequence[float]) -> list[float]:
    return [median + WIDTH * (end - median) for median, end in zip(medians, ends, strict=True)]


def _pick(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
