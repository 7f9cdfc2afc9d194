"""Arguments as clients send them, read as the schema declares them, wherever that has one certain meaning.

Clients and frameworks shape values below the model, which no error text can change: JSON text for an object or a list,
text for a number, a number for an Id, null or an empty text for whatever is left out, one value for a list of one. The
meaning of each is certain where the schema says what belongs there. Whatever could mean two things is not touched, and
the checks refuse it.

**Left out.** Null means left out, unless the schema takes null. So does an empty text, except as the text of a field
in a change of a record, where the vendor clears the field by it. The same holds inside objects whose members the schema
declares; what it leaves open is passed on as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from generator.vendor import ReferenceForm

Schema = Mapping[str, Any]

HOST_KEYS = frozenset({"wait_for_previous"})
"""Arguments that hosts add to every call, and no tool declares: Gemini CLI uses it for its own scheduler."""
DIGITS = r"^\d+$"  # of a JSON Schema, where it means what re.ASCII does
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)
"""A decimal that a JSON number holds exactly enough: 15 digits before the point."""
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_ID = re.compile(r"\d{1,40}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LARGEST_EXACT = 2**53
"""Up to here a JSON number with a fraction of zero is a whole number beyond doubt (RFC 8259, section 6)."""
ORDER, DESCENDING = "order_by", "descending"
"""The arguments of a list that say its order."""
_DIRECTED = re.compile(r"([\w.]{1,80}?)(?:\s*[:,]\s*|\s+|_)(asc|ascending|desc|descending)", re.IGNORECASE)
_SIGNED = re.compile(r"([+-])\s*([\w.]{1,80})")
"""The same as some APIs write it: `-Balance`."""
ABSENT = object()


class _Rule(NamedTuple):
    """How empty texts and references are read."""

    empty_clears: bool
    """Whether an empty text clears a field, and so stays."""
    reference: ReferenceForm


def interpret(
    schema: Schema, arguments: dict[str, Any], reference: ReferenceForm, *, empty_clears: bool
) -> dict[str, Any]:
    """Return the arguments in the types that the schema declares, without what means "left out".

    `schema` is of an object with `properties`; `reference` says of what parts a reference is. Values that have no
    certain meaning come back as they were given.
    """
    properties = schema.get("properties", {})
    given = {name: value for name, value in arguments.items() if name in properties or name not in HOST_KEYS}
    return _with_direction(properties, _members(properties, given, _Rule(empty_clears, reference)))


def _with_direction(properties: Mapping[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with an order such as "Balance DESC" as the two arguments that say the same."""
    order, known = given.get(ORDER), properties.get(ORDER, {}).get("enum", ())
    if not isinstance(order, str) or order in known or DESCENDING not in properties:
        return given
    field, descending = _direction(order.strip())
    if not field or given.get(DESCENDING, descending) != descending:
        return given
    return {**given, ORDER: _in_any_style(list(known), field), DESCENDING: descending}


def _direction(order: str) -> tuple[str, bool]:
    """Return the field of an order, and whether it begins with the largest; no field when it says no direction."""
    if found := _SIGNED.fullmatch(order):
        return found[2], found[1] == "-"
    found = _DIRECTED.fullmatch(order)
    return (found[1], found[2].lower().startswith("desc")) if found else ("", False)


def _in_any_style(options: list[str], value: str) -> str:
    """Return the one option that is the value but for capitals and underscores; the value itself when there is none.

    Only where a direction was given with it: a suggestion of the field alone would turn the order round.
    """
    key = value.replace("_", "").casefold()
    found = [each for each in options if each.replace("_", "").casefold() == key]
    return found[0] if len(found) == 1 else value


def parse_text(value: Any, kind: type) -> Any:
    """Return the object or list that a JSON text holds; the value itself when it is no such text."""
    start = "{" if kind is dict else "["
    if not isinstance(value, str) or not value.lstrip().startswith(start):
        return value
    try:
        found = orjson.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, kind) else value


def _members(properties: Mapping[str, Any], given: Mapping[str, Any], rule: _Rule) -> dict[str, Any]:
    out: dict[str, Any] = {}
    by_case: dict[str, list[str]] | None = None
    for name, value in given.items():
        own = name
        if name not in properties:
            if by_case is None:
                by_case = _by_case(properties)
            own = _declared(by_case.get(name.casefold(), ()), given) or name
        read = _read(properties.get(own, {}), value, rule)
        if read is not ABSENT:
            out[own] = read
    return out


