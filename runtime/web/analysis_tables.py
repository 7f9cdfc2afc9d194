"""The tables of an analysis as its page has them: cells with their classes and texts, and the records of each row.

Called by `analysis_pages`. Everything is text here; the template escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from runtime.operations.exports.sheet import Cell, Column
from runtime.operations.formats import MINUS, NONE, Formats
from runtime.operations.insight_views import InsightRow, InsightTable
from runtime.web.analysis_links import RecordLink, RecordLinks
from runtime.web.charts.shares import measure_bars

MOST_LINKS = 30
"""Records of one row that are named: as many as one opens. How many more there are stands below."""
MOST_FITTING = 8
"""Columns that fit beside each other at 1280 pixels; a table with more scrolls sideways."""
LONGEST_CELL = 36
"""Characters from which a text leaves its column on a phone, and stands below the name of its row."""
SIGNED = frozenset({"Change", "Effect on profit", "From volume", "From price", "From mix", "Difference"})
"""Titles of columns whose amounts are changes, which are written with a plus as well."""
FORMER = frozenset({"Before", "Quantity before", "Revenue before"})
"""Titles of columns that a phone has no place for beside those of the period itself."""
UNBROKEN = frozenset({"Month"})
"""Titles of columns whose texts are short, and are not broken."""
_STATES = {"attention": "fail", "open": "wait", "done": "ok", "unknown": "off"}
"""The shape of a status by the kind of a row."""


class ShownCell(NamedTuple):
    """A cell: its class, its text, and where it leads, which may be empty."""

    css: str
    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row. `width` is that of its bar, empty without one; `more` counts the records that are not named."""

    cells: tuple[ShownCell, ...]
    css: str = ""
    state: str = ""
    records: tuple[RecordLink, ...] = ()
    more: int = 0
    width: str = ""
    below: tuple[str, ...] = ()
    """Texts that stand below its name on a phone, where their columns are not."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table. `has_records`: some row names several records, in a column of their own."""

    key: str
    title: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[ShownRow, ...]
    note: str
    empty: str
    is_wide: bool
    has_records: bool
    bar_after: int


def show_table(table: InsightTable, formats: Formats, links: RecordLinks, bar_of: str = "") -> ShownTable:
    """Return a table as a page has it. `bar_of` is the title of the column that is also drawn as bars."""
    writers = [_make_writer(column, formats) for column in table.columns]
    titles = [column.title for column in table.columns]
    place = titles.index(bar_of) if bar_of in titles else -1
    widths = _measure(table.rows, place)
    rows = tuple(
        _show_row(row, table.columns, writers, links, width)
        for row, width in zip(table.rows, widths, strict=True)
    )
    used = _find_used(table, rows)
    long = frozenset(each for each in used if _is_long(each, table.columns[each], rows))
    return ShownTable(
        table.key,
        table.title,
        tuple(
            (_find_head_css(each, table.columns[each], is_long=each in long), titles[each]) for each in used
        ),
        tuple(_take(row, used, long) for row in rows),
        table.note,
        table.empty,
        len(used) > MOST_FITTING,
        any(len(row.records) > 1 for row in rows),
        used.index(place) if place in used else -1,
    )


def _find_used(table: InsightTable, rows: Sequence[ShownRow]) -> list[int]:
    """Return the places of the columns in which any row has something."""
    return [
        place
        for place in range(len(table.columns))
        if place == 0 or any(row.cells[place].text != NONE for row in rows)
    ]


def _is_long(place: int, column: Column, rows: Sequence[ShownRow]) -> bool:
    """Whether a column has sentences or months, which a phone has no place for beside figures."""
    is_text = column.kind == "text" and place > 0
    return is_text and any(
        column.title in UNBROKEN or len(row.cells[place].text) > LONGEST_CELL for row in rows
    )


def _take(row: ShownRow, places: Sequence[int], long: frozenset[int]) -> ShownRow:
    cells = tuple(
        row.cells[each]._replace(css=f"{row.cells[each].css} c-wide".strip())
        if each in long
        else row.cells[each]
        for each in places
    )
    below = tuple(row.cells[each].text for each in places if each in long and row.cells[each].text != NONE)
    return replace(row, cells=cells, below=below)


def _show_row(
    row: InsightRow,
    columns: Sequence[Column],
    writers: Sequence[Callable[[Cell], str]],
    links: RecordLinks,
    width: str,
) -> ShownRow:
    cells = [
        _show_cell(cell, column, write)
        for cell, column, write in zip(row.cells, columns, writers, strict=True)
    ]
    found = tuple(links.find(each) for each in row.records[:MOST_LINKS])
    if len(row.records) == 1:
        _link(cells, columns, row.records[0], found[0], links)
    css = "total" if row.kind == "total" else "head" if row.kind == "header" else ""
    more = max(len(row.records) - MOST_LINKS, 0)
    return ShownRow(tuple(cells), css, _STATES.get(row.kind, ""), found, more, width)


def _show_cell(cell: Cell, column: Column, write: Callable[[Cell], str]) -> ShownCell:
    text = write(cell)
    css = _find_css(column)
    return ShownCell(f"{css} neg" if css.startswith("num") and text.startswith(MINUS) else css, text)


def _link(
    cells: list[ShownCell], columns: Sequence[Column], record: str, link: RecordLink, links: RecordLinks
) -> None:
    """Have the cell that names the record lead to it, and else the first text."""
    place = next((at for at, cell in enumerate(cells) if cell.text == record), -1)
    if place >= 0:
        cells[place] = ShownCell(cells[place].css, links.find(record).name, link.address)
    elif cells:
        first = next((at for at, column in enumerate(columns) if column.kind == "text"), 0)
        cells[first] = cells[first]._replace(address=link.address)


def _find_head_css(place: int, column: Column, *, is_long: bool) -> str:
    """Return the class of the head of a column. What names a row stands at the left, a number too."""
    if not place:
        return ""
    return "c-wide" if is_long else _find_css(column)


def _find_css(column: Column) -> str:
    if column.title in FORMER:
        return "num c-wide"
    if column.kind == "day" or column.title in UNBROKEN:
        return "nowrap"
    return "" if column.kind == "text" else "num"


def _make_writer(column: Column, formats: Formats) -> Callable[[Cell], str]:
    def write(cell: Cell) -> str:
        if cell is None or cell == "":
            return NONE
        if column.kind == "day":
            return formats.write_day(cell)
        if column.kind == "text" or isinstance(cell, str):
            return str(cell)
        if column.kind == "percent":
            return formats.write_percent(cell)
        text = formats.write_amount(cell) if column.kind == "amount" else formats.write_number(_trim(cell))
        return f"+{text}" if column.title in SIGNED and cell > 0 else text

    return write


def _trim(number: Decimal | int) -> Decimal:
    """Return a number without zeros after its last decimal."""
    found = Decimal(number)
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found.normalize()


def _measure(rows: Sequence[InsightRow], place: int) -> Sequence[str]:
    if place < 0:
        return [""] * len(rows)
    amounts = [cell if isinstance(cell := row.cells[place], Decimal) else Decimal(0) for row in rows]
    return measure_bars(amounts)
