"""What an answer supposes, and what it lacks. Called by `explaining`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from runtime.insights.bookings import BOOKED
from runtime.insights.books import Books, Missing
from runtime.insights.period_pairs import find_unread
from runtime.insights.profit_bridge.changes import AccountChange
from runtime.insights.profit_bridge.months import Months
from runtime.insights.profit_bridge.statements import Statement

_NO_REPORT = "It was not read, or not whole: the cost of stock sold, and what no record shows, is not known."
_NO_LIST = "They were not read: accounts that records do not name are not known."
_REPORTED = (
    "The figures of accounts are those of the profit and loss reports on the accrual basis; the records explain what "
    "moved inside each account. An amount above zero raises profit, one below zero lowers it."
)
_RECORDED = (
    "The figures of accounts are those of the records of both months, because a report is missing. An amount above "
    "zero raises profit, one below zero lowers it."
)


def list_assumptions(
    books: Books, months: Months, changes: Sequence[AccountChange], *, has_reports: bool
) -> Iterator[str]:
    """Yield what an answer supposes, one sentence each."""
    yield _REPORTED if has_reports else _RECORDED
    stocked = [each.label for each in changes if each.has_stock]
    if stocked and has_reports:
        yield (
            f"The cost of stock sold is posted without a line in the records: in {', '.join(stocked)} it is what "
            "the report shows beyond them, corrections of stock included."
        )
    if any(each.item for one in changes for each in (*one.movement.before, *one.movement.after)):
        yield (
            "Volume is the change of a quantity at the average price before. Mix is who bought how much, at the "
            "price that each had before. Price is the rest."
        )
    yield from _describe_months(books.today, months)
    if any(
        each.rate != 1 for each in books.transactions if any(month.days.has(each.day) for month in months)
    ):
        yield "Amounts in other currencies are converted at the rate of each record."


def list_missing(
    books: Books, months: Months, statements: tuple[Statement | None, Statement | None]
) -> Iterator[Missing]:
    """Yield what was not read, and what follows from it. What `books` says is missing already is not repeated."""
    for month, statement in dict(zip(months, statements, strict=True)).items():
        if statement is None:
            yield Missing(f"Profit and loss report of {month}", _NO_REPORT)
    if books.missing:
        return
    for month in dict.fromkeys(months):
        for unread in find_unread(books, BOOKED, month.days):
            yield Missing(f"{unread.what} of {month}", f"{unread.why} They explain nothing here.")
    for name in ("accounts", "items"):
        if name not in books.lists:
            yield Missing(name.capitalize(), _NO_LIST)


def _describe_months(today: date, months: Months) -> Iterator[str]:
    if months.after < months.before:
        yield (
            f"{months.after.title} is before {months.before.title}: the bridge runs back from the later month "
            "to the earlier one."
        )
    for month in dict.fromkeys(months):
        if month.first > today:
            yield f"{month.title} has not begun: only what is dated ahead is in it."
        elif month.last > today:
            yield f"{month.title} is not over: it has what is known as of {today}, dated until its end."
