"""A chart as data: its drawings, and what they are made of. Made by the modules of the kinds of charts.

A template draws it part by part (`pages/charts.html`), so that every text is escaped there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from runtime.operations.formats import Formats
from runtime.web.charts.scale import LETTER, Axis, choose_labels, measure_text

TIP_LINE, TIP_PAD = 15.0, 8.0
"""Units between two lines of a tip, and around them; as the design reference has them."""
_TIP_HEAD = 23.0
"""Units from the top of a tip to its first line and below its last one."""
_LABEL_GAP = 8.0
"""Units between the label of a grid line and the chart."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind, one for each label of the chart; None where there is none."""

    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """What the places of a chart are called: below it, and in full in tips and in its table, whose head they have."""

    short: tuple[str, ...]
    full: tuple[str, ...]
    head: str = "Month"

    def take_last(self, count: int) -> Labels:
        """Return the last of them."""
        return Labels(self.short[-count:], self.full[-count:], self.head)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a drawing. `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    style: str = ""


@dataclass(frozen=True, slots=True)
class GridLine:
    """A grid line with its label; that of zero is drawn stronger."""

    y: float
    text: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A line or an area: the points of an SVG element, and its class."""

    points: str
    style: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, and its class."""

    x: float
    y: float
    width: float
    height: float
    style: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle, and its class."""

    x: float
    y: float
    radius: float
    style: str


@dataclass(frozen=True, slots=True)
class Tip:
    """What is shown of a place of the chart while the pointer is on it: the place and the exact values."""

    hit: Bar
    box: Bar
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart at one width."""

    width: float
    height: float
    left: float
    right: float
    grid: tuple[GridLine, ...] = ()
    areas: tuple[Shape, ...] = ()
    bars: tuple[Bar, ...] = ()
    lines: tuple[Shape, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()
    tips: tuple[Tip, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a chart as a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `key` is unique on its page, `title` says its message to whoever does not see it."""

    key: str
    title: str
    wide: Drawing
    narrow: Drawing
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Frame:
    """The space of a drawing: its size, and the margins around the plot."""

    width: float
    height: float
    top: float
    left: float
    right: float
    bottom: float

    @property
    def span(self) -> float:
        """How wide the plot is."""
        return self.right - self.left


def make_frame(width: float, height: float, axis: Axis, formats: Formats) -> Frame:
    """Return the space of a drawing whose grid lines have labels at the left."""
    labels = measure_text(formats.write_short_money(each) for each in axis.lines)
    return Frame(width, height, 14.0, round(labels + _LABEL_GAP, 1), width - 8.0, height - 24.0)


def make_grid(axis: Axis, frame: Frame, formats: Formats) -> tuple[GridLine, ...]:
    """Return the grid lines."""
    return tuple(
        GridLine(
            axis.find_y(each, frame.top, frame.bottom),
            formats.write_short_money(each) if each else "0",
            each == 0,
        )
        for each in axis.lines
    )


def make_labels(labels: Sequence[str], places: Sequence[float], frame: Frame) -> tuple[Text, ...]:
    """Return the labels that fit below the chart, each within it."""
    distance = places[1] - places[0] if len(places) > 1 else 0.0
    chosen = choose_labels(labels, distance)
    return tuple(_make_label(labels[each], places[each], frame) for each in chosen)


def _make_label(text: str, x: float, frame: Frame) -> Text:
    half = len(text) * LETTER / 2
    anchor = "end" if x + half > frame.width else "start" if x - half < 0 else "middle"
    return Text(x, frame.height - 6, text, anchor)


def find_hits(places: Sequence[float], frame: Frame) -> tuple[Bar, ...]:
    """Return for each place the part of the plot that is nearest to it."""
    edges = [frame.left, *(round((a + b) / 2, 1) for a, b in pairwise(places)), frame.right]
    tall = frame.bottom - frame.top
    return tuple(Bar(left, frame.top, round(right - left, 1), tall, "hit") for left, right in pairwise(edges))


def make_tip(title: str, rows: Sequence[tuple[str, str]], hit: Bar, frame: Frame) -> Tip:
    """Return what is shown beside a place: its title, and a name and a value in each line below."""
    wide = max(measure_text([title]), *(measure_text([f"{name}  {value}"]) for name, value in rows))
    width, height = wide + 2 * TIP_PAD + 8, _TIP_HEAD + len(rows) * TIP_LINE
    left = min(max(hit.x + hit.width / 2 - width / 2, 0.0), max(frame.width - width, 0.0))
    box = Bar(round(left, 1), 2.0, round(width, 1), height, "")
    texts = [Text(round(left + TIP_PAD, 1), 18.0, title, "start", "lab")]
    for place, (name, value) in enumerate(rows, 1):
        y = 18.0 + place * TIP_LINE
        texts.append(Text(round(left + TIP_PAD, 1), y, name, "start"))
        texts.append(Text(round(left + width - TIP_PAD, 1), y, value, "end"))
    return Tip(hit, box, tuple(texts))


def make_numbers(labels: Labels, series: Iterable[Series], formats: Formats) -> Numbers:
    """Return the numbers of a chart as a table, with one column for each series."""
    every = tuple(series)
    return Numbers(
        (labels.head, *(each.name for each in every)),
        tuple(
            (label, *(formats.write_amount(each.values[place]) for each in every))
            for place, label in enumerate(labels.full)
        ),
    )
