"""What a client is shown of a tool's arguments: the same arguments, in fewer words, in a form that every host takes.

Part of `tools`. Every tool that is listed costs an agent context in every conversation, so the shown schema leaves out
what the agent learns anyway, or never asks:

- limits of length and count: a call that breaks one is answered with the limit;
- the sentence of a further filter on the same field: of `X_from` and `X_until` only the first is described, and so is
  `X` but not `X_contains` (the note of the list says how they compare); here the rule that every argument has a
  sentence is given up on purpose;
- the long form of a value that has a short one, such as `Meta.Time` beside `Time`;
- what a list's own arguments mean beyond a few words, and the columns that it shows: its answer shows them;
- the sentences of arguments that integration.yaml calls rare: they stand in one line under `more`, an object that a
  call may put them into, each with its kind; rare parts of an object stand in its description in the same way.
  `get_tool_schema` and the documentation pages have them in full.

Hosts convert a schema to the form of their model's provider, and refuse or drop what that form lacks (`hosts` has the
rules). So nothing shown says `additionalProperties`, a `format` other than `date-time`, or a default; a date says how
it is written; `required` names what `properties` has; and an object without parts of its own is shown as a text that
holds it as JSON. A schema that is too large for hosts shows its inner objects in the same way, the last ones first.

What a call is checked against stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import orjson

from generator.stages.lint_hosts import LARGEST_SCHEMA
from generator.vendor import BARE_IDS, ReferenceForm

NONE: Mapping[str, str] = MappingProxyType({})
MORE = "more"
ORDER = "order_by"
LEAST_RARE = 3
"""With fewer rare arguments than this, a line of their own would save nothing."""
LONGEST_ENUM = 90
"""Characters of choices that stand in the line of advanced arguments; a longer list the error of a call names."""
HOPELESS = 100_000
"""Bytes of a schema that no text for objects makes small enough; check reports it."""
LONGEST_BRIEF = 60
"""Longer than this are addresses, whose parts have the usual names."""
JSON_TEXT = "As JSON text"
DATE_FORM = "YYYY-MM-DD."
_LIMITS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern"})
_SHOWN = ("type", "enum", "description")
_FIRST_SENTENCE_ONLY = frozenset({"limit"})
_SELF_EXPLANATORY = frozenset({"order_by", "descending", "query", "fields"})
_SOURCE = re.compile(r" Id from \w+\.")
_OPERATORS = ("_from", "_until", "_contains", "_any_of")


Place = tuple[dict[str, Any], str]
"""What holds an object, and under which key."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The schema as clients see it, and the arguments that stand under `more`."""

    schema: dict[str, Any]
    rare: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rules:
    """What few calls need, what is shown as text, what a rare name is shown with in place of its kind, of what parts
    a reference is, and whether lines of rare names leave out plain kinds.
    """

    rare: Collection[str]
    as_text: Collection[str]
    cautions: Mapping[str, str]
    reference: ReferenceForm
    is_brief: bool = False


def compact_schema(
    schema: dict[str, Any],
    rare: Collection[str],
    as_text: Collection[str] = (),
    cautions: Mapping[str, str] = NONE,
    *,
    reference: ReferenceForm = BARE_IDS,
    is_change: bool = False,
) -> Shown:
    """Return a tool's input schema in fewer words.

    `rare` names fields or arguments that few calls need; `as_text` names objects that take more than their parts say,
    and are shown as JSON text; `cautions` has what a caller must know of a rare field in any case; `reference` says
    of what parts a reference is; `is_change` says that the caller has read the record before, and knows what its rare
    fields hold.
    """
    hidden = _hidden(schema["properties"], schema["required"], rare)
    lean = _compact(schema, hidden, _Rules(rare, as_text, cautions, reference, is_brief=is_change))
    if not _fits(lean):
        lean = _compact(schema, hidden, _Rules(rare, as_text, cautions, reference, is_brief=True))
        _fit(lean, reference)
    return Shown(lean, hidden)


def _compact(schema: dict[str, Any], hidden: Collection[str], rules: _Rules) -> dict[str, Any]:
    properties: dict[str, Any] = schema["properties"]
    shown = {
        name: _lean(name, given, rules, is_text=name in rules.as_text)
        for name, given in properties.items()
        if name not in hidden
    }
    for name in shown:
        if name in _SELF_EXPLANATORY or _is_said_before(name, shown):
            shown[name].pop("description", None)
    if hidden:
        line = _in_a_line({name: properties[name] for name in hidden}, rules)
        shown[MORE] = {"type": "string", "description": f"Rare, as a JSON object: {line}."}
    lean: dict[str, Any] = {"type": "object", "properties": shown}
    if schema["required"]:
        lean["required"] = list(schema["required"])
    return lean


