"""Amounts to come as a line within the band in which they are likely, over the line of zero. Called by pages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from runtime.operations.formats import Formats
from runtime.web.charts.chart import (
    Chart,
    Dot,
    Drawing,
    Frame,
    Labels,
    Series,
    Shape,
    Text,
    find_hits,
    make_frame,
    make_grid,
    make_labels,
    make_numbers,
    make_tip,
)
from runtime.web.charts.scale import LETTER, Axis, make_axis

WIDE, NARROW = (900.0, 300.0), (340.0, 220.0)
"""Sizes of the drawings: a card of the whole width, and a phone."""


class BandSeries(NamedTuple):
    """What is drawn: the line, the edges of the band, and a dashed line to compare with, where there is one.

    No value of them is None.
    """

    middle: Series
    low: Series
    high: Series
    compared: Series | None = None

    @property
    def every(self) -> tuple[Series, ...]:
        """As tips and the table have them: the band from the highest to the lowest, and what is compared."""
        compared = (self.compared,) if self.compared is not None else ()
        return (self.high, self.middle, self.low, *compared)


class Lowest(NamedTuple):
    """The lowest point, which may lie between two places: 2.5 is in the middle between the third and the fourth."""

    place: float
    value: Decimal
    text: str


def make_band_chart(
    key: str,
    title: str,
    labels: Labels,
    band: BandSeries,
    formats: Formats,
    lowest: Lowest | None = None,
) -> Chart:
    """Return a chart of a line within a band. The lowest point is marked: that of the line where no other is given."""
    low = lowest or _find_lowest(labels, band.middle, formats)
    axis = make_axis(
        [low.value, *(value for each in band.every for value in each.values if value is not None)]
    )
    frames = [make_frame(*size, axis, formats) for size in (WIDE, NARROW)]
    wide, narrow = (_draw(labels, band, low, axis, frame, formats) for frame in frames)
    return Chart(key, title, wide, narrow, make_numbers(labels, band.every, formats))


def _draw(
    labels: Labels, band: BandSeries, lowest: Lowest, axis: Axis, frame: Frame, formats: Formats
) -> Drawing:
    count = len(labels.short)
    step = frame.span / max(count - 1, 1)
    start = frame.left if count > 1 else frame.left + frame.span / 2
    places = [round(start + step * place, 1) for place in range(count)]
    high, middle, low, *compared = (_list_points(each, places, axis, frame) for each in band.every)
    dots, mark = _mark_lowest(lowest, places, axis, frame)
    hits = find_hits(places, frame)
    return Drawing(
        frame.width,
        frame.height,
        frame.left,
        frame.right,
        grid=make_grid(axis, frame, formats),
        areas=(Shape(_write([*high, *reversed(low)]), "area"),) if count > 1 else (),
        lines=(
            *(Shape(_write(each), "line prev") for each in compared if count > 1),
            *((Shape(_write(middle), "line"),) if count > 1 else ()),
        ),
        dots=dots,
        texts=(*make_labels(labels.short, places, frame), *mark),
        tips=tuple(
            make_tip(
                labels.full[place],
                [(each.name, formats.write_money(each.values[place])) for each in band.every],
                hits[place],
                frame,
            )
            for place in range(count)
        ),
    )


def _list_points(
    series: Series, places: Sequence[float], axis: Axis, frame: Frame
) -> list[tuple[float, float]]:
    return [
        (x, axis.find_y(value or Decimal(0), frame.top, frame.bottom))
        for x, value in zip(places, series.values, strict=True)
    ]


def _write(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _mark_lowest(
    lowest: Lowest, places: Sequence[float], axis: Axis, frame: Frame
) -> tuple[tuple[Dot, ...], tuple[Text, ...]]:
    """Return a dot at the lowest point, and what it is."""
    before = min(int(lowest.place), len(places) - 1)
    after = min(before + 1, len(places) - 1)
    x = round(places[before] + (lowest.place - before) * (places[after] - places[before]), 1)
    y = axis.find_y(lowest.value, frame.top, frame.bottom)
    half = len(lowest.text) * LETTER / 2
    at = round(min(max(x, frame.left + half), frame.right - half), 1)
    below = round(y + 20 if y + 26 < frame.bottom else y - 12, 1)
    dot = Dot(x, y, 4.0, "bad-fill" if lowest.value < 0 else "dot")
    return (dot,), (Text(at, below, lowest.text, "middle", "lab"),)


def _find_lowest(labels: Labels, series: Series, formats: Formats) -> Lowest:
    """Return the lowest point of the line itself."""
    value, place = min((value, place) for place, value in enumerate(series.values) if value is not None)
    return Lowest(float(place), value, f"lowest {formats.write_short_money(value)}, {labels.short[place]}")
