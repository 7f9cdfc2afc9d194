"""A run of a report as a PDF: its head, sections and totals with rules, landscape where it is wide.

Drawn on `paper`. More columns than one page holds go on to pages of their own, with the first column repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from runtime.operations.formats import Formats
from runtime.operations.report_runs.cell_texts import make_writer
from runtime.operations.report_runs.paper import (
    BLACK,
    FAMILY,
    GREY,
    LINE,
    MARGIN,
    MILLIMETRES,
    PDF_TYPE,
    RED,
    Paper,
)
from runtime.operations.report_runs.report_view import ReportView, ViewRow

__all__ = ["PDF_TYPE", "write_pdf"]
_SIZES = (8.5, 7.5, 6.5)
"""Points of the font that are tried; less cannot be read on paper."""
_GAP = 3.0
"""Millimetres between two columns."""
_WIDEST_TEXT, _NARROWEST_LABEL = 58.0, 36.0
"""Millimetres of a column of texts, about forty letters, and of the first column where there is little space."""
_INDENT = 3.2
"""Millimetres of a level, the width of two letters; six levels leave most of the first column."""
_MEASURED_ROWS = 400
"""Rows whose texts are measured for the widths of columns; a longer text further on is cut with an ellipsis."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the columns are spread: those of each page, their widths in millimetres, and the size of the font."""

    is_landscape: bool
    size: float
    widths: tuple[float, ...]
    groups: tuple[tuple[int, ...], ...]

    @property
    def height(self) -> float:
        """Return the height of a row."""
        return self.size * MILLIMETRES * LINE


def write_pdf(view: ReportView, formats: Formats, company: str) -> bytes:
    """Return the bytes of the PDF."""
    writers = [make_writer(column.kind, formats) for column in view.columns]
    cells = [[write(cell) for write, cell in zip(writers, row.cells, strict=True)] for row in view.rows]
    pdf = _Pages(formats.country)
    layout = _make_layout(pdf, view, cells)
    pdf.begin(view, formats, company, layout)
    for group in layout.groups:
        pdf.write_table(view, cells, group)
    pdf.write_end(view)
    return bytes(pdf.output())


class _Pages(Paper):
    """The pages of one report."""

    def __init__(self, country: str) -> None:
        super().__init__(country)
        self._layout = _Layout(False, _SIZES[0], (), ())  # noqa: FBT003

    def begin(self, view: ReportView, formats: Formats, company: str, layout: _Layout) -> None:
        """Write the head of the report on its first page."""
        self._layout = layout
        self.name(view.title, company, formats)
        self._open_page()
        self.write_heads(company, view.title, ", ".join(view.list_facts(formats)))

    def write_table(self, view: ReportView, cells: Sequence[Sequence[str]], group: tuple[int, ...]) -> None:
        """Write the columns of a group with all rows, on as many pages as they take."""
        if group != self._layout.groups[0]:
            self._open_page()
        self._write_head(view, group)
        last = max((at for at, row in enumerate(view.rows) if is_final(row)), default=-1)
        for at, (row, texts) in enumerate(zip(view.rows, cells, strict=True)):
            if self.will_page_break(self._layout.height * 2):
                self._open_page()
                self._write_head(view, group)
            self._write_row(view, row, texts, group, is_last=at == last)

    def write_end(self, view: ReportView) -> None:
        """Write what the reader has to know of the rows and the characters."""
        notes = [view.note] if view.note else []
        if not view.table.is_whole:
            notes.append(f"The first {len(view.rows):,} of {view.table.rows_in_all:,} rows.")
        self.write_notes(notes)

    def _open_page(self) -> None:
        self.add_page("L" if self._layout.is_landscape else "P")

    def _write_head(self, view: ReportView, group: tuple[int, ...]) -> None:
        self.set_font(FAMILY, "B", self._layout.size)
        self.set_text_color(*GREY)
        for place in group:
            column, width = view.columns[place], self._layout.widths[place]
            text = self.cut(self.clean(column.title), width)
            self.cell(width, self._layout.height * 1.2, text, align="R" if column.is_numeric else "L")
            self.set_x(self.get_x() + _GAP)
        self.ln(self._layout.height * 1.2)
        self._rule(0.3)
        self.ln(0.8)

    def _write_row(
        self, view: ReportView, row: ViewRow, texts: Sequence[str], group: tuple[int, ...], *, is_last: bool
    ) -> None:
        height = self._layout.height
        if row.kind == "header" and row.depth == 0:
            self.ln(height * 0.4)
        self.set_font(FAMILY, "" if row.kind == "row" else "B", self._layout.size)
        if row.kind == "total":
            self._rule(0.1, group, view)
        for place in group:
            width, indent = self._layout.widths[place], _INDENT * min(row.depth, 6) if place == 0 else 0.0
            text, cell = texts[place], row.cells[place]
            self.set_text_color(*(RED if isinstance(cell, Decimal) and cell < 0 else BLACK))
            if text:
                shown = self.cut(self.clean(text), width - indent)
                align = "R" if view.columns[place].is_numeric else "L"
                self.set_x(self.get_x() + indent)
                self.cell(width - indent, height, shown, align=align)
            else:
                self.set_x(self.get_x() + width)
            self.set_x(self.get_x() + _GAP)
        self.ln(height)
        if is_last:
            self._rule(0.1, group, view)
            self.ln(0.7)
            self._rule(0.1, group, view)

    def _rule(self, thickness: float, group: tuple[int, ...] = (), view: ReportView | None = None) -> None:
        """Draw a line under all columns, or under the figures of a total."""
        self.set_line_width(thickness)
        self.set_draw_color(*GREY)
        x, y = self.l_margin, self.get_y()
        if view is None:
            self.line(x, y, x + self.epw, y)
        for place in group:
            if view and view.columns[place].is_numeric:
                self.line(x, y, x + self._layout.widths[place], y)
            x += self._layout.widths[place] + _GAP


