"""Figures beside the vendor's reports that have to show the same: totals, and the rows of a name, a product, a segment.

Called by the analyses. A report that was not read confirms nothing, and says so; one without rows shows zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from runtime.insights.analysis import Tie
from runtime.insights.books import ZERO, Books
from runtime.insights.report_rows import Report


def confirm_total(
    books: Books, name: str, figure: str, ours: Decimal, total: str = "all", place: int = -1
) -> Tie:
    """Return a figure beside the total of a report; the name of the report stands where it was not read."""
    report = books.reports.get(name)
    return Tie(figure, ours, report.tool if report else name, read_total(report, total, place))


def read_total(report: Report | None, total: str = "all", place: int = -1) -> Decimal | None:
    """Return a total of a report; zero where it has no rows, None where it was not read."""
    if report is None:
        return None
    return report.find_total(total, place) if report.rows else ZERO


def sum_totals(report: Report | None, *totals: str, place: int = -1) -> Decimal | None:
    """Return the sum of several totals; one that the report leaves out is zero. None where it was not read."""
    if report is None:
        return None
    return sum((report.find_total(each, place) or ZERO for each in totals), ZERO)


def read_rows(report: Report | None, place: int = -1) -> Mapping[str, Decimal] | None:
    """Return what a report shows for each record, by Id; None where it was not read whole.

    A name with others below it stands in the header of their section, with its own amount.
    """
    if report is None or not report.is_whole:
        return None
    return {
        each.id: each.read_amount(place) or ZERO for each in report.rows if each.id and each.kind != "total"
    }


def confirm_row(rows: Mapping[str, Decimal] | None, id_: str, ours: Decimal) -> dict[str, Any]:
    """Return whether a row shows the same, with both numbers where it does not."""
    if rows is None:
        return {"ties": "not checked"}
    theirs = rows.get(id_, ZERO)
    if theirs == ours:
        return {"ties": True}
    return {
        "ties": False,
        "says": "does not tie",
        "ours": ours,
        "report_shows": theirs,
        "difference": ours - theirs,
    }
