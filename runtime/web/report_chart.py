"""The chart of a report, where one helps: amounts over time, the parts of one total, or the largest of many rows.

Called by `report_pages`. Which it is follows from the shape of the table: a report that is split by time has bars for
each span, one whose columns add up to its last one (the ages of what is owed) has one bar of parts, and a plain list
with a total (sales to customers) has its largest rows. Other reports have none, nor has a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from runtime.operations.formats import Formats
from runtime.operations.report_runs import ReportView
from runtime.operations.report_runs.report_pdf import is_final
from runtime.operations.report_runs.report_view import ViewRow
from runtime.web.charts.bar_chart import make_bar_chart
from runtime.web.charts.chart import Chart, Labels, Series
from runtime.web.charts.shares import MOST_PARTS, Share, make_stack, measure_bars, name_part

SPLIT = "summarize_column_by"
SPANS = frozenset({"Days", "Week", "Month", "Quarter", "Year"})
"""What a report is split by where its columns follow one another in time."""
MOST_SPANS = 24
"""Groups of bars, two years of months: more are thinner than a label."""
MOST_ROWS = 8
"""Rows that are drawn as the largest, as many as stand beside a chart without scrolling."""
LEAST_ROWS = 3
"""Fewer rows are compared at a glance."""
_TOTAL = "total"


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A part or a row: its name, the width and the class of its bar, and its amount."""

    name: str
    width: str
    style: str
    amount: str


@dataclass(frozen=True, slots=True)
class ReportChart:
    """What is drawn of a report: bars over time, or rows with bars, above them one bar of all parts."""

    title: str
    chart: Chart | None = None
    legend: tuple[str, ...] = ()
    rows: tuple[ChartRow, ...] = ()
    stack: tuple[Share, ...] = ()


def make_chart(view: ReportView, formats: Formats) -> ReportChart | None:
    """Return the chart of a report; None where none helps."""
    if view.before is not None or view.report.is_detail or not view.rows:
        return None
    places = [place for place, column in enumerate(view.columns) if column.kind == "amount"]
    if view.choice.arguments.get(SPLIT) in SPANS:
        return _draw_spans(view, _leave_total(view, places), formats)
    parts = _leave_total(view, places)
    if 1 < len(parts) <= MOST_PARTS and len(parts) < len(places):
        return _draw_parts(view, parts, formats)
    return _draw_largest(view, places, formats)


def _leave_total(view: ReportView, places: list[int]) -> list[int]:
    return [place for place in places if view.columns[place].title.lower() != _TOTAL]


def _draw_spans(view: ReportView, places: Sequence[int], formats: Formats) -> ReportChart | None:
    """Return bars of the first total of the report, with a line of its last one where they differ."""
    totals = [row for row in view.rows if is_final(row)]
    if not totals or not 1 < len(places) <= MOST_SPANS:
        return None
    names = tuple(view.columns[place].title for place in places)
    first, last = (_make_series(row, places) for row in (totals[0], totals[-1]))
    net = last if last.values != first.values else None
    title = f"{first.name} and {last.name}" if net else first.name
    labels = Labels(names, names, str(view.choice.arguments[SPLIT]))
    chart = make_bar_chart("report", title, labels, [first], net, formats)
    return ReportChart(title, chart, (first.name, last.name) if net else ())


def _make_series(row: ViewRow, places: Sequence[int]) -> Series:
    return Series(row.label, tuple(_read_amount(row, place) for place in places))


def _draw_parts(view: ReportView, places: Sequence[int], formats: Formats) -> ReportChart | None:
    """Return the parts of the last total, each with its bar."""
    total = next((row for row in reversed(view.rows) if is_final(row)), None)
    if total is None:
        return None
    amounts = [_read_amount(total, place) for place in places]
    rows = tuple(
        ChartRow(view.columns[place].title, width, name_part(at), formats.write_amount(amount))
        for at, (place, amount, width) in enumerate(zip(places, amounts, measure_bars(amounts), strict=True))
    )
    return (
        ReportChart(total.label.capitalize(), rows=rows, stack=make_stack(amounts)) if any(amounts) else None
    )


def _draw_largest(view: ReportView, places: list[int], formats: Formats) -> ReportChart | None:
    """Return the largest rows of a list with one total."""
    is_list = is_final(view.rows[-1]) and all(not row.group for row in view.rows[:-1])
    rows = [row for row in view.rows if row.kind == "row"]
    if (
        not places
        or not is_list
        or len(rows) < LEAST_ROWS
        or len(places) - len(_leave_total(view, places)) > 1
    ):
        return None
    place = places[0]
    largest = sorted(rows, key=lambda row: -_read_amount(row, place))[:MOST_ROWS]
    amounts = [_read_amount(row, place) for row in largest]
    drawn = tuple(
        ChartRow(row.label, width, "f", formats.write_amount(amount))
        for row, amount, width in zip(largest, amounts, measure_bars(amounts), strict=True)
        if amount > 0
    )
    count = f"{len(drawn)} largest of {len(rows)}" if len(drawn) < len(rows) else "All"
    return ReportChart(f"{view.columns[place].title}: {count}", rows=drawn) if drawn else None


def _read_amount(row: ViewRow, place: int) -> Decimal:
    cell = row.cells[place]
    return cell if isinstance(cell, Decimal) else Decimal(0)
