"""The facts about entities and their fields as frozen values; read once from `facts/`.

Called by every other package; comes after nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "facts"
PARENT = "{parentId}"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One property: its type, what it refers to, and what a value of it has to be."""

    name: str
    type: str
    target: str | None
    """Name of the entity that a reference names; None for what the simulator has no records of."""
    members: Mapping[str, str]
    """Members of a reference or an object, with their types."""
    is_array: bool
    enumeration: frozenset[str] | None
    longest: int | None
    limits: tuple[float, float] | None
    is_required: bool
    is_required_on_update: bool
    is_read_only: bool
    is_only_on_create: bool
    is_write_only: bool


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """One kind of record: where it lives, what can be done with it, what belongs to it."""

    name: str
    schema: str
    path: str
    segments: tuple[str, ...]
    """The path in lower case, with {} where the id of the parent stands."""
    operations: frozenset[str]
    parent: Field | None
    unique: tuple[str, ...]
    locked: frozenset[str]
    """Values of `status` with which a record can no longer be changed."""
    sibling: str | None
    """Name of the entity that has the same ids, because both are in one table of the service: tickets of projects."""
    is_revalidated: bool
    """Whether a partial update checks the whole stored record again."""
    fields: Mapping[str, Field]
    by_lower_name: Mapping[str, Field]

    def read_parent(self, record: Mapping[str, Any]) -> int | None:
        """Return the id of the record that a record stands below."""
        value = record.get(self.parent.name) if self.parent else None
        id: int | None = value.get("id") if isinstance(value, dict) else value
        return id

    def find_parent_entity(self) -> Entity | None:
        """Return the kind of record that records of this kind stand below."""
        return (
            map_entities_by_segments().get(self.segments[: self.segments.index("{}")])
            if self.parent
            else None
        )


def _field(
    entity: str, name: str, fact: Mapping[str, Any], rules: Mapping[str, Any], members: Mapping[str, Any]
) -> Field:
    longest = fact.get("m")
    limits = rules["ranges"].get(entity, {}).get(name)
    return Field(
        name=name,
        type=fact["t"],
        target=fact.get("g"),
        members=members.get(fact.get("s", ""), {}),
        is_array=bool(fact.get("a")),
        enumeration=frozenset(fact["e"]) if fact.get("e") else None,
        longest=int(longest) if longest else None,
        limits=(limits[0], limits[1]) if limits else None,
        is_required=bool(fact.get("q")),
        is_required_on_update=bool(fact.get("u")),
        is_read_only=bool(fact.get("ro")),
        is_only_on_create=name in rules["only_on_create"].get(entity, ()),
        is_write_only=name in rules["write_only"].get(entity, ()),
    )


def _entity(
    name: str, fact: Mapping[str, Any], rules: Mapping[str, Any], members: Mapping[str, Any]
) -> Entity:
    fields = {key: _field(name, key, value, rules, members) for key, value in fact["fields"].items()}
    parts = [part for part in fact["path"].split("/") if part]
    parent = rules["parents"].get(name)
    return Entity(
        name=name,
        schema=fact["schema"],
        path=fact["path"],
        segments=tuple("{}" if part == PARENT else part.lower() for part in parts),
        operations=frozenset(fact["operations"]),
        parent=fields[parent] if parent else None,
        unique=tuple(rules["unique"].get(name, ())),
        locked=frozenset(rules["locked"].get(name, ())),
        sibling=rules["one_table"].get(name),
        is_revalidated=name in rules["revalidated"],
        fields=fields,
        by_lower_name={key.lower(): field for key, field in fields.items()},
    )


def _read(name: str) -> Any:
    return json.loads((FACTS / name).read_text("utf-8"))


@cache
def load_entities() -> Mapping[str, Entity]:
    """Return every kind of record by name."""
    facts, rules, members = _read("entities.json"), _read("rules.json"), _read("members.json")
    return {name: _entity(name, fact, rules, members) for name, fact in facts.items()}


@cache
def map_entities_by_segments() -> Mapping[tuple[str, ...], Entity]:
    """Return every kind of record by the segments of its path."""
    return {entity.segments: entity for entity in load_entities().values()}


def make_segments(path: str) -> tuple[str, ...]:
    """Return the segments of a path as `Entity.segments` has them: lower case, {} for an id or a name in braces."""
    parts = [part for part in path.split("/") if part]
    return tuple("{}" if _is_place(part) else part.lower() for part in parts)


def _is_place(part: str) -> bool:
    return (part.isascii() and part.isdigit()) or (part[0] == "{" and part[-1] == "}")


@cache
def list_references_to(name: str) -> tuple[tuple[Entity, Field], ...]:
    """Return the fields, with their entities, that may name a record of an entity."""
    named = {name, load_entities()[name].sibling}
    return tuple(
        (entity, field)
        for entity in load_entities().values()
        for field in entity.fields.values()
        if field.target in named and field.type == "reference"
    )
