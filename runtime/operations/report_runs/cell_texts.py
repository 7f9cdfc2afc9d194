"""The text of one cell of a report, as pages and PDFs write it: by the company's locale, a minus as U+2212.

Called by `report_pdf` and by the page of a report, which have a writer for each column, since a report may have
40,000 cells. Files for spreadsheets have the values themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from runtime.operations.formats import Formats
from runtime.operations.report_runs.report_view import ColumnKind

Cell = str | Decimal | None
WriteCell = Callable[[Cell], str]


def make_writer(kind: ColumnKind, formats: Formats) -> WriteCell:
    """Return what writes the cells of a column; where there is nothing, it writes nothing."""
    if kind == "text":
        return lambda cell: str(cell) if cell is not None else ""
    if kind == "day":
        days: dict[Cell, str] = {None: ""}
        return lambda cell: days[cell] if cell in days else days.setdefault(cell, formats.write_day(cell))
    write_number = _find_number_writer(kind, formats)
    return lambda cell: write_number(cell) if isinstance(cell, Decimal) else cell or ""


def _find_number_writer(kind: ColumnKind, formats: Formats) -> Callable[[Decimal], str]:
    if kind == "percent":
        return lambda number: formats.write_percent(number, has_sign=True)
    if kind == "change":
        return lambda number: f"{'+' if number > 0 else ''}{formats.write_amount(number)}"
    return formats.write_amount if kind == "amount" else formats.write_number
