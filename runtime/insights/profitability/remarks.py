"""What an answer rests on, and what it lacks. Called by `profitability`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runtime.insights.bookings import BOOKED
from runtime.insights.books import ZERO, Books, Missing
from runtime.insights.period_pairs import Days, find_unread
from runtime.insights.profitability.overheads import USUAL
from runtime.insights.profitability.owners import Owner
from runtime.insights.profitability.tallies import Tallies, Tally

NEEDED: Mapping[str, str] = {
    "clients": "Names of clients are not known.",
    "time_entries": "Labour is lower than it was.",
    "members": "What an hour costs is not known where the time entry does not say it.",
    "agreements": "How much of agreements is used is not known.",
}
"""What is wanted of a work system, and what is wrong without it."""
NO_WORK = (
    "No work system is connected and mapped: these are figures of the whole company, not of its clients."
)
NO_MAPPING = "No mapping says which client is which customer: these are figures of the whole company."


def list_assumptions(books: Books, tallies: Tallies, owners: Mapping[Owner, Tally], by: str) -> Iterator[str]:
    """Yield what an answer rests on."""
    if tallies.days.end > books.today:
        yield f"The period is not over: it holds what was entered by {books.today}."
    yield "What money is earned with is known by the names of its account and product, else by the invoice of the work."
    if books.work is not None and books.mapping is not None:
        yield "Labour is hours times the cost of an hour of the entry, else of the member, times that of its work type."
        yield "Days of time are those of the work system, which may be in another time zone than the books."
        yield from _list_unknown(tallies, owners)
        yield "Expenses of the work system are not added: the books have them where they were posted."
        if books.work.agreements and not books.work.additions:
            yield "What an agreement bills is what was invoiced for it, else its own amount without its additions."
    if by != USUAL:
        yield f"Overheads are shared out by {by}: nothing in the books says whose they are."
    if any(each.rate != 1 for each in books.list_kinds(*BOOKED)):
        yield "Amounts in other currencies count at the exchange rate of each transaction."


def list_missing(books: Books, days: Days) -> Iterator[Missing]:
    """Yield what was not read, and what that changes."""
    yield from find_unread(books, BOOKED, Days(days.before.start, days.end))
    needed = {
        "accounts": "Without them it is not known what is income.",
        "customers": "Their names are not known.",
    }
    for name, why in needed.items():
        if name not in books.lists:
            yield Missing(name, why)
    if books.work is None:
        yield Missing("work", NO_WORK)
        return
    yield from books.work.missing
    if books.mapping is None:
        yield Missing("mapping", NO_MAPPING)
    said = {each.what for each in books.work.missing}
    for name, why in NEEDED.items():
        what = f"{name.replace('_', ' ')} of the work system"
        if name not in books.work.lists and what not in said:
            yield Missing(what, why)


def _list_unknown(tallies: Tallies, owners: Mapping[Owner, Tally]) -> Iterator[str]:
    unknown = sum((each.unknown for each in owners.values()), ZERO)
    if unknown:
        yield f"{unknown:.2f} hours have no cost, neither by the entry nor by the member. They cost nothing here."
    if tallies.free_hours:
        free = f"{tallies.free_hours:.2f} hours are of work types with a multiplier of zero"
        yield f"{free}: they count at their full cost."