def is_final(row: ViewRow) -> bool:
    """Return whether a row may be the total of a whole report, which the double rule closes."""
    return row.kind == "total" and row.depth == 0 and bool(row.group)


def _make_layout(pdf: _Pages, view: ReportView, cells: list[list[str]]) -> _Layout:
    """Return the first layout that fits: portrait, landscape with smaller fonts, then several groups of columns."""
    short, long = sorted((pdf.w, pdf.h))
    for is_landscape, size in ((False, _SIZES[0]), *((True, each) for each in _SIZES)):
        widths = _measure(pdf, view, cells, size)
        space = (long if is_landscape else short) - 2 * MARGIN
        fitted = _narrow(view, widths, space)
        if fitted:
            places = tuple(range(len(fitted)))
            return _Layout(is_landscape, size, _widen(fitted, space), (places,))
    return _Layout(True, size, tuple(widths), _split(widths, space))  # noqa: FBT003


def _measure(pdf: _Pages, view: ReportView, cells: list[list[str]], size: float) -> list[float]:
    pdf.set_font(FAMILY, "B", size)
    widths = []
    for place, column in enumerate(view.columns):
        texts = [column.title, *(row[place] for row in cells[:_MEASURED_ROWS])]
        texts += sorted((row[place] for row in cells[_MEASURED_ROWS:]), key=len)[-1:]
        deepest = max((row.depth for row in view.rows), default=0) * _INDENT if place == 0 else 0
        widest = max(pdf.get_string_width(pdf.clean(text)) for text in set(texts)) + 1.0 + deepest
        widths.append(widest if column.is_numeric else min(widest, _WIDEST_TEXT + deepest))
    pdf.squares = 0
    return widths


def _narrow(view: ReportView, widths: list[float], space: float) -> list[float] | None:
    """Return widths that fit, with columns of texts narrowed by a third at most; None where that is not enough."""
    over = sum(widths) + _GAP * (len(widths) - 1) - space
    if over <= 0:
        return widths
    least = [
        width if column.is_numeric or column.kind == "day" else min(width, max(width * 2 / 3, 14.0))
        for width, column in zip(widths, view.columns, strict=True)
    ]
    spare = sum(widths) - sum(least)
    if spare < over:
        return None
    return [width - (width - low) * over / spare for width, low in zip(widths, least, strict=True)]


def _widen(widths: list[float], space: float) -> tuple[float, ...]:
    """Return the widths with what is left over given to the first column, so that figures stand at the right."""
    rest = space - sum(widths) - _GAP * (len(widths) - 1)
    return (widths[0] + max(0.0, rest), *widths[1:])


def _split(widths: list[float], space: float) -> tuple[tuple[int, ...], ...]:
    """Return groups of columns that fit a page each, the first column in all of them."""
    widths[0] = min(widths[0], max(_NARROWEST_LABEL, space / 4))
    groups, used = [[0]], widths[0]
    for place in range(1, len(widths)):
        width = widths[place] + _GAP
        if used + width > space and len(groups[-1]) > 1:
            groups.append([0])
            used = widths[0]
        groups[-1].append(place)
        used += width
    return tuple(tuple(group) for group in groups)
