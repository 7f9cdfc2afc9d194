"""What makes the shape of an argument useless, or unusable for some model providers. Part of check.

A schema may be valid JSON Schema and still take nothing, or nothing that was meant: a pattern that is none, a limit
below another, a default of another type, a list without a word on its entries, a needed part that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from generator.mistakes import did_you_mean

Schema = dict[str, Any]
Wrong = tuple[str, str, str]
"""(dotted place, what is wrong, the right word)"""
_LIMITS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))


def wrong_in(schema: Schema, path: str) -> Iterator[Wrong]:
    """Everything that is wrong in a schema and in what it holds; `path` is where the schema stands."""
    for least, most in _LIMITS:
        if least in schema and most in schema and schema[least] > schema[most]:
            yield path, f"{least} is {schema[least]}, which is more than {most}, {schema[most]}.", ""
    if "enum" in schema and schema.get("type") != "string":
        yield path, f"enum lists texts, but the type is {schema.get('type')}.", ""
    if schema.get("type") == "array" and "items" not in schema:
        yield path, 'A list needs "items", which says what it holds.', ""
    yield from _pattern_and_default(schema, path)
    yield from _required(schema, path)
    if "items" in schema:
        yield from wrong_in(schema["items"], f"{path}[]")
    for name, each in (schema.get("properties") or {}).items():
        yield from wrong_in(each, f"{path}.{name}")


def _pattern_and_default(schema: Schema, path: str) -> Iterator[Wrong]:
    if not {"pattern", "default"} & schema.keys():
        return
    try:
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    except jsonschema_rs.ValidationError:
        if "pattern" in schema:
            yield path, "The pattern is no regular expression.", ""
        return
    if "default" in schema and not validator.is_valid(schema["default"]):
        yield path, "The default is not a value that the field takes.", ""


def _required(schema: Schema, path: str) -> Iterator[Wrong]:
    parts = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in parts:
            yield (
                path,
                f'"{name}" is required, but is no part that a caller may give.',
                did_you_mean(name, parts),
            )
