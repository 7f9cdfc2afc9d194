"""What a vendor's service has, read from a folder of facts about it. Called by `coverage`; knows no tool.

The folder holds `entities.json` and `reports.json`. This module is the one place that knows their shape: an entity
with its operations and fields, shared nested types and kinds of line by name, and reports with their parameters.
Only what is documented counts, for only that may be offered to a caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from generator.reading.yaml_events import Document

MOST_DEPTH = 3
"""How many nested types may stand inside one another before their fields are no longer asked for."""


@dataclass(frozen=True, slots=True)
class ReferenceFormat:
    """What a reference calls its operations and where its records have lines: facts of coverage.yaml."""

    leaf_types: frozenset[str] = frozenset()
    """Nested types whose fields are not asked for one by one."""
    line_field: str = ""
    """The field of a record that holds its lines; empty when it has none."""
    nested_line_field: str = ""
    """The field of a nested type that holds lines; empty when none has."""
    write_operations: frozenset[str] = frozenset({"create", "update"})
    versioned_operations: frozenset[str] = frozenset({"update", "delete"})
    """Operations that ask for the version of a record."""


def parse_format(notes: Document | None) -> ReferenceFormat:
    """Return the format of a reference as coverage.yaml describes it, or the usual one."""
    given: dict[str, Any] = (notes.value.get("reference_format") if notes else None) or {}
    values: dict[str, Any] = {
        key: frozenset(each) if isinstance(each, list) else each for key, each in given.items()
    }
    return ReferenceFormat(**values)


class NoReference(Exception):
    """There is no reference in this folder, or it cannot be read."""


USUAL_FORMAT = ReferenceFormat()


@dataclass(frozen=True, slots=True)
class WantedField:
    """A field that a caller may write. `places` are the dotted paths under any of which it may be found."""

    name: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedEntity:
    """One entity of the service: what can be done with it, and its fields by role."""

    name: str
    operations: tuple[str, ...]
    writable: tuple[WantedField, ...]
    inside: tuple[WantedField, ...]
    """The writable fields of the nested shapes and lines, each once, wherever its shape is shown."""
    read_only: tuple[str, ...]
    filterable: tuple[str, ...]
    sortable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedReport:
    """One report of the service with the names of its parameters."""

    name: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything that definitions are measured against."""

    entities: tuple[WantedEntity, ...]
    reports: tuple[WantedReport, ...]


def read_reference(folder: Path, form: ReferenceFormat = USUAL_FORMAT) -> Reference:
    """Return the reference in a folder. Raises NoReference with a sentence when there is none."""
    facts, reports = _read(folder / "entities.json"), _read(folder / "reports.json")
    try:
        shapes = _Shapes(facts, form)
        return Reference(
            entities=tuple(_entity(each, shapes) for each in facts["entities"]),
            reports=tuple(
                WantedReport(each["name"], tuple(given["name"] for given in each["parameters"]))
                for each in reports["reports"]
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        wrong = f'"{error.args[0]}" is missing' if isinstance(error, KeyError) else "a value has another type"
        raise NoReference(f"{folder} is not written as a reference: {wrong}.") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = orjson.loads(path.read_bytes())
    except OSError as error:
        raise NoReference(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise NoReference(f"{path} is not JSON: {error}.") from error
    return value


class _Shapes:
    """The nested types and the kinds of line, by name."""

    def __init__(self, facts: dict[str, Any], form: ReferenceFormat) -> None:
        self.form = form
        self.types: dict[str, list[dict[str, Any]]] = {
            each["name"]: each["fields"] for each in facts["nested_types"]
        }
        self.lines: list[dict[str, Any]] = facts["line_types"]

    def inside(self, given: dict[str, Any], owner: str, place: str) -> Iterator[tuple[str, str]]:
        """(shape and field, path) for every documented field inside a field, at any depth that is asked for."""
        yield from self._nested(str(given.get("type_name") or ""), place, MOST_DEPTH)
        for line in self.lines:
            if owner in line["used_by"] and given["name"] == self.form.line_field:
                yield from self._line(line, place)
            nested = self.form.nested_line_field
            if nested and f"{given.get('type_name')}.{nested}" in line["used_by"]:
                yield from self._line(line, f"{place}.{nested}")

    def _nested(self, shape: str, place: str, depth: int) -> Iterator[tuple[str, str]]:
        if depth == 0 or shape in self.form.leaf_types:
            return
        for each in self.types.get(shape, ()):
            if each.get("documented") and not each.get("read_only"):
                yield f"{shape}.{each['name']}", f"{place}.{each['name']}"
                yield from self._nested(
                    str(each.get("type_name") or ""), f"{place}.{each['name']}", depth - 1
                )

    def _line(self, line: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
        """Yield the fields of one kind of line: what all kinds share, and the particulars under their own key."""
        for name in line["common_fields"]:
            yield f"{self.form.line_field}.{name.partition('(')[0]}", f"{place}.{name.partition('(')[0]}"
        for each in line["detail_fields"]:
            yield f"{line['name']}.{each['name']}", f"{place}.{line['detail_key']}.{each['name']}"


def _entity(value: dict[str, Any], shapes: _Shapes) -> WantedEntity:
    fields = [each for each in value["fields"] if each["documented"]]
    operations = tuple(value["operations"])
    writable = _writable(operations, fields, shapes.form)
    return WantedEntity(
        name=value["name"],
        operations=operations,
        writable=tuple(WantedField(each["name"], (each["name"],)) for each in writable),
        inside=tuple(_inside(value["name"], writable, shapes)),
        read_only=tuple(each["name"] for each in fields if each["read_only"]),
        filterable=tuple(value["filterable"]),
        sortable=tuple(value["sortable"]),
    )


def _writable(
    operations: tuple[str, ...], fields: list[dict[str, Any]], form: ReferenceFormat
) -> list[dict[str, Any]]:
    """Return the fields that a caller may write; a version counter only where something asks for it."""
    if form.write_operations.isdisjoint(operations):
        return []
    has_versions = not form.versioned_operations.isdisjoint(operations)
    return [
        each for each in fields if not each["read_only"] and (has_versions or not each.get("concurrency"))
    ]


def _inside(owner: str, writable: list[dict[str, Any]], shapes: _Shapes) -> Iterator[WantedField]:
    inner: dict[str, dict[str, None]] = {}
    for each in writable:
        for name, place in shapes.inside(each, owner, each["name"]):
            inner.setdefault(name, {})[place] = None
    for name, places in inner.items():
        yield WantedField(name, tuple(places))
