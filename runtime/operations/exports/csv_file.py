"""A table as CSV (RFC 4180), in UTF-8 with a byte order mark, by which spreadsheets know the encoding."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from runtime.operations.exports.sheet import Cell, Sheet, mark_text

CSV_TYPE = "text/csv; charset=utf-8"
_BYTE_ORDER_MARK = "\ufeff"


def write_csv(sheet: Sheet) -> bytes:
    """Return the columns and rows of a table; notes are left out, so that every line has the same columns."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([mark_text(each.title) for each in sheet.columns])
    writer.writerows([_write_cell(cell) for cell in row.cells] for row in sheet.rows)
    return (_BYTE_ORDER_MARK + text.getvalue()).encode()


def _write_cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return "" if cell is None else mark_text(cell) if isinstance(cell, str) else str(cell)
