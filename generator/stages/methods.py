"""Every method whole: the usual rules merged in, names derived. After resolve.

A method takes the usual rules of its name from integration.yaml; a key that the resource gives replaces the usual
one as a whole. The names and titles of tools are made here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from generator.catalog import METHOD_CLASSES, MethodClass
from generator.diagnostics import Diagnostic
from generator.reading.yaml_events import Document
from generator.stages.compact_schema import name_field
from generator.stages.resolve import Field, Place, Resource, Types
from generator.suggestions import did_you_mean
from generator.templates import find_names

USUAL_NAMES = {
    "list": "list_all_{prefix}_{resources}",
    "get": "get_single_{prefix}_{singular}_by_id",
    "create": "create_a_{prefix}_{singular}",
    "with_id": "{method}_a_{prefix}_{singular}_by_id",
    "without_id": "{method}_{prefix}_{singular}",
}
NEEDED = ("request", "returns", "risk")


@dataclass(frozen=True, slots=True)
class Method:
    """One method of one resource, with its rules complete and its own arguments whole."""

    resource: Resource
    name: str
    rules: dict[str, Any]
    note: str
    place_of_note: Place
    arguments: dict[str, Field]
    places: dict[str, Place]
    """Where each of these arguments is written."""
    writers: dict[str, Place]
    """For each rule, the method that writes it: the resource's own, or the usual one."""
    tags: tuple[str, ...]
    identifier: str
    """The vendor's field that names the record, when the caller must say which; empty for a singleton."""
    tool: str
    title: str

    @property
    def place(self) -> Place:
        """Where the method is written."""
        return Place(self.resource.document, ("methods", self.name))

    def find_place(self, argument: str) -> Place:
        """Return where an argument is written: with the method, as a field, or as a field's filter."""
        names = (argument, name_field(argument))
        found = (
            places[name] for places in (self.places, self.resource.places) for name in names if name in places
        )
        return next(found, self.place)

    def find_place_of_rule(self, name: str) -> Place:
        """Return where a rule is written: with the resource, or with the usual method."""
        return self.writers.get(name, self.place).descend(name)

    def find_place_of_field(self, path: str) -> Place:
        """Return where a field of the record, or the one around it, is written; `path` is dotted."""
        return self.resource.places.get(path.partition(".")[0], self.place)

    @property
    def method_class(self) -> MethodClass:
        """Which filter of an MCP server it falls under."""
        return METHOD_CLASSES.get(self.name, "custom")

    @property
    def placeholders(self) -> set[str]:
        """Every `{name}` in its request, those in the path of its resource among them."""
        names = set(find_names(self.rules["request"]))
        return names | set(
            find_names(str(self.resource.document.value.get("path") or "")) if "path" in names else ()
        )


def complete_methods(resources: Iterable[Resource], integration: Document, types: Types) -> list[Method]:
    """Return the methods of some resources that are complete, and report those that are not."""
    return [method for resource in resources for method in _methods_of(resource, integration, types)]


def _methods_of(resource: Resource, integration: Document, types: Types) -> list[Method]:
    if resource.identifier and resource.identifier not in resource.fields:
        message = f'There is no field "{resource.identifier}" to name a record by.'
        hint = did_you_mean(resource.identifier, resource.fields)
        types.diagnostics.report(
            resource.document.make_diagnostic(("identifier",), "identifier", message, hint)
        )
    made = (_method(resource, name, integration, types) for name in resource.document.value["methods"])
    return [method for method in made if method]


