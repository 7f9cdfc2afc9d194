"""What a tool takes: one flat namespace of arguments. Called by `pipeline`.

From the fields of the record and the method's own arguments come the properties of the input schema, which of them
are required, what goes into the body, and how each filter of a list becomes a condition. Prose is still as written:
links are filled by the next stage.
"""

from __future__ import annotations

from typing import Any

from generator.catalog import COMPANY, EMBED
from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import Document
from generator.stages.answer_arguments import (
    build_report_arguments,
)
from generator.stages.argument_parts import Arguments, add_usual, describe_field, pick_shape, strip_own_keys
from generator.stages.company_argument import add_company
from generator.stages.file_arguments import describe_files, list_parts
from generator.stages.list_arguments import build_page_arguments, derive_list_arguments
from generator.stages.methods import Method
from generator.stages.references import find_references, parse_reference_form
from generator.stages.resolve import Field
from generator.stages.update_guard import REMOVE, find_read_arguments, is_guarded, list_options, make_partial
from generator.stages.write_arguments import list_write_arguments

SENDABLE = ("record", "whole_record", "json_patch")
_EMBED: Field = {
    "type": "boolean",
    "description": "True answers the bytes of the file in base64, in place of a link to it.",
}


def derive_arguments(method: Method, integration: Document, diagnostics: Diagnostics) -> Arguments:
    """Return everything the caller of a method may give."""
    made = Arguments()
    _identify(made, method, integration)
    if method.name == "list":
        made.listing = derive_list_arguments(made, method, integration, diagnostics)
    else:
        _record_arguments(made, method, diagnostics)
    _own_arguments(made, method, diagnostics)
    if is_guarded(method, integration):
        _guard(made, method, integration, diagnostics)
    describe_files(made.properties, method)
    if "file" in method.rules["returns"] and method.rules["risk"] == "read":
        add_usual(made, {EMBED: _EMBED}, method, diagnostics)
    if method.rules["returns"].get("paged"):
        add_usual(made, build_page_arguments(integration, "rows"), method, diagnostics)
        add_usual(made, build_report_arguments(), method, diagnostics)
        made.advanced += build_report_arguments()
    if method.rules.get("body") in ("whole_record", "json_patch"):
        made.ignored_arguments = _list_ignored(made, method, integration)
    elif method.rules.get("body") == "record" and method.rules["risk"] == "create":
        made.ignored_arguments = _list_response_only(made, method, integration)
    _add_write_arguments(made, method, diagnostics)
    if method.rules["risk"] != "read" and COMPANY not in made.properties:
        add_company(made)
    made.properties = _required_first(made)
    return made


def _identify(made: Arguments, method: Method, integration: Document) -> None:
    if not method.identifier:
        return
    named = integration.value.get("identifier") or {"argument": method.identifier}
    argument = named["argument"]
    given = method.resource.fields[method.identifier]
    one = method.resource.singular.replace("_", " ")
    made.properties[argument] = pick_shape(given) | {"description": describe_field(given) or f"Which {one}."}
    made.required.append(argument)
    body = method.rules.get("body", "none")
    wants = body in SENDABLE or (isinstance(body, list) and method.identifier in body)
    if wants and argument not in method.placeholders:
        made.body.append((argument, method.identifier))


def _record_arguments(made: Arguments, method: Method, diagnostics: Diagnostics) -> None:
    body = _named_fields(method.rules.get("body", "none"))
    _report_unknown_fields(body, method, diagnostics)
    for name, given in method.resource.fields.items():
        if name == method.identifier or not _is_sent(method, name, given, body):
            continue
        if name in made.properties:
            message = f'The argument "{name}" is there already: it says which record is meant.'
            diagnostics.report(method.find_place(name).make_diagnostic("argument twice", message))
        _add_field(made, method, name, given)


def _report_unknown_fields(body: Any, method: Method, diagnostics: Diagnostics) -> None:
    for name in body if isinstance(body, list) else ():
        if name not in method.resource.fields:
            message = f'The body names "{name}", which is no field.'
            diagnostics.report(method.place.make_diagnostic("body", message, at=("body",)))


