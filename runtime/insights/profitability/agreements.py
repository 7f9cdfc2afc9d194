"""How much of each agreement is used: hours against its limit, or against what they are sold for. Called by `rows`.

What an agreement bills is what was invoiced for it; without an invoice it is its own amount and that of its additions.
An agreement without a limit is measured by its efficiency: what is billed for it over what its hours would be billed at
by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from runtime.insights.bookings import to_cents
from runtime.insights.books import ZERO
from runtime.insights.period_pairs import Days
from runtime.insights.profitability.labour import Rates
from runtime.insights.profitability.tallies import list_months
from runtime.insights.work_records import Agreement, TimeEntry, Work

OVER_LIMIT, UNDER_LIMIT = Decimal(100), Decimal(50)
"""Percent of its limit above which an agreement is over-used, and below which it is under-used: half of what was paid
for is left."""
OVER_VALUE, UNDER_VALUE = Decimal("0.8"), Decimal("1.5")
"""Efficiency below which an agreement without a limit is over-used, and above which it is under-used: the range that
mspcfo.com gives for flat fees."""
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class AgreementUse:
    """An agreement in some days. `covered` are hours up to its limit, `value` what its hours are sold for."""

    agreement: Agreement
    months: int
    billed: Decimal
    hours: Decimal
    covered: Decimal | None
    value: Decimal | None

    @property
    def over(self) -> Decimal:
        """Hours beyond what it covers."""
        if self.covered is not None:
            return max(self.hours - self.covered, ZERO)
        if self.value and self.use == "over" and self.billed < self.value:
            return (self.hours * (self.value - self.billed) / self.value).quantize(_TENTH)
        return ZERO

    @property
    def percent(self) -> Decimal | None:
        """How much of the hours that it covers was used."""
        return (self.hours * 100 / self.covered).quantize(_TENTH) if self.covered else None

    @property
    def efficiency(self) -> Decimal | None:
        """What is billed over the value of the hours; None where that is not known."""
        return (self.billed / self.value).quantize(Decimal("0.01")) if self.value else None

    @property
    def use(self) -> str:
        """Whether it is over-used, under-used or neither; empty where nothing says it."""
        if self.percent is not None:
            return (
                "over"
                if self.percent > OVER_LIMIT
                else "under"
                if self.percent < UNDER_LIMIT
                else "as agreed"
            )
        if not self.billed or self.efficiency is None:
            return ""
        return (
            "over"
            if self.efficiency < OVER_VALUE
            else "under"
            if self.efficiency > UNDER_VALUE
            else "as agreed"
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        return {
            "agreement": f"work/{self.agreement.key}",
            "name": self.agreement.name,
            "kind": self.agreement.kind,
            "months": self.months,
            "billed_by_agreement": self.billed,
            "hours": self.hours,
            "covered_hours": self.covered,
            "used_percent": self.percent,
            "hours_over": self.over,
            "hours_left": max(self.covered - self.hours, ZERO) if self.covered is not None else None,
            "value_of_hours": self.value,
            "efficiency": self.efficiency,
            "use": self.use,
        }


def measure_agreements(rates: Rates, days: Days) -> dict[str, list[AgreementUse]]:
    """Return the agreements that hold in some days, by the client of the work system, the most over-used first."""
    work, entries = rates.work, dict[str, list[TimeEntry]]()
    for each in work.time_entries:
        if each.agreement and days.has(each.day):
            entries.setdefault(each.agreement, []).append(each)
    billed = _list_billed(work, days)
    found: dict[str, list[AgreementUse]] = {}
    for id_, agreement in work.agreements.items():
        if agreement.is_valid_in(days.start, days.end):
            use = _measure(agreement, entries.get(id_, []), billed[id_], rates, days)
            found.setdefault(agreement.client, []).append(use)
    for several in found.values():
        several.sort(key=lambda each: (-each.over, each.agreement.key))
    return found


def _measure(
    agreement: Agreement, entries: list[TimeEntry], billed: Decimal, rates: Rates, days: Days
) -> AgreementUse:
    months, covered = _count_months(agreement, days), None
    if agreement.limit is not None and agreement.limit_unit == "hours":
        covered = (agreement.limit * months / agreement.limit_months).quantize(Decimal("0.01"))
    hours = sum((each.hours for each in entries), ZERO)
    return AgreementUse(agreement, months, billed, hours, covered, _value(entries, rates))


def _list_billed(work: Work, days: Days) -> dict[str, Decimal]:
    """Return what each agreement billed in some days: what was invoiced for it, else what it says itself."""
    invoiced: dict[str, Decimal] = {}
    for each in work.invoices.values():
        if each.agreement and each.day is not None and days.has(each.day):
            invoiced[each.agreement] = invoiced.get(each.agreement, ZERO) + each.net
    additions = _sum_additions(work, days)
    return {
        id_: invoiced[id_]
        if id_ in invoiced
        else to_cents((each.amount * _count_months(each, days) + additions.get(id_, ZERO)) / each.months)
        for id_, each in work.agreements.items()
    }


def _count_months(agreement: Agreement, days: Days) -> int:
    """Return in how many of the months of some days an agreement holds."""
    firsts = list_months(days)
    return sum(agreement.is_valid_in(first, min(_end_month(first), days.end)) for first in firsts)


def _end_month(first: date) -> date:
    return (first + timedelta(31)).replace(day=1) - timedelta(1)


def _sum_additions(work: Work, days: Days) -> Mapping[str, Decimal]:
    """Return what the additions of each agreement are billed at in some days, if each cycle were a month."""
    found: dict[str, Decimal] = {}
    for each in work.additions:
        for first in list_months(days):
            begins = each.start is None or each.start <= _end_month(first)
            if begins and (each.end is None or each.end >= first):
                found[each.agreement] = found.get(each.agreement, ZERO) + each.amount
    return found


def _value(entries: list[TimeEntry], rates: Rates) -> Decimal | None:
    """Return what hours are sold for by themselves; None where the price of one of them is not known."""
    prices = [(each.hours, rates.find_price(each)) for each in entries]
    if not prices or any(price is None for _, price in prices):
        return None
    return to_cents(sum((hours * price for hours, price in prices if price is not None), ZERO))
