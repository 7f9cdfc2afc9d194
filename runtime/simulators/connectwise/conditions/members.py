"""What a name in a condition, an order or a choice of fields means: company/identifier is a member of a reference.

Called by `conditions.predicates` and `conditions.ordering`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.simulators.connectwise.errors import make_bad_condition
from runtime.simulators.connectwise.schema import Entity

Record = Mapping[str, Any]
Getter = Callable[[Record], Any]
MOMENTS = frozenset({"lastupdated", "dateentered"})
"""Members of `_info` that are moments. Conditions take them without `_info/` too, though no record has them there."""


@dataclass(frozen=True, slots=True)
class Member:
    """A value that can be compared: its type and the function that reads it."""

    name: str
    type: str
    read: Getter


def make_unknown(name: str) -> Exception:
    """Return the refusal of a name that is none."""
    return make_bad_condition(f"{name[:100]} is not a recognized name.")


def find_member(entity: Entity, name: str) -> Member:
    """Return what a name means in the records of an entity; refuse an unknown one. Case does not matter."""
    first, _, second = name.lower().partition("/")
    field = entity.by_lower_name.get(first)
    if first == "_info" and second:
        return _info_member(name, second)
    if field is None and not second and first in MOMENTS:
        return _info_member(name, first)
    if field is None or field.is_array or field.is_write_only or "/" in second:
        raise make_unknown(name)
    if not second:
        key = field.name
        return Member(name, field.type, lambda record: record.get(key))
    inner = next((each for each in field.members if each.lower() == second), None)
    if inner is None:
        raise make_unknown(name)
    return Member(name, field.members[inner], _nested(field.name, inner))


def find_element_member(members: Mapping[str, str], name: str, inner: str) -> Member:
    """Return what a name means in the elements of an array; refuse an unknown one."""
    found = next((each for each in members if each.lower() == inner.lower()), None)
    if found is None:
        raise make_unknown(name)
    return Member(name, members[found], lambda element: element.get(found))


def _info_member(name: str, inner: str) -> Member:
    keys = {"lastupdated": "lastUpdated", "dateentered": "dateEntered", "updatedby": "updatedBy",
            "enteredby": "enteredBy"}  # fmt: skip
    if inner not in keys:
        raise make_unknown(name)
    return Member(name, "date-time" if inner in MOMENTS else "string", _nested("_info", keys[inner]))


def _nested(outer: str, inner: str) -> Getter:
    def read(record: Record) -> Any:
        value = record.get(outer)
        return value.get(inner) if value else None

    return read
