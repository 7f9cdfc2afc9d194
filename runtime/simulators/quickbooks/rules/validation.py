"""Checks a body against the facts: known properties, types, lengths, enumerations. Before `changes` looks at meaning.

The service accepts numbers written as text and text written as numbers; it refuses properties it does not know. What
is read-only is dropped, sent or not. `null` counts as left out. An empty value stays where it is one of the record
itself, because a sparse update clears with it; inside of an object or a list it goes, and is never answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import InvalidOperation
from typing import Any

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.clock import parse_moment
from runtime.simulators.quickbooks.faults import make_fault, make_id_fault, make_missing_fault
from runtime.simulators.quickbooks.money import LARGEST, parse_decimal
from runtime.simulators.quickbooks.schema import Entity, Field, load_nested_types

DEEPEST = 24
"""Objects nested deeper than any real record are refused."""

ALLOWED_READ_ONLY = frozenset({"Id", "SyncToken", "sparse"})
EMPTY: tuple[Any, ...] = ("", {}, {"value": ""}, [])
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+)?(Z|[+-][0-9]{2}:?[0-9]{2})?", re.IGNORECASE)
"""A day; a time and an offset behind it are taken no notice of."""


FREE_REFERENCE = {"value", "name", "type"}
EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
"""One address; a field may hold several, separated by commas."""
CLEARED_INSIDE = frozenset({"Preferences"})
"""Kinds of records whose objects are laid over the former ones, so that an empty value inside of one clears."""


def is_empty(value: Any) -> bool:
    """Return whether a value clears a property in a sparse update."""
    return value in EMPTY if not isinstance(value, bool | int | float) else False


def check_body(entity: Entity, body: Any) -> Body:
    """Return the body without nulls and read-only properties; raises the service's faults for what it cannot take."""
    if not isinstance(body, dict):
        raise make_fault("2010", "Property Name:Expected an object specified is unsupported or invalid")
    present = _object(entity.name, entity.fields, body, 0)
    return {
        name: value if entity.name in CLEARED_INSIDE else remove_empty(name, value)
        for name, value in present.items()
        if name in ALLOWED_READ_ONLY or not entity.fields[name].is_read_only
    }


def remove_empty(name: str, value: Any) -> Any:
    """Return the value of a property without what is empty in it; lines stay, so that an empty one is refused."""
    if isinstance(value, list):
        items = [remove_empty("", item) for item in value]
        return items if name == "Line" else [item for item in items if not is_empty(item)]
    if not isinstance(value, dict):
        return value
    present = {inner: remove_empty(inner, item) for inner, item in value.items()}
    return {inner: item for inner, item in present.items() if not is_empty(item)}


def _object(owner: str, fields: Mapping[str, Field], value: Mapping[str, Any], depth: int) -> Body:
    if depth > DEEPEST:
        raise make_fault(
            "2010", f"Property Name:{owner} is nested too deeply specified is unsupported or invalid", owner
        )
    shown: Body = {}
    for name, item in value.items():
        field = fields.get(name)
        if field is None:
            raise _unknown(owner, name, fields)
        if item is not None:
            shown[name] = _value(field, item, depth)
    return shown


def _unknown(owner: str, name: str, fields: Mapping[str, Field]) -> Exception:
    known = ", ".join(f'"{field}"' for field in list(fields)[:2])
    return make_fault(
        "2010",
        f'Property Name:Unrecognized field "{name[:200]}" (class com.intuit.schema.finance.v3.{owner}), not marked as '
        f"ignorable ({len(fields)} known properties: {known} [truncated]])\n specified is unsupported or invalid",
        name[:200],
    )


def _value(field: Field, value: Any, depth: int) -> Any:
    if not field.is_array:
        return _single(field, value, depth)
    items = value if isinstance(value, list) else [value]
    return [_single(field, item, depth) for item in items if item is not None]


def _single(field: Field, value: Any, depth: int) -> Any:
    if field.type == "object":
        return _nested(field, value, depth)
    if field.type == "reference":
        return _reference(field, value)
    if field.type == "any":
        return _free(field.name, value, depth)
    if isinstance(value, dict | list):
        raise _bad_type(field, value)
    return SCALARS[field.type](field, value)


