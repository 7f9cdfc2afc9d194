"""Creating, replacing, updating and deleting: checks first, then what the service works out, then the store.

Called by `http.answers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

from runtime.simulators.connectwise.errors import Problem, make_bad_body, make_in_use, make_invalid
from runtime.simulators.connectwise.records.store import Body, Store
from runtime.simulators.connectwise.schema import Entity, Field, list_references_to, load_entities
from runtime.simulators.connectwise.writes.finishing import Write, finish
from runtime.simulators.connectwise.writes.patching import apply_operations
from runtime.simulators.connectwise.writes.references import resolve
from runtime.simulators.connectwise.writes.values import (
    InvalidValue,
    convert,
    is_plain,
    make_invalid_value,
    make_missing,
)

OF_THE_SERVICE = frozenset({"id", "_info"})


class Changes:
    """The writes of one member."""

    def __init__(self, store: Store, member: str) -> None:
        self.store, self.member = store, member

    def create(self, entity: Entity, parent: int | None, sent: Any) -> Body:
        """Store a new record and return it; what is unknown or of the service alone is ignored."""
        record = {name: value for name, value in _need_object(sent).items() if _is_writable(entity, name)}
        if entity.parent is not None and parent is not None:
            record[entity.parent.name] = {"id": parent} if entity.parent.type == "reference" else parent
        record["id"] = self.store.make_id(entity)
        return self._write(entity, record, None, set(record))

    def replace(self, entity: Entity, stored: Body, sent: Any) -> Body:
        """Store a whole record in place of one: what is not sent has no value afterwards."""
        given = {name: value for name, value in _need_object(sent).items() if _is_writable(entity, name)}
        record = {name: value for name, value in stored.items() if not _is_writable(entity, name)}
        record |= {name: value for name, value in stored.items() if _is_fixed(entity, name)}
        record |= {name: value for name, value in given.items() if not _is_fixed(entity, name)}
        names = {name for name, field in entity.fields.items() if not field.is_read_only}
        return self._write(entity, record, stored, names - OF_THE_SERVICE)

    def update(self, entity: Entity, stored: Body, operations: Any) -> Body:
        """Apply the operations of a partial update and return the record."""
        record, touched = apply_operations(entity, stored, operations)
        for name in [each for each in touched if not _is_writable(entity, each) or _is_fixed(entity, each)]:
            touched.discard(name)
            record[name] = stored.get(name)
        return self._write(entity, record, stored, touched)

    def delete(self, entity: Entity, stored: Body) -> None:
        """Take a record out with those below it; refuse one that others name."""
        self._check_lock(entity, stored)
        below = [each for each in load_entities().values() if each.find_parent_entity() is entity]
        for other, field in list_references_to(entity.name):
            if other not in below and self._is_named(other, field, stored["id"], is_same=other is entity):
                raise make_in_use(entity.schema, stored["id"], other.schema)
        for child in below:
            for record in list(self.store.list_below(child, stored["id"])):
                self.store.remove(child, record["id"])
        self.store.remove(entity, stored["id"])

    def _is_named(self, entity: Entity, field: Field, id: int, *, is_same: bool) -> bool:
        for record in self.store.get_collection(entity).records.values():
            value = record.get(field.name)
            named = value if isinstance(value, list) else [value]
            if any(each and each.get("id") == id for each in named) and not (is_same and record["id"] == id):
                return True
        return False

    def _write(self, entity: Entity, record: Body, stored: Body | None, touched: Set[str]) -> Body:
        if stored is not None:
            self._check_lock(entity, stored)
        checked = set(entity.fields) - OF_THE_SERVICE if stored and entity.is_revalidated else touched
        problems = list(self._convert(entity, record, stored, checked))
        problems += _list_missing(entity, record, stored, checked)
        problems += self._list_duplicates(entity, record)
        if problems:
            raise make_invalid(entity.name, problems)
        at = self.store.clock.read_stamp()
        write = Write(self.store, entity, record, touched, stored is None, self.member, at)
        try:
            finish(write)
        except InvalidValue as error:
            raise make_invalid(entity.name, [error.problem]) from error
        record = {name: value for name, value in record.items() if value is not None}
        record["_info"] = _stamp(stored, self.member, at)
        self.store.put(entity, record)
        return record

    def _convert(
        self, entity: Entity, record: Body, stored: Body | None, names: Iterable[str]
    ) -> Iterable[Problem]:
        """Convert the named values of a record in place; yield what is wrong with them."""
        for name in sorted(set(names) - OF_THE_SERVICE):
            field = entity.fields[name]
            if record.get(name) is None:
                continue
            if field.is_write_only:
                del record[name]
                continue
            try:
                record[name] = self._convert_one(entity, field, record, stored)
            except InvalidValue as error:
                yield error.problem

    def _convert_one(self, entity: Entity, field: Field, record: Body, stored: Body | None) -> Any:
        value = record[field.name]
        if field.name == "customFields":
            return self._merge_custom_fields(entity, stored, convert(field, value))
        if field.type == "reference" and field.is_array:
            if not isinstance(value, list):
                raise make_invalid_value(field.name)
            return [resolve(self.store, field, each, record) for each in value]
        if field.type == "reference":
            return resolve(self.store, field, value, record)
        return convert(field, value)

    def _merge_custom_fields(self, entity: Entity, stored: Body | None, sent: list[Any]) -> list[Body]:
        """Return the custom fields with the sent values; refuse a list that is not whole, and unknown ones."""
        records = self.store.get_collection(entity).records.values()
        defined: list[Body] = (stored or {}).get("customFields") or next(
            (each["customFields"] for each in records if each.get("customFields")), []
        )
        if not all(isinstance(each.get("id"), int) and is_plain(each.get("value")) for each in sent):
            raise make_invalid_value("customFields")
        values = {each["id"]: each.get("value") for each in sent}
        missing = {each.get("id") for each in defined} - values.keys()
        if values.keys() - {each.get("id") for each in defined} or (stored and missing):
            raise make_invalid_value("customFields", "The customFields are not the whole list of the record.")
        return [{**each, "value": values.get(each.get("id"))} for each in defined]

    def _list_duplicates(self, entity: Entity, record: Body) -> list[Problem]:
        parent = entity.read_parent(record)
        problems = []
        for name in entity.unique:
            wanted = str(record.get(name) or "").lower()
            for other in self.store.list_below(entity, parent) if wanted else ():
                if other["id"] != record["id"] and str(other.get(name, "")).lower() == wanted:
                    problems.append(
                        Problem("ObjectExists", f"The {name} {wanted[:60]} already exists.", name)
                    )
                    break
        return problems

    def _check_lock(self, entity: Entity, stored: Body) -> None:
        status = stored.get("status")
        if isinstance(status, str) and status in entity.locked:
            message = f"The record is {status} and cannot be changed."
            raise make_invalid(entity.name, [Problem("InvalidField", message, "status")])


def _need_object(sent: Any) -> Body:
    if not isinstance(sent, dict):
        raise make_bad_body("The request body is not an object.")
    return sent


def _is_writable(entity: Entity, name: str) -> bool:
    field = entity.fields.get(name)
    return field is not None and not field.is_read_only and name not in OF_THE_SERVICE


def _is_fixed(entity: Entity, name: str) -> bool:
    """Return whether a field has its value from the creation on: where it stands, and what is taken only then."""
    field = entity.fields.get(name)
    return field is not None and (field.is_only_on_create or field is entity.parent)


def _list_missing(entity: Entity, record: Body, stored: Body | None, checked: Set[str]) -> list[Problem]:
    """Return the problems of required fields without a value; an update answers for what it touched only."""
    return [
        make_missing(name)
        for name, field in entity.fields.items()
        if record.get(name) in (None, "")
        and (stored is None or name in checked)
        and (field.is_required or (field.is_required_on_update and stored is not None))
    ]


def _stamp(stored: Body | None, member: str, at: str) -> dict[str, Any]:
    info = dict((stored or {}).get("_info") or {"dateEntered": at, "enteredBy": member})
    return {**info, "lastUpdated": at, "updatedBy": member}
