"""How the money columns of a summary report are split: by spans of time, or by customer, class and the like."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from runtime.simulators.quickbooks.faults import make_fault
from runtime.simulators.quickbooks.reports import periods, sums
from runtime.simulators.quickbooks.reports.layout import Column, Values
from runtime.simulators.quickbooks.reports.periods import Period
from runtime.simulators.quickbooks.reports.question import Question

UNITS = {"Days": "day", "Week": "week", "Month": "month", "Quarter": "quarter", "Year": "year",
         "FiscalQuarter": "quarter", "FiscalYear": "year"}  # fmt: skip
DIMENSIONS = {"Customers": "customer", "Vendors": "vendor", "Classes": "class", "Departments": "department",
              "Employees": "employee", "ProductsAndServices": "item"}  # fmt: skip
NAMES = ("Total", *UNITS, *DIMENSIONS)
MOST_COLUMNS = 2000
"""Of a report; the service's own bound is not documented, and this is more than any report of five years by day."""
UNNAMED = "Not Specified"

Table = tuple[list[Column], dict[tuple[str | None, ...], Values]]
"""Money columns, and the cents in each by row; None where nothing was booked."""


@dataclass(frozen=True, slots=True)
class Span:
    """A column of days."""

    title: str
    start: date
    end: date


def choose_split(question: Question) -> str:
    """Return what the columns stand for, in its documented spelling; 2170 for anything unknown."""
    given = question.read_text("summarize_column_by") or "Total"
    for name in NAMES:
        if name.lower() == given.lower():
            return name
    raise make_fault("2170", f"Invalid Enumeration : {given[:100]}", "summarize_column_by")


def make_spans(question: Question, period: Period) -> list[Span]:
    """Return title, first and last day of every column of days; the whole period where columns are not days."""
    name = choose_split(question)
    unit = UNITS.get(name)
    if unit is None:
        return [Span("Total", period.start, period.end)]
    if (period.end - period.start).days > MOST_COLUMNS * {"day": 1, "week": 7}.get(unit, 28):
        raise make_fault("10100", "Result Set Big : choose a shorter range of dates.", "summarize_column_by")
    first = question.fiscal_start if name != "Year" else 1
    found = periods.split_period(unit, period.start, period.end, first)
    return [Span(_title(unit, start, end, first), start, end) for start, end in found]


def _title(unit: str, start: date, end: date, first: int) -> str:
    """Return e.g. Nov 2026 · Oct - Dec 2026 · 2026 · Nov 1 - Nov 7 2026 · Nov 20 2026; a cut month shows its days."""
    if unit == "day":
        return f"{start:%b} {start.day}, {start.year}"
    whole = periods.find_span(unit, start, first) == (start, end)
    if unit == "month":
        return f"{start:%b %Y}" if whole else f"{start:%b} {start.day} - {end.day}, {end.year}"
    if unit == "year":
        named = f"{start:%b %Y} - {end:%b %Y}" if first != 1 else str(start.year)
        return named if whole or first == 1 else f"{start:%b %Y} - {end:%b %Y}"
    if unit == "quarter":
        return f"{start:%b} - {end:%b}, {end.year}" if start.month != end.month else f"{start:%b %Y}"
    return f"{start:%b} {start.day} - {end:%b} {end.day}, {end.year}"


def split_movements(
    question: Question,
    period: Period,
    rows: tuple[str, ...] = ("account",),
    where: Mapping[str, Collection[str]] | None = None,
) -> Table:
    """Return what was booked in a period, by row, with a total column after the split ones."""
    name = choose_split(question)
    if name in DIMENSIONS:
        return _by_dimension(question, period.start, period.end, rows, where)
    found = make_spans(question, period)
    booked = sums.sum_postings(
        question, period.start, period.end, rows if name == "Total" else (*rows, "date"), where
    )
    if name == "Total":
        return [Column("Total", "total")], {key: (cents,) for key, cents in booked.items()}
    starts = [span.start.isoformat() for span in found]
    table: dict[tuple[str | None, ...], list[int | None]] = {}
    for (*key, day), cents in booked.items():
        cells = table.setdefault(tuple(key), [None] * len(found))
        place = bisect_right(starts, str(day)) - 1
        cells[place] = (cells[place] or 0) + cents
    return [*_columns(found), Column("Total", "total")], {
        key: (*cells, _sum(cells)) for key, cells in table.items()
    }


