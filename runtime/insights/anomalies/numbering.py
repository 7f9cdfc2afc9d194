"""Gaps and repeats in the numbers of sales forms, and numbers that a vendor used for two bills.

Called by `anomaly_search`. Kinds of forms that take their numbers from one series are found out by what the numbers
are: together they have fewer gaps than apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain, combinations, pairwise
from typing import NamedTuple

from runtime.insights.anomalies.findings import (
    Finding,
    Subject,
    limit_score,
    make_subject,
    write_day,
    write_entry,
)
from runtime.insights.anomalies.history import KIND_NAMES, Entry, History
from runtime.insights.anomalies.typing_errors import is_mistyped_amount, strip_number
from runtime.insights.books import Key, Kind

SALES: tuple[Kind, ...] = ("invoice", "sale", "customer_credit", "refund")
JOURNALS: tuple[Kind, ...] = ("journal",)
FEWEST = 15
"""Numbers without which there is no series."""
DENSE = 0.8
"""The part of its numbers that a series has at least."""
LONGEST_GAP = 20
"""More numbers than this are no gap: another series begins."""
MANY = 6
"""Of so many forms with one number, each is compared with the next alone."""
SHORTEST = 3
"""Shorter numbers of a vendor's bills are not their own."""
_NUMBER = re.compile(r"(.*?)(\d{1,12})(\D*)", re.ASCII)


class Numbered(NamedTuple):
    """A form and its place in a series."""

    place: int
    entry: Entry


def find_gaps(history: History) -> Iterator[Finding]:
    """Yield numbers that are missing between two forms of a series."""
    repeated = [each.records for each in find_repeats(history)]
    for (start, end), forms in chain(_list_series(history, SALES), _list_series(history, JOURNALS)):
        for one, other in _list_neighbours(forms):
            missing = other.place - one.place - 1
            if not 0 < missing <= LONGEST_GAP or not (one.entry.is_new or other.entry.is_new):
                continue
            if missing == 1 and any(_lies_between(one.entry, other.entry, each) for each in repeated):
                continue
            width = len(one.entry.record.number) - len(start) - len(end)
            numbers = [f"{start}{place:0{width}d}{end}" for place in range(one.place + 1, other.place)]
            yield _make_gap(history, one.entry, other.entry, numbers)


def _lies_between(one: Entry, other: Entry, repeated: Sequence[Subject]) -> bool:
    """Whether a form with the number of another one was made when the number that is missing was due."""
    first, second = _read_place(one.record.key), _read_place(other.record.key)
    return any(
        each.key.resource == one.record.key.resource and first < _read_place(each.key) < second
        for each in repeated
    )


def _read_place(key: Key) -> int:
    """Return the place of a record among those of its kind, where its Id says it."""
    return int(key.id) if key.id.isascii() and key.id.isdigit() else 0


def _list_neighbours(forms: Sequence[Numbered]) -> Iterator[tuple[Numbered, Numbered]]:
    """Yield the forms of a series two by two, where it has nearly all of its numbers."""
    if len(forms) < FEWEST:
        return
    pieces = [other.place - one.place for one, other in pairwise(forms)]
    wanted = sum(each for each in pieces if each <= LONGEST_GAP + 1)
    present = sum(1 for each in pieces if 0 < each <= LONGEST_GAP + 1)
    if wanted and present >= wanted * DENSE:
        yield from pairwise(forms)


def _list_series(history: History, kinds: Sequence[Kind]) -> Iterator[tuple[tuple[str, str], list[Numbered]]]:
    """Yield the forms of each series by their places; forms of several kinds in one, where they share it."""
    apart = [_read_series(history.by_kind[kind]) for kind in kinds if history.by_kind.get(kind)]
    for affixes in {key for series in apart for key in series}:
        groups = [series[affixes] for series in apart if affixes in series]
        together = sorted((each for group in groups for each in group), key=lambda each: each.place)
        if len(groups) > 1 and _count_gaps(together) * 2 > sum(map(_count_gaps, groups)):
            together = max(groups, key=len)
        yield affixes, together


def _read_series(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Numbered]]:
    """Return the forms of a kind by what stands before and behind their places."""
    found: dict[tuple[str, str], list[Numbered]] = defaultdict(list)
    for each in entries:
        match = _NUMBER.fullmatch(each.record.number)
        if match is not None:
            found[match[1], match[3]].append(Numbered(int(match[2]), each))
    for forms in found.values():
        forms.sort(key=lambda each: each.place)
    return found


def _count_gaps(forms: Sequence[Numbered]) -> int:
    """Return how many numbers are missing or there twice."""
    pieces = (other.place - one.place for one, other in pairwise(forms))
    return sum(abs(each - 1) for each in pieces if each <= LONGEST_GAP + 1)


def _make_gap(history: History, one: Entry, other: Entry, numbers: Sequence[str]) -> Finding:
    first, second = (
        f"{KIND_NAMES[each.kind]} {each.record.number} of {write_day(each.record.day)}"
        for each in (one, other)
    )
    missing = f"Number {numbers[0]} is" if len(numbers) == 1 else f"Numbers {numbers[0]} to {numbers[-1]} are"
    reason = f"{missing} missing between {first} and {second}."
    advice = "Find out whether a form was deleted, and why; a voided one would still have its number."
    records = (make_subject(history, one), make_subject(history, other))
    points = 80 - 2 * len(numbers)
    return Finding("number_gap", limit_score(points), reason, records, advice, {"numbers": list(numbers)})


def find_repeats(history: History) -> Iterator[Finding]:
    """Yield numbers that two sales forms of a kind, or two bills of a vendor, have in common.

    Those over the same amount are left to `duplicates`.
    """
    for kind in SALES:
        forms = (each for each in history.by_kind.get(kind, ()) if each.record.number)
        for group in _group(forms, lambda each: each.record.number):
            for one, other in combinations(group, 2) if len(group) < MANY else pairwise(group):
                if (one.record.party, one.cents) != (other.record.party, other.cents):
                    yield from _make_repeat(history, one, other, 85)
    bills = (each for each in history.by_kind.get("bill", ()) if len(each.record.number) >= SHORTEST)
    for group in _group(bills, lambda each: (each.record.party, strip_number(each.record.number))):
        for one, other in pairwise(group):
            if one.cents != other.cents and not is_mistyped_amount(one.cents, other.cents):
                yield from _make_repeat(history, one, other, 75 if len(group) == 2 else 45)


def _group(entries: Iterable[Entry], sign: Callable[[Entry], Hashable]) -> Iterator[list[Entry]]:
    found: dict[Hashable, list[Entry]] = defaultdict(list)
    for each in entries:
        found[sign(each)].append(each)
    return (group for group in found.values() if len(group) > 1)


def _make_repeat(history: History, one: Entry, other: Entry, points: float) -> Iterator[Finding]:
    if not (one.is_new or other.is_new):
        return
    kind, number = KIND_NAMES[one.kind].capitalize(), one.record.number
    first, second = (
        f"{history.name(each)} over {write_entry(history, each)} on {write_day(each.record.day)}"
        for each in (one, other)
    )
    reason = f"{kind} number {number} was used twice: for {first}, and for {second}."
    advice = "Correct the number of one of them, or delete it if it is the same document."
    records = (make_subject(history, one), make_subject(history, other))
    yield Finding("number_repeated", limit_score(points), reason, records, advice)
