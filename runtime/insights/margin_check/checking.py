"""The analysis: whether the gross margin of a period is right. Called through `kinds`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

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
from runtime.insights.bookings import BOOKED, to_cents
from runtime.insights.books import ZERO, Books, Missing
from runtime.insights.confirming import sum_totals
from runtime.insights.margin_check.agreements import (
    find_invoices_without_agreement,
    find_unbilled_agreements,
    group_sales,
)
from runtime.insights.margin_check.clients import Clients
from runtime.insights.margin_check.findings import OF_WORK, TITLES, CheckName, Finding
from runtime.insights.margin_check.hardware import find_hardware
from runtime.insights.margin_check.ledger import HISTORY_MONTHS, Ledger, choose_reading, make_ledger
from runtime.insights.margin_check.postings import find_moves
from runtime.insights.margin_check.prices import find_low_prices
from runtime.insights.margin_check.unbilled import find_unbilled_expenses, find_unbilled_time
from runtime.insights.period_pairs import Days, choose_days, find_unread
from runtime.insights.vendor_spend import measure_share

USUAL_LIMIT = 50
"""As the tool says."""
RESULT = "profit_and_loss"
MOST_RECORDS = 5
"""Records of a finding in the evidence of the whole answer."""
_OF_INCOME: tuple[CheckName, ...] = (*OF_WORK, "price_below_list")
"""The checks whose effect is income."""


def choose_wanted(options: Options, today: date) -> Wanted:
    """Return what is read: the bookings of the period, of a year before it and a quarter after, and the report."""
    days = choose_days(options, today)
    reading = choose_reading(days)
    return Wanted(
        (Records(BOOKED, reading.start, min(reading.end, max(today, days.end))),),
        ("accounts", "customers", "items", "vendors"),
        (WantedReport(RESULT, RESULT, days.start, days.end),),
        WorkRecords(
            ("clients", "agreements", "additions", "members", "time_entries", "expenses"),
            days.start,
            days.end,
        ),
    )


def compute(books: Books, options: Options) -> Analysis:
    """Return what is found in the books, and beside the work system where one is connected and mapped."""
    days = choose_days(options, books.today)
    limit = int(options.get("limit") or USUAL_LIMIT)
    ledger = make_ledger(books, days)
    found = [*_check_books(ledger), *_check_work(ledger)]
    found = [each for each in found if to_cents(each.amount)]
    found.sort(key=lambda each: (-abs(each.effect), -abs(each.amount), each.month, each.says))
    income, cost = _sum_margin(ledger)
    figures = {
        "period": days.as_dict(),
        "currency": books.currency,
        "margin": _describe_margin(income, cost, found),
        "checks": [_describe_check(name, found, books) for name in TITLES],
        "findings": [each.as_dict(books) for each in found[:limit]],
        "shown": min(len(found), limit),
        "count": len(found),
        "not_checked": [{"check": name, "title": TITLES[name]} for name in _list_unchecked(books)],
    }
    return Analysis(
        figures,
        tuple(dict.fromkeys(key for each in found[:limit] for key in each.list_records()[:MOST_RECORDS])),
        tuple(_list_assumptions(books, days)),
        tuple(_list_ties(ledger)),
        tuple(_list_missing(books, days)),
    )


def _check_books(ledger: Ledger) -> Iterator[Finding]:
    moved = []
    for finding, bookings in find_moves(ledger):
        yield finding
        if finding.check == "unusual_account" and finding.effect < 0:
            moved += bookings
    yield from find_hardware(ledger, moved)
    yield from find_low_prices(ledger)


def _check_work(ledger: Ledger) -> Iterator[Finding]:
    books = ledger.books
    if books.work is None or books.mapping is None:
        return
    clients, lines = Clients(ledger, books.work, books.mapping), group_sales(ledger)
    yield from find_unbilled_agreements(clients, lines)
    yield from find_invoices_without_agreement(clients, lines)
    yield from find_unbilled_time(clients)
    yield from find_unbilled_expenses(clients)


def _list_unchecked(books: Books) -> tuple[CheckName, ...]:
    return OF_WORK if books.work is None or books.mapping is None else ()


def _sum_margin(ledger: Ledger) -> tuple[Decimal, Decimal]:
    """Return the income and the cost of sales of the period: those of the report, which has the cost of stock too."""
    report = ledger.books.reports.get(RESULT)
    income, cost = sum_totals(report, "income"), sum_totals(report, "cost_of_sales")
    if income is None or cost is None:
        booked = list(ledger.period)
        income = -sum((each.amount for each in booked if each.group == "income"), ZERO)
        cost = sum((each.amount for each in booked if each.group == "cost_of_sales"), ZERO)
    return income, cost


def _describe_margin(income: Decimal, cost: Decimal, found: Sequence[Finding]) -> dict[str, Any]:
    """Return the gross margin as it is booked, and as it would be with all that was found put right."""
    effect = sum((each.effect for each in found), ZERO)
    added = sum((each.effect for each in found if each.check in _OF_INCOME), ZERO)
    booked, right = income - cost, income - cost + effect
    return {
        "income": to_cents(income),
        "cost_of_sales": to_cents(cost),
        "booked": to_cents(booked),
        "booked_percent": measure_share(booked, income),
        "effect": to_cents(effect),
        "corrected": to_cents(right),
        "corrected_percent": measure_share(right, income + added),
    }


def _describe_check(name: CheckName, found: Sequence[Finding], books: Books) -> dict[str, Any]:
    own = [each for each in found if each.check == name]
    status = "not made" if name in _list_unchecked(books) else "found" if own else "nothing found"
    return {
        "check": name,
        "title": TITLES[name],
        "status": status,
        "count": len(own),
        "amount": to_cents(sum((each.amount for each in own), ZERO)),
        "effect_on_margin": to_cents(sum((each.effect for each in own), ZERO)),
    }


def _list_assumptions(books: Books, days: Days) -> Iterator[str]:
    yield "Labour, tools and hardware are known by the types and names of accounts, products and vendors, and by texts."
    yield f"A habit is what most bookings of a vendor, or of a text, were on in {HISTORY_MONTHS} months before."
    yield "Corrections are proposals: nothing is booked. Check each with its records before you book it."
    if _list_unchecked(books):
        what = "connected" if books.work is None else "mapped to the customers"
        yield f"No work system is {what}: agreements, time and expenses were not checked."
    if RESULT not in books.reports:
        yield "The profit and loss report was not read: the cost of goods sold from stock is not in the margin."
    if days.end >= books.today:
        yield f"The period is not over: it holds what was entered by {books.today}."
    if any(each.rate != 1 for each in books.list_kinds(*BOOKED)):
        yield "Amounts in other currencies count at the exchange rate of each transaction."


def _list_ties(ledger: Ledger) -> Iterator[Tie]:
    report = ledger.books.reports.get(RESULT)
    tool = report.tool if report else RESULT
    income = -sum((each.amount for each in ledger.period if each.group == "income"), ZERO)
    yield Tie("income", to_cents(income), tool, sum_totals(report, "income"))


def _list_missing(books: Books, days: Days) -> Iterator[Missing]:
    reading = choose_reading(days)
    yield from find_unread(books, BOOKED, Days(reading.start, reading.end))
    lists = {
        "accounts": "Without them it is not known what is income, cost or overhead.",
        "customers": "Their names are not known.",
        "items": "Their list prices and costs are not known.",
        "vendors": "Their names are not known.",
    }
    for name, why in lists.items():
        if name not in books.lists:
            yield Missing(name, why)
    if books.work is not None:
        yield from books.work.missing
        for each in ("agreements", "time_entries", "expenses"):
            if each not in books.work.lists and books.mapping is not None:
                yield Missing(each.replace("_", " "), "They were not read whole in the work system.")


INSIGHT = Insight("margin_check", choose_wanted, compute)