def _is_said_before(name: str, shown: dict[str, Any]) -> bool:
    """Return whether an argument is one more filter on a field that another argument describes."""
    field = name_field(name)
    others = (field, *(f"{field}{operator}" for operator in _OPERATORS))
    return field != name and next(each for each in others if each in shown) != name


def _hidden(properties: dict[str, Any], required: Collection[str], rare: Collection[str]) -> tuple[str, ...]:
    found = tuple(
        name for name in properties if name not in required and (name in rare or name_field(name) in rare)
    )
    return found if len(found) >= LEAST_RARE and MORE not in properties else ()


def name_field(argument: str) -> str:
    """Return the field that a filter's argument asks about: `Date` of `Date_from`."""
    for operator in _OPERATORS:
        argument = argument.removesuffix(operator)
    return argument


def _lean(name: str, given: dict[str, Any], rules: _Rules, *, is_text: bool = False) -> dict[str, Any]:
    """Return one argument, or a part of one, without what a client need not see."""
    out = {key: given[key] for key in _SHOWN if key in given}
    if name == ORDER and "enum" in given:
        out["enum"] = [each for each in given["enum"] if not _has_short_form(each, given["enum"])]
    if name in _FIRST_SENTENCE_ONLY and "description" in given:
        out["description"] = f"{str(given['description']).partition('. ')[0].rstrip('.')}."
    _say_form(out, given)
    if given.get("type") == "array":
        out["items"] = _lean("", given.get("items", {"type": "string"}), rules)
    if given.get("type") == "object":
        return _as_text(out, given, rules.reference) if is_text else _laid_out(out, given, rules)
    return out


def _say_form(out: dict[str, Any], given: dict[str, Any]) -> None:
    """How a value is written, in words where hosts refuse the key for it."""
    about = str(given.get("description") or "")
    if given.get("format") == "date-time":
        out["format"] = "date-time"
    elif given.get("format") == "date" and "YYYY-MM-DD" not in about:
        out["description"] = f"{about} {DATE_FORM}".strip()
    elif examples := given.get("examples"):
        out["description"] = f"{about} Such as {examples[0]}.".strip()


def _laid_out(out: dict[str, Any], given: dict[str, Any], rules: _Rules) -> dict[str, Any]:
    """Return an object: its rare parts in a line of its description, the others by themselves."""
    parts: dict[str, Any] = given.get("properties") or {}
    required = [name for name in given.get("required") or () if name in parts]
    hidden = [name for name in parts if name in rules.rare and name not in required]
    if len(hidden) == len(parts):
        return _as_text(out, given, rules.reference)
    out["properties"] = {name: _lean(name, each, rules) for name, each in parts.items() if name not in hidden}
    if required and not _is_reference(given, rules.reference):  # its one part says it all
        out["required"] = required
    if hidden:
        line = f"Rare: {_in_a_line({name: parts[name] for name in hidden}, rules)}."
        out["description"] = f"{given.get('description', '')} {line}".strip()
    return out


def _as_text(out: dict[str, Any], given: dict[str, Any], form: ReferenceForm) -> dict[str, Any]:
    """Return an object as a text, which names its parts."""
    parts = _parts(given, form)
    written = f"{JSON_TEXT}: {{{parts}}}." if parts else f"{JSON_TEXT} of an object."
    return {"type": "string", "description": f"{out.get('description', '')} {written}".strip()}


def _fits(schema: dict[str, Any]) -> bool:
    return len(orjson.dumps(schema)) <= LARGEST_SCHEMA


def _fit(schema: dict[str, Any], form: ReferenceForm) -> None:
    """Show objects as text until the whole is no larger than hosts take: those that are needed least come first.

    Of the objects inside another, such as the kinds of a line, the first is the usual one, and goes last.
    """
    size = len(orjson.dumps(schema))
    if size > HOPELESS:
        return
    steps = [*_inner(schema)]
    usual = [each for each in steps if _is_first(*each)]
    own = [*_own(schema)]
    plain = [(holder, key) for holder, key in own if _is_all_text(holder[key])]
    for place in (*(each for each in steps if not _is_first(*each)), *plain, None, *own, *usual):
        if size <= LARGEST_SCHEMA:
            return
        if place is None:
            _leave_sources(schema)
            size = len(orjson.dumps(schema))
        elif place[0][place[1]]["type"] == "object":
            size -= _to_text(*place, form)


def _to_text(holder: dict[str, Any], key: str, form: ReferenceForm) -> int:
    """Show an object as text, and return how many bytes that saves."""
    before = holder[key]
    holder[key] = _as_text(before, before, form)
    return len(orjson.dumps(before)) - len(orjson.dumps(holder[key]))


