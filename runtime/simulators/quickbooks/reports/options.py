"""The options that summary reports share: basis, columns, filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from .. import ledger
from ..books import Books
from ..faults import fault
from ..store import Store
from .layout import Column, Values
from .periods import Period, unit_of

FILTERS = ("customer", "vendor", "item", "class", "department", "employee")
PERIODS = {"Month": "month", "Quarter": "quarter", "Year": "year"}


@dataclass(frozen=True, slots=True)
class Options:
    """Accrual (cash is not computed yet), how the columns are split, which ids count."""

    basis: str
    by: str
    where: ledger.Filters


def of(books: Books, parameters: Mapping[str, str]) -> Options:
    """The options of a request; refuses those that are not computed."""
    basis = parameters.get("accounting_method") or books.preference("ReportPrefs", "ReportBasis") or "Accrual"
    if basis.lower() != "accrual":
        raise fault("5030", f"Feature Not Supported : accounting_method={basis[:50]}", "accounting_method")
    by = (parameters.get("summarize_column_by") or "Total").capitalize()
    if by != "Total" and by not in PERIODS:
        raise fault("5030", f"Feature Not Supported : summarize_column_by={by[:50]}", "summarize_column_by")
    where = {name: parameters[name].split(",") for name in FILTERS if parameters.get(name)}
    return Options("Accrual", by, where)


def columns(
    store: Store, realm: str, options: Options, period: Period
) -> tuple[list[Column], dict[str, Values]]:
    """The money columns of a period and, per account, the movements in each (cents, debit positive)."""
    spans = spans_of(options.by, period)
    whole = Column("Total", "total")
    found: dict[str, list[int]] = {}
    for index, (_, start, end) in enumerate(spans):
        for (account,), value in ledger.movements(
            store, realm, start, end, ("account",), options.where
        ).items():
            found.setdefault(str(account), [0] * len(spans))[index] = value
    if options.by == "Total":
        return [whole], {id: tuple(values) for id, values in found.items()}
    titled = [Column(title, title, start.isoformat(), end.isoformat()) for title, start, end in spans]
    return [*titled, whole], {id: (*values, sum(values)) for id, values in found.items()}


def spans_of(by: str, period: Period) -> list[tuple[str, date, date]]:
    """Title, first and last day of every column."""
    if by == "Total":
        return [("Total", period.start, period.end)]
    spans: list[tuple[str, date, date]] = []
    day = period.start
    while day <= period.end:
        _, end = unit_of(PERIODS[by], day)
        end = min(end, period.end)
        spans.append((_title(by, day), day, end))
        day = date.fromordinal(end.toordinal() + 1)
    return spans


def _title(by: str, day: date) -> str:
    if by == "Month":
        return day.strftime("%b %Y")
    if by == "Year":
        return str(day.year)
    first = (day.month - 1) // 3 * 3 + 1
    return f"{date(day.year, first, 1).strftime('%b')} - {date(day.year, first + 2, 1).strftime('%b %Y')}"
