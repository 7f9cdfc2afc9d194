"""What a reference page says of a resource and its tools, as plain values. `markdown` and the web write it.

A tool's arguments come as rows: those that a call usually needs, those it rarely does, and the parts of each that is
an object, so that a reader meets what matters first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from generator.catalog import Catalog, LayerChange, ResourceDoc, Tool

TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}
FORMATS = {"date": "date", "date-time": "time", "email": "email address", "uri": "web address"}
MOST_CHOICES = 24
"""Choices that a cell of a table names: as many as a page shows in a few lines."""
RISKS = {
    "read": "Reads only",
    "create": "Adds",
    "overwrite": "Overwrites",
    "destroy": "Cannot be undone",
    "send": "Reaches people",
}
"""A few words for each risk."""


@dataclass(frozen=True, slots=True)
class Row:
    """One argument, or a part of one under its dotted name; `[]` stands for each entry of a list."""

    name: str
    type: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Table:
    """Some arguments under a title."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ExampleView:
    """An example: what a person asks, and the arguments that answer it, as JSON."""

    ask: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What one folder that is laid over the first one has changed: its name, and the keys that it wrote.

    `is_new`: all of it is that folder's.
    """

    layer: str
    keys: tuple[str, ...] = ()
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ToolPart:
    """What a page says of one tool. `further` are tables that a reader opens when needed."""

    tool: Tool
    risk: str
    hints: tuple[tuple[str, bool], ...]
    arguments: Table
    further: tuple[Table, ...]
    examples: tuple[ExampleView, ...]
    changed: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of one resource."""

    about: ResourceDoc
    title: str
    tools: tuple[ToolPart, ...]
    masked: tuple[str, ...]
    changed: tuple[Mark, ...] = ()
    """What of the resource itself was changed; its tools say what of them was."""
    hidden: tuple[Mark, ...] = ()
    """The methods that were hidden."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The folders that have changed something of it."""
        every = (*self.changed, *self.hidden, *(mark for part in self.tools for mark in part.changed))
        return tuple(dict.fromkeys(mark.layer for mark in every))

    @property
    def key(self) -> str:
        """Its place among the pages."""
        return f"{self.about.integration}/{self.about.resource}"


def build_pages(catalog: Catalog) -> dict[str, Page]:
    """Return the pages of a catalog by their keys, in the order of integrations and resources."""
    tools: dict[tuple[str, str], list[Tool]] = {}
    for tool in catalog.tools:
        tools.setdefault((tool.integration, tool.resource), []).append(tool)
    pages = (_page(about, tools.get((about.integration, about.resource), [])) for about in catalog.resources)
    return {page.key: page for page in pages}


def _page(about: ResourceDoc, tools: list[Tool]) -> Page:
    order = ("list", "get", "create", "update", "delete")
    tools.sort(key=lambda tool: (order.index(tool.method) if tool.method in order else len(order), tool.name))
    has_fields = tools and tools[0].returns.kind in ("record", "records")
    masked = tuple(".".join(path) for path in tools[0].sensitive) if has_fields else ()
    title = about.resource.replace("_", " ").capitalize()
    return Page(
        about,
        title,
        tuple(_tool(tool, about) for tool in tools),
        masked,
        (Mark(about.layer, is_new=True),) if about.layer else _mark_resource(about.changes),
        _mark((each.layer, each.path[1]) for each in about.changes if _is_hiding(each)),
    )


def _is_hiding(change: LayerChange) -> bool:
    return change.path[0] == "methods" and change.path[2:] == ("hidden",)


def _mark_resource(changes: Iterable[LayerChange]) -> tuple[Mark, ...]:
    return _mark((each.layer, ".".join(each.path)) for each in changes if each.path[0] != "methods")


def _mark_tool(changes: Iterable[LayerChange], method: str) -> tuple[Mark, ...]:
    """Return what was changed of a method; one that is a folder's own as a whole is new."""
    own = [each for each in changes if each.path[:2] == ("methods", method)]
    if made := next((each for each in own if len(each.path) == 2), None):
        return (Mark(made.layer, is_new=True),)
    return _mark((each.layer, ".".join(each.path[2:])) for each in own)


def _mark(keys: Iterable[tuple[str, str]]) -> tuple[Mark, ...]:
    """Return one mark for each folder, with its keys."""
    found: dict[str, list[str]] = {}
    for layer, key in keys:
        found.setdefault(layer, []).append(key)
    return tuple(Mark(layer, tuple(each)) for layer, each in found.items())


def _tool(tool: Tool, about: ResourceDoc) -> ToolPart:
    schema = json.loads(tool.schema)
    rows, needed = _rows(schema), set(schema.get("required") or ())
    usual = tuple(row for row in rows if row.name in needed or row.name not in tool.advanced)
    rare = tuple(row for row in rows if row.name in tool.advanced and row.name not in needed)
    further = [Table("Rarely needed", rare)] if rare else []
    for name, given in schema["properties"].items():
        if parts := tuple(_parts(given, name)):
            further.append(Table(f"Parts of {name}", parts))
    said = json.loads(tool.wire)["annotations"]
    return ToolPart(
        tool=tool,
        risk=RISKS[tool.risk],
        hints=tuple((name, is_so) for name, is_so in said.items() if isinstance(is_so, bool)),
        arguments=Table("Arguments", usual),
        further=tuple(further),
        examples=tuple(
            ExampleView(each.ask, json.dumps(each.arguments, indent=2, ensure_ascii=False))
            for each in tool.examples
        ),
        changed=() if about.layer else _mark_tool(about.changes, tool.method),
    )


def _rows(schema: dict[str, Any]) -> list[Row]:
    required = schema.get("required") or ()
    return [
        _row(name, given, is_required=name in required)
        for name, given in schema.get("properties", {}).items()
    ]


def _parts(given: dict[str, Any], path: str) -> Iterator[Row]:
    while given.get("type") == "array":
        given, path = given.get("items") or {}, f"{path}[]"
    if _only_part(given):
        return
    required = given.get("required") or ()
    for name, inner in (given.get("properties") or {}).items():
        yield _row(f"{path}.{name}", inner, is_required=name in required)
        yield from _parts(inner, f"{path}.{name}")


def _only_part(given: dict[str, Any]) -> str:
    """Return the name of the one plain part of an object that has no other, such as the `value` of a reference."""
    parts = given.get("properties") or {}
    name = next(iter(parts), "")
    return name if len(parts) == 1 and not {"properties", "items"} & parts[name].keys() else ""


def _row(name: str, given: dict[str, Any], *, is_required: bool) -> Row:
    choices = given.get("enum") or (given.get("items") or {}).get("enum") or ()
    about = str(given.get("description") or "")
    if choices:
        shown = ", ".join(map(str, choices[:MOST_CHOICES])) + (", …" if len(choices) > MOST_CHOICES else "")
        about = f"{about} One of: {shown}.".strip()
    if "default" in given:
        about = f"{about} {json.dumps(given['default'])} when left out.".strip()
    return Row(name, _type(given), is_required, about)


def _type(given: dict[str, Any]) -> str:
    kind = str(given.get("type") or "any")
    if kind == "array":
        return f"list of {_type(given.get('items') or {})}"
    if kind == "string" and (shape := FORMATS.get(str(given.get("format")))):
        return shape
    if name := _only_part(given):
        return f"object with {name}"
    limit = f", at most {given['maxLength']} characters" if "maxLength" in given else ""
    return TYPES.get(kind, kind) + limit
