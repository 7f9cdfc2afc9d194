"""What a list takes: filters, an order, a page, and how it is answered. Part of `arguments`."""

from __future__ import annotations

from collections.abc import Iterator

from generator.catalog import Condition, Listing, QueryField
from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import Document
from generator.stages.answer_arguments import (
    build_answer_arguments,
    build_ties,
    describe_answer_arguments,
    list_numbers,
)
from generator.stages.argument_parts import Arguments, add_usual, describe_field, pick_shape
from generator.stages.merged_filters import (
    derive_named,
    derive_search,
    describe_in_line,
    list_merged_arguments,
)
from generator.stages.methods import Method
from generator.stages.query_fields import find_kind, list_query_fields
from generator.stages.references import find_filter_references, parse_reference_form
from generator.stages.resolve import Field
from generator.texts import cut_first_sentence
from generator.vendor import ReferenceForm

PAGING = {"statement", "start", "page", "cursor"}
"""What in a request says which page is asked for."""
NAMING = ("equals", "any_of")
"""Conditions that name whole values, so that on a reference they take Ids."""
SAID = {
    "any_of": "{it}",
    "contains": "{it} Any part of it.",
    "from": "{it}",
    "until": "{it}",
}


def derive_list_arguments(
    made: Arguments, method: Method, integration: Document, diagnostics: Diagnostics
) -> Listing:
    """Add what a list takes to its arguments, and return what it can be asked."""
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
    usual = _order_arguments(sortable) | build_page_arguments(integration, "records")
    usual["fields"] = _fields_argument(columns)
    has_language = bool(language.get("pattern")) and "{statement}" in rules["request"]
    reads_any = method.resource.entity == "*"
    named = derive_named(method, {each.argument: each for each in conditions}, integration, diagnostics)
    merges_any = has_language and _can_merge(integration)
    has_or = bool(language.get("or")) and "conditions" in method.placeholders
    merges = (merges_any and not reads_any) or has_or
    search = derive_search(method, diagnostics) if merges else ()
    shapes = {each.argument: _shape_alone(made.properties[each.argument]) for each in conditions}
    usual |= list_merged_arguments(named, search, shapes if merges else {})
    made.cautions |= describe_in_line(named) | describe_answer_arguments()
    takes_raw = language.get("raw") == "conditions" and "conditions" in method.placeholders
    if has_language or takes_raw:
        usual["query"] = {"type": "string", "description": str(language.get("about") or "A query.")}
    how = build_answer_arguments(columns, counts=merges_any and bool(language.get("count")))
    add_usual(made, usual | how, method, diagnostics)
    made.advanced += how
    if reads_any:
        made.required.append("query")
    return Listing(
        entity=method.resource.entity,
        conditions=tuple(conditions),
        sortable=sortable,
        columns=columns,
        raw_query=has_language,
        raw_conditions=takes_raw,
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


def _leaves(fields: dict[str, Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    for name, given in fields.items():
        yield prefix + name, given
        if given.get("type") == "object":
            yield from _leaves(given.get("properties") or {}, f"{prefix}{name}.")


def _filters(path: str, given: Field, form: ReferenceForm) -> Iterator[tuple[Condition, Field]]:
    """Yield each way in which list may filter on a field, as a condition and the argument's shape."""
    how, name = given.get("filter") or (), given.get("filter_name") or path.rsplit(".", 1)[-1]
    is_reference = given.get("type") == "object"
    path = _name_in_conditions(path, given, form)
    shape = _shape_of_id(given, form) if is_reference else pick_shape(given)
    kind = find_kind(shape)
    about = _say_briefly(describe_field(given))
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


def _name_in_conditions(path: str, given: Field, form: ReferenceForm) -> str:
    """Return the path under which conditions know a field."""
    path = given.get("filter_field") or path
    is_part = given.get("type") == "object" and form.filtered_by
    return f"{path}.{form.filtered_by}" if is_part else path


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


def build_page_arguments(integration: Document, what: str) -> dict[str, Field]:
    """Return the arguments that ask for one page of records or rows."""
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


def _say_briefly(about: str) -> str:
    """Return the sentence that says what a field is; how it is written, and where its Id is found, is not for a
    filter.
    """
    first = cut_first_sentence(about.partition(" Id from [[")[0])
    return f"{first.rstrip('.')}."


def _shape_of_id(reference: Field, form: ReferenceForm) -> Field:
    part = (reference.get("properties") or {}).get(form.id) or {}
    return {"type": "string"} | {key: part[key] for key in ("type", "format", "pattern") if key in part}