def _method(resource: Resource, name: str, integration: Document, types: Types) -> Method | None:
    usual = integration.value["methods"].get(name, {})
    given = resource.document.value["methods"][name]
    place = Place(resource.document, ("methods", name))
    rules = {key: value for key, value in {**usual, **given}.items() if key not in ("note", "tags")}
    if missing := [key for key in NEEDED if key not in rules]:
        types.diagnostics.report(_incomplete(place, name, missing, integration))
        return None
    if rules.get("wrap") and not _sends_a_record(rules):
        message = "Only a record can stand under a key of the body, and this method sends none."
        types.diagnostics.report(place.make_diagnostic("wrap", message, 'Give "body": record.'))
    usual_place = Place(integration, ("methods", name))
    writers = {**dict.fromkeys(usual, usual_place), **dict.fromkeys(given, place)}
    arguments, places = _own_arguments(rules, writers, types)
    identifier = _identifier(resource, name, rules, arguments, integration)
    return Method(
        resource=resource,
        name=name,
        rules=rules,
        note=str(given.get("note", usual.get("note")) or ""),
        place_of_note=(place if "note" in given else usual_place).descend("note"),
        arguments=arguments,
        places=places,
        writers=writers,
        tags=tuple(dict.fromkeys((*resource.tags, *usual.get("tags", ()), *given.get("tags", ())))),
        identifier=identifier,
        tool=rules.get("tool_name") or _tool_name(resource, name, integration, has_id=bool(identifier)),
        title=rules.get("title") or _title(resource, name, has_id=bool(identifier)),
    )


def _sends_a_record(rules: dict[str, Any]) -> bool:
    body = rules.get("body")
    return body in ("record", "whole_record") or isinstance(body, list)


def _incomplete(place: Place, name: str, missing: list[str], integration: Document) -> Diagnostic:
    words, verb = " and ".join(f'"{key}"' for key in missing), "is" if len(missing) == 1 else "are"
    usual = ", ".join(integration.value["methods"])
    message = f'{words} {verb} missing, and integration.yaml has no usual method "{name}" to take it from.'
    return place.make_diagnostic("incomplete", message, f"The usual methods are {usual}.")


def _own_arguments(
    rules: dict[str, Any], writers: dict[str, Place], types: Types
) -> tuple[dict[str, Field], dict[str, Place]]:
    """Return what the caller may give beside the record's fields: groups taken from types.yaml, then the method's own.

    `writers` says for each rule which method wrote it, the resource's or the usual one.
    """
    arguments: dict[str, Field] = {}
    places: dict[str, Place] = {}
    for at, group in enumerate(rules.get("argument_groups") or ()):
        place = writers["argument_groups"].descend("argument_groups", at)
        for name, (given, where) in types.find_group(group, place).items():
            arguments[name], places[name] = types.resolve(given, where), where
    for name, given in (rules.get("arguments") or {}).items():
        where = writers["arguments"].descend("arguments", name)
        if name in arguments:
            types.diagnostics.report(
                where.make_diagnostic(
                    "argument twice", f'The argument "{name}" is taken from a group already.'
                )
            )
        arguments[name], places[name] = types.resolve(given, where), where
    return arguments, places


def _identifier(
    resource: Resource, name: str, rules: dict[str, Any], arguments: dict[str, Field], integration: Document
) -> str:
    """Return the field that says which record is meant, when this method needs it."""
    named = integration.value.get("identifier") or {}
    field = resource.identifier or named.get("field", "id")
    if field in (rules.get("fixed") or {}) or field not in resource.fields:
        return ""
    argument = named.get("argument", field)
    is_in_address = "{" + argument + "}" in rules["request"] and argument not in arguments
    is_required = name in resource.fields[field].get("required_for", ())
    takes_body = rules.get("body", "none") != "none"
    return field if is_in_address or (is_required and takes_body) else ""


def _tool_name(resource: Resource, name: str, integration: Document, *, has_id: bool) -> str:
    """Return the name of a tool, by the patterns of its integration or the usual ones."""
    patterns = {**USUAL_NAMES, **(integration.value.get("tool_names") or {})}
    prefix = integration.value.get("tool_prefix") or integration.value["integration"]
    needs_no_id = not has_id and name not in ("list", "create")
    kind = "without_id" if needs_no_id else name if name in ("list", "get", "create") else "with_id"
    words = {"method": name, "prefix": prefix, "resources": resource.name, "singular": resource.singular}
    return str(patterns[kind]).format(**words)


def _title(resource: Resource, name: str, *, has_id: bool) -> str:
    one, verb = resource.singular.replace("_", " "), name.replace("_", " ").capitalize()
    if name == "list":
        return f"List {resource.name.replace('_', ' ')}"
    if not has_id and name != "create":
        return f"{verb} the {one}"
    return f"{verb} {'an' if one.startswith(tuple('aeiou')) else 'a'} {one}"
