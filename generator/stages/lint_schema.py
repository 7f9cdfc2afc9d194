"""What makes the shape of an argument useless, or unusable for some model providers. Part of `lint`.

A schema may be valid JSON Schema and still take nothing, or nothing that was meant: a pattern that is none, a limit
below another, a default of another type, a list without a key on its entries, a needed part that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from generator.suggestions import did_you_mean

Schema = dict[str, Any]
Wrong = tuple[str, str, str]
"""(dotted place, what is wrong, the right name)"""
_IDLE = {
    "": set[str](),
    "field": {"required_for", "separator"},
    "list": {"required_for", "separator", "filter", "sort"},
}
_LIMITS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))


def find_schema_errors(schema: Schema, path: str) -> Iterator[Wrong]:
    """Yield everything that is wrong in a schema and in what it holds; `path` is where the schema stands."""
    yield from _own_errors(schema, path)
    yield from _required(schema, path)
    if "items" in schema:
        yield from find_schema_errors(schema["items"], f"{path}[]")
    for name, each in (schema.get("properties") or {}).items():
        yield from find_schema_errors(each, f"{path}.{name}")


def _own_errors(schema: Schema, path: str) -> Iterator[Wrong]:
    for least, most in _LIMITS:
        if least in schema and most in schema and schema[least] > schema[most]:
            yield path, f"{least} is {schema[least]}, which is more than {most}, {schema[most]}.", ""
    if "enum" in schema and schema.get("type") != "string":
        yield path, f"enum lists texts, but the type is {schema.get('type')}.", ""
    if schema.get("type") == "array" and "items" not in schema:
        yield path, 'A list needs "items", which says what it holds.', ""
    if not _is_pattern(schema.get("pattern", "")):
        yield path, "The pattern is no regular expression.", ""
    elif not _is_linear(schema.get("pattern", "")):
        yield path, "The pattern looks ahead, behind or back, or is too large. Write it without.", ""
    elif "default" in schema and not _takes(schema, schema["default"]):
        yield path, "The default is not a value that the field takes.", ""


@cache
def _is_pattern(text: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": text})
    except jsonschema_rs.ValidationError:
        return False
    return True


@cache
def _is_linear(text: str) -> bool:
    """Whether the engine takes it that the runtime checks with: its time grows with the text, whatever the text is."""
    options = jsonschema_rs.RegexOptions()
    try:
        jsonschema_rs.Draft202012Validator({"pattern": text}, pattern_options=options)
    except jsonschema_rs.ValidationError:
        return False
    return True


def _takes(schema: Schema, value: Any) -> bool:
    """Return whether a value fits a schema; one that is wrong inside is reported there."""
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)
    except jsonschema_rs.ValidationError:
        return True


def _required(schema: Schema, path: str) -> Iterator[Wrong]:
    parts = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in parts:
            yield (
                path,
                f'"{name}" is required, but is no part that a caller may give.',
                did_you_mean(name, parts),
            )


def find_unused_keywords(given: Schema, path: str, inside: str = "") -> Iterator[Wrong]:
    """Keys of ours that do nothing where they stand; `inside` says what the field is in, a "field" or a "list"."""
    for key in sorted(_IDLE[inside] & given.keys()):
        hint = 'Name the part under "required" of the field around it.' if key == "required_for" else ""
        yield path, f'"{key}" does nothing inside a {inside}.', hint
    if "items" in given:
        yield from find_unused_keywords(given["items"], f"{path}[]", "list")
    for name, each in (given.get("properties") or {}).items():
        yield from find_unused_keywords(each, f"{path}.{name}", inside or "field")
