"""What a page shows of a record, whatever its vendor: facts, and a table for each list of parts.

Called by `record_pages`. A name such as `TotalAmt` is shown in its parts, a reference as its name with its Id behind
it, an object inside the record as facts of its own. A figure that has decimals has two at least, as amounts are
written. Values are texts; the page escapes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from runtime.operations.field_names import split_name
from runtime.operations.formats import MINUS
from runtime.operations.value_texts import AS_STORED, Write

__all__ = ["MINUS", "Fact", "Look", "RecordView", "Rows", "show_record", "split_name"]

MOST_ROWS = 500
"""Rows of one table; a record with more is rare, and says so."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A value under its label. `is_number`: it is set in columns of figures."""

    label: str
    text: str
    is_number: bool = False
    link: str = ""
    """The address of the record that it refers to."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of parts of the record: the labels of its columns, and the facts of each row in their order."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Fact | None, ...], ...]
    count: int


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as a page shows it."""

    facts: tuple[Fact, ...]
    tables: tuple[Rows, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """How values are written, and what they lead to: the address of the record that one refers to, or nothing.

    `find_link` is given the names that lead to the value, the value, and the fields beside it.
    """

    write: Write = AS_STORED
    find_link: Callable[[tuple[str, ...], object, Mapping[str, Any]], str] = lambda _path, _value, _beside: ""


PLAIN = Look()


def show_record(record: Mapping[str, Any], look: Look = PLAIN) -> RecordView:
    """Return what a page shows of a record."""
    lists = {name: value for name, value in record.items() if _is_table(value)}
    facts = tuple(_list_facts({name: value for name, value in record.items() if name not in lists}, look))
    return RecordView(facts, tuple(_make_rows(name, value, look) for name, value in lists.items()))


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _list_facts(
    values: Mapping[str, Any], look: Look, place: str = "", path: tuple[str, ...] = ()
) -> Iterator[Fact]:
    for name, value in values.items():
        label, at = f"{place} › {split_name(name)}" if place else split_name(name), (*path, name)  # noqa: RUF001
        reference = _read_reference(value)
        if reference:
            yield Fact(label, reference, link=look.find_link(at, value, values))
        elif isinstance(value, dict):
            yield from _list_facts(value, look, label, at)
        elif isinstance(value, list):
            yield from _list_parts(value[:MOST_ROWS], look, label, at)
        elif value not in (None, ""):
            yield Fact(label, look.write(value), _is_number(value), look.find_link(at, value, values))


def _list_parts(values: Sequence[object], look: Look, label: str, path: tuple[str, ...]) -> Iterator[Fact]:
    """Yield the facts of a list inside an object: its texts in one, and those of each object under its number."""
    if texts := [look.write(each) for each in values if not isinstance(each, dict)]:
        yield Fact(label, ", ".join(texts))
    for number, each in enumerate(values, 1):
        if isinstance(each, dict):
            yield from _list_facts(each, look, f"{label} {number}", path)


def _read_reference(value: object) -> str:
    """Return how a reference to another record is shown; empty for anything else."""
    if not isinstance(value, dict) or not {"value", "name"} & value.keys() or len(value) > 3:
        return ""
    name, id_ = value.get("name"), value.get("value")
    return f"{name} ({id_})" if name and id_ else str(name or id_ or "")


def _make_rows(name: str, values: Sequence[Mapping[str, Any]], look: Look) -> Rows:
    found = [
        {fact.label: fact for fact in _list_facts(each, look, path=(name,))} for each in values[:MOST_ROWS]
    ]
    labels = list(dict.fromkeys(label for row in found for label in row))
    columns = tuple((label, all(row[label].is_number for row in found if label in row)) for label in labels)
    return Rows(
        split_name(name),
        columns,
        tuple(tuple(row.get(label) for label in labels) for row in found),
        len(values),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
