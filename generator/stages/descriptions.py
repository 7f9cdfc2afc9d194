"""The prose of tools: links filled, notes added, blanks folded. Called by `pipeline`.

One link rule: `[[resource.method]]` becomes the name of that tool, and `[[this.method]]` the name of the same
resource's. A link that leads nowhere is an error. A usual method's note is added to the description of every tool
made from it, with `{query_example}` filled by the resource, and `{undo}` by the facts on what undoes a write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import LayerChange, ResourceDoc
from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import Document
from generator.stages.argument_parts import Arguments
from generator.stages.methods import Method
from generator.stages.resolve import Place, Resource
from generator.suggestions import did_you_mean
from generator.templates import fill_template
from generator.texts import fold, fold_paragraphs

MOST_HINTS = 200
"""After so many errors the nearest names are no longer looked for, which takes a while each."""
UNDO = "undo"
"""The placeholder of a note that the facts on undoing fill, and not the resource."""
_LINK = re.compile(r"\[\[([^\[\]]*)(\]\])?")
_TARGET = re.compile(r"([a-z_]+)\.([a-z_]+)\Z")


@dataclass(frozen=True, slots=True)
class Links:
    """The tool behind every `resource.method`. A method in `broken` has errors of its own, and no tool yet."""

    tools: Mapping[tuple[str, str], str]
    broken: frozenset[str] = frozenset()
    diagnostics: Diagnostics = field(default_factory=Diagnostics)

    def fill(self, text: str, place: Place, this: str = "") -> str:
        """Return the text with each link replaced by a tool's name."""

        def name_of(found: re.Match[str]) -> str:
            words = _TARGET.match(found.group(1))
            if not words or not found.group(2):
                self._report_bad_link(place, found.group(1))
                return found.group(0)
            resource, method = words.groups()
            target = (this if resource == "this" else resource, method)
            if tool := self.tools.get(target):
                return tool
            if target[0] not in self.broken:
                self._report_dead_link(place, *target)
            return found.group(0)

        return _LINK.sub(name_of, text)

    def _report_dead_link(self, place: Place, resource: str, method: str) -> None:
        message = f"[[{resource}.{method}]] leads nowhere: there is no such tool."
        self.diagnostics.report(
            place.make_diagnostic("dead link", message, self._hint(f"{resource}.{method}"))
        )

    def _report_bad_link(self, place: Place, words: str) -> None:
        message = f'"[[{words[:60]}" is no link. Write [[resource.method]], in small letters.'
        self.diagnostics.report(place.make_diagnostic("dead link", message, self._hint(words)))

    def _hint(self, words: str) -> str:
        known = [".".join(each) for each in self.tools] if len(self.diagnostics) < MOST_HINTS else []
        return did_you_mean(words, known)


def describe(method: Method, links: Links, undo: Mapping[str, Any]) -> str:
    """Return the whole description of a tool: its own sentences, then the note of its usual method.

    `undo` are the methods that undo each method, as the integration has them.
    """
    this, place = method.resource.name, Place(method.resource.document, (*method.place.path, "description"))
    own = links.fill(fold(str(method.rules["description"])), place, this)
    note = fold(fill_template(method.note, lambda name: _fill_note(name, method, links, undo)))
    if "[[this." not in note:  # what [[this.method]] leads to is the resource's own affair
        place = method.place_of_note
    return f"{own} {links.fill(note, place, this)}".strip()


def _fill_note(name: str, method: Method, links: Links, undo: Mapping[str, Any]) -> str:
    if name == UNDO:
        return _describe_undo(method, undo)
    if value := method.rules.get(name):
        return str(value)
    message = f'The usual note of this method asks for "{name}", which is missing here.'
    links.diagnostics.report(method.place.make_diagnostic("note", message))
    return f"{{{name}}}"


def _describe_undo(method: Method, undo: Mapping[str, Any]) -> str:
    """Return the sentence that says whether a write can be undone, and at what price."""
    own = method.resource.document.value["methods"]
    undoing = next((each for each in undo.get(method.name) or () if each in own), None)
    if undoing is None:
        return "It cannot be undone."
    return "Undoing it gives it a new Id." if undoing == "create" else "It can be undone."


def fill_properties(made: Arguments, method: Method, links: Links) -> dict[str, Any]:
    """Return the properties of the input schema, with every link in their descriptions filled."""
    filled = {}
    for name, given in made.properties.items():
        place = method.find_place(name)
        filled[name] = _fill_property(given, place, method.resource.name, links)
    return filled


def _fill_property(given: dict[str, Any], place: Place, this: str, links: Links) -> dict[str, Any]:
    out = dict(given)
    if "[[" in (description := str(given.get("description") or "")):
        out["description"] = links.fill(description, place, this)
    if "items" in given:
        out["items"] = _fill_property(given["items"], place, this, links)
    if "properties" in given:
        out["properties"] = {
            name: _fill_property(each, place, this, links) for name, each in given["properties"].items()
        }
    return out


def describe_resource(resource: Resource, integration: str, links: Links) -> ResourceDoc:
    """Return what a resource is, with the links of its description filled."""
    value = resource.document.value
    place = Place(resource.document, ("description",))
    return ResourceDoc(
        integration=integration,
        resource=resource.name,
        entity=resource.entity,
        summary=links.fill(str(value["summary"]), Place(resource.document, ("summary",)), resource.name),
        description=links.fill(fold_paragraphs(str(value["description"])), place, resource.name),
        docs=str(value["docs"]),
        tags=resource.tags,
        layer=resource.document.layer,
        changes=list_changes(resource.document),
    )


def list_changes(document: Document) -> tuple[LayerChange, ...]:
    """Return the parts of a document that folders laid over its own wrote, in the order of their keys."""
    found = {tuple(map(str, path)): writer.layer for path, writer in document.laid.items()}
    return tuple(LayerChange(layer, path) for path, layer in sorted(found.items()) if layer)
