"""A first definition of an entity, from its name and a record of it if there is one: `ledgerport new-entity`.

Everything but the sentences is there: names, types guessed from the values, shared types and groups where they fit,
and the usual methods. Where a sentence belongs stands `TODO`, and the checker names each of these places and nothing
else; with the sentences written the file passes.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.reading.files import SCHEMAS
from generator.reading.grammar import UNWRITTEN
from generator.reading.yaml_events import Document
from generator.templates import find_names

USUAL = ("list", "get", "create", "update", "delete")
MOST_DEPTH = 4
"""Levels of a sample record that are written as fields; no vendor's lines nest deeper."""
LIKE_ENOUGH = 0.5
"""How much of a shared type and an object must be the same for the object to be of the type."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be defined. `sample` is a record of it, empty when there is none."""

    singular: str
    plural: str
    entity: str
    methods: tuple[str, ...]
    tags: tuple[str, ...]
    sample: Mapping[str, Any]


def derive_names(name: str) -> tuple[str, str, str]:
    """Singular, plural and the vendor's name, guessed from what a person calls it, such as `purchase order`."""
    words = split_name(name)
    singular = "_".join(words)
    ending = singular[-1:] == "y" and singular[-2:-1] not in tuple("aeiou")
    plural = f"{singular[:-1]}ies" if ending else f"{singular}{'es' if singular[-1:] in 'sxz' else 's'}"
    return singular, plural, "".join(word.capitalize() for word in words)


