"""References between records: they must exist, be active, and show the name of what they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_fault, make_reference_fault
from runtime.simulators.quickbooks.schema import Entity, Field, load_entities, load_nested_types

SYSTEM_ITEMS = frozenset({"SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"})
NAMED_TYPES = {"customer": "Customer", "vendor": "Vendor", "employee": "Employee"}


def list_references(fields: Mapping[str, Field], value: Mapping[str, Any]) -> Iterator[tuple[str, str, Body]]:
    """Return (Property, entity, reference) of every reference below an object whose target the simulator stores."""
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
        if target and get_reference(value):
            yield field.name, target, value
    elif field.nested == "EntityTypeRef":
        target = NAMED_TYPES.get(str(value.get("Type", "")).lower())
        if target and get_reference(value.get("EntityRef")):
            yield field.name, target, value["EntityRef"]
    elif field.nested is not None and field.nested in load_nested_types():
        yield from list_references(load_nested_types()[field.nested], value)


def resolve(books: Books, entity: Entity, body: Body, old: Body | None) -> None:
    """Check every reference that is new in `body` and write the current names into all; raises 2500."""
    before = (
        {(target, get_reference(ref)) for _, target, ref in list_references(entity.fields, old)}
        if old
        else set()
    )
    for name, target, ref in list_references(entity.fields, body):
        id = str(get_reference(ref))
        if id in SYSTEM_ITEMS:
            continue
        row = books.get_reference_state(target, id)
        if row is None or (not row[1] and (target, id) not in before):
            raise make_reference_fault(name)
        kind = ref.pop("type", None)
        ref.clear()
        ref.update({"value": id, "name": row[0]} | ({"type": kind} if kind else {}))


@cache
def list_properties(target: str) -> tuple[str, ...]:
    """Return the properties, anywhere in any record, that refer to a kind of record."""
    fields = [field for entity in load_entities().values() for field in entity.fields.values()]
    fields += [field for nested in load_nested_types().values() for field in nested.values()]
    return tuple(sorted({field.name for field in fields if field.refers_to == target}))


def follow_rename(books: Books, target: str, id: str, old: str, new: str) -> None:
    """Write the new name of a record into every reference to it; no SyncToken moves.

    References are stored as {"value", "name"} in this order (see `resolve`), so the text of the bodies can be changed
    in place, which one statement does for any number of records.
    """
    before, after = (orjson.dumps({"value": id, "name": name}).decode()[1:-1] for name in (old, new))
    expression, values = "body", []
    for name in list_properties(target):
        expression = f"replace({expression}, ?, ?)"
        values += [f'"{name}":{{{before}', f'"{name}":{{{after}']
    if target in NAMED_TYPES.values():
        expression = f"replace({expression}, ?, ?)"
        values += [f'{before},"type":"{target}"', f'{after},"type":"{target}"']
    books.store.execute(
        f"update records set body = {expression} where realm = ? and instr(body, ?) > 0",
        (*values, books.realm, before),
    )


def make_reference(books: Books, entity: str, id: str | None) -> Body | None:
    """Return a reference to a record, with its name; None for no record."""
    if id is None:
        return None
    name = books.get_name(entity, id)
    return {"value": id, "name": name} if name is not None else None


def require_reference(body: Body, name: str) -> str:
    """Return the id of a reference that has to be there; 2020 without it."""
    id = get_reference(body.get(name))
    if id is None:
        raise make_fault("2020", f"Required parameter {name} is missing in the request", name)
    return id