def _by_case(properties: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in properties:
        found.setdefault(name.casefold(), []).append(name)
    return found


def _declared(names: list[str] | tuple[str, ...], given: Mapping[str, Any]) -> str:
    """Return the one declared name that differs from a given one by its letter case alone; empty when it is given
    as well.
    """
    return names[0] if len(names) == 1 and names[0] not in given else ""


def _read(schema: Any, value: Any, rule: _Rule) -> Any:
    """Return a value as its schema declares it; ABSENT when it means that it is left out."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if value is None:
        return None if isinstance(kind, list) and "null" in kind else ABSENT
    if (
        isinstance(value, str)
        and not value.strip()
        and (kind not in (None, "string") or not rule.empty_clears)
    ):
        return ABSENT
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return reader(schema, value, rule) if reader else value


def _object(schema: Schema, value: Any, rule: _Rule) -> Any:
    value = parse_text(value, dict)
    if "properties" not in schema:
        return value
    if not isinstance(value, dict):
        return _reference(schema, value, rule) if _is_reference(schema, rule.reference) else value
    found = _members(schema["properties"], value, rule)
    return ABSENT if value and not found else found


def _is_reference(schema: Schema, form: ReferenceForm) -> bool:
    return form.id in schema.get("properties", {}) and schema.get("required") == [form.id]


def _reference(schema: Schema, value: Any, rule: _Rule) -> Any:
    """Return an Id alone as a reference; anything that may be no Id, such as a name, as it was given."""
    form = rule.reference
    part = schema["properties"][form.id]
    found = _id(value) or _uuid(part, value)
    return {form.id: _read(part, found, rule)} if found else value


def _uuid(schema: Schema, value: Any) -> str:
    """Return a text that is a UUID where one belongs; empty when it is something else."""
    is_uuid = schema.get("format") == "uuid" and isinstance(value, str) and _UUID.fullmatch(value)
    return str(value) if is_uuid else ""


def _id(value: Any) -> str:
    """Return the digits of a text or a whole number; empty when it is something else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    text = str(value) if isinstance(value, str) or 0 <= value <= LARGEST_EXACT else ""
    return text if _ID.fullmatch(text) else ""


def _list(schema: Schema, value: Any, rule: _Rule) -> Any:
    items = schema.get("items", {})
    value = parse_text(value, list)
    if isinstance(value, list):
        read = (_read(items, each, rule) for each in value)
        return [each if now is ABSENT else now for each, now in zip(value, read, strict=True)]
    if isinstance(value, str) and value.lstrip().startswith("["):
        return value  # JSON that cannot be read is no single value
    one = _read(items, value, rule)
    return value if one is ABSENT else [one]


def _text(schema: Schema, value: Any, rule: _Rule) -> Any:
    if isinstance(value, dict):
        return _bare_id(schema, value, rule.reference)
    if isinstance(value, float) and schema.get("pattern") == DIGITS and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_EXACT:
        return str(value)
    if not isinstance(value, str):
        return value
    if midnight := schema.get("format") == "date" and _MIDNIGHT.fullmatch(value):
        return midnight[1]
    return _choice(schema["enum"], value) if "enum" in schema else value


def _bare_id(schema: Schema, value: dict[str, Any], form: ReferenceForm) -> Any:
    """Return the Id of a reference where an Id alone belongs; anything else as it was given."""
    if form.id not in value or not value.keys() <= {form.id, form.name}:
        return value
    given = value[form.id]
    return (_id(given) if schema.get("pattern") == DIGITS else _uuid(schema, given)) or value


def _choice(options: list[Any], value: str) -> str:
    """Return the one option that differs from the value by its letter case alone."""
    if value in options:
        return value
    found = [each for each in options if isinstance(each, str) and each.casefold() == value.casefold()]
    return found[0] if len(found) == 1 else value


def _number(_schema: Schema, value: Any, _rule: _Rule) -> Any:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return value
    text = value.strip()
    return float(text) if "." in text else int(text)


def _boolean(_schema: Schema, value: Any, _rule: _Rule) -> Any:
    return (
        {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value
    )


_READERS: dict[str, Callable[[Schema, Any, _Rule], Any]] = {
    "object": _object,
    "array": _list,
    "string": _text,
    "number": _number,
    "integer": _number,
    "boolean": _boolean,
}
