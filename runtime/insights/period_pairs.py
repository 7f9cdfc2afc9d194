"""The days that an analysis covers, and those before them that it is compared with.

Called by `vendor_spend`, `unit_economics`, `profitability` and `profit_bridge`. Where no days are asked for it is the
last whole month. What whole months are compared with is as many whole months; any other number of days is compared with
as many days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from runtime.errors import InvalidArguments
from runtime.insights.analysis import Options
from runtime.insights.books import Books, Kind, Missing

ONE_DAY = timedelta(1)
_NAMES: dict[str, str] = {
    "invoice": "Invoices",
    "sale": "Sales paid at once",
    "customer_credit": "Credits to customers",
    "refund": "Refunds",
    "customer_payment": "Payments of customers",
    "bill": "Bills",
    "expense": "Expenses",
    "vendor_credit": "Credits of vendors",
    "deposit": "Deposits",
    "journal": "Journal entries",
}
"""What a reader calls the kinds."""


class Days(NamedTuple):
    """Days, the first and the last included."""

    start: date
    end: date

    def as_dict(self) -> dict[str, date]:
        """As plain values, for answers."""
        return {"start": self.start, "end": self.end}

    def has(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.start <= day <= self.end

    @property
    def before(self) -> Days:
        """The days before, as many: whole months before whole months."""
        last = self.start - ONE_DAY
        if self.start.day == 1 and (self.end + ONE_DAY).day == 1:
            months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
            return Days(subtract_months(self.start, months), last)
        return Days(self.start - (self.end - self.start + ONE_DAY), last)


def choose_days(options: Options, today: date) -> Days:
    """Return the days that are asked for, else the last whole month.

    One end alone reaches to the end, or from the start, of its month. Raises InvalidArguments for days that run back.
    """
    start, end = _read_day(options.get("start_date")), _read_day(options.get("end_date"))
    if start is None and end is None:
        end = today.replace(day=1) - ONE_DAY
    if start is None:
        assert end is not None
        start = end.replace(day=1)
    if end is None:
        end = subtract_months(start.replace(day=1), -1) - ONE_DAY
    if end < start:
        raise InvalidArguments("end_date is before start_date.", advice="Exchange the two days.")
    return Days(start, end)


def subtract_months(first: date, months: int) -> date:
    """Return the first day of the month that is some months before that of a day."""
    year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(max(year, 1), month + 1, 1)


def find_unread(books: Books, kinds: Iterable[Kind], days: Days) -> Iterator[Missing]:
    """Yield the kinds of transactions that were not read over all of some days."""
    for kind in kinds:
        span, last = books.read.get(kind), min(days.end, books.today)
        if span is None:
            yield Missing(_NAMES.get(kind, kind), "They were not read.")
        elif span.until < last or (span.since is not None and span.since > days.start):
            since = f"from {span.since} " if span.since else ""
            yield Missing(_NAMES.get(kind, kind), f"They were read only {since}to {span.until}.")


def _read_day(value: object) -> date | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidArguments(f"{str(value)[:20]} is no day.", advice="Write days as 2026-10-31.") from error
