"""The forecast of the cash flow: what is read, and the answer. Called by `operations.insights` through `INSIGHT`."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from runtime.insights.analysis import Analysis, Insight, ListName, Options, Records, Wanted, WantedReport
from runtime.insights.books import Books, Kind
from runtime.insights.forecast.cards import find_cards
from runtime.insights.forecast.cash_moves import REPORT, Balance, list_balances, measure_effect
from runtime.insights.forecast.figures import Outlook, list_evidence, make_figures
from runtime.insights.forecast.flows import Stream, as_money
from runtime.insights.forecast.notes import (
    HISTORY_KINDS,
    list_assumptions,
    list_missing,
    list_ties,
)
from runtime.insights.forecast.open_items import (
    list_dated_ahead,
    list_doubts,
    list_open_bills,
    list_open_invoices,
    list_waiting,
)
from runtime.insights.forecast.past import Past
from runtime.insights.forecast.paths import choose_drawn, draw_band
from runtime.insights.forecast.recurring import find_recurring, group_moves
from runtime.insights.forecast.templates import Confirmed, add_templates
from runtime.insights.forecast.unrecorded import find_documents, find_others
from runtime.insights.forecast.what_if import answer_what_if

HISTORY = 730
"""Days that are read: two years show each season twice."""
WEEKS, MOST_WEEKS = 8, 26
"""As the definition of the tool says."""
OPEN_KINDS: tuple[Kind, ...] = ("invoice", "bill", "customer_credit", "vendor_credit", "customer_payment")


def list_wanted(options: Options, today: date) -> Wanted:
    """Return what a forecast reads: two years of what moves cash, and what is open of any age."""
    lists: tuple[ListName, ...] = ("accounts", "templates")
    if options.get("delay_customer"):
        lists = (*lists, "customers")
    return Wanted(
        records=(
            Records(HISTORY_KINDS, since=today - timedelta(days=HISTORY)),
            Records(OPEN_KINDS, is_open=True),
        ),
        lists=lists,
        reports=(WantedReport(REPORT, REPORT, end=today),),
    )


def compute_forecast(books: Books, options: Options) -> Analysis:
    """Return the forecast of the bank balance for some weeks."""
    days = 7 * count_weeks(options)
    past = Past(books, days)
    balances = list_balances(books, "bank")
    opening = measure_opening(books, balances, past)
    expected = find_expected(past)
    items, streams = expected.templates.items, expected.streams
    band = draw_band(float(opening), items, streams, days, choose_drawn(items))
    outlook = Outlook(past, opening, balances, items, streams, band, list_doubts(past))
    figures = make_figures(outlook)
    what_if = answer_what_if(outlook, options)
    if what_if:
        figures["what_if"] = what_if
    return Analysis(
        figures,
        list_evidence(outlook),
        list_assumptions(outlook, expected.templates),
        list_ties(outlook),
        list_missing(outlook),
    )


def count_weeks(options: Options) -> int:
    """Return how many weeks ahead are asked for."""
    return min(max(int(options.get("weeks") or WEEKS), 1), MOST_WEEKS)


def measure_opening(books: Books, balances: list[Balance], past: Past) -> Decimal:
    """Return what the bank accounts hold today: what is dated later is in their balances, and taken out."""
    whole = sum((each.home for each in balances if each.home is not None), Decimal(0))
    ahead = (measure_effect(each, past.banks) for each in books.transactions if each.day > books.today)
    return as_money(whole - sum(ahead, Decimal(0)))


class Expected(NamedTuple):
    """Everything that is expected to move the bank accounts."""

    templates: Confirmed
    streams: list[Stream]


def find_expected(past: Past) -> Expected:
    """Return everything that is expected to move the bank accounts within the days of the forecast."""
    moves = group_moves(past)
    cards = find_cards(past, moves)
    regular = find_recurring(past, moves, cards)
    invoices, bills = find_documents(past, cards, "invoice"), find_documents(past, cards, "bill")
    items = [
        *list_open_invoices(past),
        *list_waiting(past),
        *list_open_bills(past, cards),
        *list_dated_ahead(past),
        *regular.items,
        *invoices.items,
        *bills.items,
    ]
    streams = [*invoices.streams, *bills.streams, *find_others(past, regular.rest)]
    return Expected(add_templates(past, cards, items), streams)


INSIGHT = Insight("cash_flow_forecast", list_wanted, compute_forecast)
