"""Amounts over time as a line with the area below it, and others beside it as dashed lines. Called by pages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

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

WIDE, NARROW = (660.0, 280.0), (340.0, 190.0)
"""Sizes of the drawings, as the design reference has them: a card of eight columns, and a phone."""


def make_line_chart(
    key: str, title: str, labels: Labels, series: Sequence[Series], formats: Formats
) -> Chart:
    """Return a chart of amounts at some days. The first series is the subject, the others are to compare it with."""
    axis = make_axis(value for each in series for value in each.values if value is not None)
    frames = [make_frame(*size, axis, formats) for size in (WIDE, NARROW)]
    wide, narrow = (_draw(labels, series, axis, frame, formats) for frame in frames)
    return Chart(key, title, wide, narrow, make_numbers(labels, series, formats))


def _draw(labels: Labels, series: Sequence[Series], axis: Axis, frame: Frame, formats: Formats) -> Drawing:
    places = _find_places(len(labels.short), frame)
    runs = [_list_runs(each, places, axis, frame) for each in series]
    hits = find_hits(places, frame)
    dots, marks = _mark_subject(series[0], places, axis, frame, formats) if series else ((), ())
    return Drawing(
        frame.width,
        frame.height,
        frame.left,
        frame.right,
        grid=make_grid(axis, frame, formats),
        areas=tuple(_make_area(run, axis, frame) for run in (runs[0] if runs else ()) if len(run) > 1),
        lines=tuple(
            Shape(_write_points(run), "line prev" if place else "line")
            for place, each in reversed(list(enumerate(runs)))
            for run in each
            if len(run) > 1
        ),
        dots=dots,
        texts=(*make_labels(labels.short, places, frame), *marks),
        tips=tuple(
            make_tip(
                label,
                [(each.name, formats.write_money(each.values[place])) for each in series],
                hits[place],
                frame,
            )
            for place, label in enumerate(labels.full)
        ),
    )


def _find_places(count: int, frame: Frame) -> list[float]:
    """Return how far right each point stands; a single one stands in the middle."""
    if count == 1:
        return [round(frame.left + frame.span / 2, 1)]
    return [round(frame.left + frame.span * place / max(count - 1, 1), 1) for place in range(count)]


def _list_runs(
    series: Series, places: Sequence[float], axis: Axis, frame: Frame
) -> list[list[tuple[float, float]]]:
    """Return the points of a series, in runs that have no gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in zip(places, series.values, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, axis.find_y(value, frame.top, frame.bottom)))
    return [run for run in runs if run]


def _make_area(run: list[tuple[float, float]], axis: Axis, frame: Frame) -> Shape:
    """Return the area between a run of points and zero."""
    zero = axis.find_y(Decimal(0), frame.top, frame.bottom)
    return Shape(_write_points([(run[0][0], zero), *run, (run[-1][0], zero)]), "area")


def _write_points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _mark_subject(
    series: Series, places: Sequence[float], axis: Axis, frame: Frame, formats: Formats
) -> tuple[tuple[Dot, ...], tuple[Text, ...]]:
    """Return a dot for the last value, and one with a label for the lowest where that is another."""
    known = [(value, place) for place, value in enumerate(series.values) if value is not None]
    if not known:
        return (), ()
    heights = {place: axis.find_y(value, frame.top, frame.bottom) for value, place in known}
    last, lowest = known[-1], min(known)
    dot = _make_dot(places[last[1]], heights[last[1]], 4.0, last[0])
    if lowest[0] in (known[0][0], last[0]):
        return (dot,), ()
    x, y = places[lowest[1]], heights[lowest[1]]
    text = f"low {formats.write_short_money(lowest[0])}"
    half = len(text) * LETTER / 2
    x_text = min(max(x, frame.left + half), frame.right - half)
    below = y + 18 if y + 24 < frame.bottom else y - 10
    return (dot, _make_dot(x, y, 3.5, lowest[0])), (
        Text(round(x_text, 1), round(below, 1), text, "middle", "lab"),
    )


def _make_dot(x: float, y: float, radius: float, value: Decimal) -> Dot:
    return Dot(x, y, radius, "bad-fill" if value < 0 else "dot")
