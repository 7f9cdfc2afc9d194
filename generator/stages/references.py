"""How records refer to one another: of what parts a reference is, where it points, how people name what is there.

integration.yaml says the parts, in `references`; a field says where it points, in `references`, or in `to` where its
description need not name the tool that finds the Id; a resource says in `display` which field people know a record by.
Called by `pipeline`. What points to nothing is reported here, once, so that later stages take it as it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from generator.catalog import Reference
from generator.diagnostics import Diagnostic, Diagnostics
from generator.reading.yaml_events import Document
from generator.stages.methods import Method
from generator.stages.resolve import Field, Place, Resource
from generator.suggestions import did_you_mean
from generator.vendor import ReferenceForm

Path = tuple[str, ...]
POINTERS = ("references", "to")


class _Check(NamedTuple):
    """What the references of an integration are checked against."""

    resources: frozenset[str]
    form: ReferenceForm


def parse_reference_form(integration: Document) -> ReferenceForm:
    """Return of what parts a reference is; of none where the vendor has bare Ids."""
    value = integration.value.get("references") or {}
    parts = {name: value.get(name, "") for name in ("id", "name", "suffix", "ids", "filtered_by")}
    return ReferenceForm(
        **parts, has_numbers=bool(value.get("numbers")), codes=dict(value.get("codes") or {})
    )


def check_references(methods: Iterable[Method], integration: Document, diagnostics: Diagnostics) -> None:
    """Report references to what is no resource, and those whose Id or kind has no field to stand in."""
    every = list(methods)
    resources = {method.resource.name: method.resource for method in every}
    check = _Check(frozenset(resources), parse_reference_form(integration))
    for resource in resources.values():
        for name, given in resource.fields.items():
            diagnostics.report_all(_problems(given, resource.fields, check, resource.places[name]))
    for method in every:
        for name, given in method.arguments.items():
            diagnostics.report_all(_problems(given, method.arguments, check, method.places[name]))


def find_display_fields(resources: Iterable[Resource], diagnostics: Diagnostics) -> dict[str, Path]:
    """Return for each resource the fields that people know its records by, and report those that it does not have."""
    found = {}
    for resource in resources:
        given = resource.document.value.get("display") or ()
        names = (given,) if isinstance(given, str) else tuple(given)
        for name in names:
            if name not in resource.fields:
                message = f'There is no field "{name}" to know a record by.'
                hint = did_you_mean(name, resource.fields)
                diagnostics.report(resource.document.make_diagnostic(("display",), "display", message, hint))
        if names:
            found[resource.name] = names
    return found


def find_references(argument: str, given: Field) -> Iterator[Reference]:
    """Yield an argument that refers to another record, or what inside it does and may be sent."""
    yield from _find((argument,), given)


def find_filter_references(argument: str, given: Field) -> Iterator[Reference]:
    """Yield a filter on a reference, which takes the Id alone.

    Where the kind of record stands beside the Id, a filter is no reference: nothing says which kind is meant.
    """
    to = _points_to(given)
    if isinstance(to, str):
        yield Reference((argument,), {"": to}, is_bare=True)


def _find(path: Path, given: Field) -> Iterator[Reference]:
    given = _entry(given)
    if to := _points_to(given):
        yield _refer(path, to, is_bare=given.get("type") != "object")
        return
    for name, each in (given.get("properties") or {}).items():
        if each.get("access") != "read_only":
            yield from _find((*path, name), each)


def _entry(given: Field) -> Field:
    """Return what each entry of a list is, in lists of lists too; the field itself when it is no list."""
    while "items" in given:
        given = given["items"] | {key: given[key] for key in POINTERS if key in given}
    return given


def _points_to(given: Field) -> Any:
    """Return the resource, or the resource of each kind; None when the field is no reference."""
    return next((given[key] for key in POINTERS if key in given), None)


def _refer(path: Path, to: str | dict[str, Any], *, is_bare: bool) -> Reference:
    if isinstance(to, str):
        return Reference(path, {"": to}, is_bare=is_bare)
    return Reference(path, dict(to["resources"]), to.get("kind", ""), to.get("kind_beside", ""), is_bare)


def _problems(given: Field, beside: dict[str, Field], check: _Check, place: Place) -> Iterator[Diagnostic]:
    """Yield what is wrong with the references in a field; `beside` are the fields next to it."""
    given = _entry(given)
    parts: dict[str, Field] = given.get("properties") or {}
    if to := _points_to(given):
        yield from _unknown_resources(to, check, place)
        yield from _missing_fields(to, parts, beside, place)
        if given.get("type") == "object" and check.form.id not in parts:
            message = f'It refers to a record, and has no part "{check.form.id}" for its Id.'
            hint = 'Which part holds the Id is said in "references" of integration.yaml.'
            yield place.make_diagnostic("reference", message if check.form.id else NO_FORM, hint)
        return
    for each in parts.values():
        yield from _problems(each, parts, check, place)


NO_FORM = "It refers to a record by an object, and nothing says which part of that holds the Id."


def _unknown_resources(to: str | dict[str, Any], check: _Check, place: Place) -> Iterator[Diagnostic]:
    named = [to] if isinstance(to, str) else to["resources"].values()
    for name in dict.fromkeys(named):
        if name not in check.resources:
            message = f'It refers to "{name}", which is no resource.'
            yield place.make_diagnostic("reference", message, did_you_mean(name, check.resources))


def _missing_fields(
    to: str | dict[str, Any], parts: dict[str, Field], beside: dict[str, Field], place: Place
) -> Iterator[Diagnostic]:
    if isinstance(to, str):
        return
    for key, known in (("kind", parts), ("kind_beside", beside)):
        if (name := to.get(key)) and name not in known:
            message = f'{key} names "{name}", and there is no such field.'
            yield place.make_diagnostic("reference", message, did_you_mean(name, known))
