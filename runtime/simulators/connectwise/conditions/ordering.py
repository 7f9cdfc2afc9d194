"""The order of a list, such as `company/name asc, id desc`, and the choice of fields, such as `id,status/name`.

Called by `records.selections` and `http.answers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runtime.simulators.connectwise.conditions.members import Member, Record, find_member
from runtime.simulators.connectwise.errors import make_bad_condition
from runtime.simulators.connectwise.schema import Entity

DIRECTIONS = {"": False, "asc": False, "desc": True}
MOST_KEYS = 10
"""Keys of an order: more than a person gives."""


def parse_order(entity: Entity, text: str) -> list[tuple[Member, bool]]:
    """Return the members to order by, each with whether it descends; refuse what is none."""
    keys = []
    for part in text.split(",")[:MOST_KEYS]:
        name, _, direction = part.strip().partition(" ")
        if direction.strip().lower() not in DIRECTIONS:
            raise make_bad_condition(f"Syntax error near '{direction.strip()[:60]}'.")
        keys.append((find_member(entity, name), DIRECTIONS[direction.strip().lower()]))
    return keys


def sort_records(records: list[Any], keys: list[tuple[Member, bool]]) -> None:
    """Sort in place; what is not there comes first, texts are compared without case, equal ones stay as they are."""
    for member, is_descending in reversed(keys):
        records.sort(key=_make_key(member), reverse=is_descending)


def _make_key(member: Member) -> Callable[[Record], tuple[int, Any]]:
    read = member.read

    def key(record: Record) -> tuple[int, Any]:
        value = read(record)
        if isinstance(value, str):
            return 2, value.lower()
        return (1, value) if isinstance(value, int | float) else (0, 0)

    return key


def parse_fields(text: str) -> dict[str, Any]:
    """Return the tree of a choice of fields: {"id": {}, "status": {"name": {}}}. Empty for no choice."""
    tree: dict[str, Any] = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        here = tree
        for part in name.lower().split("/")[:3]:
            here = here.setdefault(part, {})
    return tree


def project(record: Any, tree: Mapping[str, Any]) -> Any:
    """Return a record with the chosen fields only; names that it does not have are ignored."""
    if not tree or record is None:
        return record
    if isinstance(record, list):
        return [project(each, tree) for each in record]
    if not isinstance(record, dict):
        return record
    return {
        name: project(value, tree[name.lower()]) for name, value in record.items() if name.lower() in tree
    }
