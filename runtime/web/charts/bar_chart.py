"""Bars in groups, such as income and costs of months, with a line of what is left. Called by pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from runtime.operations.formats import Formats
from runtime.web.charts.chart import (
    Bar,
    Chart,
    Dot,
    Drawing,
    Frame,
    Labels,
    Series,
    Shape,
    Tip,
    make_frame,
    make_grid,
    make_labels,
    make_numbers,
    make_tip,
)
from runtime.web.charts.scale import Axis, make_axis

WIDE, NARROW = (660.0, 286.0), (340.0, 200.0)
"""Sizes of the drawings, as the design reference has them: a card of eight columns, and a phone."""
MOST_NARROW = 6
"""Groups of the narrow drawing, the last ones: beyond them bars are thinner than 10 units."""
WIDEST_BAR, GAP = 28.0, 2.0
"""Units: a bar of few groups is no wider, and the bars of a group stand so far apart."""
_FILLED = 0.68
"""Of the width of a group, what its bars take."""


@dataclass(frozen=True, slots=True)
class _Groups:
    """What is drawn: the labels, the bars of each group, and lines over them."""

    labels: Labels
    bars: tuple[Series, ...]
    nets: tuple[Series, ...]

    @property
    def every(self) -> tuple[Series, ...]:
        """All series."""
        return (*self.bars, *self.nets)

    def take_last(self, count: int) -> _Groups:
        """Return the last groups."""
        bars, nets = (
            tuple(Series(each.name, each.values[-count:]) for each in some) for some in (self.bars, self.nets)
        )
        return _Groups(self.labels.take_last(count), bars, nets)


def make_bar_chart(
    key: str, title: str, labels: Labels, bars: Sequence[Series], net: Series | None, formats: Formats
) -> Chart:
    """Return a chart of groups of bars, the first series being the subject, and of what is left as a line."""
    groups = _Groups(labels, tuple(bars), (net,) if net else ())
    wide, narrow = _draw(groups, WIDE, formats), _draw(groups.take_last(MOST_NARROW), NARROW, formats)
    return Chart(key, title, wide, narrow, make_numbers(labels, groups.every, formats))


def _draw(groups: _Groups, size: tuple[float, float], formats: Formats) -> Drawing:
    axis = make_axis(value for each in groups.every for value in each.values if value is not None)
    frame = make_frame(*size, axis, formats)
    count = len(groups.labels.short)
    step = frame.span / max(count, 1)
    places = [round(frame.left + step * (place + 0.5), 1) for place in range(count)]
    points = [_list_points(each, places, axis, frame) for each in groups.nets]
    return Drawing(
        frame.width,
        frame.height,
        frame.left,
        frame.right,
        grid=make_grid(axis, frame, formats),
        bars=tuple(_list_bars(groups.bars, places, step, axis, frame)),
        lines=tuple(
            Shape(" ".join(f"{x},{y}" for x, y, _ in each), "net-line") for each in points if len(each) > 1
        ),
        dots=tuple(
            Dot(x, y, 3.2, "bad-fill" if value < 0 else "net") for each in points for x, y, value in each
        ),
        texts=make_labels(groups.labels.short, places, frame),
        tips=tuple(_make_tip(groups, place, step, frame, formats) for place in range(count)),
    )


def _make_tip(groups: _Groups, place: int, step: float, frame: Frame, formats: Formats) -> Tip:
    left, tall = round(frame.left + step * place, 1), frame.bottom - frame.top
    rows = [(each.name, formats.write_amount(each.values[place])) for each in groups.every]
    return make_tip(groups.labels.full[place], rows, Bar(left, frame.top, round(step, 1), tall, "hit"), frame)


def _list_points(
    series: Series, places: Sequence[float], axis: Axis, frame: Frame
) -> list[tuple[float, float, Decimal]]:
    return [
        (x, axis.find_y(value, frame.top, frame.bottom), value)
        for x, value in zip(places, series.values, strict=True)
        if value is not None
    ]


def _list_bars(
    series: Sequence[Series], places: Sequence[float], step: float, axis: Axis, frame: Frame
) -> list[Bar]:
    """Return the bars of all groups, each from zero to its value: upwards, or downwards below zero."""
    count = max(len(series), 1)
    width = min(WIDEST_BAR, (step * _FILLED - GAP * (count - 1)) / count)
    zero = axis.find_y(Decimal(0), frame.top, frame.bottom)
    made = []
    for place, x in enumerate(places):
        left = x - (width * count + GAP * (count - 1)) / 2
        for number, each in enumerate(series):
            value = each.values[place]
            if value is None:
                continue
            y = axis.find_y(value, frame.top, frame.bottom)
            style = f"b{min(number, 1) + 1}"
            at = round(left + number * (width + GAP), 1)
            made.append(Bar(at, min(y, zero), round(width, 1), round(abs(zero - y), 1), style))
    return made
