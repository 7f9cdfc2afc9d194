"""Transactions that were entered twice: the same party, amount and number within days, with errors of typing as well.

Called by `anomaly_search`. Only what has the same party and amount, or the same party and number, is compared. An
amount that a party is used to is a duplicate only where it comes much sooner than usual.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise

from runtime.insights.anomalies.findings import Finding, limit_score, make_subject, write_day, write_entry
from runtime.insights.anomalies.history import KIND_NAMES, Entry, History, to_cents
from runtime.insights.anomalies.typing_errors import (
    is_exchanged,
    is_mistyped,
    is_mistyped_amount,
    strip_number,
)

SAME_NUMBER_DAYS, MISTYPED_DAYS, BOTH_DAYS, NEAR_DAYS, SALE_DAYS = 370, 45, 45, 14, 10
"""How far apart two may be with the same number, a mistyped one, as bill and expense, without a number, and on the
sales side: a bill comes back with the reminder a month later, but equal amounts a month apart are a habit."""
MISTYPED_AMOUNT_DAYS = 4
"""How far apart two bills without numbers may be whose amounts differ by an error of typing."""
MOST_COMPARED = 12
"""Of more that are equal, each is compared with the next alone."""
USUAL_FACTOR = 1.8
"""How much sooner than usual an amount comes that is no habit: half a month for what comes every month."""
COMMON, MOST_OFF = 500, 30
"""Points that a sales form loses for the part of the forms of others with its amount, which is a price that is charged
often, and how many at most: an amount of every fiftieth form costs 10."""
OTHER_TEXT, OTHER_TEXT_OF_TELLING = 25, 10
"""Points that two equal purchases lose for different texts; fewer where the amount says more than they do: a rent is
due once a month whatever somebody wrote beside it, and cents that came only these two times are hardly a coincidence.
"""
HABITUAL = 8
"""Days of an amount of one customer from which its own habit says more than what others are charged."""


@dataclass(frozen=True)
class Series:
    """The days on which a party had transactions of the same amount."""

    days: Sequence[int]

    def is_sooner(self, one: Entry, other: Entry) -> bool:
        """Whether two of them are much nearer to each other than the amount usually comes again."""
        if len(self.days) == 2:
            return True
        gap = USUAL_FACTOR * max(other.day - one.day, 2)
        if len(self.days) > MOST_COMPARED * 5:
            return self._usual_gap >= gap
        return any(self._find_usual_gap(each.day) >= gap for each in (one, other))

    def _find_usual_gap(self, left_out: int) -> int:
        """Return how soon the amount comes again without one of its days."""
        rest = list(self.days)
        rest.remove(left_out)
        return _choose_short(rest)

    @cached_property
    def _usual_gap(self) -> int:
        return _choose_short(self.days)


Group = Sequence[Entry]
Score = Callable[[History, Entry, Entry, Series], float]


def _choose_short(days: Sequence[int]) -> int:
    """Return one of the shorter distances between days, a seventh from below."""
    gaps = sorted(later - earlier for earlier, later in pairwise(days))
    return gaps[len(gaps) // 7]


def find_duplicates(history: History) -> Iterator[Finding]:
    """Yield what was entered twice."""
    bought = history.list_kinds("bill", "expense", "vendor_credit")
    for group in _group(bought, lambda each: (_party(each), each.kind == "vendor_credit", *_amount(each))):
        yield from _judge(history, group, _score_bought)
    for kind, score in (
        ("invoice", _score_invoices), ("sale", _score_invoices), ("customer_credit", _score_invoices),
        ("refund", _score_invoices),
    ):  # fmt: skip
        for group in _group(history.by_kind.get(kind, ()), lambda each: (_party(each), *_amount(each))):
            yield from _judge(history, group, score)
    for kind in ("customer_payment", "vendor_payment"):
        for group in _group(history.by_kind.get(kind, ()), lambda each: (_party(each), *_amount(each))):
            yield from _judge(history, group, _score_payments)
    for group in _group(history.by_kind.get("journal", ()), _sign_journal):
        yield from _judge(history, group, _score_unnumbered)
    yield from _find_mistyped_amounts(history, history.list_kinds("bill", "expense"))
    yield from _find_other_vendors(history)


def _party(entry: Entry) -> Hashable:
    return entry.record.party or (entry.record.account, tuple(line.account for line in entry.record.lines))


def _amount(entry: Entry) -> tuple[str, int, bool]:
    return entry.record.currency, to_cents(entry.record.total), entry.record.is_reversed


def _sign_journal(entry: Entry) -> Hashable:
    return frozenset((line.account, line.side, line.amount) for line in entry.record.lines)


def _group(entries: Iterable[Entry], sign: Callable[[Entry], Hashable]) -> Iterator[list[Entry]]:
    """Yield those that have the same signature, where there are several and one is new."""
    found: dict[Hashable, list[Entry]] = defaultdict(list)
    for each in entries:
        found[sign(each)].append(each)
    for group in found.values():
        if len(group) > 1 and any(each.is_new for each in group):
            yield sorted(group, key=lambda each: each.day)


def _judge(history: History, group: Group, score: Score) -> Iterator[Finding]:
    """Yield the pairs of equal transactions that score."""
    pairs = combinations(group, 2) if len(group) <= MOST_COMPARED else pairwise(group)
    series = Series([each.day for each in group])
    for one, other in pairs:
        if not (one.is_new or other.is_new) or other.day - one.day > SAME_NUMBER_DAYS:
            continue
        points = score(history, one, other, series)
        if points > 0:
            yield _make(history, one, other, points)


def _score_bought(_history: History, one: Entry, other: Entry, series: Series) -> float:
    """Score two purchases of the same amount."""
    gap, first, second = other.day - one.day, one.record.number, other.record.number
    if first and second:
        if strip_number(first) == strip_number(second):
            return 95 if gap <= 60 else 75
        if is_mistyped(first, second) and gap <= MISTYPED_DAYS:
            return 40 if not series.is_sooner(one, other) else 85 if gap <= NEAR_DAYS else 65
        if one.kind == other.kind:
            return 0
    if one.kind != other.kind:
        return 80 - gap * 0.6 if gap <= BOTH_DAYS and series.is_sooner(one, other) else 0
    return _score_unnumbered(_history, one, other, series)


def _score_unnumbered(_history: History, one: Entry, other: Entry, series: Series) -> float:
    """Score two equal transactions that have no number to compare."""
    gap = other.day - one.day
    if gap > NEAR_DAYS or not series.is_sooner(one, other):
        return 0
    texts = [" ".join(line.text for line in each.record.lines).casefold() for each in (one, other)]
    is_other = all(texts) and texts[0] != texts[1]
    is_telling = len(series.days) >= HABITUAL or (len(series.days) == 2 and one.cents % 100)
    return 78 - 2 * gap - is_other * (OTHER_TEXT_OF_TELLING if is_telling else OTHER_TEXT)


def _score_invoices(history: History, one: Entry, other: Entry, series: Series) -> float:
    """Score two sales forms of the same amount. Invoices that were both paid are both right."""
    gap = other.day - one.day
    if one.record.number and one.record.number == other.record.number:
        return 95
    is_paid = one.kind == "invoice" and not one.record.open and not other.record.open
    if is_paid or gap > SALE_DAYS or not series.is_sooner(one, other):
        return 0
    is_same = [(line.item, line.quantity) for line in one.record.lines] == [
        (line.item, line.quantity) for line in other.record.lines
    ]
    alike = history.amounts[one.kind, one.cents] - history.amounts[one.kind, one.cents, one.record.party]
    common = 0 if len(series.days) >= HABITUAL else alike / len(history.by_kind[one.kind])
    return 80 - 3 * gap - (not is_same) * 20 - min(MOST_OFF, COMMON * common)


def _score_payments(history: History, one: Entry, other: Entry, series: Series) -> float:
    """Score two payments of the same amount: each that settles something of its own is right."""
    gap, first, second = other.day - one.day, one.record.number, other.record.number
    if first and first == second:
        return 90 if gap <= MISTYPED_DAYS else 0
    if gap > NEAR_DAYS:
        return 0
    settled = {link.key for link in one.record.list_settled()} & {
        link.key for link in other.record.list_settled()
    }
    for key in settled:
        target = history.books.by_key.get(key)
        if target is not None and one.record.total + other.record.total > target.total:
            return 88 - gap
    has_own = any(one.record.list_settled()) and any(other.record.list_settled())
    return 78 - 2 * gap if not has_own and series.is_sooner(one, other) else 0


def _list_recent_pairs(group: Group) -> Iterator[tuple[Entry, Entry]]:
    """Yield each transaction with the next, where one of them is of the period."""
    return ((one, other) for one, other in pairwise(group) if one.is_new or other.is_new)


def _find_mistyped_amounts(history: History, entries: Iterable[Entry]) -> Iterator[Finding]:
    """Yield bills with the same number, or without one within days, whose amounts differ by an error of typing."""
    numbered = (each for each in entries if each.record.number)
    for group in _group(numbered, lambda each: (_party(each), strip_number(each.record.number))):
        for one, other in _list_recent_pairs(group):
            if one.cents != other.cents and is_mistyped_amount(one.cents, other.cents):
                yield _make(history, one, other, 80 if other.day - one.day <= MISTYPED_DAYS else 50)
    for kind, days in (("bill", MISTYPED_AMOUNT_DAYS), ("expense", MISTYPED_AMOUNT_DAYS // 2)):
        for group in _group(history.by_kind.get(kind, ()), _party):
            for one, other in _list_recent_pairs(group):
                is_near = other.day - one.day <= days and not (one.record.number and other.record.number)
                if is_near and _is_same_but_amount(one, other):
                    yield _make(history, one, other, 66 - 2 * (other.day - one.day))


def _is_same_but_amount(one: Entry, other: Entry) -> bool:
    """Whether two purchases differ by nothing but an error of typing in the amount."""
    if is_exchanged(one.cents, other.cents):
        return True
    lines = [[(line.account, line.item, line.text) for line in each.record.lines] for each in (one, other)]
    is_bill = one.kind == "bill" and lines[0] == lines[1]
    return is_bill and one.cents != other.cents and is_mistyped_amount(one.cents, other.cents)


def _find_other_vendors(history: History) -> Iterator[Finding]:
    """Yield bills with the same number and amount of two vendors, as of one that was entered under two names."""
    numbered = (each for each in history.by_kind.get("bill", ()) if len(each.record.number) >= 4)
    for group in _group(numbered, lambda each: (strip_number(each.record.number), *_amount(each))):
        for one, other in _list_recent_pairs(group):
            if one.record.party != other.record.party and other.day - one.day <= MISTYPED_DAYS:
                yield _make(history, one, other, 70)


def _make(history: History, one: Entry, other: Entry, points: float) -> Finding:
    name, amount = history.name(one), write_entry(history, one)
    first, second = (_describe(each) for each in (one, other))
    of = f" of {name}" if name else ""
    same = amount if one.record.total == other.record.total else f"{amount} and {write_entry(history, other)}"
    reason = (
        f"{first[0].upper()}{first[1:]}{of} over {same} of {write_day(one.record.day)} looks entered again as "
        f"{second} on {write_day(other.record.day)}."
    )
    records = (make_subject(history, one), make_subject(history, other))
    advice = "Compare both with the document, and delete or void the one that was entered twice."
    return Finding("duplicate", limit_score(points), reason, records, advice)


def _describe(entry: Entry) -> str:
    number = entry.record.number
    return f"{KIND_NAMES[entry.kind]} {number}" if number else f"{KIND_NAMES[entry.kind]} without number"
