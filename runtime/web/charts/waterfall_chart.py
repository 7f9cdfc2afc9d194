"""Steps from one amount to another, one below the other, each beginning where the one before ends. Called by pages.

Names stand at the left of their bars, on a phone above them, so that long ones are read; the table has them whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from runtime.operations.formats import MINUS, Formats
from runtime.web.charts.chart import Bar, Chart, Drawing, Numbers, Shape, Text, Tip, make_frame, make_tip
from runtime.web.charts.scale import LETTER, Axis, make_axis

WIDE, NARROW = 900.0, 340.0
"""Widths of the drawings: a card of the whole width, and a phone. Their heights follow from the steps."""
_TALL, _BAR = 26.0, 16.0
"""Units of a row, and of its bar."""
_NAME_WIDE, _VALUE = 270.0, 92.0
"""Units that names take at the left of the wide drawing, and amounts at its right."""
_ABOVE = 16.0
"""Units that a name takes above its bar in the narrow drawing."""
_LONGEST_TIP = 40
"""Characters of a name in a tip, which fit into the narrow drawing."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """What is drawn: the amount at the beginning, the steps, and the amount that they lead to, each with its name."""

    start: tuple[str, Decimal]
    steps: tuple[tuple[str, Decimal], ...]
    end: tuple[str, Decimal]
    running: str = "After it"
    """What the amount after each step is called."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    amount: Decimal
    begins: Decimal
    ends: Decimal
    is_step: bool

    @property
    def style(self) -> str:
        """Grey for the two amounts that are compared, red for what lowers."""
        return "b2" if not self.is_step else "bad-fill" if self.amount < 0 else "b1"


def make_waterfall_chart(key: str, title: str, bridge: Bridge, formats: Formats) -> Chart:
    """Return a chart of the steps from one amount to another."""
    rows = _list_rows(bridge)
    axis = make_axis(value for row in rows for value in (row.begins, row.ends))
    wide, narrow = (_draw(rows, axis, width, bridge.running, formats) for width in (WIDE, NARROW))
    numbers = Numbers(
        ("Step", "Change", bridge.running),
        tuple(
            (row.name, _write_step(row, formats.write_amount(row.amount)), formats.write_amount(row.ends))
            for row in rows
        ),
    )
    return Chart(key, title, wide, narrow, numbers)


def _list_rows(bridge: Bridge) -> list[_Row]:
    zero, running = Decimal(0), bridge.start[1]
    rows = [_Row(*bridge.start, zero, running, is_step=False)]
    for name, amount in bridge.steps:
        rows.append(_Row(name, amount, running, running + amount, is_step=True))
        running += amount
    return [*rows, _Row(*bridge.end, zero, bridge.end[1], is_step=False)]


@dataclass(frozen=True, slots=True)
class _Space:
    """Where rows stand in a drawing: `above` is what a name takes above its bar, none where it stands beside it."""

    width: float
    axis: Axis
    rows: int
    left: float
    above: float

    @property
    def tall(self) -> float:
        """How tall a row is."""
        return _TALL + self.above

    @property
    def height(self) -> float:
        """How tall the drawing is."""
        return self.rows * self.tall

    @property
    def right(self) -> float:
        """Where the bars end, and the amounts begin."""
        return self.width - _VALUE

    def find_top(self, place: int) -> float:
        """Return where the bar of a row begins."""
        return round(place * self.tall + self.above + (_TALL - _BAR) / 2, 1)

    def find_x(self, value: Decimal) -> float:
        """Return how far right an amount stands."""
        share = float((value - self.axis.low) / (self.axis.high - self.axis.low))
        return round(self.left + share * (self.right - self.left), 1)


def _draw(rows: Sequence[_Row], axis: Axis, width: float, running: str, formats: Formats) -> Drawing:
    left, above = (_NAME_WIDE, 0.0) if width == WIDE else (2.0, _ABOVE)
    space = _Space(width, axis, len(rows), left, above)
    return Drawing(
        width,
        space.height,
        space.left,
        space.right,
        bars=tuple(_make_bar(row, place, space) for place, row in enumerate(rows)),
        lines=tuple(_list_lines(rows, space)),
        texts=tuple(
            text for place, row in enumerate(rows) for text in _list_texts(row, place, space, formats)
        ),
        tips=tuple(_make_tip(row, place, space, running, formats) for place, row in enumerate(rows)),
    )


def _make_bar(row: _Row, place: int, space: _Space) -> Bar:
    one, other = space.find_x(row.begins), space.find_x(row.ends)
    width = max(round(abs(one - other), 1), 1.0)
    return Bar(min(one, other), space.find_top(place), width, _BAR, row.style)


def _list_lines(rows: Sequence[_Row], space: _Space) -> Iterator[Shape]:
    """Yield the line of zero, and what joins each bar to the next; between names there is none of either."""
    zero = space.find_x(Decimal(0))
    if space.above:
        for place in range(len(rows)):
            top = space.find_top(place)
            yield Shape(f"{zero},{top - 2} {zero},{top + _BAR + 2}", "axis")
        return
    yield Shape(f"{zero},0 {zero},{space.height}", "axis")
    for place, row in enumerate(rows[:-1]):
        x = space.find_x(row.ends)
        yield Shape(f"{x},{space.find_top(place) + _BAR} {x},{space.find_top(place + 1)}", "join")


def _list_texts(row: _Row, place: int, space: _Space, formats: Formats) -> Iterator[Text]:
    """Yield the name and the amount of a row."""
    style, top = "name" if row.is_step else "lab", space.find_top(place)
    base = round(top + _BAR - 4, 1)
    taken, y = (space.width, round(top - 5, 1)) if space.above else (space.left - 14, base)
    yield Text(0.0, y, _shorten(row.name, int(taken / LETTER)), "start", style)
    yield Text(space.width, base, _write_step(row, formats.write_amount(row.amount)), "end", style)


def _make_tip(row: _Row, place: int, space: _Space, running: str, formats: Formats) -> Tip:
    amount, after = (formats.write_money(each) for each in (row.amount, row.ends))
    top = round(place * space.tall, 1)
    hit = Bar(space.left, top, round(space.right - space.left, 1), space.tall, "hit")
    frame = make_frame(space.width, space.height, space.axis, formats)
    said = [("Change", _write_step(row, amount)), (running, after)] if row.is_step else [("", after)]
    tip = make_tip(_shorten(row.name, _LONGEST_TIP), said, hit, frame)
    return _lower_tip(tip, min(top, max(space.height - tip.box.height - 4, 0.0)))


def _write_step(row: _Row, text: str) -> str:
    """Return an amount; that of a step has its sign."""
    return f"+{text}" if row.is_step and row.amount > 0 and not text.startswith(MINUS) else text


def _shorten(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def _lower_tip(tip: Tip, by: float) -> Tip:
    """Return a tip that stands lower, beside its row."""
    box = tip.box
    return Tip(
        tip.hit,
        Bar(box.x, round(box.y + by, 1), box.width, box.height, box.style),
        tuple(Text(each.x, round(each.y + by, 1), each.text, each.anchor, each.style) for each in tip.texts),
    )
