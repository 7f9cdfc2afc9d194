"""The records of several lists as one: each once, in one order, and where each list was left.

The vendor answers each list in the order that is asked for, with the Id behind it, so that a record of two lists is met
in both at the same time. That is checked: what came in another order is never merged by a guess. Called by
`merged_answer`; nothing here knows a vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import total_ordering
from itertools import pairwise
from typing import Any

from runtime.upstream import figures
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]


class OrderUnknown(Exception):
    """A list came in an order that cannot be compared here."""


@dataclass(frozen=True, slots=True)
class SortField:
    """A field that the lists are sorted by, and how its values compare."""

    path: tuple[str, ...]
    kind: str = "string"
    is_descending: bool = False
    is_identifier: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one list: its records from `start` on, the one before them, whether there may be more.

    `wanted` are the places of those that are meant, where the vendor answers too many; None is all of them.
    """

    records: Sequence[Record]
    start: int
    before: Record | None = None
    is_cut: bool = False
    wanted: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading goes on: the first record of each list, and how many of the merged ones are passed over."""

    starts: tuple[int, ...]
    skip: int = 0

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.starts))}/{self.skip}"


@dataclass(frozen=True, slots=True)
class Merged:
    """The records of a page, and the place behind each of them; `places` has one more, for none of them."""

    records: list[Record]
    places: list[Place]
    has_more: bool


class Merge:
    """Merges lists that are sorted by some fields. `identifier` is the field that no two records share."""

    def __init__(self, keys: Sequence[SortField], identifier: str) -> None:
        self._keys = keys
        self._identifier = identifier

    def take_page(self, parts: Sequence[Part], asked: Place, most: int) -> Merged:
        """Return the next records, at most so many. Raises OrderUnknown."""
        if all(part.start == 1 and not part.is_cut for part in parts):
            return self._whole(parts, asked, most)
        has_identifier = any(key.is_identifier for key in self._keys)
        if not has_identifier or not all(map(self._is_sorted, parts)):
            raise OrderUnknown
        return self._step_by_step(parts, asked, most)

    def count(self, parts: Sequence[Part]) -> int:
        """Return how many different records some whole lists have."""
        return len({self._identify(record) for part in parts for record in part.records})

    def _whole(self, parts: Sequence[Part], asked: Place, most: int) -> Merged:
        """Sort all records, for all are here."""
        found = {
            self._identify(record): record
            for part in parts
            for at, record in enumerate(part.records)
            if part.wanted is None or at in part.wanted
        }
        ordered = sorted(found.values(), key=self._key)
        shown = ordered[asked.skip : asked.skip + most]
        places = [Place(asked.starts, asked.skip + count) for count in range(len(shown) + 1)]
        return Merged(shown, places, asked.skip + len(shown) < len(ordered))

    def _step_by_step(self, parts: Sequence[Part], asked: Place, most: int) -> Merged:
        heads = _Heads(parts, [[self._key(each) for each in part.records] for part in parts])
        records: list[Record] = []
        places = [asked]
        skip = asked.skip
        while len(records) < most and (first := heads.first()) is not None:
            record = parts[first].records[heads.at[first]]
            heads.pass_over(self._identify(record), self._identify)
            if skip:
                skip -= 1
                places[-1] = heads.place(skip)
            else:
                records.append(record)
                places.append(heads.place())
        return Merged(records, places, heads.has_more())

    def _is_sorted(self, part: Part) -> bool:
        records = part.records if part.before is None else [part.before, *part.records]
        keys = [self._key(each) for each in records]
        return all(not later < earlier for earlier, later in pairwise(keys))

    def _key(self, record: Record) -> tuple[_Comparable, ...]:
        return tuple(
            _Comparable(_read(record, each), is_descending=each.is_descending) for each in self._keys
        )

    def _identify(self, record: Record) -> Any:
        value = record.get(self._identifier)
        return value if isinstance(value, (str, int)) else figures.write_json(record)


class _Heads:
    """How far each list is read."""

    def __init__(self, parts: Sequence[Part], keys: Sequence[Sequence[tuple[_Comparable, ...]]]) -> None:
        self._parts = parts
        self._keys = keys
        self.at = [0] * len(parts)

    def first(self) -> int | None:
        """Return the list whose next record comes first; None at the end, or where a list has to be read on."""
        self._pass_unwanted()
        ready = [place for place, part in enumerate(self._parts) if self.at[place] < len(part.records)]
        waiting = any(
            part.is_cut and self.at[place] >= len(part.records) for place, part in enumerate(self._parts)
        )
        if waiting or not ready:
            return None
        return min(ready, key=lambda place: self._keys[place][self.at[place]])

    def _pass_unwanted(self) -> None:
        for place, part in enumerate(self._parts):
            while (
                part.wanted is not None
                and self.at[place] < len(part.records)
                and self.at[place] not in part.wanted
            ):
                self.at[place] += 1

    def pass_over(self, identity: Any, identify: Any) -> None:
        """Pass over a record in each list that has it next."""
        for place, part in enumerate(self._parts):
            if self.at[place] < len(part.records) and identify(part.records[self.at[place]]) == identity:
                self.at[place] += 1

    def place(self, skip: int = 0) -> Place:
        """Return where reading goes on."""
        return Place(tuple(part.start + at for part, at in zip(self._parts, self.at, strict=True)), skip)

    def has_more(self) -> bool:
        """Return whether there may be records that were not passed over."""
        return any(
            part.is_cut or at < len(part.records) for part, at in zip(self._parts, self.at, strict=True)
        )


@total_ordering
class _Comparable:
    """A value as the vendor compares it: nothing comes first, numbers and moments by what they are, text without
    case.
    """

    __slots__ = ("_is_descending", "_value")

    def __init__(self, value: Any, *, is_descending: bool) -> None:
        self._value = value
        self._is_descending = is_descending

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Comparable) and self._value == other._value

    def __lt__(self, other: _Comparable) -> bool:
        one, another = (other, self) if self._is_descending else (self, other)
        return bool(one._value < another._value)

    __hash__ = None  # type: ignore[assignment]


def _read(record: Record, field: SortField) -> tuple[int, Any]:
    """Return the value of a field to compare with. Raises OrderUnknown for one that has parts."""
    value = follow_path(record, field.path)
    if value is None:
        return 0, 0
    if isinstance(value, (dict, list)):
        raise OrderUnknown
    text = bytes(value).decode() if isinstance(value, figures.Figure) else str(value)
    if field.kind == "number" or (field.is_identifier and text.isascii() and text.isdigit()):
        return _number(text)
    if field.kind == "date-time":
        return _moment(text)
    return 2, text.lower()


def _number(text: str) -> tuple[int, Any]:
    try:
        return 1, Decimal(text)
    except InvalidOperation:
        return 2, text.lower()


def _moment(text: str) -> tuple[int, Any]:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 2, text.lower()
    return 1, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
