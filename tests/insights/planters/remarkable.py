"""What the simulator itself plants (`companies.PLANTED`), and what else of its books meets a definition to the letter.

Asked for, as of the planting:
- duplicate: the bill that is entered twice (INV-20388, LF-0931, CD-77120)
- unusual_account: the expense on the wrong account, where the vendor has a habit (flights on Office Supplies, servers
  on Meals); Ellis Equipment Rental of the landscaper has no other purchase
- weekend: what it plants at a vendor that is otherwise dealt with from Monday to Friday (Blue Mesa Travel)

Agreed with, and not asked for:
- new_vendor: first bills of vendors that were never heard of, of amounts above nearly all others
- number_repeated: the bill that is entered twice, under one number; and two payments of one customer that have one
- duplicate: Fiberline's second line, for the amount of the first, eleven days later; and two sales or purchases of one
  party and amount within a week
- unusual_account: rack and cabling on Cost of Hardware, of a distributor that is booked by items otherwise
- unusual_amount: the expense on the wrong account, far above what that account has
- round_amount: the deposit on Uncategorized Income
- weekend: whatever else it plants on one; forms of a kind that has at most three in a hundred on weekends; and
  purchases at a vendor with at most one in ten on weekends
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from runtime.insights.books import Books, Transaction
from tests.insights.planters.faults import Fault
from tests.insights.planters.habits import find_habits, list_purchases

SELDOM, SELDOM_AT_VENDOR = 0.03, 0.1
"""Shares of the forms of a kind, and of the purchases at a vendor, on weekends up to which one is remarkable."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that the simulator plants: what it is called here, its amount, and how many days ago."""

    name: str
    amount: str
    days: tuple[int, ...]
    agreed: tuple[str, ...] = ()


MARKS: Mapping[str, tuple[Mark, ...]] = {
    "landscaper": (
        Mark("twice", "755.00", (47, 43), ("number_repeated", "new_vendor")),
        Mark("wrong account", "612.40", (33,), ("unusual_account", "unusual_amount", "new_vendor")),
        Mark("deposit", "1875.00", (19,), ("round_amount",)),
        Mark("unpaid", "315.00", (96,)),
    ),
    "consultancy": (
        Mark("twice", "4200.00", (58, 51), ("number_repeated",)),
        Mark("wrong account", "1348.00", (40,), ("unusual_amount",)),
        Mark("deposit", "6500.00", (12,), ("round_amount",)),
        Mark("unpaid", "2750.00", (97,), ("new_vendor",)),
        Mark("unbilled", "890.00", (75,)),
    ),
    "it_services": (
        Mark("twice", "3980.00", (36, 29), ("number_repeated", "unusual_account")),
        Mark("wrong account", "2160.00", (26,), ("unusual_amount",)),
        Mark("deposit", "3240.00", (9,), ("round_amount",)),
        Mark("unpaid", "1185.00", (99,), ("duplicate",)),
    ),
}


@dataclass(slots=True)
class Remarkable:
    """What there is to find before anything is planted."""

    faults: list[Fault] = field(default_factory=list)
    agreed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def records(self) -> set[str]:
        """What the simulator planted."""
        return {each for fault in self.faults for each in fault.records} | set(self.agreed)


def find_remarkable(books: Books, kind: str) -> Remarkable:
    """Return what the simulator planted in a company of a kind."""
    found, marked = Remarkable(), list(_find_marked(books, kind))
    habits = {each.vendor: each for each in find_habits(books, {str(one.key) for _, one in marked})}
    twice = frozenset(str(one.key) for mark, one in marked if mark.name == "twice")
    found.faults.append(Fault("duplicate", twice, "bill entered twice by the simulator"))
    for mark, one in marked:
        key = str(one.key)
        found.agreed[key] |= set(mark.agreed)
        habit = habits.get(one.party.id) if one.party is not None else None
        if mark.name == "wrong account" and habit is not None:
            found.faults.append(Fault("unusual_account", frozenset({key}), "wrong account of the simulator"))
        if one.day.weekday() >= 5:
            found.agreed[key].add("weekend")
            if habit is not None and habit.works_on_weekdays and habit.is_varied:
                found.faults.append(
                    Fault("weekend", frozenset({key}), "planted by the simulator on a weekend")
                )
    return found


def _find_marked(books: Books, kind: str) -> Iterator[tuple[Mark, Transaction]]:
    for mark in MARKS[kind]:
        days = {books.today - timedelta(days=each) for each in mark.days}
        for one in (*list_purchases(books), *books.list_kinds("deposit")):
            if one.total == Decimal(mark.amount) and one.day in days:
                yield mark, one


def agree_with_letter(books: Books, found: Remarkable) -> None:
    """Add what the simulator did not plant, but an auditor would not call false by the definitions."""
    for record in (*_list_seldom_weekends(books), *_list_seldom_at_vendor(books)):
        found.agreed[record].add("weekend")
    for record in _list_same_within_week(books):
        found.agreed[record].add("duplicate")
    for record in _list_same_numbers(books):
        found.agreed[record].add("number_repeated")


def _list_seldom_weekends(books: Books) -> Iterator[str]:
    count = Counter(each.kind for each in books.transactions)
    weekend = [each for each in books.transactions if each.day.weekday() >= 5]
    seldom = Counter(each.kind for each in weekend)
    yield from (str(each.key) for each in weekend if seldom[each.kind] <= SELDOM * count[each.kind])


def _list_seldom_at_vendor(books: Books) -> Iterator[str]:
    by_vendor: dict[object, list[Transaction]] = defaultdict(list)
    for each in list_purchases(books):
        by_vendor[each.party].append(each)
    for purchases in by_vendor.values():
        weekend = [str(each.key) for each in purchases if each.day.weekday() >= 5]
        if len(weekend) <= SELDOM_AT_VENDOR * len(purchases):
            yield from weekend


def _list_same_within_week(books: Books) -> Iterator[str]:
    last: dict[tuple[object, ...], Transaction] = {}
    for each in books.list_kinds("invoice", "sale", "bill", "expense"):
        what = (each.kind, each.party, each.total)
        former = last.get(what)
        last[what] = each
        if former is not None and each.day - former.day <= WEEK:
            yield from (str(former.key), str(each.key))


def _list_same_numbers(books: Books) -> Iterator[str]:
    by_number: dict[tuple[object, str], list[str]] = defaultdict(list)
    for each in books.list_kinds("customer_payment"):
        by_number[each.party, each.number].append(str(each.key))
    for (_, number), records in by_number.items():
        if number and len(records) > 1:
            yield from records
