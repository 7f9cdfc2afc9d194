"""The profit and loss report of a month as figures of accounts. Called by `changes`.

An account with others below it stands in the header of their section, with what was posted to itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, get_args

from runtime.insights.books import ZERO
from runtime.insights.report_rows import Report, Row

Section = Literal["income", "cost_of_sales", "expenses", "other_income", "other_expenses"]
SECTIONS: tuple[Section, ...] = get_args(Section)
EARNING: tuple[Section, ...] = ("income", "other_income")
"""The sections that raise profit; the others lower it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a report shows for an account; `id` is its label where the report does not name the record."""

    id: str
    label: str
    section: Section
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """The report of a month. `totals` are those of the sections and `net_income`, as far as the report has them."""

    tool: str
    profit: Decimal
    figures: Mapping[str, Figure]
    totals: Mapping[str, Decimal | None] = field(default_factory=dict)

    def add_up(self, *sections: Section) -> Decimal | None:
        """Return the totals of some sections together; None where the report shows none of them."""
        found = [amount for each in sections if (amount := self.totals.get(each)) is not None]
        return sum(found, ZERO) if found else None

    @property
    def unassigned(self) -> Decimal:
        """What the report shows of profit that stands in no row of an account."""
        return self.profit - sum((sign(each.section) * each.amount for each in self.figures.values()), ZERO)


def sign(section: Section) -> int:
    """Return 1 for what raises profit, -1 for what lowers it."""
    return 1 if section in EARNING else -1


def show(section: Section, effect: Decimal) -> Decimal:
    """Return an effect on profit as a section shows it: a cost is above zero."""
    return effect if section in EARNING else ZERO - effect


def read_statement(report: Report | None) -> Statement | None:
    """Return a report as figures; None where it was not read, or shows rows and no profit."""
    if report is None:
        return None
    figures: dict[str, Figure] = {}
    groups = {report.totals[each]: each for each in SECTIONS if each in report.totals}
    for row in report.rows:
        found = _read_row(row, groups)
        if found is not None:
            known = figures.get(found.id)
            amount = found.amount + (known.amount if known is not None else ZERO)
            figures[found.id] = Figure(found.id, found.label, found.section, amount)
    profit = report.find_total("net_income")
    if profit is None and (figures or not report.is_whole):
        return None
    totals = {each: report.find_total(each) for each in (*SECTIONS, "net_income")}
    return Statement(report.tool, profit or ZERO, figures, totals)


def _read_row(row: Row, groups: Mapping[str, Section]) -> Figure | None:
    """Return the figure of an account that a row shows; None for a total, a title, or a row outside the sections."""
    amount = row.read_amount()
    section = next((groups[each] for each in row.sections if each in groups), None)
    if row.kind == "total" or amount is None or section is None:
        return None
    return Figure(row.id or row.label, row.label, section, amount)
