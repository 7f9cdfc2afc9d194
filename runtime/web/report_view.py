"""The table of a report as its page has it: rows with their classes, and cells with their text and where they lead.

Called by `report_pages`. Everything is text here; the template escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from runtime.operations.formats import MINUS, Formats
from runtime.operations.report_runs import ReportView
from runtime.operations.report_runs.cell_texts import make_writer
from runtime.operations.report_runs.report_pdf import is_final
from runtime.operations.report_runs.report_view import ReportColumn, ViewRow, is_day
from runtime.web.report_links import ReportLinks

MOST_SHOWN = 5_000
"""Rows of a page, which a browser lays out in about a second; the files have all of them."""
MOST_FITTING = 9
"""Columns that fit beside each other at 1280 pixels; a table with more scrolls sideways."""
MOST_NARROW = 4
"""Columns that a phone shows beside each other; of a comparison it leaves out two, and a table with more scrolls."""
DEEPEST = 6
"""Levels of indent that the stylesheet has."""


ShownCell = tuple[str, str, str]
"""A cell: its class, its text, and the address that it leads to, which may be empty."""


class ShownRow(NamedTuple):
    """A row: its class, the class of its label, the label with where it leads, and its other cells.

    A label takes the place of empty cells beside it, so that a long one stands on one line.
    """

    css: str
    indent: str
    label: str
    link: str
    cells: Sequence[ShownCell]
    span: int = 1
    """How many columns the label takes."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The table of a report. `is_wide`: it scrolls sideways; `foot` says how many rows there are."""

    heads: tuple[ShownCell, ...]
    rows: list[ShownRow]
    is_wide: bool
    scrolls_on_phones: bool
    foot: str


def show_table(view: ReportView, formats: Formats, links: ReportLinks) -> ShownTable:
    """Return the table of a run of a report."""
    width = len(view.columns)
    hidden = sum(each.kind == "change" or each.is_before for each in view.columns)
    scrolls = width - hidden > MOST_NARROW
    classes = _find_classes(view.columns, scrolls=scrolls)
    last = max((at for at, row in enumerate(view.rows) if is_final(row)), default=-1)
    detail, places = links.find_detail(view), _find_linked(view)
    columns = [
        _Column(column, css, formats, links) for column, css in zip(view.columns, classes, strict=True)
    ]
    rows = []
    for at, row in enumerate(view.rows[:MOST_SHOWN]):
        cells = [column.show(row, place) for place, column in enumerate(columns)]
        if detail and row.kind != "total" and (id_ := row.ids.get(0)):
            _link_figures(cells, places, links.find_detail_address(detail, view, id_))
        rows.append(_make_row(row, cells, view.columns, is_last=at == last))
    heads = tuple((css, column.title, "") for css, column in zip(classes, view.columns, strict=True))
    return ShownTable(heads, rows, width > MOST_FITTING, scrolls, _count_rows(view))


def _find_classes(columns: Sequence[ReportColumn], *, scrolls: bool) -> list[str]:
    """Return the class of each column: figures at the right, and what a phone leaves out."""
    made = []
    for column in columns:
        is_left_out = not scrolls and (column.is_before or column.kind == "change")
        parts = (
            "num" if column.is_numeric else "day" if column.kind == "day" else "",
            "c-wide" if is_left_out else "",
            "t2" if column.is_before else "",
        )
        made.append(" ".join(part for part in parts if part))
    return made


class _Column:
    """Shows the cells of one column."""

    def __init__(self, column: ReportColumn, css: str, formats: Formats, links: ReportLinks) -> None:
        self._title, self._css, self._links = column.title, css, links
        self._negative = f"{css} neg" if column.is_numeric else css
        self._write = make_writer(column.kind, formats)

    def show(self, row: ViewRow, place: int) -> ShownCell:
        """Return the cell of a row."""
        cell = row.cells[place]
        if cell is None:
            return self._css, "", ""
        text = self._write(cell)
        css = self._negative if text.startswith(MINUS) and isinstance(cell, Decimal) else self._css
        id_ = row.ids.get(place)
        return css, text, self._links.find_record_address(self._title, text, id_) if id_ else ""


def _find_linked(view: ReportView) -> tuple[int, ...]:
    """Return the places of the figures that lead to their transactions: those of the whole period shown."""
    own = [place for place, each in enumerate(view.columns) if each.kind == "amount" and not each.is_before]
    totals = [place for place in own if view.columns[place].title.lower() == "total"]
    return tuple(totals or own)


def _link_figures(cells: list[ShownCell], places: tuple[int, ...], address: str) -> None:
    for place in places:
        css, text, _ = cells[place]
        if text:
            cells[place] = (css, text, address)


def _make_row(
    row: ViewRow, cells: list[ShownCell], columns: Sequence[ReportColumn], *, is_last: bool
) -> ShownRow:
    (_, label, link), others = cells[0], cells[1:]
    span = 1
    if row.kind != "row" or (columns[0].kind == "day" and not is_day(row.label)):
        while span < len(cells) and not cells[span][1] and not columns[span].is_numeric:
            span += 1
    if row.kind == "header" and not any(text for _, text, _ in others):
        span = len(cells)
    css = _find_css(row, is_last=is_last)
    indent = f"i{min(row.depth, DEEPEST)}" if row.depth else ""
    return ShownRow(css, indent, label, link, cells[span:], span)


def _find_css(row: ViewRow, *, is_last: bool) -> str:
    if row.kind == "header":
        return "section" if row.depth == 0 else "head"
    if row.kind == "row":
        return ""
    if is_last:
        return "total final"
    return "total" if row.depth == 0 and row.group else "subtotal"


def _count_rows(view: ReportView) -> str:
    count, in_all = len(view.rows), max(view.table.rows_in_all, len(view.rows))
    if not view.table.is_whole:
        in_file = "the files have as many" if count <= MOST_SHOWN else f"the files have {count:,}"
        return f"The first {min(count, MOST_SHOWN):,} of {in_all:,} rows; {in_file}. Narrow the report to see the rest."
    if count > MOST_SHOWN:
        return f"The first {MOST_SHOWN:,} of {count:,} rows. The files have all of them."
    return "1 row" if count == 1 else f"{count:,} rows"
