"""A run of a report as a file: CSV with its rows alone, XLSX with what it is of above them, PDF to print or send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from runtime.operations.exports.csv_file import CSV_TYPE, write_csv
from runtime.operations.exports.xlsx_file import XLSX_TYPE, write_xlsx
from runtime.operations.formats import Formats
from runtime.operations.report_runs.report_pdf import PDF_TYPE, write_pdf
from runtime.operations.report_runs.report_view import ReportView

FileFormat = Literal["csv", "xlsx", "pdf"]
FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
_TYPES: dict[FileFormat, str] = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE, "pdf": PDF_TYPE}
_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file to download or to send. Its name has ASCII letters, digits and hyphens alone."""

    name: str
    media_type: str
    content: bytes


def make_report_file(view: ReportView, format: FileFormat, formats: Formats, company: str) -> ReportFile:
    """Return a run of a report as a file. It is computed here: call it in a thread."""
    days = "-to-".join(dict.fromkeys(day for day in (view.table.start, view.table.end) if day))
    name = "-".join(part for part in (_OTHER.sub("-", view.title.lower()).strip("-"), days) if part)
    return ReportFile(f"{name}.{format}", _TYPES[format], _write(view, format, formats, company))


def _write(view: ReportView, format: FileFormat, formats: Formats, company: str) -> bytes:
    if format == "csv":
        return write_csv(view.make_sheet())
    notes = list_notes(view, formats, company)
    return write_xlsx(view.make_sheet(notes)) if format == "xlsx" else write_pdf(view, formats, company)


def list_notes(view: ReportView, formats: Formats, company: str) -> tuple[str, ...]:
    """Return the lines above a table: what it is, of which company, its period, and when it was read."""
    read_at = (
        f"Read {formats.write_full_day(formats.now)}, {formats.write_clock(formats.now)} {formats.zone_name}"
    )
    count = "" if view.table.is_whole else f"The first {len(view.rows):,} of {view.table.rows_in_all:,} rows"
    lines = (view.title, company, ", ".join(view.list_facts(formats)), read_at, count)
    return tuple(line for line in lines if line)
