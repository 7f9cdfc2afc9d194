"""The analysis: what it reads, and the answer that it makes. Called by `operations.insights` through `INSIGHT`.

Without a mapping, or without a work system, the figures are of the whole company, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from runtime.insights.analysis import Analysis, Insight, Options, Records, Wanted, WantedReport, WorkRecords
from runtime.insights.bookings import BOOKED, to_cents
from runtime.insights.books import ZERO, Books
from runtime.insights.client_mapping import ClientMapping
from runtime.insights.period_pairs import choose_days
from runtime.insights.profitability.agreements import measure_agreements
from runtime.insights.profitability.causes import measure_usual
from runtime.insights.profitability.labour import Rates
from runtime.insights.profitability.overheads import USUAL, split_overheads
from runtime.insights.profitability.owners import Owner, Owners, name_owner
from runtime.insights.profitability.reconciling import (
    RESULT,
    describe_company,
    describe_months,
    find_stocks,
    list_lines,
    list_ties,
    sum_margins,
)
from runtime.insights.profitability.remarks import NO_MAPPING, NO_WORK, list_assumptions, list_missing
from runtime.insights.profitability.rows import Pair, describe_client
from runtime.insights.profitability.streams import Streams
from runtime.insights.profitability.tallies import add_up
from runtime.insights.work_extraction import read_rate

USUAL_LIMIT = 20
"""As the tool says."""
MOST_NEAR = 3
"""Names near one that no client has: as many as a person reads at once."""


def choose_wanted(options: Options, today: date) -> Wanted:
    """Return what is read: whatever books income or costs in both periods, the report of each month, and the work."""
    days = choose_days(options, today)
    since = days.before.start
    return Wanted(
        (Records(BOOKED, since, days.end),),
        ("accounts", "items", "customers"),
        (WantedReport(RESULT, RESULT, days.start, days.end, "month"),),
        WorkRecords(
            ("clients", "agreements", "members", "work_types", "invoices", "time_entries"),
            since,
            days.end,
        ),
    )


def compute(books: Books, options: Options) -> Analysis:
    """Return what each client earned and cost, and how that adds up to the books."""
    days, limit = choose_days(options, books.today), int(options.get("limit") or USUAL_LIMIT)
    by, pair = str(options.get("allocate") or USUAL), _measure(books, options)
    report = books.reports.get(RESULT)
    ties, stocks = list(list_ties(pair.now, report)), find_stocks(pair.now, report)
    whole, stock = pair.now.sum_books(), sum(stocks.values(), ZERO)
    figures: dict[str, Any] = {
        "period": days.as_dict(),
        "period_before": days.before.as_dict(),
        "currency": books.currency,
        "company": describe_company(books, pair.owners, whole, stock),
        "months": describe_months(pair.now, stocks, ties),
    }
    described: list[dict[str, Any]] = []
    if books.work is None or books.mapping is None:
        figures = {"of": "whole company", "says": NO_WORK if books.work is None else NO_MAPPING, **figures}
    else:
        ranked = _rank(pair)
        names = _list_names(ranked, books)
        places = _choose_shown(names, options, limit)
        described = [describe_client(ranked[place], place + 1, books, pair) for place in places]
        lines = list_lines(books, pair.owners, whole, stock, limit)
        margins = sum((to_cents(pair.owners[each].margin) for each in ranked), ZERO)
        figures |= {
            "of": "clients",
            **_explain_nobody(names, places, options),
            "clients": described,
            "shown": len(places),
            "count": len(ranked),
            "gross_margin_of_all_clients": margins,
            "not_of_clients": lines,
            "gross_profit_of_the_books": margins + sum_margins(lines),
            "overheads": _describe_overheads(pair, whole.overheads, by),
        }
    evidence = [record for each in described for record in each["records"]]
    return Analysis(
        figures,
        tuple(dict.fromkeys(evidence)),
        tuple(list_assumptions(books, pair.now, pair.owners, by)),
        tuple(ties),
        tuple(list_missing(books, days)),
    )


def _measure(books: Books, options: Options) -> Pair:
    days = choose_days(options, books.today)
    owners, streams = Owners(books, books.mapping or ClientMapping()), Streams(books)
    rates = Rates(books.work, read_rate(options.get("hour_cost"))) if books.work is not None else None
    now, before = (add_up(books, each, owners, streams, rates) for each in (days, days.before))
    tallies = now.sum_owners()
    named = sum((each.expenses for each in tallies.values()), ZERO)
    pool = to_cents(now.sum_books().overheads - named)
    return Pair(
        now,
        before,
        tallies,
        before.sum_owners(),
        measure_agreements(rates, days) if rates is not None else {},
        measure_usual(tally for owner, tally in tallies.items() if owner.kind == "client"),
        split_overheads(pool, tallies, str(options.get("allocate") or USUAL)),
    )


def _rank(pair: Pair) -> list[Owner]:
    """Return the clients, the one that earns most first."""
    clients = [owner for owner in pair.owners if owner.kind == "client"]
    return sorted(clients, key=lambda each: (-pair.owners[each].margin, -pair.owners[each].revenue, each))


def _list_names(ranked: Sequence[Owner], books: Books) -> list[frozenset[str]]:
    """Return what each client is called in both systems."""
    found = []
    for each in ranked:
        work = books.mapping.list_work(each.id) if books.mapping is not None else []
        names = [books.work.name_client(one) for one in work] if books.work is not None else []
        found.append(frozenset(name.casefold().strip() for name in (name_owner(each, books), *names)))
    return found


def _explain_nobody(
    names: Sequence[frozenset[str]], places: Sequence[int], options: Options
) -> dict[str, str]:
    """Return that no client has the name that was asked for, with names that are near."""
    if places or not options.get("client"):
        return {}
    asked = str(options["client"]).casefold().strip()
    near = get_close_matches(asked, sorted(name for each in names for name in each), MOST_NEAR)
    beside = f" Names near it: {', '.join(near)}." if near else ""
    return {"says": f"No client with work or money in these days has that name.{beside}"}


def _choose_shown(names: Sequence[frozenset[str]], options: Options, limit: int) -> list[int]:
    """Return the places of the clients that are answered: the one asked for, else the first and the last."""
    if options.get("client"):
        asked = str(options["client"]).casefold().strip()
        return [place for place, each in enumerate(names) if asked in each]
    count = len(names)
    if count <= limit:
        return list(range(count))
    best = (limit + 1) // 2
    return [*range(best), *range(count - (limit - best), count)]


def _describe_overheads(pair: Pair, overheads: Decimal, by: str) -> dict[str, Any]:
    named = to_cents(sum((each.expenses for each in pair.owners.values()), ZERO))
    whole = to_cents(overheads)
    found: dict[str, Any] = {
        "all": whole,
        "named_for_a_customer": named,
        "of_nobody": whole - named,
        "allocated_by": by,
    }
    if by != USUAL:
        found["allocated"] = sum(pair.shares.values(), ZERO)
    return found


INSIGHT = Insight("client_profitability", choose_wanted, compute)