def split_balances(
    question: Question, period: Period, where: Mapping[str, Collection[str]] | None = None
) -> Table:
    """Return what accounts hold at the end of each column; columns of days have no total."""
    name = choose_split(question)
    if name in DIMENSIONS:
        return _by_dimension(question, None, period.end, ("account",), where)
    found = make_spans(question, period)
    table: dict[tuple[str | None, ...], list[int | None]] = {}
    for place, span in enumerate(found):
        since = None if place == 0 else span.start
        for cells in table.values():
            cells[place] = cells[place - 1]
        for key, cents in sums.sum_postings(question, since, span.end, ("account",), where).items():
            cells = table.setdefault(key, [None] * len(found))
            cells[place] = (cells[place] or 0) + cents
    columns = [Column("Total", "total")] if name == "Total" else _columns(found)
    return columns, {key: tuple(cells) for key, cells in table.items()}


def list_year_starts(question: Question, period: Period) -> list[date]:
    """Return the first day of every balance column's fiscal year, and of the last one's for the total."""
    return [
        periods.find_span("year", span.end, question.fiscal_start)[0] for span in make_spans(question, period)
    ]


@dataclass(frozen=True, slots=True)
class Part:
    """A column with columns of its own: what it covers, and the ids that count in it."""

    column: Column
    period: Period
    where: Mapping[str, Collection[str]]


def make_nested_columns(question: Question, period: Period) -> list[Part]:
    """Return the columns of reports that show several figures in each: spans, or names with entries; the total last."""
    name = choose_split(question)
    whole = Part(Column("Total", "total"), period, question.where)
    if name == "Total":
        return [whole]
    if name in DIMENSIONS:
        return [*_named_parts(question, period, DIMENSIONS[name]), whole]
    found = make_spans(question, period)
    periods_of = [Period(span.start, span.end, None) for span in found]
    columns = _columns(found)
    return [
        *(Part(column, one, question.where) for column, one in zip(columns, periods_of, strict=True)),
        whole,
    ]


def _named_parts(question: Question, period: Period, dimension: str) -> list[Part]:
    names = question.read_names(dimension)
    ids = [
        key[0]
        for key in sums.sum_postings(question, period.start, period.end, (dimension,))
        if key[0] in names
    ]
    return [
        Part(Column(names[str(id)], str(id)), period, {**question.where, dimension: (str(id),)})
        for id in sorted(ids, key=lambda id: names[str(id)].lower())
    ]


def get_day_before(day: date) -> date:
    """Return yesterday of a day."""
    return day - timedelta(1)


def _columns(found: list[Span]) -> list[Column]:
    return [Column(span.title, span.title, span.start.isoformat(), span.end.isoformat()) for span in found]


def _by_dimension(
    question: Question,
    since: date | None,
    until: date,
    rows: tuple[str, ...],
    where: Mapping[str, Collection[str]] | None,
) -> Table:
    dimension = DIMENSIONS[choose_split(question)]
    booked = sums.sum_postings(question, since, until, (*rows, dimension), where)
    names = question.read_names(dimension)
    ids = sorted(
        {key[-1] for key in booked}, key=lambda id: (id is None, names.get(str(id), "").lower(), str(id))
    )
    places = {id: place for place, id in enumerate(ids)}
    table: dict[tuple[str | None, ...], list[int | None]] = {}
    for key, cents in booked.items():
        table.setdefault(key[:-1], [None] * len(ids))[places[key[-1]]] = cents
    columns = [Column(names.get(str(id), UNNAMED), id or "unspecified") for id in ids]
    return [*columns, Column("Total", "total")], {key: (*cells, _sum(cells)) for key, cells in table.items()}


def _sum(cells: list[int | None]) -> int:
    return sum(cell or 0 for cell in cells)
