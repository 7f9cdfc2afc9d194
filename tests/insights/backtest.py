"""The forecast of the cash flow against what came, over simulated companies with two years of history.

Each company is turned back to eight days, forecast from there, and compared with the balances that it had in the eight
weeks after; beside two simple forecasts that a better one has to beat. `scripts/bench` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import fmean
from typing import Any, NamedTuple

from runtime.insights.books import ZERO, Books
from runtime.insights.forecast.forecast import INSIGHT
from tests.insights.companies import make_store, read_books
from tests.insights.cutting import cut_books, list_templates_of, measure_bank

KINDS = ("landscaper", "consultancy", "it_services")
SEEDS = (1, 2, 3, 4)
"""Others than those that the forecast was adjusted on, 101 to 108."""
CUTS = tuple(57 + 42 * place for place in range(8))
"""Days before today to which books are turned back: eight weeks are left after the last, a year is before the first."""
WEEKS = 8


class Outcome(NamedTuple):
    """One forecast against what came: errors are of the balance after eight weeks."""

    kind: str
    seed: int
    day: date
    covered: tuple[bool, ...]
    """Whether the balance at the end of each week was inside of the band."""
    error: Decimal
    naive_error: Decimal
    """Of the flow of the same weeks a year before, added to the balance."""
    due_error: Decimal
    """Of all open items paid on their due dates."""


class Row(NamedTuple):
    """One kind of company: the share of balances inside of the band, and mean absolute errors."""

    kind: str
    forecasts: int
    coverage: float
    error: Decimal
    naive_error: Decimal
    due_error: Decimal


def run_backtests(seeds: Iterable[int] = SEEDS, kinds: Iterable[str] = KINDS) -> list[Row]:
    """Return the table of results, a row for each kind of company."""
    chosen = tuple(seeds)
    return [summarize(kind, [each for seed in chosen for each in run_company(kind, seed)]) for kind in kinds]


def run_company(kind: str, seed: int) -> list[Outcome]:
    """Return the forecasts of a company against what came."""
    store = make_store(kind, seed)
    books = read_books(store)
    days = [books.today - timedelta(days=each) for each in CUTS]
    return [
        compare(kind, seed, books, cut_books(books, day, list_templates_of(store, books, day)))
        for day in days
    ]


def compare(kind: str, seed: int, books: Books, cut: Books) -> Outcome:
    """Return a forecast from books that were turned back against the whole books."""
    day, last = cut.today, cut.today + timedelta(weeks=WEEKS)
    weeks: Sequence[dict[str, Any]] = INSIGHT.compute(cut, {"weeks": WEEKS}).figures["weeks"]
    came = [measure_bank(books, each["week_end"]) for each in weeks]
    opening, year = measure_bank(books, day), timedelta(weeks=52)
    naive = opening + measure_bank(books, last - year) - measure_bank(books, day - year)
    return Outcome(
        kind,
        seed,
        day,
        tuple(week["low"] <= balance <= week["high"] for week, balance in zip(weeks, came, strict=True)),
        abs(weeks[-1]["median"] - came[-1]),
        abs(naive - came[-1]),
        abs(opening + _roll_forward(cut, last) - came[-1]),
    )


def summarize(kind: str, outcomes: Sequence[Outcome]) -> Row:
    """Return a row of the table."""
    count = len(outcomes)
    return Row(
        kind,
        count,
        fmean(is_inside for each in outcomes for is_inside in each.covered),
        sum((each.error for each in outcomes), ZERO) / count,
        sum((each.naive_error for each in outcomes), ZERO) / count,
        sum((each.due_error for each in outcomes), ZERO) / count,
    )


def _roll_forward(cut: Books, last: date) -> Decimal:
    """Return what open items bring until a day if each is paid on its due date, and what is overdue at once."""
    signs = {"invoice": 1, "bill": -1}
    due = [each for each in cut.list_kinds("invoice", "bill") if (each.due or each.day) <= last]
    return sum((signs[each.kind] * each.home_open for each in due), ZERO)
