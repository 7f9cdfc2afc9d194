"""The change of an item between two months as effects of price, volume and mix. Called by `movements`.

Volume is the change of the whole quantity at the average price before. Mix is what follows from who bought: for each
party that bought in both months, the difference of its price before from the average, times its quantity now. Price is
the rest: what each party pays now against what it paid before, or, where it is new, against the average. The three add
up to the whole change for any figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from runtime.insights.books import ZERO

CENT = Decimal("0.01")


class Amount(NamedTuple):
    """What was sold to, or bought from, a party: `effect` is on profit, so that of a cost it is below zero."""

    quantity: Decimal = ZERO
    effect: Decimal = ZERO

    def add(self, quantity: Decimal, effect: Decimal) -> Amount:
        """Return it with more."""
        return Amount(self.quantity + quantity, self.effect + effect)


Amounts = Mapping[str, Amount]
"""Amounts by party."""


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a change. `unpriced` is what has no average price to compare with."""

    price: Decimal = ZERO
    volume: Decimal = ZERO
    mix: Decimal = ZERO
    new: Decimal = ZERO
    lost: Decimal = ZERO
    unpriced: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """The whole change."""
        return self.price + self.volume + self.mix + self.new + self.lost + self.unpriced


def split_change(before: Amounts, after: Amounts) -> Split:
    """Return the effects of price, volume and mix of an item that was sold or bought with quantities."""
    old, new = add_up(before), add_up(after)
    change = new.effect - old.effect
    if not before:
        return Split(new=change)
    if not after:
        return Split(lost=change)
    if old.quantity <= 0 or new.quantity <= 0:
        return Split(unpriced=change)
    average = old.effect / old.quantity
    volume = _round((new.quantity - old.quantity) * average)
    mix = _round(
        sum((_find_mix(before[each], after[each], average) for each in after if each in before), ZERO)
    )
    return Split(price=change - volume - mix, volume=volume, mix=mix)


def add_up(amounts: Amounts) -> Amount:
    """Return the amounts of all parties together."""
    found = Amount()
    for each in amounts.values():
        found = found.add(*each)
    return found


def _find_mix(before: Amount, after: Amount, average: Decimal) -> Decimal:
    if before.quantity <= 0 or after.quantity <= 0:
        return ZERO
    return (before.effect / before.quantity - average) * after.quantity


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_EVEN)
