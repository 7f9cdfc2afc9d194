"""The transactions that were read, as the searches need them: in groups, with whole cents, and the period apart.

Made once by `anomaly_search` for all searches.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from runtime.insights.books import ZERO, Books, Key, Kind, Transaction

SHARED_ITEMS = "items"
"""The account of lines that name a product instead: which account it leads to is the product's matter."""
KIND_NAMES: Mapping[str, str] = {
    "invoice": "invoice", "sale": "sales receipt", "customer_credit": "credit memo", "refund": "refund",
    "customer_payment": "payment", "bill": "bill", "expense": "expense", "vendor_credit": "vendor credit",
    "vendor_payment": "bill payment", "journal": "journal entry",
}  # fmt: skip
"""What each kind of transaction is called in a reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A transaction with an amount. `cents` are of the company's currency and never below zero."""

    record: Transaction
    kind: Kind
    day: int
    """Its day as a count (`date.toordinal`)."""
    cents: int
    is_new: bool
    """Whether its day lies in the period."""

    @property
    def amount(self) -> Decimal:
        """What it is over; of a journal entry, whose total a vendor may leave out, the sum of its debits."""
        return self.record.total or Decimal(self.cents) / 100


@dataclass(frozen=True)
class History:
    """Transactions of the period and before it. `entries` are in the order of their days."""

    books: Books
    start: date
    end: date
    entries: tuple[Entry, ...]

    @cached_property
    def first(self) -> int:
        """The first day of which a transaction is known, or else the first of the period."""
        return self.entries[0].day if self.entries else self.start.toordinal()

    @cached_property
    def by_kind(self) -> Mapping[str, list[Entry]]:
        """The transactions of each kind."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for each in self.entries:
            found[each.kind].append(each)
        return found

    @cached_property
    def purchases(self) -> list[Entry]:
        """Bills and expenses, without money that came back."""
        found = (each for each in self.entries if each.kind in ("bill", "expense"))
        return [each for each in found if not each.record.is_reversed and each.record.total > 0]

    @cached_property
    def by_vendor(self) -> Mapping[Key, list[Entry]]:
        """The purchases of each party."""
        found: dict[Key, list[Entry]] = defaultdict(list)
        for each in self.purchases:
            if each.record.party is not None:
                found[each.record.party].append(each)
        return found

    @cached_property
    def by_account(self) -> Mapping[str, list[Entry]]:
        """The purchases whose lines are all on one account."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for each in self.purchases:
            labels = list_accounts(each.record)
            if len(labels) == 1:
                found[next(iter(labels))].append(each)
        found.pop(SHARED_ITEMS, None)
        return found

    @cached_property
    def amounts(self) -> Counter[Hashable]:
        """How many transactions there are of a kind and amount, and of a kind, amount and party."""
        found: Counter[Hashable] = Counter()
        for each in self.entries:
            found[each.kind, each.cents] += 1
            found[each.kind, each.cents, each.record.party] += 1
        return found

    def list_kinds(self, *kinds: Kind) -> list[Entry]:
        """Return the transactions of some kinds."""
        return [each for kind in kinds for each in self.by_kind.get(kind, ())]

    def name(self, entry: Entry) -> str:
        """Return the name of the party of a transaction."""
        return self.books.name_party(entry.record.party, entry.record.party_name)

    def holds(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.start <= day <= self.end


def make_history(books: Books, start: date, end: date) -> History:
    """Return the transactions of some books up to the end of a period; voided ones have no amount and are left out."""
    entries = []
    for each in books.transactions:
        if each.kind not in KIND_NAMES or each.day > end or (not each.total and each.kind != "journal"):
            continue
        cents = abs(round(each.home_total * 100)) if each.total else count_debits(each)
        entries.append(Entry(each, each.kind, each.day.toordinal(), cents, each.day >= start))
    return History(books, start, end, tuple(entries))


def count_debits(record: Transaction) -> int:
    """Return the cents of the debits of a journal entry, whose total a vendor may leave out."""
    return round(
        sum((line.amount for line in record.lines if line.side == "debit"), ZERO) * record.rate * 100
    )


def list_accounts(record: Transaction) -> frozenset[str]:
    """Return the accounts of the lines of a transaction."""
    found = (line.account or (SHARED_ITEMS if line.item else "") for line in record.lines)
    return frozenset(each for each in found if each)


def find_median(values: Iterable[float]) -> float:
    """Return the middle of some values, of which there is at least one."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def to_cents(amount: Decimal) -> int:
    """Return an amount in whole cents, never below zero."""
    return abs(round(amount * 100))
