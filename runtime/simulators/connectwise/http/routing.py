"""What a path below /apis/3.0 means. Called by `http.answers`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runtime.simulators.connectwise.errors import make_missing_endpoint
from runtime.simulators.connectwise.schema import Entity, make_segments, map_entities_by_segments

Kind = Literal["list", "item", "count", "search"]
OPERATIONS: dict[Kind, dict[str, str]] = {
    "list": {"GET": "list", "POST": "create"},
    "item": {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"},
    "count": {"GET": "count"},
    "search": {"POST": "search"},
}
LONGEST_ID = 10
"""Digits of an id, which is a number of 32 bits."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path that is one: the records that it is about, and the verbs that it has with their operations."""

    entity: Entity
    kind: Kind
    parent: int | None
    id: int

    @property
    def verbs(self) -> dict[str, str]:
        """Return the operations that the entity has, by verb."""
        return {verb: name for verb, name in OPERATIONS[self.kind].items() if name in self.entity.operations}


def find_route(segments: tuple[str, ...]) -> Route:
    """Return what a path means; refuse one that is none."""
    key = make_segments("/".join(segments))
    numbers = [
        int(part) for part in segments if part.isascii() and part.isdigit() and len(part) <= LONGEST_ID
    ]
    if key.count("{}") != len(numbers):
        raise make_missing_endpoint()
    entities = map_entities_by_segments()
    if entity := entities.get(key):
        return _route(entity, "list", [*numbers, 0])
    entity = entities.get(key[:-1])
    if entity and key[-1] == "{}":
        return _route(entity, "item", numbers)
    if entity and key[-1] == "count":
        return _route(entity, "count", [*numbers, 0])
    if entity and key[-1] == "search":
        return _route(entity, "search", [*numbers, 0])
    raise make_missing_endpoint()


def _route(entity: Entity, kind: Kind, numbers: list[int]) -> Route:
    route = Route(entity, kind, numbers[0] if entity.parent else None, numbers[-1])
    if not route.verbs:
        raise make_missing_endpoint()
    return route
