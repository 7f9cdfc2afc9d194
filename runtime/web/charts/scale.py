"""Where the values and texts of a chart stand: round grid lines, and what fits between two of them.

Called by `line_chart` and `bar_chart`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MOST_LINES = 5
"""Grid lines of a chart with the one of zero, as the design reference has them."""
SMALLEST_STEP = Decimal("0.1")
"""Between two grid lines: their labels have one decimal at most."""
_STEPS = tuple(map(Decimal, ("1", "2", "2.5", "5", "10")))
LETTER = 6.4
"""Units that a character of a label takes on average, at the 11.5 of the stylesheet; measured with its font."""
_GAP = 14.0
"""Units between two labels below a chart, as wide as two characters."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The values that a chart spans, and those that have a grid line. Zero is among them."""

    low: Decimal
    high: Decimal
    lines: tuple[Decimal, ...]

    def find_y(self, value: Decimal, top: float, bottom: float) -> float:
        """Return how far down a value stands between the top and the bottom of a chart."""
        share = (value - self.low) / (self.high - self.low)
        return round(bottom - float(share) * (bottom - top), 1)


def make_axis(values: Iterable[Decimal]) -> Axis:
    """Return an axis over values and zero, with round grid lines."""
    every = [Decimal(0), *values]
    low, high = min(every), max(every)
    if low == high:
        return Axis(Decimal(0), Decimal(1), (Decimal(0),))
    step = _find_step(low, high)
    first, last = _count_steps(low, step, ROUND_FLOOR), _count_steps(high, step, ROUND_CEILING)
    return Axis(first * step, last * step, tuple(each * step for each in range(first, last + 1)))


def _find_step(low: Decimal, high: Decimal) -> Decimal:
    """Return the smallest round step with which the lines are few enough."""
    magnitude = Decimal(1).scaleb(((high - low) / MOST_LINES).adjusted())
    while True:
        for factor in _STEPS:
            step = factor * magnitude
            is_round = step >= SMALLEST_STEP and not (factor == _STEPS[2] and magnitude < 10)
            lines = (
                _count_steps(high, step, ROUND_CEILING) - _count_steps(low, step, ROUND_FLOOR) + 1
                if is_round
                else MOST_LINES + 1
            )
            if lines <= MOST_LINES:
                return step
        magnitude *= 10


def _count_steps(value: Decimal, step: Decimal, rounding: str) -> int:
    return int((value / step).to_integral_value(rounding))


def choose_labels(labels: Sequence[str], distance: float) -> tuple[int, ...]:
    """Return the places of the labels that fit below points which are so far apart; the last one is among them."""
    longest = max(map(len, labels), default=0) * LETTER + _GAP
    every = 1 if distance <= 0 else max(1, -int(-longest // distance))
    return tuple(sorted(range(len(labels) - 1, -1, -every)))


def measure_text(texts: Iterable[str]) -> float:
    """Return how wide the longest of some texts is."""
    return max(map(len, texts), default=0) * LETTER
