"""Why a client earns less or more than the clients together would with its revenue. Called by `rows`.

The difference is split into parts that add up: what is sold (the mix), what products earn, how many hours its services
take, and what an hour costs. Hours in excess are those beyond an agreement first, then those that were not billed, then
hours that the price does not pay. The three parts that weigh most in the direction of the difference are the causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.insights.bookings import to_cents
from runtime.insights.books import ZERO
from runtime.insights.profitability.agreements import AgreementUse
from runtime.insights.profitability.tallies import MOST_RECORDS, Tally, list_heaviest

MOST_CAUSES = 3
"""As many as the question asks for: what a person acts on first."""


class Cause(NamedTuple):
    """A part of the difference: `effect` is in money, below zero for what lowers the margin."""

    cause: str
    effect: Decimal
    says: str
    records: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        return {"cause": self.cause, "effect": self.effect, "says": self.says, "records": list(self.records)}


@dataclass(frozen=True, slots=True)
class Usual:
    """The clients together: cost of a unit of money of products, hours of one of services, cost of an hour, margin."""

    product_cost: Decimal
    hours: Decimal
    hour_cost: Decimal
    margin: Decimal


def measure_usual(tallies: Iterable[Tally]) -> Usual:
    """Return what is usual of some clients."""
    whole = Tally()
    for each in tallies:
        whole.add_figures(each)
    products, services = _split(whole)
    return Usual(
        whole.products / products if products > 0 else ZERO,
        whole.hours / services if services > 0 else ZERO,
        whole.labour / whole.hours if whole.hours else ZERO,
        whole.margin / whole.revenue if whole.revenue > 0 else ZERO,
    )


def explain_margin(tally: Tally, uses: Sequence[AgreementUse], usual: Usual) -> tuple[Decimal, list[Cause]]:
    """Return how far a margin is from what is usual, and its causes: parts of that, the heaviest first."""
    gap = to_cents(tally.margin - tally.revenue * usual.margin)
    causes = list(_list_causes(tally, uses, usual))
    causes.append(_find_mix(gap - sum((each.effect for each in causes), ZERO)))
    sign = 1 if gap > 0 else -1
    found = [each for each in causes if each.effect * sign > 0]
    found.sort(key=lambda each: (-abs(each.effect), each.cause))
    return gap, found[:MOST_CAUSES]


def _list_causes(tally: Tally, uses: Sequence[AgreementUse], usual: Usual) -> Iterator[Cause]:
    products, services = _split(tally)
    of_books, of_work = list_heaviest(tally)
    effect = to_cents(products * usual.product_cost - tally.products)
    yield Cause("products", effect, "What products cost, beside what they usually cost for such a price.",
                of_books)  # fmt: skip
    rate = tally.labour / tally.hours if tally.hours else ZERO
    effect = to_cents(tally.hours * usual.hour_cost - tally.labour)
    says = f"An hour costs {to_cents(rate)}; it usually costs {to_cents(usual.hour_cost)}."
    yield Cause("cost_of_an_hour", effect, says, of_work)
    yield from _explain_hours(tally, uses, usual, services, of_work)


def _explain_hours(
    tally: Tally,
    uses: Sequence[AgreementUse],
    usual: Usual,
    services: Decimal,
    heaviest: tuple[str, ...],
) -> Iterator[Cause]:
    """Split the hours in excess, or spared, into causes that add up to them."""
    expected = services * usual.hours
    whole = to_cents((expected - tally.hours) * usual.hour_cost)
    left = max(tally.hours - expected, ZERO)
    beyond = min(sum((each.over for each in uses), ZERO), left)
    given = min(tally.unbilled, left - beyond)
    parts = (to_cents(-beyond * usual.hour_cost), to_cents(-given * usual.hour_cost))
    over = [each for each in uses if each.over]
    names = ", ".join(each.agreement.name for each in over[:MOST_CAUSES])
    if parts[0]:
        says = f"{beyond:.1f} hours went beyond what agreements pay for: {names}."
        keys = tuple(f"work/{each.agreement.key}" for each in over[:MOST_RECORDS])
        yield Cause("agreement_over_use", parts[0], says, keys)
    if parts[1]:
        says = f"{given:.1f} billable hours were not billed; they are worth {tally.unbilled_value}."
        yield Cause("unbilled_hours", parts[1], says, heaviest)
    says = f"Its services took {tally.hours:.1f} hours; {expected:.1f} are usual for what they are sold for."
    yield Cause("hours", whole - sum(parts, ZERO), says, heaviest)


def _find_mix(effect: Decimal) -> Cause:
    return Cause("mix", effect, "What it buys earns another margin than what the clients together buy.")


def _split(tally: Tally) -> tuple[Decimal, Decimal]:
    """Return the revenue of products, passed on expenses among them, and that of services."""
    products = tally.streams.get("products", ZERO) + tally.streams.get("expenses", ZERO)
    return products, tally.revenue - products
