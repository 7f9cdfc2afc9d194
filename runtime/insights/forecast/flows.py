"""Expected flows: the common form of everything that a forecast of cash is made of. Made by the modules of the parts,
read by `paths` and `figures`.

Amounts are floats here, signed as the bank account sees them; `as_money` makes figures of an answer of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from runtime.insights.books import Key

Part = Literal[
    "open_invoices",
    "undeposited_funds",
    "open_bills",
    "dated_ahead",
    "recurring",
    "not_yet_invoiced",
    "not_yet_billed",
    "other",
]
KNOWN: frozenset[Part] = frozenset(
    {"open_invoices", "undeposited_funds", "open_bills", "dated_ahead", "recurring"}
)
"""The parts that rest on records that exist; the others are expected from experience, and stated apart."""
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Item:
    """An amount that moves the bank on one day that is not certain: `chances` has that of each day, tomorrow first.

    What the chances lack to one is the chance that it does not come within the days of the forecast. `deviation` is
    that of the amount itself. `label` groups the items that a reader sees as one, such as the wages of each month.
    """

    part: Part
    amount: float
    chances: Sequence[float]
    label: str
    evidence: tuple[Key, ...] = ()
    party: Key | None = None
    deviation: float = 0.0
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def expected(self) -> float:
        """What it brings within the days of the forecast, on average."""
        return self.amount * sum(self.chances)


class Stream(NamedTuple):
    """What comes without a pattern: the mean and the variance of each day, and how uncertain its level is."""

    part: Part
    label: str
    means: Sequence[float]
    variances: Sequence[float]
    uncertainty: float
    """The standard deviation of the level, as a share of it: it moves all days together."""
    evidence: tuple[Key, ...] = ()


def as_money(value: float | Decimal) -> Decimal:
    """Return an amount to the cent."""
    made = Decimal(value).quantize(CENT)
    return made if made else abs(made)
