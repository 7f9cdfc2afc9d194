"""Amounts far from the habit of a vendor, an account or a customer, and large ones of a vendor that is new.

Called by `anomaly_search`. A habit is the median of the logarithms and how far they usually are from it, so that single
amounts do not change it. What came in about the same amount a year before, or several times, is no surprise.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runtime.insights.anomalies.findings import (
    Finding,
    limit_score,
    make_subject,
    write_cents,
    write_day,
    write_entry,
)
from runtime.insights.anomalies.history import KIND_NAMES, Entry, History, find_median, list_accounts
from runtime.insights.books import Key

FEWEST_OF_VENDOR, FEWEST_OF_ACCOUNT, FEWEST_OF_CUSTOMER, FEWEST_IN_ALL = 5, 12, 8, 40
"""Other transactions without which there is no habit."""
LEAST_SPREAD = 0.15
"""Logarithm; amounts that are always the same differ by this much without surprise."""
FEWEST_OF_PART = 8
"""Purchases of a vendor on one account that are compared with each other alone."""
LEAST_DEVIATIONS = 2.7
"""Above the usual amount; ten times the usual is nearly as many where the usual varies between half and double."""
MOST_APART = 3
"""Other amounts that stand apart as well and do not count; of many, more are the way in which they vary."""
TO_DEVIATION = 1.4826
"""From the median of deviations to a standard deviation."""
YEARLY = ((350, 380), (715, 745))
"""Days after which a bill that comes once a year may come again."""
YEARLY_RANGE = 0.3
"""Logarithm; how much a yearly bill may differ."""
KNOWN_DAYS = 150
"""Of history before a first transaction that makes its vendor a new one; a year's bills have come by halves then."""
MOST_NEW = 0.25
"""The part of the purchases of the period that may be first ones; where more are, new vendors are nothing special."""
LARGE_RANK, LARGE_RANK_BY_VENDOR, LEAST_RANK = 0.97, 0.97, 0.85
"""The part of all purchases that are smaller than a first one that is large, or the part of the vendors whose usual
amount is smaller, so that one with many large bills does not set the measure, and the part of all purchases then."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What a group of transactions usually comes to. `largest` are the largest of them, largest first: of many, a
    twentieth part and two more.
    """

    count: int
    middle: float
    spread: float
    largest: tuple[int, ...]
    smallest: tuple[int, ...]

    def measure(self, cents: int) -> float:
        """Return how many deviations an amount is above the usual one."""
        return (math.log(cents) - self.middle) / self.spread

    @property
    def usual(self) -> float:
        """The usual amount in cents."""
        return math.exp(self.middle)

    def find_largest_other(self, cents: int) -> int:
        """Return the largest amount but one of these; of many, a few others that stand apart do not count."""
        others = list(self.largest)
        if cents in others:
            others.remove(cents)
        apart = 1 + min(self.count // 20, MOST_APART) if self.count > 10 else 0
        return others[min(apart, len(others) - 1)]


def describe_habit(cents: Sequence[int]) -> Habit:
    """Return what some amounts usually come to."""
    logs = [math.log(each) for each in cents]
    middle = find_median(logs)
    spread = TO_DEVIATION * find_median(abs(each - middle) for each in logs)
    ordered = sorted(cents)
    return Habit(
        len(cents),
        middle,
        max(spread, LEAST_SPREAD),
        tuple(ordered[: -4 - len(ordered) // 20 : -1]),
        tuple(ordered[:3]),
    )


def find_unusual_amounts(history: History) -> Iterator[Finding]:
    """Yield amounts far from the habit of their vendor; of a vendor with few, of their account; of their customer."""
    few: set[Key] = set()
    for vendor, group in history.by_vendor.items():
        if len(group) > FEWEST_OF_VENDOR:
            for part, judged in _split_by_account(group):
                yield from _judge_vendor(history, vendor, part, judged)
        else:
            few.add(vendor)
    firsts = {group[0].record.key for group in history.by_vendor.values()}
    for account, group in history.by_account.items():
        judged = [each for each in group if each.record.party in few and each.record.key not in firsts]
        yield from _judge_account(history, account, group, judged)
    yield from _judge_customers(history)


def _split_by_account(group: Sequence[Entry]) -> Iterator[tuple[Sequence[Entry], Sequence[Entry]]]:
    """Yield the purchases of a vendor to compare with, and those to judge by them.

    What is often on one account has a habit of its own: an agency may send a small bill and a large one each month.
    """
    parts: dict[str, list[Entry]] = defaultdict(list)
    for each in group:
        accounts = list_accounts(each.record)
        parts[next(iter(accounts)) if len(accounts) == 1 else ""].append(each)
    rest: list[Entry] = parts.pop("", [])
    for part in parts.values():
        if len(part) > FEWEST_OF_PART:
            yield part, part
        else:
            rest += part
    yield group, rest


def _judge_vendor(
    history: History, vendor: Key, group: Sequence[Entry], judged: Sequence[Entry]
) -> Iterator[Finding]:
    habit = describe_habit([each.cents for each in group])
    name = history.books.name_party(vendor, group[0].record.party_name)
    for each in judged:
        if not each.is_new:
            continue
        points = measure_excess(habit, each.cents) or _score_low(habit, each.cents)
        if points >= 1 and not _is_known(each, group):
            yield _make(history, each, habit, points, f"the usual amount of {name}")


def measure_excess(habit: Habit, cents: int, least_ratio: float = 3.0, least_lead: float = 1.5) -> float:
    """Return the score of an amount above a habit: 50 where it is so many times the usual and the largest other.

    The largest of many amounts is further from the usual by itself: of n normal ones by about sqrt(2 ln n) deviations,
    less some for a tail that is not full.
    """
    ratio, lead = cents / habit.usual, cents / habit.find_largest_other(cents)
    deviations = habit.measure(cents)
    if habit.count <= 8:
        least_ratio, least_lead = least_ratio * 1.2, least_lead * 1.2
    if ratio < least_ratio * 0.7 or lead < 1.2 or deviations < 2.2:
        return 0
    parts = (
        math.log(ratio) / math.log(least_ratio),
        1 + (math.log(lead) - math.log(least_lead)),
        deviations / max(LEAST_DEVIATIONS, math.sqrt(2 * math.log(habit.count)) - 0.3),
    )
    return (
        50 * min(parts) if min(parts) < 1 else 50 + 20 * math.log(ratio / least_ratio) + 10 * (parts[1] - 1)
    )


def _score_low(habit: Habit, cents: int) -> float:
    """Score an amount below a habit, as one with the decimal point two places too far left."""
    others = [each for each in habit.smallest if each != cents] or [cents]
    ratio, lead = habit.usual / cents, others[0] / cents
    if habit.count < 10 or ratio < 20 or lead < 5 or habit.measure(cents) > -4:
        return 0
    return 50 + 8 * math.log(ratio / 20)


def _is_known(entry: Entry, group: Sequence[Entry]) -> bool:
    """Whether there was about the same amount a year ago or two, or at least twice at other times."""
    near = [
        each
        for each in group
        if each is not entry and abs(math.log(each.cents / entry.cents)) <= YEARLY_RANGE
    ]
    distances = [abs(entry.day - each.day) for each in near]
    return len(near) > 1 + len(group) // 20 or any(
        low <= each <= high for each in distances for low, high in YEARLY
    )


def _judge_account(
    history: History, account: str, group: Sequence[Entry], judged: Sequence[Entry]
) -> Iterator[Finding]:
    if not judged or len(group) <= FEWEST_OF_ACCOUNT:
        return
    habit, name = describe_habit([each.cents for each in group]), history.books.name_account(account)
    for each in judged:
        points = measure_excess(habit, each.cents, 5, 2.5) if each.is_new else 0
        if points >= 1 and not _is_known(each, group):
            yield _make(history, each, habit, points, f"the usual amount on {name}")


def _judge_customers(history: History) -> Iterator[Finding]:
    """Yield sales far above everything that the customer, and nearly every customer, has bought at once."""
    groups: dict[Key, list[Entry]] = defaultdict(list)
    sales = history.list_kinds("invoice", "sale")
    for each in sales:
        if each.record.party is not None:
            groups[each.record.party].append(each)
    if len(sales) <= FEWEST_IN_ALL:
        return
    ordered = sorted(each.cents for each in sales)
    large = ordered[int(len(ordered) * 0.99) - 1]
    for customer, group in groups.items():
        judged = [each for each in group if each.is_new and each.cents > large]
        if not judged or len(group) <= FEWEST_OF_CUSTOMER:
            continue
        habit = describe_habit([each.cents for each in group])
        name = history.books.name_party(customer, group[0].record.party_name)
        for each in judged:
            points = measure_excess(habit, each.cents, 8, 2.5)
            if points >= 1 and not _is_known(each, group):
                yield _make(history, each, habit, points, f"the usual amount of {name}")


def _make(history: History, entry: Entry, habit: Habit, points: float, compared: str) -> Finding:
    ratio = entry.cents / habit.usual
    times = f"{ratio:,.1f} times" if ratio >= 1 else f"{ratio:.1%} of"
    kind, name = KIND_NAMES[entry.kind].capitalize(), history.name(entry)
    reason = (
        f"{kind} of {name} over {write_entry(history, entry)} on {write_day(entry.record.day)} is {times} "
        f"{compared}, about {write_cents(history, habit.usual)} in {habit.count - 1} others."
    )
    advice = "Compare the amount with the document, digits and decimal point first."
    return Finding("unusual_amount", limit_score(points), reason, (make_subject(history, entry),), advice)


def _rank_by_vendor(usuals: Mapping[Key, float], vendor: Key, cents: int) -> float:
    """Return the part of the other vendors whose usual amount is smaller."""
    parts = [usual < cents for other, usual in usuals.items() if other != vendor]
    return sum(parts) / len(parts) if len(parts) > FEWEST_OF_VENDOR else 0


def find_new_vendors(history: History) -> Iterator[Finding]:
    """Yield first purchases from a vendor that are larger than nearly all purchases of the company."""
    ordered = sorted(each.cents for each in history.purchases)
    if len(ordered) <= FEWEST_IN_ALL:
        return
    usual = find_median(ordered)
    usuals = {
        vendor: find_median(each.cents for each in group)
        for vendor, group in history.by_vendor.items()
        if len(group) > 2
    }
    recent = sum(each.is_new for each in history.purchases)
    firsts = sum(group[0].is_new for group in history.by_vendor.values())
    for vendor, group in history.by_vendor.items() if firsts <= max(3, recent * MOST_NEW) else ():
        first = group[0]
        if not first.is_new or first.day - history.first < KNOWN_DAYS or vendor.resource == "employees":
            continue
        own = sum(1 for each in group if each.cents < first.cents)
        rank = plain = (bisect_left(ordered, first.cents) - own) / max(len(ordered) - len(group), 1)
        if rank >= LEAST_RANK and _rank_by_vendor(usuals, vendor, first.cents) >= LARGE_RANK_BY_VENDOR:
            rank = max(rank, LARGE_RANK)
        if rank < LARGE_RANK - 0.02 or first.cents < 2 * usual:
            continue
        points = 50 + (rank - LARGE_RANK) / (1 - LARGE_RANK) * 35 + min(10, first.cents / ordered[-1] * 10)
        reason = (
            f"The first transaction with {history.name(first)}, {KIND_NAMES[first.kind]} over "
            f"{write_entry(history, first)} on {write_day(first.record.day)}, is larger than {plain:.0%} of all "
            f"purchases."
        )
        advice = "Check that the vendor exists, who entered it, and that the order was approved."
        yield Finding("new_vendor", limit_score(points), reason, (make_subject(history, first),), advice)
