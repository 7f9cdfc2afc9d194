"""The collections of records, their ids and their clock.

Called by `http` and `writes`. All of it runs in the one thread of the event loop, and nothing waits between reading a
record and putting its successor, so that writes are serial.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runtime.simulators.connectwise.clock import Clock, normalise_moment
from runtime.simulators.connectwise.schema import (
    Entity,
    load_entities,
    make_segments,
    map_entities_by_segments,
)

Body = dict[str, Any]
"""A record as JSON: what is sent and received."""


class Collection:
    """The records of one entity by id, in the order of their ids; `revision` grows with each change."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.records: dict[int, Body] = {}
        self.revision = 0
        self.last_id = 0

    def put(self, record: Body) -> None:
        """Store a record under its id, in place of one that has it."""
        id = record["id"]
        is_late = id not in self.records and id < self.last_id
        self.records[id] = record
        self.last_id = max(self.last_id, id)
        self.revision += 1
        if is_late:
            self.records = dict(sorted(self.records.items()))

    def remove(self, id: int) -> None:
        """Take a record out; its id is not given again."""
        del self.records[id]
        self.revision += 1

    def replace_all(self, records: Iterable[Body]) -> None:
        """Take these records in place of all."""
        self.records = dict(sorted((record["id"], record) for record in records))
        self.last_id = max([self.last_id, *self.records])
        self.revision += 1


class Store:
    """Every collection, and the clock that everything written is stamped with."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.collections = {name: Collection(entity) for name, entity in load_entities().items()}

    def load(self, records: Mapping[str, Iterable[Body]]) -> None:
        """Take the records of a firm, by path such as /company/companies; other collections become empty.

        What stands below another record is under /finance/agreements/{parentId}/additions, or under that path with the
        id of the parent. Raises ValueError for an unknown path and for a record without an id or a parent.
        """
        loaded: dict[str, list[Body]] = {name: [] for name in self.collections}
        for path, bodies in records.items():
            entity = map_entities_by_segments().get(make_segments(path))
            if entity is None:
                raise ValueError(f"there are no records at {path}")
            shared: dict[Any, Body] = {}
            loaded[entity.name] += [prepare_record(entity, path, body, shared) for body in bodies]
        for collection in self.collections.values():
            collection.last_id = 0  # another firm begins its own ids
        self.restore_records(loaded)

    def copy_records(self) -> dict[str, list[Body]]:
        """Return what every collection has, for `restore_records`."""
        return {name: list(each.records.values()) for name, each in self.collections.items()}

    def restore_records(self, copied: Mapping[str, list[Body]]) -> None:
        """Take the records of a copy in place of all."""
        for name, records in copied.items():
            self.collections[name].replace_all(records)

    def get_collection(self, entity: Entity) -> Collection:
        """Return the records of an entity."""
        return self.collections[entity.name]

    def find(self, entity: Entity, id: int, parent: int | None = None) -> Body | None:
        """Return a record, or None; below a parent only what stands there."""
        record = self.collections[entity.name].records.get(id)
        if record is not None and parent is not None and entity.read_parent(record) != parent:
            return None
        return record

    def list_below(self, entity: Entity, parent: int | None) -> Iterator[Body]:
        """Yield the records of an entity, or of those the ones below a parent, by id."""
        records = self.collections[entity.name].records.values()
        return (each for each in records if parent is None or entity.read_parent(each) == parent)

    def put(self, entity: Entity, record: Body) -> None:
        """Store a record in place of the one with its id."""
        self.collections[entity.name].put(record)

    def remove(self, entity: Entity, id: int) -> None:
        """Take a record out."""
        self.collections[entity.name].remove(id)

    def make_id(self, entity: Entity) -> int:
        """Return the id of the next record of an entity."""
        names = (entity.name, entity.sibling or entity.name)
        return max(self.collections[name].last_id for name in names) + 1

    def find_named(self, name: str, id: int) -> Body | None:
        """Return the record that a reference to an entity names, which may be one of the entity with the same ids."""
        entity = load_entities()[name]
        found = self.find(entity, id)
        return found if found or not entity.sibling else self.find(load_entities()[entity.sibling], id)


def prepare_record(entity: Entity, path: str, body: Body, shared: dict[Any, Body]) -> Body:
    """Return a given record as it is stored: moments in one form, equal references shared, its parent named.

    Raises ValueError for one without an id or a parent.
    """
    record = dict(body)
    if type(record.get("id")) is not int:
        raise ValueError(f"a record at {path} has no id")
    for name, value in record.items():
        if isinstance(value, dict):
            record[name] = _share(value, shared)
        elif isinstance(value, str) and name in entity.fields and entity.fields[name].type == "date-time":
            record[name] = normalise_moment(value)
    _name_parent(entity, path, record)
    return record


def _share(value: Body, shared: dict[Any, Body]) -> Body:
    try:
        return shared.setdefault(tuple(value.items()), value)
    except TypeError:  # it holds something nested
        return value


def _name_parent(entity: Entity, path: str, record: Body) -> None:
    if entity.parent is None:
        return
    given = next((int(part) for part in path.split("/") if part.isascii() and part.isdigit()), None)
    if entity.read_parent(record) is None and given is not None:
        record[entity.parent.name] = {"id": given} if entity.parent.type == "reference" else given
    if entity.read_parent(record) is None:
        raise ValueError(f"record {record['id']} at {path} does not name its {entity.parent.name}")
