"""Costs of nobody, shared out among clients when a caller asks for it. Called by `rows`.

The parts add up to the whole to the cent: what rounding leaves goes to the largest share.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from runtime.insights.bookings import to_cents
from runtime.insights.books import ZERO
from runtime.insights.profitability.owners import Owner
from runtime.insights.profitability.tallies import Tally

USUAL = "none"
BY = (USUAL, "revenue", "hours")
"""What overheads may be shared out by."""


def split_overheads(pool: Decimal, tallies: Mapping[Owner, Tally], by: str) -> dict[Owner, Decimal]:
    """Return the share of each client and customer in some costs; nothing where nobody has what they go by."""
    weights = {owner: _weigh(tally, by) for owner, tally in tallies.items() if owner.id}
    weights = {owner: weight for owner, weight in weights.items() if weight > 0}
    whole = sum(weights.values(), ZERO)
    if not whole or by == USUAL:
        return {}
    shares = {owner: to_cents(pool * weight / whole) for owner, weight in weights.items()}
    largest = max(weights, key=lambda owner: (weights[owner], owner))
    shares[largest] += pool - sum(shares.values(), ZERO)
    return shares


def _weigh(tally: Tally, by: str) -> Decimal:
    return tally.revenue if by == "revenue" else tally.hours
