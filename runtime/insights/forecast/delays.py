"""How late each customer pays, and the company each of its vendors. Called by `open_items` and `unrecorded`.

For each party the chance is estimated that what is still open on a day is paid on that day, counted from the due date.
What is open now counts too: those days passed without a payment. A party with few payments is taken as the company is
used to, one with many as they themselves paid, in between according to their number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate, pairwise, repeat
from operator import mul
from typing import NamedTuple

from runtime.insights.books import Key

FIRST, LAST = -92, 364
"""Days from the due date; what lies outside is taken as the nearest."""
EDGES = (*range(FIRST, 121, 4), *range(136, LAST, 19), LAST)
"""Days between which the chance is the same: fine near the due date, where most is paid."""
WIDTHS = tuple(after - before for before, after in pairwise(EDGES))
PARTY_WEIGHT = 3.0
"""How many payments of the company's habit are set against those of a party. Chosen on seeds 101 to 106."""
USUAL_WEIGHT = 2.0
"""How many payments of the usual habit are set against those of the company, which matters in its first weeks."""
MOST = 0.9
"""The highest chance of a day: nobody is so exact that another day is impossible."""
LEAST_LEFT = 1e-200
"""So that what has to be divided by never becomes zero."""
_PLACES = tuple(bisect_right(EDGES, day) - 1 for day in range(FIRST, LAST))
"""Between which edges each day lies."""


class Delay(NamedTuple):
    """One thing to be paid: from when on it was open, and until when, in days from its due date, and if it was paid."""

    party: Key | None
    start: int
    end: int
    is_paid: bool


class Counts:
    """Days on which something was open, and payments, between the edges; `finish` closes the count."""

    def __init__(self) -> None:
        self.open_days = [0.0] * len(WIDTHS)
        self.payments = [0] * len(WIDTHS)
        self._crossings = [0] * (len(WIDTHS) + 1)
        self.paid = self.all = 0

    def add(self, each: Delay) -> None:
        """Count one thing to be paid, from the day on which it began to that of its payment, both included."""
        start, end = _clip(each.start), _clip(each.end)
        place, last = _PLACES[start - FIRST], _PLACES[end - FIRST]
        self.open_days[place] += EDGES[place] - start
        self.open_days[last] += end + 1 - EDGES[last]
        self._crossings[place] += 1
        self._crossings[last] -= 1
        self.all += 1
        if each.is_paid:
            self.payments[last] += 1
            self.paid += 1

    def finish(self) -> None:
        """Add the days of those that were open from one edge to the next."""
        for place, count in enumerate(accumulate(self._crossings[:-1])):
            self.open_days[place] += count * WIDTHS[place]


def add_counts(all_counts: Iterable[Counts]) -> Counts:
    """Return the sum of some counts."""
    found = Counts()
    for each in all_counts:
        found.open_days = [one + other for one, other in zip(found.open_days, each.open_days, strict=True)]
        found.payments = [one + other for one, other in zip(found.payments, each.payments, strict=True)]
        found.paid += each.paid
        found.all += each.all
    return found


class Habit:
    """The habits of all parties: `list_chances` has those of one, for what is still open."""

    def __init__(self, delays: Iterable[Delay]) -> None:
        self._parties: dict[Key | None, Counts] = defaultdict(Counts)
        for each in delays:
            self._parties[each.party].add(each)
        for counts in self._parties.values():
            counts.finish()
        self._whole = add_counts(self._parties.values())
        self._usual = [
            (paid + USUAL_WEIGHT * width * _guess_chance(start)) / (days + USUAL_WEIGHT * width)
            for paid, days, width, start in zip(
                self._whole.payments, self._whole.open_days, WIDTHS, EDGES, strict=False
            )
        ]
        self._left: dict[Key | None, list[float]] = {}
        self._known: dict[tuple[Key | None, int, int], list[float]] = {}

    @property
    def count(self) -> int:
        """How many payments it rests on."""
        return self._whole.paid

    def count_paid(self, party: Key | None) -> tuple[int, int]:
        """Return how many things a party paid, and how many it had to pay."""
        counts = self._parties.get(party)
        return (counts.paid, counts.all) if counts else (0, 0)

    def list_chances(self, party: Key | None, late: int, days: int) -> list[float]:
        """Return the chance of each coming day that what is open is paid on it; `late` is how long it is due today."""
        known = self._known.get((party, late, days))
        if known is None:
            left = self._list_left(party)
            start = _clip(late + 1) - FIRST
            now = left[start]
            coming = left[start : start + days + 1]
            known = [(before - after) / now for before, after in pairwise(coming)]
            known += [0.0] * (days - len(known))
            self._known[party, late, days] = known
        return known

    def measure_chance(self, party: Key | None, late: int, days: int) -> float:
        """Return the chance that what is open is paid within some days."""
        left, start = self._list_left(party), _clip(late + 1) - FIRST
        return 1 - left[min(start + days, len(left) - 1)] / left[start]

    def _list_left(self, party: Key | None) -> list[float]:
        """Return the share that is still open before each day, the first one first, and after the last."""
        left = self._left.get(party)
        if left is None:
            counts = self._parties.get(party)
            left, now = [1.0], 1.0
            for place, (usual, width) in enumerate(zip(self._usual, WIDTHS, strict=True)):
                paid, days = (counts.payments[place], counts.open_days[place]) if counts else (0, 0.0)
                chance = (paid + PARTY_WEIGHT * width * usual) / (days + PARTY_WEIGHT * width)
                stays = 1 - min(chance, MOST)
                left += [*accumulate(repeat(stays, width), mul, initial=now)][1:]
                now = max(left[-1], LEAST_LEFT)
            left = [*map(max, left, repeat(LEAST_LEFT))]
            self._left[party] = left
        return left


def _clip(day: int) -> int:
    return min(max(day, FIRST), LAST - 1)


def _guess_chance(late: int) -> float:
    """Return what is usual anywhere: few pay early, most around the due date and in the month after it."""
    return 0.005 if late < -8 else 0.05 if late < 32 else 0.02 if late < 92 else 0.002
