"""Every field whole: `$ref` inlined, groups included. Called by `pipeline`.

A reference takes the shared type's keys and lays its own over them. A group adds its fields to a resource; a field
that comes twice is an error, so that the order of groups never matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from generator.diagnostics import Diagnostic, Diagnostics, Path
from generator.reading.yaml_events import Document
from generator.suggestions import did_you_mean

Field = dict[str, Any]
MOST_PARTS = 1_000
"""How many parts a field may have with everything inlined: types that hold types could else grow without end."""
DEEPEST = 16
"""How many types may stand inside one another."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written, so that an error in it can name its file and line."""

    document: Document
    path: Path

    def descend(self, *steps: str | int) -> Place:
        """Return a place deeper inside."""
        return Place(self.document, (*self.path, *steps))

    def make_diagnostic(self, rule: str, message: str, suggestion: str = "", at: Path = ()) -> Diagnostic:
        """Return an error here, or deeper inside at `at`."""
        return self.document.make_diagnostic((*self.path, *at), rule, message, suggestion)


@dataclass(frozen=True, slots=True)
class Resource:
    """One entity with all its fields inlined, in the order in which they were written."""

    document: Document
    name: str
    entity: str
    path: str
    singular: str
    tags: tuple[str, ...]
    identifier: str = ""
    """The vendor's field that names a record, where it is not that of the integration."""
    fields: dict[str, Field] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


class Types:
    """The shared types and groups of one integration, each resolved once."""

    def __init__(self, document: Document | None, diagnostics: Diagnostics) -> None:
        self.document, self.diagnostics = document, diagnostics
        value = document.value if document else {}
        self._types: dict[str, Field] = value.get("types") or {}
        self._groups: dict[str, dict[str, Field]] = value.get("groups") or {}
        self._done: dict[str, Field] = {}
        self._sizes: dict[str, int] = {}
        self._open: list[str] = []

    def check(self) -> None:
        """Resolve everything once, so that an error in a type that nobody uses is reported too."""
        if self.document is None:
            return
        for name in self._types:
            self._type(name, Place(self.document, ("types", name)))
        for group, fields in self._groups.items():
            for name, each in fields.items():
                self.resolve(each, Place(self.document, ("groups", group, name)))

    def find_group(self, name: str, place: Place) -> dict[str, tuple[Field, Place]]:
        """Return the fields of a group, each with the place where it is written; empty when there is no such group."""
        fields = self._groups.get(name)
        if fields is None or self.document is None:
            hint = did_you_mean(name, self._groups)
            self.diagnostics.report(
                place.make_diagnostic("group", f'There is no group "{name}" in types.yaml.', hint)
            )
            return {}
        return {key: (each, Place(self.document, ("groups", name, key))) for key, each in fields.items()}

    def resolve(self, given: Field, place: Place) -> Field:
        """Return a field with every reference in it replaced by what it points to."""
        whole = self._whole(given, place)
        if self._size(given) <= MOST_PARTS:
            return whole
        message = f"This has more than {MOST_PARTS:,} parts with its types inlined."
        self.diagnostics.report(place.make_diagnostic("size", message))
        return {"type": "object", "description": "Too large."}

    def _whole(self, given: Field, place: Place) -> Field:
        out = dict(given)
        if reference := out.pop("$ref", None):
            out = {**self._type(_name(reference), place), **out}
        if "items" in given:
            out["items"] = self._whole(given["items"], Place(place.document, (*place.path, "items")))
        if "properties" in given:
            out["properties"] = {
                name: self._whole(each, Place(place.document, (*place.path, "properties", name)))
                for name, each in given["properties"].items()
            }
        return out

    def _size(self, given: Field) -> int:
        """Return how many parts a field has when it is whole, counted without making it so."""
        inner = [*(given.get("properties") or {}).values(), *([given["items"]] if "items" in given else [])]
        own = 1 + sum(self._size(each) for each in inner)
        return own + (self._sizes.get(_name(given["$ref"]), 1) if "$ref" in given else 0)

    def _type(self, name: str, place: Place) -> Field:
        if name in self._done:
            return self._done[name]
        if name not in self._types or self.document is None:
            hint = did_you_mean(name, self._types)
            self.diagnostics.report(
                place.make_diagnostic("type", f'There is no type "{name}" in types.yaml.', hint)
            )
            return {"type": "string"}
        if wrong := self._endless(name):
            self.diagnostics.report(place.make_diagnostic("loop", wrong))
            return {"type": "object"}
        self._open.append(name)
        self._done[name] = self._whole(self._types[name], Place(self.document, ("types", name)))
        self._sizes[name] = self._size(self._types[name])
        self._open.pop()
        return self._done[name]

    def _endless(self, name: str) -> str:
        if name in self._open:
            loop = " → ".join([*self._open[self._open.index(name) :], name])
            return f"The types refer to each other in a circle: {loop}."
        if len(self._open) >= DEEPEST:
            return f"More than {DEEPEST} types stand inside one another."
        return ""


def _name(reference: Any) -> str:
    return str(reference).rsplit("/", 1)[-1]


def resolve_resources(documents: Iterable[Document], types: Types) -> list[Resource]:
    """Return every resource with all its fields whole, and report what is wrong in types that nobody uses."""
    types.check()
    return [_resolve(each, types) for each in documents]


def _resolve(document: Document, types: Types) -> Resource:
    value = document.value
    resource = Resource(
        document=document,
        name=value["resource"],
        entity=value["entity"],
        path=value.get("path") or value["entity"].lower(),
        singular=value["singular"],
        tags=tuple(value["tags"]),
        identifier=value.get("identifier", ""),
    )
    own = {
        name: (each, Place(document, ("fields", name))) for name, each in (value.get("fields") or {}).items()
    }
    _add(resource, own.items(), types, "")
    for at, name in enumerate(value.get("include") or ()):
        _add(resource, types.find_group(name, Place(document, ("include", at))).items(), types, name)
    return resource


def _add(
    resource: Resource, fields: Iterable[tuple[str, tuple[Field, Place]]], types: Types, group: str
) -> None:
    """Add fields of the file itself, or of a group; a name that is there already is reported at the earlier place."""
    for name, (given, place) in fields:
        if name in resource.fields:
            message = f'The group "{group}" has a field "{name}" already; a field is defined once.'
            types.diagnostics.report(_clash(resource, name).make_diagnostic("field twice", message))
            continue
        resource.fields[name] = types.resolve(given, place)
        resource.places[name] = place


def _clash(resource: Resource, name: str) -> Place:
    earlier = resource.places[name]
    return earlier if earlier.document is resource.document else Place(resource.document, ("include",))
