"""References between records: they must exist, be active, and show the name of what they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.faults import fault, invalid_reference
from runtime.simulators.quickbooks.schema import Entity, Field, entities, nested_types

SYSTEM_ITEMS = frozenset({"SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"})
NAMED_TYPES = {"customer": "Customer", "vendor": "Vendor", "employee": "Employee"}


def found_in(fields: Mapping[str, Field], value: Mapping[str, Any]) -> Iterator[tuple[str, str, Body]]:
    """(Property, entity, reference) of every reference below an object whose target the simulator keeps."""
    for name, item in value.items():
        field = fields.get(name)
        if field is None or not item:
            continue
        for single in item if isinstance(item, list) else [item]:
            if isinstance(single, dict):
                yield from _found_in_field(field, single)


def _found_in_field(field: Field, value: Body) -> Iterator[tuple[str, str, Body]]:
    if field.type == "reference":
        target = field.refers_to or NAMED_TYPES.get(str(value.get("type", "")).lower())
        if target and reference(value):
            yield field.name, target, value
    elif field.nested == "EntityTypeRef":
        target = NAMED_TYPES.get(str(value.get("Type", "")).lower())
        if target and reference(value.get("EntityRef")):
            yield field.name, target, value["EntityRef"]
    elif field.nested is not None and field.nested in nested_types():
        yield from found_in(nested_types()[field.nested], value)


def resolve(books: Books, entity: Entity, body: Body, old: Body | None) -> None:
    """Checks every reference that is new in `body` and writes the current names into all; raises 2500."""
    before = {(target, reference(ref)) for _, target, ref in found_in(entity.fields, old)} if old else set()
    for name, target, ref in found_in(entity.fields, body):
        id = str(reference(ref))
        if id in SYSTEM_ITEMS:
            continue
        row = books.standing(target, id)
        if row is None or (not row[1] and (target, id) not in before):
            raise invalid_reference(name)
        kind = ref.pop("type", None)
        ref.clear()
        ref.update({"value": id, "name": row[0]} | ({"type": kind} if kind else {}))


@cache
def properties_naming(target: str) -> tuple[str, ...]:
    """The properties, anywhere in any record, that refer to a kind of record."""
    fields = [field for entity in entities().values() for field in entity.fields.values()]
    fields += [field for nested in nested_types().values() for field in nested.values()]
    return tuple(sorted({field.name for field in fields if field.refers_to == target}))


def follow_rename(books: Books, target: str, id: str, old: str, new: str) -> None:
    """Writes the new name of a record into every reference to it; no SyncToken moves.

    References are stored as {"value", "name"} in this order (see `resolve`), so the text of the bodies can be changed
    in place, which one statement does for any number of records.
    """
    before, after = (orjson.dumps({"value": id, "name": name}).decode()[1:-1] for name in (old, new))
    expression, values = "body", []
    for name in properties_naming(target):
        expression = f"replace({expression}, ?, ?)"
        values += [f'"{name}":{{{before}', f'"{name}":{{{after}']
    if target in NAMED_TYPES.values():
        expression = f"replace({expression}, ?, ?)"
        values += [f'{before},"type":"{target}"', f'{after},"type":"{target}"']
    books.store.execute(
        f"update records set body = {expression} where realm = ? and instr(body, ?) > 0",  # noqa: S608
        (*values, books.realm, before),
    )


def to(books: Books, entity: str, id: str | None) -> Body | None:
    """A reference to a record, with its name; None for no record."""
    if id is None:
        return None
    name = books.name_of(entity, id)
    return {"value": id, "name": name} if name is not None else None


def required(body: Body, name: str) -> str:
    """The id of a reference that has to be there; 2020 without it."""
    id = reference(body.get(name))
    if id is None:
        raise fault("2020", f"Required parameter {name} is missing in the request", name)
    return id
