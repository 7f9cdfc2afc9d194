"""How a company deals with each vendor, before anything is planted: from bills and expenses of two years."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from runtime.insights.books import Books, Transaction

ENOUGH = 8
"""Purchases from which on one may speak of a habit."""
MOSTLY = 0.9
"""Share of the lines on one account, from which on it is the account of a vendor."""


@dataclass(frozen=True)
class Habit:
    """A vendor with enough purchases, nearly all on one account for expenses."""

    vendor: str
    name: str
    account: str
    purchases: tuple[Transaction, ...]

    @cached_property
    def cents(self) -> list[int]:
        """Amounts in cents, smallest first."""
        return sorted(int(each.total * 100) for each in self.purchases)

    @property
    def median(self) -> int:
        """The amount in the middle, in cents."""
        return self.cents[len(self.cents) // 2]

    @property
    def is_varied(self) -> bool:
        """Whether amounts differ so much that one more, of a similar size, is nothing odd."""
        return self.cents[-1] - self.cents[0] > 0.3 * self.median and len(self.cents) > 10

    @property
    def is_never_round(self) -> bool:
        """Whether no amount was ever a multiple of a hundred."""
        return all(each % 10_000 for each in self.cents)

    @property
    def works_on_weekdays(self) -> bool:
        """Whether every purchase was on a day from Monday to Friday."""
        return all(each.day.weekday() < 5 for each in self.purchases)

    @property
    def accounts(self) -> set[str]:
        """The accounts that it was ever booked on."""
        return {line.account for each in self.purchases for line in each.lines}

    @property
    def pays_bills(self) -> bool:
        """Whether it sends bills more often than it is paid at once."""
        return sum(each.kind == "bill" for each in self.purchases) * 2 > len(self.purchases)


def list_purchases(books: Books) -> list[Transaction]:
    """Return bills and expenses of vendors, oldest first."""
    found = books.list_kinds("bill", "expense")
    return [each for each in found if each.party is not None and each.party.resource == "vendors"]


def find_habits(books: Books, left_out: Collection[str]) -> list[Habit]:
    """Return the vendors that have a habit, without some records, by name."""
    by_vendor: dict[str, list[Transaction]] = defaultdict(list)
    for each in list_purchases(books):
        if str(each.key) not in left_out and each.party is not None:
            by_vendor[each.party.id].append(each)
    found = []
    for vendor, purchases in by_vendor.items():
        accounts = Counter(line.account for each in purchases for line in each.lines)
        account, count = accounts.most_common(1)[0]
        is_clear = count >= MOSTLY * accounts.total() and books.has_role(account, "expense", "cost_of_sales")
        if is_clear and len(purchases) >= ENOUGH:
            found.append(Habit(vendor, purchases[0].party_name, account, tuple(purchases)))
    return sorted(found, key=lambda each: each.name)


def find_largest(books: Books) -> int:
    """Return the largest purchase of a company, in cents."""
    return max(int(each.total * Decimal(100)) for each in list_purchases(books))
