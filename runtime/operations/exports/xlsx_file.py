"""A table as an Excel workbook: numbers and days as such, totals ruled, its head fixed. Written by `xlsxwriter`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from runtime.operations.exports.sheet import Cell, Column, Sheet, SheetRow

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NEVER = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}
"""No text becomes anything but a text."""
_LONGEST_NAME = 31
"""Characters of the name of a worksheet, by Excel's own limit."""
_RESERVED = "history"
"""The name of a worksheet that Excel has for itself."""
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_NUMBER_FORMATS = {
    "amount": "#,##0.00",
    "number": "General",
    "percent": "0.0%",
    "day": "yyyy-mm-dd",
    "text": "@",
}
_WIDEST = 48
"""Characters of a column: a description of a line fits, and a page of ten columns is still seen at once."""


def write_xlsx(sheet: Sheet) -> bytes:
    """Return a workbook with one worksheet."""
    return write_xlsx_tables([sheet])


def write_xlsx_tables(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook with a worksheet for each table."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _NEVER) as book:
        formats, taken = _Formats(book), set[str]()
        for sheet in sheets:
            _write_sheet(book.add_worksheet(_name_sheet(sheet, taken)), sheet, formats)
    return target.getvalue()


def _name_sheet(sheet: Sheet, taken: set[str]) -> str:
    """Return the name of a worksheet: the title, numbered where another one is called so; Excel compares no case."""
    title = sheet.title.translate(_FORBIDDEN).strip() or "Sheet"
    name, number = title[:_LONGEST_NAME].strip(), 1
    while name.lower() in taken or name.lower() == _RESERVED:
        number += 1
        ending = f" {number}"
        name = title[: _LONGEST_NAME - len(ending)].strip() + ending
    taken.add(name.lower())
    return name


def _write_sheet(page: Any, sheet: Sheet, formats: _Formats) -> None:
    for line, note in enumerate(sheet.notes):
        page.write_string(line, 0, note)
    head = len(sheet.notes) + (1 if sheet.notes else 0)
    for place, column in enumerate(sheet.columns):
        page.write_string(head, place, column.title, formats.find("text", is_head=True))
        page.set_column(place, place, _measure(sheet, place, column))
    for line, row in enumerate(sheet.rows, head + 1):
        _write_row(page, line, row, sheet.columns, formats)
    page.freeze_panes(head + 1, 1)


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book, self._made = book, dict[tuple[object, ...], Any]()

    def find(self, kind: str, *, is_head: bool = False, is_total: bool = False, indent: int = 0) -> Any:
        """Return the format of a cell."""
        key = (kind, is_head, is_total, indent)
        if key not in self._made:
            wanted: dict[str, object] = {"num_format": _NUMBER_FORMATS[kind], "indent": indent}
            wanted |= {"bold": True} if is_head or is_total else {}
            wanted |= {"bottom": 1} if is_head else {"top": 1} if is_total else {}
            self._made[key] = self._book.add_format(wanted)
        return self._made[key]


def _write_row(page: Any, line: int, row: SheetRow, columns: tuple[Column, ...], formats: _Formats) -> None:
    for place, (cell, column) in enumerate(zip(row.cells, columns, strict=True)):
        indent = row.depth if place == 0 else 0
        found = formats.find(column.kind, is_head=row.is_header, is_total=row.is_total, indent=indent)
        _write_cell(page, line, place, cell, column, found)


def _write_cell(page: Any, line: int, place: int, cell: Cell, column: Column, found: Any) -> None:
    day = _parse_day(cell) if column.kind == "day" else None
    if cell is None or cell == "":
        page.write_blank(line, place, None, found)
    elif day is not None:
        page.write_datetime(line, place, day, found)
    elif isinstance(cell, Decimal | int):
        page.write_number(line, place, cell, found)
    else:
        page.write_string(line, place, str(cell), found)


def _parse_day(cell: Cell) -> date | None:
    try:
        return date.fromisoformat(cell) if isinstance(cell, str) else None
    except ValueError:
        return None


def _measure(sheet: Sheet, place: int, column: Column) -> int:
    longest = max((len(str(row.cells[place] or "")) for row in sheet.rows), default=0)
    return min(_WIDEST, max(len(column.title), longest, 8) + 2)