def _add_field(made: Arguments, method: Method, name: str, given: Field) -> None:
    made.properties[name] = strip_own_keys(given)
    made.references += find_references(name, given)
    if method.name in given.get("required_for", ()):
        made.required.append(name)
    if given.get("advanced"):
        made.advanced.append(name)
    if caution := given.get("caution"):
        made.cautions[name] = caution
    if name not in method.placeholders:
        made.body.append((name, name))


def _named_fields(body: Any) -> Any:
    """Return the body as the list of fields that it sends, where it says them one by one."""
    if isinstance(body, dict):
        return [name for part in list_parts(body) for name in part.get("json") or ()]
    return body


def _is_sent(method: Method, name: str, given: Field, body: Any) -> bool:
    if name in (method.rules.get("fixed") or {}) or body == "none":
        return name in method.placeholders
    if isinstance(body, list):
        return bool(name in body)
    if method.name in given.get("required_for", ()):
        return True
    access = str(given.get("access", "read_write"))
    return access == "read_write" or (access == "create_only" and method.rules["risk"] == "create")


def _own_arguments(made: Arguments, method: Method, diagnostics: Diagnostics) -> None:
    sends_body = method.rules.get("body", "none") != "none"
    for name, given in method.arguments.items():
        if name in made.properties:
            message = f'The argument "{name}" is there already, from a field or a filter.'
            diagnostics.report(
                method.place.make_diagnostic("argument twice", message, at=("arguments", name))
            )
            continue
        made.properties[name] = strip_own_keys(given)
        made.references += find_references(name, given)
        if method.name in given.get("required_for", ()):
            made.required.append(name)
        if separator := given.get("separator"):
            made.joins[name] = separator
        if name not in method.placeholders:
            made.body.append((name, name)) if sends_body else made.query.append(name)


def _guard(made: Arguments, method: Method, integration: Document, diagnostics: Diagnostics) -> None:
    """Let an update take any part of a field, and how it is carried out."""
    reference = (parse_reference_form(integration).id,)
    for name in (named for _, named in made.body if named in made.properties):
        made.properties[name], needs = make_partial(made.properties[name], reference)
        made.needs |= {f"{name}{path}": tuple(parts) for path, parts in needs.items()}
    options = list_options(method, integration)
    add_usual(made, options, method, diagnostics)
    made.options = tuple(options)
    made.advanced += [name for name in options if name != REMOVE] + [str(method.rules.get("sparse_field"))]
    wanted = {
        *find_read_arguments(method, integration),
        integration.value.get("identifier", {}).get("argument"),
    }
    made.required = [name for name in made.required if name in wanted]


def _add_write_arguments(made: Arguments, method: Method, diagnostics: Diagnostics) -> None:
    found = list_write_arguments(method)
    add_usual(made, found, method, diagnostics)
    made.options += tuple(found)
    made.advanced += found


def _list_ignored(made: Arguments, method: Method, integration: Document) -> tuple[str, ...]:
    """Return what a record carries that nobody may set, and which is dropped when it comes back in an update."""
    carried = [*method.resource.fields, *(integration.value.get("response_only") or ())]
    return tuple(name for name in dict.fromkeys(carried) if name not in made.properties)


def _list_response_only(made: Arguments, method: Method, integration: Document) -> tuple[str, ...]:
    """Return what a record carries that nobody may set, dropped from a new one; not its Id, which would mean
    another call.
    """
    known = method.resource.fields
    read_only = [name for name, given in known.items() if given.get("access") == "read_only"]
    named = (integration.value.get("identifier") or {}).get("field")
    carried = dict.fromkeys([*read_only, *(integration.value.get("response_only") or ())])
    own = method.resource.identifier or named
    return tuple(name for name in carried if name not in made.properties and name != own)


def _required_first(made: Arguments) -> dict[str, Field]:
    first = {name: made.properties[name] for name in made.required}
    return first | made.properties
