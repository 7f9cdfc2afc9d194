"""What buyers look for, and what would raise the value most. Called by `valuing`.

Each lever says what it supposes, and comes to money by arithmetic alone: what it adds to EBITDA times the middle
multiple, or what a higher multiple adds. They are not added up: one changes what another brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.insights.bookings import to_cents
from runtime.insights.books import ZERO
from runtime.insights.valuation.customers import Churn, Revenue
from runtime.insights.valuation.earnings import Earnings
from runtime.insights.valuation.market import Market, Multiples

PRICE_RISE = Decimal("0.05")
"""The rise of recurring prices that is supposed: about what a year of wages takes, so that few customers leave."""
_HUNDRED = Decimal(100)


class Situation(NamedTuple):
    """What levers are worked out from."""

    earnings: Earnings
    adjusted: Decimal
    unconfirmed: Decimal
    revenue: Revenue
    churn: Churn
    market: Market
    multiples: Multiples


def list_drivers(situation: Situation) -> list[dict[str, Any]]:
    """Return what buyers look for beside what was measured; what is not known has no value."""
    found = []
    for name, value in measure(situation).items():
        if (benchmark := situation.market.find_benchmark(name)) is not None:
            found.append(
                {
                    "name": name,
                    "value": value,
                    "looked_for": f"{'at least' if benchmark.at_least is not None else 'at most'} {benchmark.limit}",
                    "is_met": None if value is None else benchmark.is_met(value),
                    "source": benchmark.source,
                }
            )
    return found


def measure(situation: Situation) -> dict[str, Decimal | None]:
    """Return what is compared with benchmarks, in percent."""
    earnings = situation.earnings
    income = earnings.income
    return {
        "recurring_percent": situation.revenue.recurring_percent,
        "largest_customer_percent": situation.revenue.largest_percent,
        "churn_percent": situation.churn.customers_percent,
        "gross_margin_percent": _measure(earnings.gross_margin, income),
        "adjusted_ebitda_percent": _measure(situation.adjusted, income),
    }


def list_levers(situation: Situation) -> list[dict[str, Any]]:
    """Return what would raise the value, the most first; nothing that would not."""
    found = [each for each in _list_all(situation) if each["effect_on_value"] > 0]
    return sorted(found, key=lambda each: (-each["effect_on_value"], each["name"]))


def _list_all(situation: Situation) -> Iterator[dict[str, Any]]:
    yield from _list_earnings(situation)
    measured = measure(situation)
    step = situation.multiples.high - situation.multiples.mid
    for name, says in (
        ("recurring_percent", "Bring the recurring part of the income from {value} % to {limit} %"),
        ("largest_customer_percent", "Bring the part of the largest customer from {value} % to {limit} %"),
    ):
        benchmark, value = situation.market.find_benchmark(name), measured[name]
        if benchmark is not None and value is not None and not benchmark.is_met(value):
            text = says.format(value=value, limit=benchmark.limit)
            why = "a buyer who pays the middle multiple now then pays the high one"
            yield _make(situation, name, f"{text}: supposed that {why}.", ZERO, step * situation.adjusted)


def _list_earnings(situation: Situation) -> Iterator[dict[str, Any]]:
    """Yield what adds to EBITDA."""
    earnings, revenue = situation.earnings, situation.revenue
    rise = PRICE_RISE * revenue.monthly * 12
    percent = PRICE_RISE * _HUNDRED
    yield _make(
        situation,
        "recurring_prices",
        f"Raise recurring prices by {percent:.0f} %: supposed that nobody leaves.",
        rise,
    )
    margin = measure(situation)["gross_margin_percent"]
    benchmark = situation.market.find_benchmark("gross_margin_percent")
    if benchmark is not None and margin is not None and not benchmark.is_met(margin):
        gain = earnings.income * benchmark.limit / _HUNDRED - earnings.gross_margin
        says = f"Bring the gross margin from {margin} % to {benchmark.limit} % of the income that there is."
        yield _make(situation, "gross_margin", says, gain)
    benchmark, churn = situation.market.find_benchmark("churn_percent"), situation.churn
    lost = churn.revenue_percent
    if benchmark is not None and lost is not None and lost > benchmark.limit and earnings.income > 0:
        saved = (lost - benchmark.limit) / _HUNDRED * churn.monthly_at_start * 12
        gain = saved * max(earnings.gross_margin, ZERO) / earnings.income
        says = f"Lose {benchmark.limit} % of the recurring revenue in a year instead of {lost} %, at the gross margin."
        yield _make(situation, "churn", says, gain)
    says = "Confirm, with evidence, all add-backs that are proposed and not confirmed."
    yield _make(situation, "add_backs", says, situation.unconfirmed)


def _make(
    situation: Situation, name: str, says: str, on_ebitda: Decimal, on_multiple: Decimal = ZERO
) -> dict[str, Any]:
    return {
        "name": name,
        "says": says,
        "effect_on_ebitda": to_cents(on_ebitda),
        "effect_on_value": to_cents(on_ebitda * situation.multiples.mid + on_multiple),
    }


def _measure(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part * _HUNDRED / whole).quantize(Decimal("0.1")) if whole > 0 else None
