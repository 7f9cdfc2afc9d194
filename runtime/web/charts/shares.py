"""Small drawings beside numbers: one bar of parts, bars in cells of a table, and a line that shows a shape only.

Called by pages. Widths are in percent of the place that a drawing has, so that they need no second drawing for phones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

MOST_PARTS = 5
"""Parts that have a colour of their own (`--age-0` to `--age-4`); those beyond have that of the last."""
_GAP = Decimal("0.35")
"""Percent between two parts."""
SPARK_WIDTH, SPARK_HEIGHT = 92.0, 22.0
"""Units of the line, as the stylesheet has it."""
_INSET = 3.0
"""Units around the line, so that its last point, whose radius is 2, is whole."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a bar: where it begins and how wide it is, in percent, and its class."""

    x: str
    width: str
    style: str


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line without an axis, and its last point. A flat one is drawn in grey."""

    points: str
    x: float
    y: float
    is_flat: bool


def make_stack(amounts: Sequence[Decimal]) -> tuple[Share, ...]:
    """Return the parts of one bar, in their order. What is not above zero, such as a credit, has no part."""
    shown = [(place, amount) for place, amount in enumerate(amounts) if amount > 0]
    whole = sum((amount for _, amount in shown), Decimal(0))
    space = 100 - _GAP * max(len(shown) - 1, 0)
    parts, x = [], Decimal(0)
    for place, amount in shown:
        width = amount / whole * space
        parts.append(Share(f"{x:.2f}%", f"{width:.2f}%", name_part(place)))
        x += width + _GAP
    return tuple(parts)


def name_part(place: int) -> str:
    """Return the class of the part with a place."""
    return f"a{min(place, MOST_PARTS - 1)}"


def measure_bars(amounts: Sequence[Decimal]) -> tuple[str, ...]:
    """Return the widths of bars beside one another, the greatest one in full; none for what is not above zero."""
    most = max(amounts, default=Decimal(0))
    return tuple(f"{max(each, Decimal(0)) / most * 100:.1f}%" if most > 0 else "0.0%" for each in amounts)


def make_sparkline(values: Sequence[Decimal | int]) -> Sparkline:
    """Return the shape of a row of numbers, from its lowest at the bottom to its highest at the top."""
    known = [Decimal(each) for each in values] or [Decimal(0)]
    low, high = min(known), max(known)
    tall, step = SPARK_HEIGHT - 2 * _INSET, (SPARK_WIDTH - 2 * _INSET) / max(len(known) - 1, 1)
    points = [
        (
            round(_INSET + step * place, 1),
            round(SPARK_HEIGHT - _INSET - tall * _find_height(value, low, high), 1),
        )
        for place, value in enumerate(known)
    ]
    return Sparkline(" ".join(f"{x},{y}" for x, y in points), *points[-1], is_flat=low == high)


def _find_height(value: Decimal, low: Decimal, high: Decimal) -> float:
    return float((value - low) / (high - low)) if high > low else 0.0
