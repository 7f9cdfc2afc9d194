"""The keys of the definition format, read from the schemas that check it. `ledgerport keys` prints them.

Made from definitions/schema/ each time, so that the list cannot differ from what the compiler takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generator.reading.grammar import bundle

PARTS = {
    "integration": "integration.schema.json",
    "advice": "integration.schema.json/definitions/advice",
    "resource": "resource.schema.json",
    "method": "method.schema.json/definitions/method",
    "field": "field.schema.json/definitions/field",
    "types": "types.schema.json",
    "overlay": "overlay.schema.json",
    "coverage": "coverage.schema.json",
    "short": "short.schema.json",
    "argument": "short.schema.json/definitions/argument",
    "short_overlay": "short_overlay.schema.json",
}
"""The parts of the format, each with the place of its schema. A part that is inside another has a list of its own."""
ELSEWHERE = {
    "#/definitions/integration.schema.json/definitions/advice": "advice",
    "#/definitions/method.schema.json/definitions/usual": "method",
    "#/definitions/method.schema.json/definitions/method": "method",
    "#/definitions/method.schema.json/definitions/change": "method",
    "#/definitions/field.schema.json/definitions/fields": "field",
    "#/definitions/field.schema.json/definitions/field": "field",
    "#/definitions/short.schema.json/definitions/arguments": "argument",
    "#/definitions/short.schema.json/definitions/argument": "argument",
}
"""Schemas whose keys are listed under a part of their own."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its dotted place (`<name>` is any name, `[]` each entry of a list), what it does, and a value."""

    place: str
    description: str
    value: str = ""
    is_required: bool = False


def list_keys(part: str) -> list[Key]:
    """Return the keys of one part of the format, in the order of its schema."""
    node: Any = bundle("resource")["definitions"]
    for step in PARTS[part].split("/"):
        node = node[step]
    found: dict[str, Key] = {}
    for key in _keys(node, ""):
        found[key.place] = _joined(found[key.place], key) if key.place in found else key
    return list(found.values())


def _joined(one: Key, other: Key) -> Key:
    """Return a key that several forms of a value have, with what it does in each."""
    texts = dict.fromkeys((one.description, other.description))
    values = dict.fromkeys(each for each in (one.value, other.value) if each)
    return Key(one.place, " ".join(texts), ", ".join(values), one.is_required and other.is_required)


def as_markdown(part: str) -> str:
    """Return the keys of one part as a table."""
    rows = [
        f"| `{key.place}`{' (required)' if key.is_required else ''} | {_cell(key.description)} "
        f"| {f'`{_cell(key.value)}`' if key.value else ''} |"
        for key in list_keys(part)
    ]
    return "\n".join([f"## {part}", "", "| Key | What it does | For example |", "|---|---|---|", *rows, ""])


def _keys(node: dict[str, Any], place: str) -> Iterator[Key]:
    whole = _resolved(node)
    for name, inner in whole.get("properties", {}).items():
        at = f"{place}.{name}" if place else name
        yield _key(at, inner, is_required=name in whole.get("required", ()))
        if inner.get("$ref") not in ELSEWHERE:
            yield from _keys(inner, at)
    yield from _inside(whole, place)


def _inside(whole: dict[str, Any], place: str) -> Iterator[Key]:
    """Yield the keys of the entries of a list, of the values of a mapping, and of each form that a value may have."""
    for each in whole.get("oneOf", ()):
        yield from _keys(each, place)
    for word, sign in (("items", "[]"), ("additionalProperties", ".<name>")):
        each = whole.get(word)
        if isinstance(each, dict) and each.get("$ref") not in ELSEWHERE:
            yield from _keys(each, f"{place}{sign}".lstrip("."))


def _key(place: str, node: dict[str, Any], *, is_required: bool) -> Key:
    whole = _resolved(node)
    description = " ".join(str(whole.get("description", "")).split())
    if part := _part(whole if "$ref" not in node else node):
        description = f"{description} Its keys are listed under {part}."
    return Key(place, description, _value(whole), is_required)


def _part(node: dict[str, Any]) -> str:
    """Return the part that lists the keys inside of a key; empty where they follow it."""
    inner = [node, node.get("additionalProperties"), node.get("items")]
    refs = (each.get("$ref", "") for each in inner if isinstance(each, dict))
    return next((ELSEWHERE[ref] for ref in refs if ref in ELSEWHERE), "")


def _value(whole: dict[str, Any]) -> str:
    if examples := whole.get("examples"):
        return json.dumps(examples[0], ensure_ascii=False)
    choices = whole.get("enum") or ([whole["const"]] if "const" in whole else [])
    if not choices and whole.get("type") == "boolean":
        choices = [True]
    return ", ".join(json.dumps(each, ensure_ascii=False) for each in choices)


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that `$ref` leads to, with what stands beside the reference laid over it."""
    if "$ref" not in node:
        return node
    found: Any = bundle("resource")
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**_resolved(found), **{name: each for name, each in node.items() if name != "$ref"}}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
