"""Types that are made of the paths which definitions name, so that a page of records is decoded in one step.

Called by `extraction`, `list_extraction` and `work_extraction`. Figures are exact, and what no path names is not read.
A page with a value that fits no such type is read once more, record by record: what cannot be read is left out and
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec

from generator.effect_rules import Conditions, Path
from generator.insight_rules import Fields

TEXT, _NUMBER = str | int | None, Decimal | None
_TYPES: Mapping[str, Any] = {
    "day": date | None,
    "due": date | None,
    "next_day": date | None,
    "entered": datetime | None,
    "sent": datetime | None,
    "active": bool | None,
    **dict.fromkeys(
        (
            "total",
            "open",
            "tax",
            "rate",
            "amount",
            "quantity",
            "price",
            "cost",
            "balance",
            "on_hand",
            "every",
        ),
        _NUMBER,
    ),
}
"""The types of the parts that are no text."""
LACKING = (None,)
"""What stands for the parts that no path leads to."""
_GENERIC = msgspec.json.Decoder(float_hook=Decimal)


class Page(NamedTuple):
    """Records of a resource: those at `path` in the body of a response, JSON."""

    resource: str
    body: bytes
    path: Path


class Extracted(NamedTuple):
    """What a page has, and how many of its records could not be read."""

    values: list[Any]
    unreadable: int


class Reader(NamedTuple):
    """The type of a record, and what makes a value of it."""

    type: type[msgspec.Struct]
    make: Callable[[Any], Any]


def read_page(page: Page, reader: Reader) -> Extracted:
    """Return the records of a page as values. Raises ValueError for a body that is no JSON."""
    try:
        records = _make_envelope(reader.type, page.path).decode(page.body)
        for step in page.path:
            records = getattr(records, step)
        return Extracted([reader.make(each) for each in records], 0)
    except (msgspec.ValidationError, ValueError):
        return _read_each(page, reader)


def decode_records(page: Page) -> list[dict[str, Any]]:
    """Return the records of a page as they came, with exact figures. Raises ValueError for a body that is no JSON."""
    value = _GENERIC.decode(page.body)
    for step in page.path:
        value = value.get(step) if isinstance(value, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _read_each(page: Page, reader: Reader) -> Extracted:
    """Return the records that can be read of a page with some that cannot."""
    values, records = [], decode_records(page)
    for each in records:
        try:
            values.append(reader.make(msgspec.convert(_drop_nulls(each), reader.type, strict=False)))
        except (msgspec.ValidationError, ValueError):
            continue
    return Extracted(values, len(records) - len(values))


def _drop_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _drop_nulls(each) for name, each in value.items() if each is not None}
    return [_drop_nulls(each) for each in value] if isinstance(value, list) else value


@lru_cache(maxsize=256)
def _make_envelope(type_: type[msgspec.Struct], path: Path) -> msgspec.json.Decoder[Any]:
    """Return what decodes a body with records of a type at a path; a body without any has an empty list."""
    inner: Any = list[type_]  # type: ignore[valid-type]
    default: Any = list
    for step in reversed(path):
        inner = msgspec.defstruct("Envelope", [(step, inner, msgspec.field(default_factory=default))])
        default = inner
    return msgspec.json.Decoder(inner)


def list_paths(fields: Fields, types: Mapping[str, Any] = _TYPES) -> dict[Path, Any]:
    """Return the type of what stands at each path of some parts: a text, but for those with a type."""
    return {path: types.get(name, TEXT) for name, paths in fields.items() for path in paths}


def make_struct(fields: Mapping[Path, Any]) -> type[msgspec.Struct]:
    """Return a type with a value of a type at each path; what is not there is None, or an empty tuple.

    They are frozen, so that all records share one value for what they lack.
    """
    members: list[tuple[str, Any, Any]] = []
    inner: dict[str, dict[Path, Any]] = {}
    for path, type_ in fields.items():
        if len(path) == 1:
            members.append((path[0], type_, () if getattr(type_, "__origin__", None) is tuple else None))
        else:
            inner.setdefault(path[0], {})[path[1:]] = type_
    for name, parts in inner.items():
        made = make_struct(parts)
        members.append((name, made, made()))
    return msgspec.defstruct("Record", members, gc=False, frozen=True)


def make_getter(
    fields: Fields, names: Sequence[str], type_: type[msgspec.Struct]
) -> Callable[[Any], Sequence[Any]]:
    """Return what reads some parts of a record in their order; a part that the rules do not name is None.

    Of several paths the first that leads to something counts. Most of them lead into members that a record lacks, such
    as the particulars of other kinds of lines: these are passed over at once.
    """
    singles = [name for name in names if len(fields.get(name, ())) == 1]
    several = [
        (at, path) for at, name in enumerate(names) if len(fields.get(name, ())) > 1 for path in fields[name]
    ]
    whole = _make_tuple_getter([fields[name][0] for name in singles])
    pick = itemgetter(*(singles.index(name) if name in singles else -1 for name in names))
    groups = _group_by_member(several, type_())

    def read_singles(record: Any) -> Sequence[Any]:
        found: Sequence[Any] = pick(whole(record) + LACKING)
        return found

    def read(record: Any) -> Sequence[Any]:
        found = list(pick(whole(record) + LACKING))
        for get, lacking, parts in groups:
            if (member := get(record)) is not lacking:
                for at, read_part in parts:
                    if found[at] is None:
                        found[at] = read_part(member)
        return found

    return read if groups else read_singles


def _make_tuple_getter(paths: Sequence[Path]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the values at some paths as a tuple, also of one path and of none."""
    if len(paths) > 1:
        return attrgetter(*(".".join(path) for path in paths))
    if not paths:
        return lambda _record: ()
    only = attrgetter(".".join(paths[0]))
    return lambda record: (only(record),)


def _group_by_member(
    several: Sequence[tuple[int, Path]], empty: Any
) -> list[tuple[Callable[[Any], Any], Any, list[tuple[int, Callable[[Any], Any]]]]]:
    """Return the paths by their first member: what reads it, what it is where it lacks, and the rest of each."""
    groups: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {}
    for at, path in several:
        rest = attrgetter(".".join(path[1:])) if len(path) > 1 else _return_itself
        groups.setdefault(path[0], []).append((at, rest))
    return [(attrgetter(name), getattr(empty, name), parts) for name, parts in groups.items()]


def _return_itself(value: Any) -> Any:
    return value


def make_test(conditions: Conditions) -> Callable[[Any], bool] | None:
    """Return what says whether a record has one of the values at every path; None where there are no conditions."""
    if not conditions:
        return None
    tests = [(attrgetter(".".join(path)), frozenset(values)) for path, values in conditions]
    if len(tests) == 1:
        [(only, wanted)] = tests
        return lambda record: only(record) in wanted
    return lambda record: all(get(record) in values for get, values in tests)


def list_condition_paths(*conditions: Conditions) -> dict[Path, Any]:
    """Return the type of what stands at each path of some conditions."""
    return {
        path: (bool | None) if isinstance(values[0], bool) else TEXT
        for each in conditions
        for path, values in each
    }


def write_text(value: Any) -> str:
    """Return a part that is a text; empty where there is none."""
    return "" if value is None else str(value)