def split_name(name: str) -> list[str]:
    """Return the words of a name in plain small letters: `PurchaseOrder` has two, and an accent is left out."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", spaced.casefold()).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z]+", plain)


def draft_resource(wanted: Wanted, integration: Document, types: Document | None, file: Path) -> str:
    """Return the text of the new file, to be written to `file`."""
    return _Skeleton(wanted, integration, types.value if types else {}).text(file)


class _Skeleton:
    """One file in the making."""

    def __init__(self, wanted: Wanted, integration: Document, types: dict[str, Any]) -> None:
        self.wanted, self.integration = wanted, integration.value
        self.types: dict[str, Any] = types.get("types") or {}
        self.groups: dict[str, Any] = types.get("groups") or {}
        named = self.integration.get("identifier") or {}
        self.identifier: str = named.get("field", "id")

    def text(self, file: Path) -> str:
        """Return the whole file."""
        schema = os.path.relpath(SCHEMAS / "resource.schema.json", file.parent)
        include = self._include()
        lines = [
            f"# yaml-language-server: $schema={Path(schema).as_posix()}",
            "",
            f"resource: {self.wanted.plural}",
            f"entity: {_text(self.wanted.entity)}",
            f"singular: {_text(self.wanted.singular)}",
            f"summary: {UNWRITTEN}",
            f"docs: {self.integration['docs']}",
            f"tags: [{', '.join(self.wanted.tags)}]",
            "",
            f"description: {UNWRITTEN}",
            "",
            *([f"include: [{', '.join(include)}]", ""] if include else []),
            *self._fields(include),
            "methods:",
        ]
        for method in self.wanted.methods:
            lines += ["", *self._method(method)]
        return "\n".join(lines) + "\n"

    def _include(self) -> list[str]:
        """Return the groups whose fields the sample has, all of them; without a sample the group of the identifier."""
        sample = self.wanted.sample.keys()
        found = [name for name, fields in self.groups.items() if sample and fields.keys() <= sample]
        if not any(self.identifier in self.groups[name] for name in found):
            found += [name for name, fields in self.groups.items() if self.identifier in fields][:1]
        taken: set[str] = set()
        out = []
        for name in sorted(found, key=lambda name: -len(self.groups[name])):
            if not taken & self.groups[name].keys():
                out.append(name)
                taken |= self.groups[name].keys()
        return out

    def _fields(self, include: list[str]) -> list[str]:
        known = {name for group in include for name in self.groups[group]}
        skipped = known | set(self.integration.get("response_only") or ())
        lines: list[str] = []
        if self.identifier not in known:
            lines += ["", f"  {self.identifier}:", *self._identifier()]
        for name, value in self.wanted.sample.items():
            if name not in skipped and name != self.identifier and _NAME.match(name):
                lines += ["", f"  {name}:", *(f"    {line}" for line in self._field(value, MOST_DEPTH))]
        return ["fields:", *lines, ""] if lines else []

    def _identifier(self) -> list[str]:
        methods = [name for name in self.wanted.methods if name in ("get", "update", "delete")]
        kind = "integer" if isinstance(self.wanted.sample.get(self.identifier), int) else "string"
        wanted = f"    required_for: [{', '.join(methods)}]"
        return [
            f"    type: {kind}",
            "    access: read_only",
            f"    description: {UNWRITTEN}",
            *([wanted] if methods else []),
        ]

    def _field(self, value: Any, depth: int) -> Iterator[str]:
        """Yield the lines of a field of the record itself, with its sentence still to be written."""
        yield from self._shape(value, depth)
        yield f"description: {UNWRITTEN}"

    def _shape(self, value: Any, depth: int) -> Iterator[str]:
        if isinstance(value, dict):
            yield from self._object(value, depth)
        elif isinstance(value, list):
            yield "type: array"
            yield "items:"
            yield from (f"  {line}" for line in self._entry(value, depth))
        else:
            yield from _scalar(value)

    def _entry(self, values: list[Any], depth: int) -> Iterator[str]:
        """Yield what a list holds, from its first entry; an empty one is taken for a list of texts."""
        if values and not depth:
            return iter(["type: object" if isinstance(values[0], dict) else "type: string"])
        return self._shape(values[0] if values else "", depth - 1)

    def _object(self, value: dict[str, Any], depth: int) -> Iterator[str]:
        if shared := self._shared_type(value):
            yield f"$ref: types.yaml#/types/{shared}"
            return
        yield "type: object"
        parts = {name: each for name, each in value.items() if _NAME.match(name)}
        if parts and depth:
            yield "properties:"
            for name, each in parts.items():
                yield f"  {name}:"
                yield from (f"    {line}" for line in self._shape(each, depth - 1))

    def _shared_type(self, value: dict[str, Any]) -> str:
        """Return the shared type that an object is most like; empty when there is none."""
        likeness = {}
        for name, given in self.types.items():
            parts, keys = set(given.get("properties") or ()), set(value)
            if parts and set(given.get("required") or ()) <= keys:
                likeness[name] = len(parts & keys) / len(parts | keys)
        best = max(likeness, key=lambda name: likeness[name], default="")
        return best if best and likeness[best] >= LIKE_ENOUGH else ""

    def _method(self, name: str) -> Iterator[str]:
        """Yield a usual method: its sentence, whatever the usual note wants filled, and for a list an example."""
        yield f"  {name}:"
        note = str(self.integration["methods"].get(name, {}).get("note") or "")
        for wanted in dict.fromkeys(find_names(note)):
            yield f"    {wanted}: {UNWRITTEN}"
        yield f"    description: {UNWRITTEN}"
        if name == "list":
            yield from ("    examples:", f"      - prompt: {UNWRITTEN}", "        arguments: {}")


def _text(word: str) -> str:
    """Return a name as YAML reads it back; `null` and its like would be no text."""
    return f'"{word}"' if word in ("null", "true", "false") else word


def _scalar(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield "type: boolean"
    elif isinstance(value, int):
        yield "type: integer"
    elif isinstance(value, float):
        yield "type: number"
    else:
        yield "type: string"
        if isinstance(value, str) and _DATE.match(value):
            yield "format: date"
        elif isinstance(value, str) and _MOMENT.match(value):
            yield "format: date-time"


def find_sample(text: bytes, entity: str) -> dict[str, Any]:
    """Return the record in a payload: the object itself, or the one inside an envelope. Raises ValueError with a
    sentence.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The sample is not JSON: {error}.") from None
    while isinstance(value, dict | list):
        if isinstance(value, list):
            value = value[0] if value else None
        elif entity in value and isinstance(value[entity], dict | list):
            value = value[entity]
        elif len(value) == 1 and isinstance(next(iter(value.values())), dict | list):
            value = next(iter(value.values()))
        else:
            return value
    raise ValueError("The sample holds no record: it must be a JSON object.")
