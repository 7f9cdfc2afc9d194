"""A report of the vendor that confirms figures: its rows, and the totals in it that have names.

Made by `operations.insights` of the answer of the report's tool (`exchange.rows`), and read by analyses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

RowKind = Literal["header", "row", "total"]


class Row(NamedTuple):
    """A row: `id` is the record it is of, `group` the vendor's name of the section that it opens or closes.

    `sections` are the groups around it, outermost first.
    """

    kind: RowKind
    depth: int
    cells: tuple[str, ...]
    id: str = ""
    group: str = ""
    sections: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What the row is of."""
        return self.cells[0] if self.cells else ""

    def read_amount(self, place: int = -1) -> Decimal | None:
        """Return the amount of a column, the last one where none is named; None where there is none."""
        return parse_amount(self.cells[place]) if self.cells else None


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `tool` made it by `arguments`; `totals` has the groups of those figures that analyses ask for."""

    tool: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    totals: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    is_whole: bool = True
    currency: str = ""

    def find_total(self, figure: str, place: int = -1) -> Decimal | None:
        """Return the total that stands for a figure, of a column; None where the report has none."""
        group = self.totals.get(figure)
        found = (row for row in reversed(self.rows) if row.kind == "total" and row.group == group)
        row = next(found, None) if group else None
        return row.read_amount(place) if row is not None else None

    def list_rows(self, figure: str) -> Iterator[Row]:
        """Yield the rows with amounts inside the section that stands for a figure, its subtotals left out."""
        group = self.totals.get(figure)
        return (row for row in self.rows if row.kind == "row" and group in row.sections)


def parse_report(
    answer: Mapping[str, Any], tool: str, arguments: Mapping[str, Any], totals: Mapping[str, str]
) -> Report:
    """Return what a tool for a report answers as a report."""
    open_groups: list[tuple[int, str]] = []
    rows = []
    for each in answer.get("rows") or ():
        depth, group = int(each["depth"]), str(each.get("group") or "")
        while open_groups and open_groups[-1][0] >= depth and each["kind"] != "total":
            open_groups.pop()
        cells = tuple("" if cell is None else str(cell) for cell in each.get("cells") or ())
        sections = tuple(name for _, name in open_groups if name)
        rows.append(Row(each["kind"], depth, cells, str(each.get("id") or ""), group, sections))
        if each["kind"] == "header":
            open_groups.append((depth, group))
        elif each["kind"] == "total" and open_groups:
            open_groups.pop()
    columns = tuple(str(each) for each in answer.get("columns") or ())
    is_whole = int(answer.get("rows_in_all", len(rows))) <= len(rows)
    return Report(tool, columns, tuple(rows), totals, arguments, is_whole, str(answer.get("currency") or ""))


def parse_amount(text: str) -> Decimal | None:
    """Return a cell as an amount; None where it is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
