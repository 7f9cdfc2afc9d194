"""What people see of an answer of an analysis: a headline, facts, tables and notices, without HTML.

Made by `making` and the module of each analysis; shown by the page of an analysis, written as files by
`insight_file`, and sent by schedules. All texts are hostile: they come from the books.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from runtime.operations.exports.sheet import Cell, Column

RowKind = Literal["row", "header", "total", "attention", "open", "done", "unknown"]
"""How a row is drawn: `attention` needs a person now, `open` is to be done, `unknown` could not be judged."""
NoticeKind = Literal["warning", "info"]
TieState = Literal["ties", "does not tie", "not checked"]


class Fact(NamedTuple):
    """A figure beside the headline: what it is, and its text."""

    label: str
    text: str


class Notice(NamedTuple):
    """What a reader has to know before the figures, and what can be done about it."""

    kind: NoticeKind
    text: str
    advice: str = ""


class InsightRow(NamedTuple):
    """A row of a table. `records` name what it comes from, such as "invoices:12"."""

    cells: tuple[Cell, ...]
    records: tuple[str, ...] = ()
    kind: RowKind = "row"


@dataclass(frozen=True, slots=True)
class InsightTable:
    """A table. `note` stands under it, and `empty` in its place where it has no rows."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[InsightRow, ...] = ()
    note: str = ""
    empty: str = "There is nothing to show."


@dataclass(frozen=True, slots=True)
class InsightTie:
    """A figure beside the one that a report of the vendor shows. `report` is the title of that report."""

    figure: str
    report: str
    state: TieState
    ours: Decimal | None = None
    theirs: Decimal | None = None
    difference: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InsightView:
    """An answer of an analysis as it is shown.

    `name` is that of the analysis, `title` what people call it; `period` is what it is of, `file_part` the same in the
    name of a file. `evidence` are records, those that matter most first. `continue_from` is empty where it is complete.
    """

    name: str
    title: str
    headline: str
    as_of: str = ""
    period: str = ""
    file_part: str = ""
    facts: tuple[Fact, ...] = ()
    tables: tuple[InsightTable, ...] = ()
    notices: tuple[Notice, ...] = ()
    assumptions: tuple[str, ...] = ()
    ties: tuple[InsightTie, ...] = ()
    evidence: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())
    is_complete: bool = True
    continue_from: str = ""
    retry_after: int = 0
    calls_used: int = 0

    def find_table(self, key: str) -> InsightTable | None:
        """Return a table by its key; None where the answer has not that part."""
        return next((each for each in self.tables if each.key == key), None)