def _leave_sources(schema: dict[str, Any]) -> None:
    """Leave out where the Ids of optional references come from, which the names of tools say too."""
    for name, given in schema["properties"].items():
        if name not in schema.get("required", ()) and "description" in given:
            given["description"] = _SOURCE.sub("", given["description"])


def _inner(schema: dict[str, Any]) -> Iterator[Place]:
    """Yield where objects stand in the objects of a schema, those further down first."""
    for holder, key in _own(schema):
        for each in _own(holder[key]):
            yield from _inner(each[0][each[1]])
            yield each


def _own(schema: dict[str, Any]) -> Iterator[Place]:
    """Yield where the objects of a schema stand itself, the last one first."""
    parts: dict[str, Any] = schema.get("properties") or {}
    for name in reversed(parts):
        holder, key = (parts[name], "items") if "items" in parts[name] else (parts, name)
        if _may_be_text(holder[key]):
            yield holder, key


def _is_first(holder: dict[str, Any], key: str) -> bool:
    """Return whether an object is the first among its neighbours."""
    return (
        next((name for name, each in holder.items() if isinstance(each, dict) and _may_be_text(each)), "")
        == key
    )


def _may_be_text(given: dict[str, Any]) -> bool:
    """Return whether it is an object that text would make shorter; one that holds one text would only grow."""
    parts = list((given.get("properties") or {}).values())
    return given.get("type") == "object" and not (len(parts) == 1 and parts[0].get("type") == "string")


def _is_all_text(given: dict[str, Any]) -> bool:
    """Return whether an object, such as an address, has parts that are text."""
    return all(part.get("type") == "string" for part in (given.get("properties") or {}).values())


def _has_short_form(value: Any, values: Collection[Any]) -> bool:
    path, _, last = str(value).rpartition(".")
    return bool(path) and last in values


def _is_reference(given: dict[str, Any], form: ReferenceForm) -> bool:
    """Return whether an object has one part, that of an Id, and no more is to be said of it than that it is text."""
    parts = given.get("properties") or {}
    shown = [{key: each for key, each in part.items() if key not in _LIMITS} for part in parts.values()]
    return list(parts) == [form.id] and shown == [{"type": "string"}]


def _in_a_line(rare: dict[str, Any], rules: _Rules) -> str:
    """Write `A, B (date); C (X|Y)`: names with what they hold, neighbours of one kind together; text says nothing."""
    write = _brief if rules.is_brief else _kind
    said = rules.cautions
    kinds = {
        name: said[name] if name in said else write(given, rules.reference) for name, given in rare.items()
    }
    return "; ".join(_group(kind, list(names)) for kind, names in groupby(rare, kinds.__getitem__))


def _brief(given: dict[str, Any], form: ReferenceForm) -> str:
    """Return the parts of an object that is no reference; the error of a call names the rest, choices too."""
    inner = given.get("items") or given
    is_object = inner.get("properties") and not _is_reference(inner, form)
    text = f"{{{_parts(inner, form, 1)}}}" if is_object else ""
    return text if len(text) <= LONGEST_BRIEF else ""


def _group(kind: str, names: list[str]) -> str:
    text = re.sub(r"(\w+)_from, \1_until", r"\1_from/_until", ", ".join(names))
    return f"{text} ({kind})" if kind else text


def _kind(given: dict[str, Any], form: ReferenceForm, depth: int = 9) -> str:
    if values := given.get("enum"):
        text = "|".join(map(str, values))
        return text if len(text) <= LONGEST_ENUM else ""
    if given.get("type") == "array":
        kind = _kind(given.get("items") or {}, form, depth)
        return f"list of {kind}" if kind else "list"
    if given.get("type") == "object":
        return f"{{{_parts(given, form, depth)}}}" if given.get("properties") else "object"
    return str(given.get("format") or ("" if given.get("type") == "string" else given.get("type", "")))


def _parts(given: dict[str, Any], form: ReferenceForm, depth: int = 9) -> str:
    """Return the names of what is inside an object, so many levels deep: `Id, Sale {Item, Qty}`; a reference is
    just named.
    """
    parts: dict[str, Any] = given.get("properties") or {}
    return ", ".join(_part(name, each, form, depth - 1) for name, each in parts.items())


def _part(name: str, given: dict[str, Any], form: ReferenceForm, depth: int) -> str:
    inner = given.get("items") or given
    is_deeper = depth > 0 and inner.get("properties") and not _is_reference(inner, form)
    return f"{name} {{{_parts(inner, form, depth)}}}" if is_deeper else name
