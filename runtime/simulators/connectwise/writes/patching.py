"""The partial update: a list of {op, path, value}, applied to a copy of the record.

A path is the name of a field, exactly as the service writes it, or a JSON pointer such as /communicationItems/1/value.
A reference is replaced whole; a path into one is accepted and changes nothing, as at the service. Called by
`writes.changes`.
"""

from __future__ import annotations

import copy
from typing import Any

from runtime.simulators.connectwise.errors import make_bad_body, make_invalid
from runtime.simulators.connectwise.records.store import Body
from runtime.simulators.connectwise.schema import Entity, Field
from runtime.simulators.connectwise.writes.values import InvalidValue, make_invalid_value

VERBS = frozenset({"add", "replace", "remove"})
END = "-"
"""The index that means behind the last element."""


def apply_operations(entity: Entity, stored: Body, operations: Any) -> tuple[Body, set[str]]:
    """Return the changed copy of a record and the names of the fields that were touched; refuse a wrong operation."""
    if not isinstance(operations, list):
        raise make_bad_body("A PATCH takes a list of operations, each with op, path and value.")
    record, touched = copy.deepcopy(stored), set()
    for operation in operations:
        verb, parts, value = _read_operation(operation)
        field = entity.fields.get(parts[0])
        try:
            if field is None:
                raise make_invalid_value(parts[0][:100], f"The path {parts[0][:100]} is not a field.")
            if _apply(record, field, verb, parts[1:], value):
                touched.add(field.name)
        except InvalidValue as error:
            raise make_invalid(entity.name, [error.problem]) from error
    return record, touched


def _read_operation(operation: Any) -> tuple[str, list[str], Any]:
    if not isinstance(operation, dict):
        raise make_bad_body("An operation of a PATCH is an object with op, path and value.")
    verb, path = operation.get("op"), operation.get("path")
    if not isinstance(verb, str) or verb not in VERBS:
        raise make_bad_body(f"The op {str(verb)[:40]} is not supported; there are add, replace and remove.")
    if not isinstance(path, str) or not path.strip("/"):
        raise make_bad_body("An operation of a PATCH has a path.")
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.removeprefix("/").split("/")]
    return verb, parts, operation.get("value")


def _apply(record: Body, field: Field, verb: str, inner: list[str], value: Any) -> bool:
    """Change a record by one operation; return whether the field counts as touched."""
    if field.name == "customFields" and inner:
        raise make_invalid_value(field.name, "The customFields are replaced as a whole list.")
    if not inner:
        record[field.name] = None if verb == "remove" else value
        return True
    if field.is_array:
        elements = record.setdefault(field.name, [])
        _apply_to_element(field, elements, verb, inner, value)
        return True
    return False


def _apply_to_element(field: Field, elements: list[Any], verb: str, inner: list[str], value: Any) -> None:
    place, *rest = inner
    at = len(elements) if place == END else int(place) if place.isascii() and place.isdigit() else -1
    highest = len(elements) if verb == "add" and not rest else len(elements) - 1
    if not 0 <= at <= highest or len(place) > 6:
        raise make_invalid_value(field.name, f"The {field.name} field has no element {place[:20]}.")
    if not rest:
        if verb == "add":
            elements.insert(at, value)
        elif verb == "remove":
            del elements[at]
        else:
            elements[at] = value
    elif len(rest) == 1 and isinstance(elements[at], dict):
        elements[at][rest[0]] = None if verb == "remove" else value
