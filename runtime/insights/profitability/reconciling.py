"""What is of no client, so that all lines add up to the books to the cent, month by month. Called by `profitability`.

Labour of clients is worked out of their time, and the books have what was paid: the difference is a line of its own.
What goods from stock cost is worked out by the vendor and on no record: it is what the report shows beyond the records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.analysis import Tie
from runtime.insights.bookings import CUSTOMERS, to_cents
from runtime.insights.books import ZERO, Books, Key
from runtime.insights.confirming import sum_totals
from runtime.insights.profitability.owners import NO_CLIENT, NOBODY, Owner, OwnerKind, name_owner
from runtime.insights.profitability.rows import describe_tally, measure_percent
from runtime.insights.profitability.streams import STREAMS
from runtime.insights.profitability.tallies import BooksTally, Tallies, Tally
from runtime.insights.report_rows import Report

RESULT = "profit_and_loss"
CONFIRMED = ("income", "cost_of_sales", "overheads", "gross_profit", "net_income")


def list_lines(
    books: Books, owners: Mapping[Owner, Tally], whole: BooksTally, stock: Decimal, limit: int
) -> list[dict[str, Any]]:
    """Return what could not be mapped and what is of no client, each a line with its gross margin."""
    labour = sum((each.labour for each in owners.values()), ZERO)
    return [
        _describe_several("customers_without_work", "books_only", books, owners, limit),
        _describe_several("work_without_customer", "work_only", books, owners, limit),
        {"line": "work_of_no_client", **_describe_short(owners.get(NO_CLIENT) or Tally())},
        {"line": "no_customer_named", **_describe_short(owners.get(NOBODY) or Tally())},
        {
            "line": "labour_not_in_time",
            "labour_in_books": to_cents(whole.labour),
            "labour_by_time": to_cents(labour),
            "gross_margin": to_cents(labour - whole.labour),
        },
        {"line": "goods_from_stock", "gross_margin": to_cents(-stock)},
    ]


def describe_company(
    books: Books, owners: Mapping[Owner, Tally], whole: BooksTally, stock: Decimal
) -> dict[str, Any]:
    """Return the figures of the whole company."""
    everyone = Tally()
    for each in owners.values():
        everyone.add_figures(each)
    figures = _list_figures(whole, stock)
    found: dict[str, Any] = {
        **figures,
        "gross_margin_percent": measure_percent(figures["gross_profit"], figures["income"]),
        "streams": {name: to_cents(everyone.streams.get(name, ZERO)) for name in STREAMS},
        "labour_in_cost_of_sales": to_cents(whole.labour),
        "labour_in_overheads": to_cents(whole.labour_in_overheads),
    }
    if books.work is not None:
        found |= {"hours": everyone.hours, "labour_by_time": to_cents(everyone.labour)}
    return found


def describe_months(
    tallies: Tallies, stocks: Mapping[date, Decimal], ties: Sequence[Tie]
) -> list[dict[str, Any]]:
    """Return each month of the company, and whether it ties to the report."""
    return [_describe_month(first, tallies, stocks, ties) for first in tallies.months]


def list_ties(tallies: Tallies, report: Report | None) -> Iterator[Tie]:
    """Yield the income, costs and profit of each month, beside the report."""
    tool, stocks = report.tool if report is not None else RESULT, find_stocks(tallies, report)
    for place, (first, whole) in enumerate(tallies.books.items(), start=1):
        shown = _read_month(report, place, tallies)
        figures = _list_figures(whole, stocks[first])
        for name in CONFIRMED:
            title = f"{name.replace('_', ' ')} of {first.isoformat()[:7]}"
            if name == "cost_of_sales" and whole.has_stock:
                title = f"{title}, goods from stock as reported"
            yield Tie(title, figures[name], tool, None if shown is None else shown[name])


def find_stocks(tallies: Tallies, report: Report | None) -> dict[date, Decimal]:
    """Return what goods from stock cost in each month: what the report shows beyond the records."""
    found: dict[date, Decimal] = {}
    for place, (first, whole) in enumerate(tallies.books.items(), start=1):
        shown = _read_month(report, place, tallies) if whole.has_stock else None
        found[first] = ZERO if shown is None else shown["cost_of_sales"] - to_cents(whole.cost_of_sales)
    return found


def sum_margins(rows: Sequence[Mapping[str, Any]]) -> Decimal:
    """Return the gross margins of some rows together."""
    return sum((each["gross_margin"] for each in rows), ZERO)


def _describe_month(
    first: date, tallies: Tallies, stocks: Mapping[date, Decimal], ties: Sequence[Tie]
) -> dict[str, Any]:
    owners, whole, stock = tallies.months[first], tallies.books[first], stocks[first]
    figures, month = _list_figures(whole, stock), first.isoformat()[:7]
    by_time = sum((each.labour for each in owners.values()), ZERO)
    parts = {
        kind: _sum_kind(owners, kind).margin
        for kind in ("client", "books_only", "work_only", "no_client", "nobody")
    }
    parts |= {"labour_not_in_time": by_time - whole.labour, "goods_from_stock": -stock}
    mine = [each for each in ties if f" of {month}" in each.figure]
    return {
        "month": month,
        **figures,
        "gross_margin_of": {name: to_cents(amount) for name, amount in parts.items()},
        "adds_up": sum(parts.values(), ZERO) == figures["gross_profit"],
        "ties": all(each.agrees for each in mine)
        if all(each.theirs is not None for each in mine)
        else "not checked",
    }


def _list_figures(whole: BooksTally, stock: Decimal) -> dict[str, Decimal]:
    income, cost = to_cents(whole.income), to_cents(whole.cost_of_sales + stock)
    other, overheads = to_cents(whole.other_income), to_cents(whole.overheads)
    return {
        "income": income,
        "cost_of_sales": cost,
        "gross_profit": income - cost,
        "overheads": overheads,
        "other_income": other,
        "net_income": income - cost - overheads + other,
    }


def _read_month(report: Report | None, place: int, tallies: Tallies) -> dict[str, Decimal] | None:
    """Return what the report shows of a month; None where it was not read, or its columns are not the months."""
    count = len(tallies.months)
    if report is None or (report.rows and len(report.columns) not in (count + 1, count + 2)):
        return None
    sums = {
        "income": ("income",),
        "cost_of_sales": ("cost_of_sales",),
        "overheads": ("expenses", "other_expenses"),
        "other_income": ("other_income",),
    }
    found = {name: sum_totals(report, *totals, place=place) or ZERO for name, totals in sums.items()}
    found["gross_profit"] = found["income"] - found["cost_of_sales"]
    found["net_income"] = sum_totals(report, "net_income", place=place) or ZERO
    return found


def _describe_several(
    line: str, kind: OwnerKind, books: Books, owners: Mapping[Owner, Tally], limit: int
) -> dict[str, Any]:
    found = [(owner, tally) for owner, tally in owners.items() if owner.kind == kind]
    found.sort(key=lambda each: (-abs(each[1].revenue), -each[1].labour, each[0]))
    return {
        "line": line,
        **_describe_short(_sum_kind(owners, kind)),
        "count": len(found),
        "largest": [
            {"record": _name_record(owner, books), "name": name_owner(owner, books), **_describe_short(tally)}
            for owner, tally in found[:limit]
        ],
    }


def _name_record(owner: Owner, books: Books) -> str:
    if owner.kind != "work_only":
        return str(Key(CUSTOMERS, owner.id))
    known = books.work.clients.get(owner.id) if books.work is not None else None
    return f"work/{known.key}" if known is not None else f"work/{owner.id}"


def _describe_short(tally: Tally) -> dict[str, Any]:
    whole = describe_tally(tally)
    return {name: whole[name] for name in ("revenue", "product_cost", "labour", "hours", "gross_margin")}


def _sum_kind(owners: Mapping[Owner, Tally], kind: str) -> Tally:
    found = Tally()
    for owner, tally in owners.items():
        if owner.kind == kind:
            found.add_figures(tally)
    return found
