"""The table of a report as its page has it: rows with their classes, and cells with their text and where they lead.

Called by `report_pages`. Everything is text here; the template escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from runtime.operations.formats import Formats
from runtime.operations.report_runs import ReportView
from runtime.operations.report_runs.cell_texts import write_cell
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


class ShownCell(NamedTuple):
    """A cell: its class, its text, and the address that it leads to."""

    css: str
    text: str
    link: str = ""


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
    rows = []
    for at, row in enumerate(view.rows[:MOST_SHOWN]):
        cells = _show_cells(row, view, classes, formats, links)
        if detail and row.kind != "total" and (id_ := row.ids.get(0)):
            _link_figures(cells, places, links.find_detail_address(detail, view, id_))
        rows.append(_make_row(row, cells, view.columns, is_last=at == last))
    heads = tuple(ShownCell(css, column.title) for css, column in zip(classes, view.columns, strict=True))
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


def _show_cells(
    row: ViewRow, view: ReportView, classes: Sequence[str], formats: Formats, links: ReportLinks
) -> list[ShownCell]:
    shown = []
    for place, (cell, column) in enumerate(zip(row.cells, view.columns, strict=True)):
        text, css = write_cell(cell, column.kind, formats), classes[place]
        if isinstance(cell, Decimal) and cell < 0:
            css = f"{css} neg"
        id_ = row.ids.get(place, "") if row.ids else ""
        link = links.find_record_address(column.title, text, id_) if id_ and text else ""
        shown.append(ShownCell(css, text, link))
    return shown


def _find_linked(view: ReportView) -> tuple[int, ...]:
    """Return the places of the figures that lead to their transactions: those of the whole period shown."""
    own = [place for place, each in enumerate(view.columns) if each.kind == "amount" and not each.is_before]
    totals = [place for place in own if view.columns[place].title.lower() == "total"]
    return tuple(totals or own)


def _link_figures(cells: list[ShownCell], places: tuple[int, ...], address: str) -> None:
    for place in places:
        if cells[place].text:
            cells[place] = cells[place]._replace(link=address)


def _make_row(
    row: ViewRow, cells: list[ShownCell], columns: Sequence[ReportColumn], *, is_last: bool
) -> ShownRow:
    label, others = cells[0], cells[1:]
    span = 1
    if row.kind != "row" or (columns[0].kind == "day" and not is_day(row.label)):
        while span < len(cells) and not cells[span].text and not columns[span].is_numeric:
            span += 1
    if row.kind == "header" and not any(cell.text for cell in others):
        span = len(cells)
    css = _find_css(row, is_last=is_last)
    indent = f"i{min(row.depth, DEEPEST)}" if row.depth else ""
    return ShownRow(css, indent, label.text, label.link, cells[span:], span)


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
