"""What a tool takes: one flat namespace of arguments. Called by `pipeline`.

From the fields of the record and the method's own arguments come the properties of the input schema, which of them
are required, what goes into the body, and how each filter of a list becomes a condition. Prose is still as written:
links are filled by the next stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import COMPANY, EMBED, Condition, Listing, QueryField, Reference
from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import Document
from generator.stages.answer_arguments import (
    build_answer_arguments,
    build_report_arguments,
    build_ties,
    describe_answer_arguments,
    list_numbers,
)
from generator.stages.company_argument import add_company
from generator.stages.file_arguments import describe_files, list_parts
from generator.stages.merged_filters import (
    derive_named,
    derive_search,
    describe_in_line,
    list_merged_arguments,
)
from generator.stages.methods import Method
from generator.stages.query_fields import find_kind, list_query_fields
from generator.stages.references import find_filter_references, find_references, parse_reference_form
from generator.stages.resolve import Field
from generator.stages.update_guard import REMOVE, find_read_arguments, is_guarded, list_options, make_partial
from generator.stages.write_arguments import list_write_arguments
from generator.texts import cut_first_sentence, fold
from generator.vendor import ReferenceForm

OWN_KEYS = frozenset(
    {
        "access",
        "required_for",
        "filter",
        "filter_name",
        "sort",
        "references",
        "to",
        "separator",
        "sensitive",
        "visible_with",
        "advanced",
        "caution",
    }
)
SHAPE = ("type", "format", "enum")
PAGING = {"statement", "start", "page", "cursor"}
"""What in a request says which page is asked for."""
NAMING = ("equals", "any_of")
"""Conditions that name whole values, so that on a reference they take Ids."""
SENDABLE = ("record", "whole_record", "json_patch")
SAID = {
    "any_of": "{it}",
    "contains": "{it} Any part of it.",
    "from": "{it}",
    "until": "{it}",
}
_EMBED: Field = {
    "type": "boolean",
    "description": "True answers the bytes of the file in base64, in place of a link to it.",
}


@dataclass(slots=True)
class Arguments:
    """The arguments of one tool."""

    properties: dict[str, Field] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    body: list[tuple[str, str]] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    """Arguments that the request does not name and that go into the query under their own name."""
    joins: dict[str, str] = field(default_factory=dict)
    ignored_arguments: tuple[str, ...] = ()
    advanced: list[str] = field(default_factory=list)
    """Fields that few calls need, as the field itself says."""
    cautions: dict[str, str] = field(default_factory=dict)
    """What a caller must know of a field even where it is shown among rare ones."""
    listing: Listing | None = None
    takes_company: bool = False
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For an update that is guarded, what each object inside the record needs once it is whole."""
    options: tuple[str, ...] = ()
    """Arguments that say how an update is carried out, and are not sent."""
    references: list[Reference] = field(default_factory=list)


def derive_arguments(method: Method, integration: Document, diagnostics: Diagnostics) -> Arguments:
    """Return everything the caller of a method may give."""
    made = Arguments()
    _identify(made, method, integration)
    if method.name == "list":
        made.listing = _list_arguments(made, method, integration, diagnostics)
    else:
        _record_arguments(made, method, diagnostics)
    _own_arguments(made, method, diagnostics)
    if is_guarded(method):
        _guard(made, method, integration, diagnostics)
    describe_files(made.properties, method)
    if "file" in method.rules["returns"] and method.rules["risk"] == "read":
        _add_usual(made, {EMBED: _EMBED}, method, diagnostics)
    if method.rules["returns"].get("paged"):
        _add_usual(made, _page_arguments(integration, "rows"), method, diagnostics)
        _add_usual(made, build_report_arguments(), method, diagnostics)
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
    made.properties[argument] = _shape(given) | {"description": _describe(given) or f"Which {one}."}
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
    _add_usual(made, options, method, diagnostics)
    made.options = tuple(options)
    made.advanced += [name for name in options if name != REMOVE] + [str(method.rules.get("sparse_field"))]
    wanted = {
        *find_read_arguments(method, integration),
        integration.value.get("identifier", {}).get("argument"),
    }
    made.required = [name for name in made.required if name in wanted]


