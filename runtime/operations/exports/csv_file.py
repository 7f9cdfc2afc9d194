"""A table as CSV (RFC 4180), in UTF-8 with a byte order mark, by which spreadsheets know the encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from runtime.operations.exports.sheet import Cell, Sheet, mark_text

CSV_TYPE = "text/csv; charset=utf-8"
_BYTE_ORDER_MARK = "\ufeff"


def write_csv(sheet: Sheet) -> bytes:
    """Return the columns and rows of a table; notes are left out, so that every line has the same columns."""
    return _encode(_list_lines(sheet))


def write_csv_tables(sheets: Sequence[Sheet]) -> bytes:
    """Return several tables one below the other, each with its title and notes above it and an empty line below."""
    lines: list[list[str]] = []
    for sheet in sheets:
        lines += [[mark_text(each)] for each in (sheet.title, *sheet.notes)]
        lines += _list_lines(sheet) if sheet.columns else []
        lines.append([])
    return _encode(lines[:-1])


def _list_lines(sheet: Sheet) -> Iterator[list[str]]:
    yield [mark_text(each.title) for each in sheet.columns]
    yield from ([_write_cell(cell) for cell in row.cells] for row in sheet.rows)


def _encode(lines: Iterable[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return (_BYTE_ORDER_MARK + text.getvalue()).encode()


def _write_cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return "" if cell is None else mark_text(cell) if isinstance(cell, str) else str(cell)
