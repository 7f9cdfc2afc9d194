"""What a change leaves to be worked out once its entries are in the ledger: balances by difference, stock by place.

`books.books` collects it during a write; `books.balances` and `books.valuation` work it off.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

Place = tuple[str, bool, int]
"""Where the movements of a transaction are in the order of valuation: day, not a starting stock, Id."""


@dataclass
class Differences:
    """What has to be added to which balance: cents, and units for stock."""

    accounts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    customers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    vendors: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stock: dict[str, float] = field(default_factory=lambda: defaultdict(float))
