"""Clients as they are answered: money, work, margins, trend, agreements and causes. Called by `profitability`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.bookings import CUSTOMERS, to_cents
from runtime.insights.books import ZERO, Books, Key
from runtime.insights.profitability.agreements import AgreementUse
from runtime.insights.profitability.causes import Usual, explain_margin
from runtime.insights.profitability.owners import Owner, name_owner
from runtime.insights.profitability.streams import STREAMS
from runtime.insights.profitability.tallies import Tallies, Tally, list_heaviest

STEADY = Decimal(2)
"""Points of gross margin that are no trend: less than the rounding of hours makes of a client of one seat."""
_ONE = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Pair:
    """The period and the one before it; `uses` are agreements by client of the work system."""

    now: Tallies
    before: Tallies
    owners: Mapping[Owner, Tally]
    owners_before: Mapping[Owner, Tally]
    uses: Mapping[str, Sequence[AgreementUse]]
    usual: Usual
    shares: Mapping[Owner, Decimal]


def describe_client(owner: Owner, rank: int, books: Books, pair: Pair) -> dict[str, Any]:
    """Return a client as it is answered; `rank` 1 earns most."""
    tally, before = pair.owners[owner], pair.owners_before.get(owner) or Tally()
    work = books.mapping.list_work(owner.id) if books.mapping is not None else []
    uses = [use for each in work for use in pair.uses.get(each, ())]
    gap, causes = explain_margin(tally, uses, pair.usual)
    return {
        "client": str(Key(CUSTOMERS, owner.id)),
        "name": name_owner(owner, books),
        "in_work_system": [books.work.name_client(each) for each in work] if books.work is not None else [],
        "rank": rank,
        **describe_tally(tally),
        **_describe_contribution(owner, tally, pair.shares),
        "before": describe_tally(before),
        "change": to_cents(tally.margin - before.margin),
        "trend": _find_trend(tally, before),
        "months": [
            _describe_month(first, month.get(owner) or Tally()) for first, month in pair.now.months.items()
        ],
        "agreements": [each.as_dict() for each in uses],
        "beside_usual": gap,
        "causes": [each.as_dict() for each in causes],
        "records": [key for some in list_heaviest(tally) for key in some],
    }


def describe_tally(tally: Tally) -> dict[str, Any]:
    """Return money and work as plain values."""
    revenue, margin = to_cents(tally.revenue), to_cents(tally.margin)
    return {
        "revenue": revenue,
        "streams": {name: to_cents(tally.streams.get(name, ZERO)) for name in STREAMS},
        "product_cost": to_cents(tally.products),
        "labour": to_cents(tally.labour),
        "hours": tally.hours,
        "billable_hours": tally.billable_hours,
        "unbilled_hours": tally.unbilled,
        "hours_without_cost": tally.unknown,
        "gross_margin": margin,
        "gross_margin_percent": measure_percent(margin, revenue),
        "gross_margin_per_hour": _divide(margin, tally.hours),
        "effective_hourly_rate": _divide(revenue - to_cents(tally.products), tally.hours),
    }


def measure_percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return a part in percent of a whole, with one decimal; None of a whole that is not above zero."""
    return (part * 100 / whole).quantize(_ONE) if whole > 0 else None


def _describe_contribution(owner: Owner, tally: Tally, shares: Mapping[Owner, Decimal]) -> dict[str, Any]:
    contribution = to_cents(tally.margin - tally.expenses)
    found = {"other_costs_of_it": to_cents(tally.expenses), "contribution": contribution}
    if shares:
        share = shares.get(owner, ZERO)
        found |= {"overheads": share, "after_overheads": contribution - share}
    return found


def _describe_month(first: date, tally: Tally) -> dict[str, Any]:
    return {
        "month": first.isoformat()[:7],
        "revenue": to_cents(tally.revenue),
        "product_cost": to_cents(tally.products),
        "labour": to_cents(tally.labour),
        "hours": tally.hours,
        "gross_margin": to_cents(tally.margin),
    }


def _find_trend(tally: Tally, before: Tally) -> str:
    now, former = measure_percent(tally.margin, tally.revenue), measure_percent(before.margin, before.revenue)
    if now is None or former is None:
        return "new" if tally.revenue > 0 and not before.revenue else "not known"
    return "steady" if abs(now - former) < STEADY else "better" if now > former else "worse"


def _divide(amount: Decimal, hours: Decimal) -> Decimal | None:
    return to_cents(amount / hours) if hours > 0 else None