def _nested(field: Field, value: Any, depth: int) -> Any:
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise _bad_type(field, value)
    fields = load_nested_types().get(field.nested or "")
    if fields is None:
        return _free(field.name, value, depth)
    found = _object(field.nested or field.name, fields, value, depth + 1)
    if field.nested == "EmailAddress":
        check_addresses(field.name, found.get("Address"))
    return found


def check_addresses(name: str, given: Any) -> None:
    """Raise 2210 for text that is no list of email addresses."""
    if given and not all(EMAIL.fullmatch(part.strip()) for part in str(given).split(",")):
        raise make_fault("2210", f"Invalid Email Address Format : {str(given)[:100]}", name)


def _free(owner: str, value: Any, depth: int) -> Any:
    """Return a value of no known shape, as it is; its depth alone is checked."""
    _check_depth(owner, depth)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _free(owner, item, depth + 1)
    return value


def _check_depth(owner: str, depth: int) -> None:
    if depth > DEEPEST:
        raise make_fault(
            "2010", f"Property Name:{owner} is nested too deeply specified is unsupported or invalid", owner
        )


def _reference(field: Field, value: Any) -> Body:
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise _bad_type(field, value)
    for name, item in value.items():
        if name not in FREE_REFERENCE:
            raise _unknown("ReferenceType", name, dict.fromkeys(("value", "name", "type"), field))
        if isinstance(item, dict | list):
            raise _bad_type(field, item)
    found = {name: _as_text(item) for name, item in value.items() if item is not None}
    if found and "value" not in found and not field.is_read_only:
        raise make_missing_fault(f"{field.name}.value")
    return found if found.get("value") else {}


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(field: Field, value: Any) -> str:
    text = _as_text(value)
    longest = field.longest or 0
    if longest and len(text) > longest:
        raise make_fault(
            "2050",
            "String length is either shorter or longer than supported by specification. "
            f"Min:0 Max:{longest} supported. Supplied length:{len(text)}",
            field.name,
        )
    return text


def _id(field: Field, value: Any) -> str:
    text = _as_text(value)
    if field.name == "Id" and text and not (text.isascii() and text.lstrip("-").isdigit()):
        raise make_id_fault(text[:100])
    return text


def _boolean(field: Field, value: Any) -> Any:
    if isinstance(value, bool) or value == "":
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise make_fault("2230", f"Invalid Boolean : {str(value)[:100]}", field.name)


def _decimal(field: Field, value: Any) -> Any:
    if value == "":
        return value
    try:
        number = parse_decimal(value)
    except InvalidOperation as error:
        raise make_fault("2100", f"Invalid Decimal Format : {str(value)[:100]}", field.name) from error
    if isinstance(value, bool) or abs(number) >= LARGEST or -(number.as_tuple().exponent) > 30:  # type: ignore[operator]
        raise make_fault("2110", f"Invalid Decimal : {str(value)[:100]}", field.name)
    return value if isinstance(value, int | float) else float(number)


def _integer(field: Field, value: Any) -> Any:
    if value == "":
        return value
    number = _decimal(field, value)
    if number != int(number):
        raise make_fault("2080", f"Invalid Number Format : {str(value)[:100]}", field.name)
    return int(number)


def _date(field: Field, value: Any) -> str:
    text = str(value)
    if text == "":
        return text
    if not DATE.fullmatch(text):
        raise make_fault("2060", f"Invalid Date Format : {text[:100]}", field.name)
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError as error:
        raise make_fault("2070", f"Invalid Date : {text[:100]}", field.name) from error


def _date_time(field: Field, value: Any) -> str:
    text = str(value)
    if text == "":
        return text
    try:
        parse_moment(text)
    except ValueError as error:
        raise make_fault("2060", f"Invalid Date Format : {text[:100]}", field.name) from error
    return text


def _enumerated(field: Field, value: Any) -> str:
    text = _as_text(value)
    if text and field.enumeration and text not in field.enumeration:
        raise make_fault("2170", f"Invalid Enumeration : {text[:100]}", field.name)
    return text


def _bad_type(field: Field, value: Any) -> Exception:
    return make_fault(
        "2120", f"Invalid Type : {field.name} cannot be read from {type(value).__name__}", field.name
    )


SCALARS = {
    "string": _text, "Id": _id, "URI": _text, "boolean": _boolean, "decimal": _decimal, "integer": _integer,
    "long": _integer, "date": _date, "dateTime": _date_time, "enum": _enumerated,
}  # fmt: skip
