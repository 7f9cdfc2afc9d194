"""Answers are bounded and honest: as many rows as fit the budget, and never a cut without a remark and a cursor."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from runtime.exchange import parts
from runtime.exchange.allowance import Allowance
from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape

MOST_ESCAPED = 2
"""Bytes that one byte of JSON takes at most inside of a JSON text: there is a backslash before it."""
Head = Callable[[int, str], Mapping[str, Any]]
"""What stands before the rows when so many of them are shown, and a remark on a row that is shown in part."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to be shown: how many there are, and each as JSON. Rows that do not fit are never asked for."""

    count: int
    text: Callable[[int], bytes]
    whole: bytes = b""
    """All of them as one list, where that is at hand: it is taken where it fits."""


def write_json(value: Any) -> bytes:
    """Return a value of the vendor as JSON. Raises UnexpectedShape when it is nested more than 254 levels deep."""
    try:
        return figures.write_json(value)
    except figures.TooDeep as error:
        raise UnexpectedShape("nested too deeply") from error


def append_rows(head: Head, name: str, rows: Source, allowance: Allowance, how: str = "") -> str:
    """One JSON object: what `head` says, then as many rows under `name` as fit.

    At least one row is shown: where not even that fits, part of it, and `how` says how to ask for the rest.
    """
    if rows.whole and _holds_whole(head, name, rows, allowance):
        before = write_json(head(rows.count, ""))[1:-1]
        return (b'{%b%b"%b":%b}' % (before, b"," if before else b"", name.encode(), rows.whole)).decode()
    texts, left = _take(rows, allowance), allowance.subtract(_brackets(name, allowance))
    is_whole = len(texts) == rows.count and _hold_surely(head, texts, left)
    count = len(texts) if is_whole else _count_fitting(head, texts, left)
    if count or not rows.count:
        return _joined(head(count, ""), name, texts[:count])
    first = texts[0] if texts else rows.text(0)
    space = allowance.subtract(_brackets(name, allowance) + _cost(head(1, ""), allowance))
    part = parts.cut_record(first, space, how)
    return _joined(head(1, part.remark), name, [part.text])


def _holds_whole(head: Head, name: str, rows: Source, allowance: Allowance) -> bool:
    beside = _brackets(name, allowance) + _cost(head(rows.count, ""), allowance)
    return allowance.subtract(beside).holds(rows.whole)


def measure_head(head: Mapping[str, Any], allowance: Allowance) -> int:
    """Return the bytes that what stands before rows takes where it is sent."""
    return _cost(head, allowance)


def _take(rows: Source, allowance: Allowance) -> list[bytes]:
    """Return the first rows, as many as fit if nothing in them has to be escaped."""
    texts: list[bytes] = []
    total = 0
    for place in range(rows.count):
        text = rows.text(place)
        total += len(text) + 1
        if total > allowance.size:
            break
        texts.append(text)
    return texts


def _hold_surely(head: Head, texts: list[bytes], allowance: Allowance) -> bool:
    """Return whether all rows fit whatever has to be escaped in them: for that they need not be looked through."""
    most = MOST_ESCAPED * sum(map(len, texts)) + len(texts)
    return most + _cost(head(len(texts), ""), allowance) <= allowance.size


def _count_fitting(head: Head, texts: list[bytes], allowance: Allowance) -> int:
    """Return how many rows fit beside the head that says how many they are."""
    ends = list(accumulate(allowance.measure(text) + 1 for text in texts))
    most = len(ends)
    while most:
        left = allowance.size - _cost(head(most, ""), allowance)
        if ends[most - 1] <= left:
            return most
        most = min(most - 1, bisect_right(ends, left))
    return 0


def _cost(head: Mapping[str, Any], allowance: Allowance) -> int:
    return allowance.measure(write_json(head)) + 1


def _brackets(name: str, allowance: Allowance) -> int:
    return allowance.measure(b'"%s":[]' % name.encode())


def _joined(head: Mapping[str, Any], name: str, texts: list[bytes]) -> str:
    before = write_json(head)[1:-1]
    return (b'{%b%b"%b":[%b]}' % (before, b"," if before else b"", name.encode(), b",".join(texts))).decode()
