"""What is asked of a report, and what a run of it comes to: columns and rows that pages and files write.

Made by `report_run`; the columns of a comparison come from `comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from babel.dates import format_skeleton

from runtime.operations.exports.sheet import Cell, CellKind, Column, Sheet, SheetRow
from runtime.operations.formats import Formats, parse_decimal
from runtime.operations.report_runs.report_list import Report
from runtime.operations.report_table import ReportRow, ReportTable, RowKind

Comparison = Literal["", "previous period", "previous year"]
COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)
ColumnKind = Literal["text", "day", "amount", "number", "change", "percent"]
_KINDS_OF_FILES: dict[ColumnKind, CellKind] = {
    "text": "text",
    "day": "day",
    "amount": "amount",
    "number": "number",
    "change": "amount",
    "percent": "percent",
}
DAY_LENGTH = 10
"""Characters of a day as `2026-11-20`."""


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """What is asked of a report: the arguments of its tool, and what it is compared with. All of it is JSON."""

    tool_name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    compare: Comparison = ""


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column as it is shown. `is_before` marks the figures of the other period."""

    title: str
    kind: ColumnKind
    is_before: bool = False

    @property
    def is_numeric(self) -> bool:
        """Whether its cells are aligned as numbers."""
        return self.kind not in ("text", "day")


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A row as it is shown: texts, days as ISO texts, numbers as decimals; None where there is nothing.

    `ids` are the Ids of records by the place of their cells.
    """

    kind: RowKind
    depth: int
    cells: tuple[str | Decimal | None, ...]
    group: str = ""
    ids: Mapping[int, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What the row is of."""
        return str(self.cells[0] or "") if self.cells else ""


@dataclass(frozen=True, slots=True)
class ReportView:
    """A run of a report. `before` is the table that it is compared with."""

    report: Report
    choice: ReportChoice
    table: ReportTable
    columns: tuple[ReportColumn, ...]
    rows: tuple[ViewRow, ...]
    note: str = ""
    before: ReportTable | None = None
    calls: int = 1
    """How many calls of tools it took."""

    @property
    def title(self) -> str:
        """What the report is called."""
        return self.report.title

    def write_period(self, formats: Formats) -> str:
        """Return the period or the day of the report; empty where it has none."""
        return write_period(self.table, formats)

    def write_before(self, formats: Formats) -> str:
        """Return the period or the day that it is compared with; empty where it is not."""
        return write_period(self.before, formats) if self.before else ""

    def list_facts(self, formats: Formats) -> list[str]:
        """Return what stands beside the title: period, basis, currency, comparison, in this order."""
        basis = f"{self.table.basis.lower()} basis" if self.table.basis else ""
        before = self.write_before(formats)
        compared = f"compared with {before}" if before else ""
        facts = (self.write_period(formats), basis, self.table.currency or formats.currency, compared)
        return [fact for fact in facts if fact]

    def make_sheet(self, notes: tuple[str, ...] = ()) -> Sheet:
        """Return the report as a table for files."""
        columns = tuple(Column(each.title, _KINDS_OF_FILES[each.kind]) for each in self.columns)
        rows = [
            SheetRow(_make_cells(row.cells), row.depth, row.kind == "total", row.kind == "header")
            for row in self.rows
        ]
        return Sheet(self.title, columns, rows, notes)


def write_period(table: ReportTable, formats: Formats) -> str:
    """Return the period of a table with the year at its end, or the one day that it is of."""
    if not table.start or table.start == table.end:
        return formats.write_full_day(table.end) if table.end else ""
    start = formats.write_full_day(table.start)
    if table.start[:4] == table.end[:4] and is_day(table.start):
        start = format_skeleton("MMMd", date.fromisoformat(table.start), locale=formats.locale)
    return f"{start} – {formats.write_full_day(table.end)}"  # noqa: RUF001


def make_columns(table: ReportTable) -> tuple[ReportColumn, ...]:
    """Return the columns of a table, each with the kind of what is in its cells."""
    return tuple(
        ReportColumn(_write_title(name), _find_kind(table, place)) for place, name in enumerate(table.columns)
    )


def make_rows(table: ReportTable, columns: Sequence[ReportColumn]) -> tuple[ViewRow, ...]:
    """Return the rows of a table as they are shown."""
    are_numeric = [column.is_numeric for column in columns]
    return tuple(make_row(row, are_numeric) for row in table.rows)


def make_row(row: ReportRow, are_numeric: Sequence[bool]) -> ViewRow:
    """Return a row of a table as it is shown; which of its cells are numbers depends on their columns."""
    cells = tuple(
        [
            (_read_number(text) if is_numeric else text) if text else None
            for text, is_numeric in zip(row.cells, are_numeric, strict=True)
        ]
    )
    return ViewRow(row.kind, row.depth, cells, row.group, dict(row.ids))


def is_day(text: str) -> bool:
    """Return whether a text is a day as `2026-11-20`."""
    if len(text) != DAY_LENGTH:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_number(text: str) -> str | Decimal:
    number = parse_decimal(text)
    return text if number is None else number


def _make_cells(cells: tuple[str | Decimal | None, ...]) -> tuple[Cell, ...]:
    return tuple("" if cell is None else cell for cell in cells)


def _write_title(name: str) -> str:
    """Return the title of a column: where a vendor has none, its key stands for it."""
    return name[:1].upper() + name[1:]


def _find_kind(table: ReportTable, place: int) -> ColumnKind:
    if table.numeric[place]:
        return "amount"
    rows = [row for row in table.rows if row.cells[place]]
    if place and _are_added_up(rows, place):
        return "number"
    texts = [row.cells[place] for row in rows if row.kind == "row"]
    return "day" if 2 * sum(map(is_day, texts)) > len(texts) else "text"


def _are_added_up(rows: list[ReportRow], place: int) -> bool:
    """Whether a column has numbers and a total of them: quantities do, numbers of documents do not."""
    has_total = any(row.kind == "total" for row in rows)
    return has_total and all(parse_decimal(row.cells[place]) is not None for row in rows)
