"""The analysis: what a business may be worth. Called through `kinds`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.insights.analysis import (
    Analysis,
    Insight,
    Options,
    Records,
    Tie,
    Wanted,
    WantedReport,
    WorkRecords,
)
from runtime.insights.bookings import BOOKED, Booking, list_bookings, to_cents
from runtime.insights.books import ZERO, Books, Missing
from runtime.insights.confirming import sum_totals
from runtime.insights.period_pairs import ONE_DAY, Days, find_unread, subtract_months
from runtime.insights.profit_bridge.statements import read_statement
from runtime.insights.topics import Topics
from runtime.insights.valuation.add_backs import AddBacks, collect_add_backs
from runtime.insights.valuation.customers import (
    Churn,
    Revenue,
    describe_concentration,
    list_roots,
    measure_agreement_churn,
    measure_churn,
    sum_revenue,
)
from runtime.insights.valuation.earnings import Earnings, sum_bookings, sum_statement
from runtime.insights.valuation.levers import Situation, list_drivers, list_levers
from runtime.insights.valuation.market import (
    Market,
    Multiples,
    check_multiples,
    choose_multiples,
    read_market,
)
from runtime.insights.valuation.series import list_series
from runtime.insights.vendor_spend import measure_share

NOW, BEFORE = "profit_and_loss", "profit_and_loss_before"
CHANGES = (-20, -10, 0, 10, 20)
"""Percent of the adjusted EBITDA in the sensitivity table: reviews of earnings move it by about as much."""
ESTIMATE = (
    "This is an estimate by a rule of thumb, before debt, cash and working capital; no appraisal, no advice."
)


class Read(NamedTuple):
    """What the books say of the year, and of the one before."""

    year: Days
    bookings: Sequence[Booking]
    now: Earnings
    before: Earnings


def choose_year(options: Options, today: date) -> Days:
    """Return the twelve months that end with the month that is asked for, else with the last whole one."""
    if month := options.get("month"):
        after = subtract_months(date.fromisoformat(f"{month}-01"), -1)
    else:
        after = today.replace(day=1)
    return Days(subtract_months(after, 12), after - ONE_DAY)


def choose_wanted(options: Options, today: date) -> Wanted:
    """Return what is read: two years of what books income or costs, and the reports.

    Raises InvalidArguments for multiples that are not in their order.
    """
    check_multiples(options)
    year = choose_year(options, today)
    return Wanted(
        (Records(BOOKED, year.before.start, year.end),),
        ("accounts", "customers", "items", "vendors"),
        (
            WantedReport(NOW, NOW, year.start, year.end),
            WantedReport(BEFORE, NOW, year.before.start, year.before.end),
        ),
        WorkRecords(("clients", "agreements", "additions")),
    )


PRICED = frozenset({"agreements", "additions"})
"""Lists without which nobody knows what an agreement is billed at: without one of them, the books say who left."""


def compute(books: Books, options: Options) -> Analysis:
    """Return what the business may be worth; with a work system, its agreements say which clients were lost."""
    read, topics = _read(books, options), Topics(books.facts)
    roots = list_roots(books)
    series = list_series(read.bookings, roots)
    revenue = sum_revenue(read.bookings, series, roots, read.year)
    churn = measure_churn(books, series, read.year)
    if books.work is not None and books.work.agreements and books.work.lists >= PRICED:
        churn = measure_agreement_churn(books.work, read.year)
    chosen = {**options, "start": read.year.start}
    add_backs = collect_add_backs(books, topics, read.bookings, read.now, chosen)
    adjusted, market = read.now.ebitda + add_backs.total, read_market(books)
    multiples = choose_multiples(market, options, adjusted) if adjusted > 0 else None
    figures = {
        "says": ESTIMATE,
        "is_estimate": True,
        "period": read.year.as_dict(),
        "period_before": read.year.before.as_dict(),
        "currency": books.currency,
        **_describe_value(adjusted, multiples),
        "adjusted_ebitda": to_cents(adjusted),
        "adjusted_ebitda_percent": measure_share(adjusted, read.now.income),
        "earnings": read.now.as_dict(),
        "earnings_before": read.before.as_dict(),
        **add_backs.as_dict(),
        "growth": _describe_growth(read),
        "recurring": {
            "revenue": to_cents(revenue.recurring),
            "share_percent": revenue.recurring_percent,
            "monthly_at_end": to_cents(revenue.monthly),
        },
        "concentration": describe_concentration(books, revenue),
        "churn": churn.as_dict(),
    }
    if multiples is not None:
        found = Situation(read.now, adjusted, add_backs.open, revenue, churn, market, multiples)
        figures |= {"drivers": list_drivers(found), "levers": list_levers(found)}
    return Analysis(
        figures,
        _list_evidence(add_backs, read, revenue),
        tuple(_list_assumptions(books, read, market, multiples, churn)),
        tuple(_list_ties(books, read)),
        (*_list_missing(books, read), *add_backs.list_missing()),
    )


def _read(books: Books, options: Options) -> Read:
    year, topics = choose_year(options, books.today), Topics(books.facts)
    bookings = list(list_bookings(books, BOOKED, Days(year.before.start, year.end)))
    found = []
    for name, days in ((NOW, year), (BEFORE, year.before)):
        statement = read_statement(books.reports.get(name))
        if statement is not None:
            found.append(sum_statement(books, topics, statement))
        else:
            found.append(
                sum_bookings(books, topics, (each for each in bookings if days.has(each.transaction.day)))
            )
    return Read(year, bookings, *found)


def _describe_value(adjusted: Decimal, multiples: Multiples | None) -> dict[str, Any]:
    """Return the value at each multiple, and how it moves with both."""
    if multiples is None:
        why = "EBITDA is not above zero." if adjusted <= 0 else "No multiples are known: give them."
        return {"value": None, "why_no_value": why, "multiples": None, "sensitivity": []}
    chosen = {"low": multiples.low, "mid": multiples.mid, "high": multiples.high}
    return {
        "value": {name: to_cents(adjusted * each) for name, each in chosen.items()},
        "multiples": multiples.as_dict(),
        "sensitivity": [
            {
                "change_percent": change,
                "adjusted_ebitda": to_cents(adjusted * (100 + change) / 100),
                **{name: to_cents(adjusted * (100 + change) / 100 * each) for name, each in chosen.items()},
            }
            for change in CHANGES
        ],
    }


def _has_before(read: Read) -> bool:
    """Return whether the books have anything of the year before: an amount of its report, or a booking."""
    days = read.year.before
    return any(read.before.sections.values()) or any(days.has(each.transaction.day) for each in read.bookings)


def _describe_growth(read: Read) -> dict[str, Any]:
    """Return how income, gross margin and EBITDA moved; nothing where there is no year before."""
    pairs = {
        "income": (read.now.income, read.before.income),
        "gross_margin": (read.now.gross_margin, read.before.gross_margin),
        "ebitda": (read.now.ebitda, read.before.ebitda),
    }
    if not _has_before(read):
        return {name: {"change": None, "percent": None} for name in pairs}
    return {
        name: {"change": to_cents(now - before), "percent": measure_share(now - before, before)}
        for name, (now, before) in pairs.items()
    }


def _list_evidence(add_backs: AddBacks, read: Read, revenue: Revenue) -> tuple[str, ...]:
    records = [record for each in add_backs.proposals for record in each.list_records()]
    customers = [f"customers:{id_}" for id_ in revenue.ranked[:5]]
    return tuple(dict.fromkeys((*records, *read.now.accounts, *customers)))


def _list_assumptions(
    books: Books, read: Read, market: Market, multiples: Multiples | None, churn: Churn
) -> Iterator[str]:
    yield ESTIMATE
    if multiples is not None:
        when = f", {multiples.date}" if multiples.date else ""
        yield f"The multiples are those of {multiples.source}{when}."
        if market.currency and multiples.date and books.currency not in ("", market.currency):
            yield f"Sizes in the multiples are in {market.currency} and were not converted."
    yield "Only add-backs that were confirmed or given count."
    yield "Recurring is what a customer is invoiced in equal steps for similar amounts; a new one is not seen yet."
    yield f"Customers lost in the year are those of {churn.source}."
    if not _has_before(read):
        yield f"The books have nothing of the year before, until {read.year.before.end}: growth is not known."
    if NOW not in books.reports:
        yield "The profit and loss report was not read: the cost of goods sold from stock is not in EBITDA."
    if read.year.end >= books.today:
        yield f"The last month is not over: it holds what was entered by {books.today}."
    if any(each.rate != 1 for each in books.list_kinds(*BOOKED)):
        yield "Amounts in other currencies count at the exchange rate of each transaction."


def _list_ties(books: Books, read: Read) -> Iterator[Tie]:
    """Yield the income of the records, and the profit that EBITDA is worked out from, beside the reports."""
    for name, days, earnings, of in (
        (NOW, read.year, read.now, ""),
        (BEFORE, read.year.before, read.before, " of the year before"),
    ):
        report = books.reports.get(name)
        tool = report.tool if report else name
        booked = (
            each.amount for each in read.bookings if each.group == "income" and days.has(each.transaction.day)
        )
        yield Tie(
            f"income by the records{of}", to_cents(-sum(booked, ZERO)), tool, sum_totals(report, "income")
        )
        yield Tie(f"net income{of}", to_cents(earnings.net_income), tool, sum_totals(report, "net_income"))


def _list_missing(books: Books, read: Read) -> Iterator[Missing]:
    yield from find_unread(books, BOOKED, Days(read.year.before.start, read.year.end))
    lists = {
        "accounts": "Without them it is not known what is income, cost, interest or tax.",
        "customers": "Their names and who belongs to whom are not known.",
        "items": "The accounts of what was sold are not known.",
    }
    for name, why in lists.items():
        if name not in books.lists:
            yield Missing(name, why)


INSIGHT = Insight("valuation", choose_wanted, compute)
