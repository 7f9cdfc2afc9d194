"""What a record names: {"id": 7} or {"identifier": "X"} becomes the reference that the service shows.

Called by `writes.changes` and `writes.finishing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.simulators.connectwise.records.store import Body, Store
from runtime.simulators.connectwise.schema import Entity, Field, load_entities
from runtime.simulators.connectwise.writes.values import is_plain, make_invalid_value

KEYS = ("id", "identifier", "name")
"""Members that a record is found by, the first that is given."""
OF_THE_PARENT = frozenset({"site", "status", "type", "subType", "item", "team"})
"""Fields whose records stand below another one that the record names too: a status below the board."""


def resolve(store: Store, field: Field, value: Any, record: Body) -> Body:
    """Return the whole reference. Raises InvalidValue for what names no record, or none of the right parent."""
    if not isinstance(value, dict):
        raise make_invalid_value(field.name)
    key = next((each for each in KEYS if value.get(each) not in (None, "")), None)
    if key is None or not isinstance(value[key], str | int):
        raise make_invalid_value(field.name)
    entity = load_entities().get(field.target or "")
    if entity is None or not store.get_collection(entity).records:
        return {name: each for name, each in value.items() if name in field.members and is_plain(each)}
    found = next(_candidates(store, entity, key, value[key], _find_parent(entity, field, record)), None)
    if found is None:
        shown = str(value[key])[:60]
        raise make_invalid_value(field.name, f"The {field.name} {key} {shown} was not found.")
    return make_reference(field, found)


def make_reference(field: Field, target: Body) -> Body:
    """Return the reference of a field to a record."""
    reference = {
        name: target[name] for name in field.members if is_plain(target.get(name)) and name in target
    }
    if "name" in field.members and "name" not in reference and "firstName" in target:
        reference["name"] = f"{target['firstName']} {target.get('lastName', '')}".strip()
    return reference


def find_target(store: Store, name: str, reference: Any) -> Body | None:
    """Return the record of an entity that a reference names, or None."""
    id = reference.get("id") if isinstance(reference, dict) else reference
    return store.find_named(name, id) if isinstance(id, int) else None


def _find_parent(entity: Entity, field: Field, record: Body) -> int | None:
    parent = entity.find_parent_entity()
    if parent is None or field.name not in OF_THE_PARENT:
        return None
    named = record.get(parent.name)
    return named.get("id") if isinstance(named, dict) else None


def _candidates(
    store: Store, entity: Entity, key: str, wanted: str | int, parent: int | None
) -> Iterator[Body]:
    if key == "id":
        id = int(wanted) if str(wanted).isascii() and str(wanted).isdigit() else -1
        found = store.find_named(entity.name, id) if parent is None else store.find(entity, id, parent)
        return iter(() if found is None else (found,))
    text = str(wanted).lower()
    return (each for each in store.list_below(entity, parent) if str(each.get(key, "")).lower() == text)
