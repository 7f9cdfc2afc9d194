"""What an analysis wants to know, and what it answers: the seam between the analyses and who reads for them.

`operations.insights` reads what `Wanted` names, has an analysis computed in a process of its own, and answers
`{as_of, figures, evidence, assumptions, ties, calls_used, complete, missing}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from runtime.insights.books import Books, Kind, Missing
from runtime.insights.work_records import WorkList

Options = Mapping[str, Any]
"""The arguments of the tool, checked against its schema."""
ListName = Literal[
    "accounts", "customers", "vendors", "employees", "items", "segments", "templates", "settings"
]


@dataclass(frozen=True, slots=True)
class Records:
    """Transactions that are wanted: of some kinds, between two days (both included), or only those that are open."""

    kinds: tuple[Kind, ...]
    since: date | None = None
    until: date | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class WantedReport:
    """A report that is wanted: `report` is its name in the definitions, `name` the one in `Books.reports`.

    `step` is the length of a column ("day", "week", "month"), or "segment" for one of each; empty for one column.
    """

    name: str
    report: str
    start: date | None = None
    end: date | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class WorkRecords:
    """Lists of the work system that are wanted; of time, expenses and invoices those of some days (both included)."""

    lists: tuple[WorkList, ...]
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that an analysis reads; `work` is read of another account, where one is mapped with this one."""

    records: tuple[Records, ...] = ()
    lists: tuple[ListName, ...] = ()
    reports: tuple[WantedReport, ...] = ()
    work: WorkRecords | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """A figure and the vendor's report that has to show the same; `theirs` is None where the report was not read."""

    figure: str
    ours: Decimal
    report: str
    theirs: Decimal | None

    @property
    def agrees(self) -> bool:
        """Whether both are the same to the cent."""
        return self.theirs is not None and self.ours == self.theirs

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers: one that does not tie has both numbers and their difference."""
        if self.theirs is None:
            return {"figure": self.figure, "report": self.report, "ties": "not checked", "ours": self.ours}
        if self.agrees:
            return {"figure": self.figure, "report": self.report, "ties": True, "amount": self.ours}
        return {
            "figure": self.figure,
            "report": self.report,
            "ties": False,
            "says": "does not tie",
            "ours": self.ours,
            "report_shows": self.theirs,
            "difference": self.ours - self.theirs,
        }


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis comes to. `figures` holds plain values, amounts as `Decimal` and days as `date`.

    `evidence` are the keys of records ("invoices:12"), those that matter most first.
    """

    figures: dict[str, Any]
    evidence: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    ties: tuple[Tie, ...] = ()
    missing: tuple[Missing, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Insight:
    """One analysis: what it wants to be read for some options on a day, and what it makes of the books."""

    name: str
    plan: Callable[[Options, date], Wanted]
    compute: Callable[[Books, Options], Analysis]