def _add_write_arguments(made: Arguments, method: Method, diagnostics: Diagnostics) -> None:
    found = list_write_arguments(method)
    _add_usual(made, found, method, diagnostics)
    made.options += tuple(found)
    made.advanced += found


def _list_arguments(
    made: Arguments, method: Method, integration: Document, diagnostics: Diagnostics
) -> Listing:
    conditions, rules = [], method.rules
    language = integration.value.get("query") or {}
    form = parse_reference_form(integration)
    for path, given in _leaves(method.resource.fields):
        for condition, shape in _filters(path, given, form):
            if condition.argument in made.properties:
                message = f'Two filters would be called "{condition.argument}".'
                hint = 'Give one of their fields a "filter_name".'
                diagnostics.report(method.place.make_diagnostic("argument twice", message, hint))
            is_written = condition.operator in (language.get("conditions") or {})
            if not is_written and condition.argument not in method.placeholders:
                message = (
                    f'{path} is filtered by "{condition.operator}", which query.conditions does not have.'
                )
                hint = f"Add it there, or name {{{condition.argument}}} in the request of the method."
                diagnostics.report(method.place.make_diagnostic("filter", message, hint))
            made.properties[condition.argument] = shape
            conditions.append(condition)
            if condition.operator in NAMING:
                made.references += find_filter_references(condition.argument, given)
    sortable = tuple(path for path, given in _leaves(method.resource.fields) if given.get("sort"))
    columns = tuple(rules.get("columns") or ())
    usual = _order_arguments(sortable) | _page_arguments(integration, "records")
    usual["fields"] = _fields_argument(columns)
    has_language = bool(language.get("pattern")) and "{statement}" in rules["request"]
    reads_any = method.resource.entity == "*"
    named = derive_named(method, {each.argument: each for each in conditions}, integration, diagnostics)
    merges = has_language and not reads_any and _can_merge(integration)
    search = derive_search(method, diagnostics) if merges else ()
    shapes = {each.argument: _shape_alone(made.properties[each.argument]) for each in conditions}
    usual |= list_merged_arguments(named, search, shapes if merges else {})
    made.cautions |= describe_in_line(named) | describe_answer_arguments()
    if has_language:
        usual["query"] = {"type": "string", "description": str(language.get("about") or "A query.")}
    how = build_answer_arguments(columns)
    _add_usual(made, usual | how, method, diagnostics)
    made.advanced += how
    if reads_any:
        made.required.append("query")
    return Listing(
        entity=method.resource.entity,
        conditions=tuple(conditions),
        sortable=sortable,
        columns=columns,
        raw_query=has_language,
        is_whole=not method.placeholders & PAGING,
        default_order=str(rules.get("default_order") or ""),
        numbers=list_numbers(method.resource.fields),
        ties=build_ties(rules.get("ties") or ()),
        fields=_query_fields(method, integration) if has_language and not reads_any else (),
        named=named,
        search=search,
        merges=merges and bool(shapes),
    )


def _can_merge(integration: Document) -> bool:
    """Return whether several lists of a vendor can be read side by side: their pages are counted."""
    has_grammar = bool((integration.value.get("query") or {}).get("grammar"))
    return has_grammar and integration.value["pagination"]["style"] == "offset"


def _shape_alone(given: Field) -> Field:
    """Return a filter without its sentence, which stands with the filter itself."""
    return {key: value for key, value in given.items() if key != "description"}


def _query_fields(method: Method, integration: Document) -> tuple[QueryField, ...]:
    language, more = integration.value.get("query") or {}, integration.value.get("response_only") or ()
    return list_query_fields(_leaves(method.resource.fields), language, more)


def _add_usual(made: Arguments, usual: dict[str, Field], method: Method, diagnostics: Diagnostics) -> None:
    """Add arguments that every tool of a kind has; a field or an argument of the same name is reported."""
    for name in usual.keys() & made.properties.keys():
        message = f'The argument "{name}" is there already: every such tool has it.'
        diagnostics.report(method.find_place(name).make_diagnostic("argument twice", message))
    made.properties |= usual


