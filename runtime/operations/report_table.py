"""A report as a table: its columns, and rows with their depth, whether they are a header or a total, and their amounts.

Made from what a tool for a report answers (`exchange.rows`), which is the same shape for every vendor. Pages, files and
scheduled reports show it; figures are looked up in it by the group of their total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from runtime.operations.exports.sheet import Cell, Column, Sheet, SheetRow
from runtime.operations.formats import parse_decimal

RowKind = Literal["header", "row", "total"]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of a report. `cells` are texts, the first one its label; `id` is the record it is of, where it is of one.

    `group` is the vendor's own name of the section that a header opens and a total closes; empty for the others. `ids`
    are the records that its cells are of, each with the place of the cell.
    """

    kind: RowKind
    depth: int
    cells: tuple[str, ...]
    id: str = ""
    group: str = ""
    ids: tuple[tuple[int, str], ...] = ()

    @property
    def label(self) -> str:
        """What the row is of."""
        return self.cells[0] if self.cells else ""

    def read_amount(self, place: int = -1) -> Decimal | None:
        """Return the amount of a column, the last one where none is named; None where there is none."""
        return parse_decimal(self.cells[place])


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A report. Days are ISO texts, empty where the report has none; `numeric` says which columns hold numbers."""

    name: str
    basis: str
    start: str
    end: str
    currency: str
    columns: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    numeric: tuple[bool, ...]
    rows_in_all: int

    @property
    def is_whole(self) -> bool:
        """Whether it has every row of the report."""
        return len(self.rows) >= self.rows_in_all

    def find_total(self, group: str) -> ReportRow | None:
        """Return the total of a section; None where the report has no such section."""
        return next((row for row in reversed(self.rows) if row.group == group and row.kind == "total"), None)

    def make_sheet(self, title: str, notes: tuple[str, ...] = ()) -> Sheet:
        """Return the report as a table for files."""
        kinds = ["amount" if is_number else "text" for is_number in self.numeric]
        columns = tuple(Column(name, kind) for name, kind in zip(self.columns, kinds, strict=True))  # type: ignore[arg-type]
        rows = [
            SheetRow(self._make_cells(row), row.depth, row.kind == "total", row.kind == "header")
            for row in self.rows
        ]
        return Sheet(title, columns, rows, notes)

    def _make_cells(self, row: ReportRow) -> tuple[Cell, ...]:
        made: list[Cell] = []
        for text, is_number in zip(row.cells, self.numeric, strict=True):
            number = parse_decimal(text) if is_number else None
            made.append(number if number is not None else text)
        return tuple(made)


def parse_report(answer: Mapping[str, Any]) -> ReportTable:
    """Return the answer of a tool for a report as a table."""
    columns = tuple(str(each) for each in answer.get("columns", ()))
    rows = tuple(_parse_row(each, len(columns)) for each in answer.get("rows", ()))
    return ReportTable(
        str(answer.get("report", "")),
        str(answer.get("basis", "")),
        str(answer.get("start", "")),
        str(answer.get("end", "")),
        str(answer.get("currency", "")),
        columns,
        rows,
        tuple(place > 0 and _is_numeric(rows, place) for place in range(len(columns))),
        int(answer.get("rows_in_all", len(rows))),
    )


def _parse_row(row: Mapping[str, Any], width: int) -> ReportRow:
    cells = [str(each) if each is not None else "" for each in row.get("cells", ())][:width]
    cells += [""] * (width - len(cells))
    own = {"0": row["id"]} if "id" in row else row.get("ids") or {}
    ids = tuple((int(place), str(id_)) for place, id_ in own.items() if int(place) < width)
    return ReportRow(
        row["kind"], int(row["depth"]), tuple(cells), str(row.get("id", "")), str(row.get("group", "")), ids
    )


def _is_numeric(rows: tuple[ReportRow, ...], place: int) -> bool:
    """Whether a column has numbers with decimals and nothing else: numbers of documents have none."""
    found = [row.cells[place] for row in rows if row.cells[place]]
    return bool(found) and all("." in each and parse_decimal(each) is not None for each in found)
