"""An answer of an analysis as a file: CSV with all tables in a row, XLSX with a sheet for each, PDF to print.

Called by the page of an analysis and by schedules. What is missing, and what does not tie, stands first in each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runtime.operations.exports.csv_file import CSV_TYPE, write_csv_tables
from runtime.operations.exports.sheet import Cell, Column, Sheet, SheetRow
from runtime.operations.exports.xlsx_file import XLSX_TYPE, write_xlsx_tables
from runtime.operations.formats import Formats
from runtime.operations.insight_views.insight_pdf import write_insight_pdf
from runtime.operations.insight_views.view import InsightRow, InsightView
from runtime.operations.report_runs.paper import PDF_TYPE
from runtime.operations.report_runs.report_file import FileFormat, ReportFile

_OTHER = re.compile(r"[^a-z0-9]+")
_NOT_COMPLETE = "Not complete: what is missing stands in the summary."
_RECORD_SEPARATOR = ", "
_BASIS = (
    Column("What"),
    Column("Text"),
    Column("Report"),
    Column("Here", "amount"),
    Column("In the report", "amount"),
    Column("Difference", "amount"),
)


def make_insight_file(view: InsightView, format: FileFormat, formats: Formats, company: str) -> ReportFile:
    """Return an answer as a file. It is computed here: call it in a thread."""
    parts = (_OTHER.sub("-", each.lower()).strip("-") for each in (view.title, view.file_part))
    name = "-".join(part for part in parts if part) or "analysis"
    if format == "pdf":
        return ReportFile(f"{name}.pdf", PDF_TYPE, write_insight_pdf(view, formats, company))
    sheets = [_make_overview(view, company), *_make_sheets(view), _make_basis(view)]
    if format == "csv":
        return ReportFile(f"{name}.csv", CSV_TYPE, write_csv_tables(sheets))
    return ReportFile(f"{name}.xlsx", XLSX_TYPE, write_xlsx_tables(sheets))


def _make_overview(view: InsightView, company: str) -> Sheet:
    """Return what stands first: the headline, what the reader has to know, and the facts."""
    rows = [SheetRow(("Analysis", view.title)), SheetRow(("Company", company))]
    rows += [SheetRow(("Read", view.as_of))] if view.as_of else []
    rows += [SheetRow(("Result", view.headline))]
    rows += [
        SheetRow(
            (
                "Warning" if each.kind == "warning" else "Remark",
                " ".join(part for part in (each.text, each.advice) if part),
            )
        )
        for each in view.notices
    ]
    rows += [SheetRow((each.label, each.text)) for each in view.facts]
    return Sheet("Summary", (Column("What"), Column("Text")), rows)


def _make_sheets(view: InsightView) -> Iterator[Sheet]:
    for table in view.tables:
        notes = [_NOT_COMPLETE] if not view.is_complete else []
        notes += [each for each in (table.note, "" if table.rows else table.empty) if each]
        has_records = any(row.records for row in table.rows)
        columns = (*table.columns, Column("Records")) if has_records else table.columns
        rows = [_make_row(row, has_records=has_records) for row in table.rows]
        yield Sheet(table.title, columns, rows, tuple(notes))


def _make_row(row: InsightRow, *, has_records: bool) -> SheetRow:
    cells: tuple[Cell, ...] = tuple("" if cell is None else cell for cell in row.cells)
    if has_records:
        cells = (*cells, _RECORD_SEPARATOR.join(row.records))
    return SheetRow(cells, is_total=row.kind == "total", is_header=row.kind == "header")


def _make_basis(view: InsightView) -> Sheet:
    """Return what the figures rest on: assumptions, comparisons with reports, and records."""
    rows = [SheetRow(("Assumption", each, "", "", "", "")) for each in view.assumptions]
    rows += [
        SheetRow(
            (
                f"Comparison: {each.state}",
                each.figure,
                each.report,
                "" if each.ours is None else each.ours,
                "" if each.theirs is None else each.theirs,
                "" if each.difference is None else each.difference,
            )
        )
        for each in view.ties
    ]
    rows += [SheetRow(("Record", each, "", "", "", "")) for each in view.evidence]
    return Sheet("Basis of the figures", _BASIS, rows, () if rows else ("Nothing is stated.",))
