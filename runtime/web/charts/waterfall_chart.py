"""Steps from one amount to another, one below the other, each beginning where the one before ends. Called by pages.

Names stand at the left of their bars, on a phone above them, so that long ones are read; the table has them whole.
"""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Bridge:
    """What is drawn: the amount at the beginning, the steps, and the amount that they lead to, each with its name."""

    start: tuple[str, Decimal]
    steps: tuple[tuple[str, Decimal], ...]
    end: tuple[str, Decimal]


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
    wide, narrow = (_draw(rows, axis, width, formats) for width in (WIDE, NARROW))
    numbers = Numbers(
        ("Step", "Amount", "Profit after it"),
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


def _draw(rows: Sequence[_Row], axis: Axis, width: float, formats: Formats) -> Drawing:
    is_wide = width == WIDE
    above = 0.0 if is_wide else _ABOVE
    left, right = (_NAME_WIDE if is_wide else 2.0), width - _VALUE
    tall = _TALL + above
    bars, texts, lines, tips = list[Bar](), list[Text](), list[Shape](), list[Tip]()
    frame = make_frame(width, len(rows) * tall, axis, formats)
    for place, row in enumerate(rows):
        top = place * tall + above + (_TALL - _BAR) / 2
        one, other = (_find_x(value, axis, left, right) for value in (row.begins, row.ends))
        bar = Bar(min(one, other), round(top, 1), max(round(abs(one - other), 1), 1.0), _BAR, row.style)
        bars.append(bar)
        texts += _list_texts(row, top, width, is_wide=is_wide, formats=formats)
        if place + 1 < len(rows):
            lines.append(Shape(f"{other},{bar.y + _BAR} {other},{round(top + tall, 1)}", "join"))
        hit = Bar(left, round(place * tall, 1), round(right - left, 1), tall, "hit")
        said = [
            ("Amount", _write_step(row, formats.write_money(row.amount))),
            ("Profit after it", formats.write_money(row.ends)),
        ]
        tip = make_tip(_shorten(row.name, 40), said, hit, frame)
        tips.append(_lower_tip(tip, min(place * tall, max(len(rows) * tall - 70, 0.0))))
    zero = _find_x(Decimal(0), axis, left, right)
    lines.insert(0, Shape(f"{zero},0 {zero},{len(rows) * tall}", "axis"))
    return Drawing(
        width,
        len(rows) * tall,
        left,
        right,
        bars=tuple(bars),
        lines=tuple(lines),
        texts=tuple(texts),
        tips=tuple(tips),
    )


def _list_texts(row: _Row, top: float, width: float, *, is_wide: bool, formats: Formats) -> list[Text]:
    style = "" if row.is_step else "lab"
    amount = _write_step(row, formats.write_amount(row.amount))
    base = round(top + _BAR - 4, 1)
    if is_wide:
        most = int((_NAME_WIDE - 14) / LETTER)
        return [
            Text(0.0, base, _shorten(row.name, most), "start", style or "name"),
            Text(width, base, amount, "end", style or "name"),
        ]
    most = int(width / LETTER)
    return [
        Text(0.0, round(top - 5, 1), _shorten(row.name, most), "start", style or "name"),
        Text(width, base, amount, "end", style or "name"),
    ]


def _write_step(row: _Row, text: str) -> str:
    """Return an amount; that of a step has its sign."""
    return f"+{text}" if row.is_step and row.amount > 0 and not text.startswith(MINUS) else text


def _find_x(value: Decimal, axis: Axis, left: float, right: float) -> float:
    share = float((value - axis.low) / (axis.high - axis.low))
    return round(left + share * (right - left), 1)


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