def _leaves(fields: dict[str, Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    for name, given in fields.items():
        yield prefix + name, given
        if given.get("type") == "object":
            yield from _leaves(given.get("properties") or {}, f"{prefix}{name}.")


def _filters(path: str, given: Field, form: ReferenceForm) -> Iterator[tuple[Condition, Field]]:
    """Yield each way in which list may filter on a field, as a condition and the argument's shape."""
    how, name = given.get("filter") or (), given.get("filter_name") or path.rsplit(".", 1)[-1]
    is_reference = given.get("type") == "object"
    shape = _shape_of_id(given, form) if is_reference else _shape(given)
    kind = find_kind(shape)
    about = _say_briefly(_describe(given))
    if is_reference and form.id in (given.get("properties") or {}):
        about = f"{about} Give its Id."
    for each in [how] if isinstance(how, str) else how:
        if each == "equals":
            yield Condition(name, path, each, kind), shape | {"description": about}
        if each == "any_of":
            listed = {
                "type": "array",
                "minItems": 1,
                "items": shape,
                "description": _describe_filter(each, about),
            }
            yield Condition(f"{name}_any_of", path, each, kind), listed
        if each == "contains":
            yield (
                Condition(f"{name}_contains", path, each),
                {"type": "string", "description": _describe_filter(each, about)},
            )
        if each == "range":
            for end in ("from", "until"):
                yield (
                    Condition(f"{name}_{end}", path, end, kind),
                    shape | {"description": _describe_filter(end, about)},
                )


def _describe_filter(how: str, about: str) -> str:
    return SAID[how].format(it=about).strip()


def _order_arguments(sortable: tuple[str, ...]) -> dict[str, Field]:
    if not sortable:
        return {}
    names = list(dict.fromkeys((*sortable, *(each.rsplit(".", 1)[-1] for each in sortable))))
    return {
        "order_by": {"type": "string", "enum": names, "description": "What to sort by."},
        "descending": {"type": "boolean", "description": "Largest first."},
    }


def _page_arguments(integration: Document, what: str) -> dict[str, Field]:
    limit = integration.value["pagination"]["limit"]
    usual = f"Defaults to {limit['default']}" if what == "records" else "As many as fit when left out"
    return {
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": limit["max"],
            "description": f"{usual}. At most {limit['max']}.",
        },
        "next_cursor": {
            "type": "string",
            "description": "From the last answer.",
        },
    }


def _fields_argument(columns: tuple[str, ...]) -> Field:
    usual = f"these: {', '.join(columns)}" if columns else "all"
    about = f"What to show. Any field of the record; when left out, {usual}."
    return {"type": "array", "minItems": 1, "items": {"type": "string"}, "description": about}


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


def strip_own_keys(given: Field) -> Field:
    """Return a field as JSON Schema, without the keys that are ours."""
    out = {key: value for key, value in given.items() if key not in OWN_KEYS}
    if about := _describe(given):
        out["description"] = about
    if "items" in out:
        out["items"] = strip_own_keys(out["items"])
    if "properties" in out:
        out["properties"] = {
            name: strip_own_keys(each) for name, each in out["properties"].items() if _is_shown(each)
        }
        if not out["properties"]:
            del out["properties"]
    return out


def _is_shown(given: Field) -> bool:
    return given.get("access") != "read_only"


def _describe(given: Field) -> str:
    about = fold(str(given.get("description") or ""))
    if points := given.get("references"):
        about = f"{about} Id from [[{points}.list]].".strip()
    return about


def _say_briefly(about: str) -> str:
    """Return the sentence that says what a field is; how it is written, and where its Id is found, is not for a
    filter.
    """
    first = cut_first_sentence(about.partition(" Id from [[")[0])
    return f"{first.rstrip('.')}."


def _shape_of_id(reference: Field, form: ReferenceForm) -> Field:
    part = (reference.get("properties") or {}).get(form.id) or {}
    return {"type": "string"} | {key: part[key] for key in ("type", "format", "pattern") if key in part}


def _shape(given: Field) -> Field:
    return {key: given[key] for key in SHAPE if key in given}
