"""The text of one cell of a report, as pages and PDFs write it: by the company's locale, a minus as U+2212.

Called by `report_pdf` and by the page of a report. Files for spreadsheets have the values themselves.
"""

from __future__ import annotations

from decimal import Decimal

from runtime.operations.formats import Formats
from runtime.operations.report_runs.report_view import ColumnKind


def write_cell(cell: str | Decimal | None, kind: ColumnKind, formats: Formats) -> str:
    """Return the text of a cell; empty where there is nothing."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return formats.write_day(cell) if kind == "day" else cell
    if kind == "percent":
        return formats.write_percent(cell, has_sign=True)
    if kind == "change":
        text = formats.write_amount(cell)
        return f"+{text}" if cell > 0 else text
    return formats.write_amount(cell) if kind == "amount" else formats.write_number(cell)
