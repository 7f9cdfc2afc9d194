"""What a client is shown of a tool's arguments: the same arguments, in fewer words. Between words and tools.

Every tool that is listed costs an agent context in every conversation, so the shown schema leaves out what the agent
learns anyway, or never asks:

- limits of length and count: a call that breaks one is answered with the limit;
- the inside of a reference: `required: [value]` says it all; and of an object of texts, whose parts are named;
- the sentence of a further filter on the same field: of `X_from` and `X_until` only the first is described, and so is
  `X` but not `X_contains` (the note of the list says how they compare); here the rule that every argument has a
  sentence is given up on purpose;
- the long form of a value that has a short one, such as `Meta.Time` beside `Time`;
- what a list's own arguments mean beyond a few words, and the columns that it shows: its answer shows them;
- the inside of an object in a tool that changes a record, which is made from one that was read: its parts are named;
- the sentences of arguments that integration.yaml calls rare: they stand in one line under `more`, an object that a
  call may put them into, each with its kind; rare parts of an object stand in its description in the same way.
  `get_tool_schema` and the reference pages have them in full.

What a call is checked against stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

MORE = "more"
ORDER = "order_by"
LEAST_RARE = 3
"""With fewer rare arguments than this, a line of their own would save nothing."""
LONGEST_ENUM = 90
_LIMITS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern"})
_FIRST_SENTENCE_ONLY = frozenset({"limit"})
_SPEAKS_FOR_ITSELF = frozenset({"order_by", "descending", "query", "fields"})
_OPERATORS = ("_from", "_until", "_contains", "_any_of")


@dataclass(frozen=True, slots=True)
class Shown:
    """The schema as clients see it, and the arguments that stand under `more`."""

    schema: dict[str, Any]
    rare: tuple[str, ...]


def show_less(schema: dict[str, Any], rare: Collection[str], *, is_change: bool) -> Shown:
    """A tool's input schema in fewer words. `rare` names fields or arguments that few calls need; `is_change` says
    that the caller has read the record before, and knows its inside.
    """
    properties: dict[str, Any] = schema["properties"]
    hidden = _hidden(properties, schema["required"], rare)
    lean = _named if is_change else _lean
    shown = {name: lean(name, given, rare) for name, given in properties.items() if name not in hidden}
    for name in shown:
        if name in _SPEAKS_FOR_ITSELF or _is_said_before(name, shown):
            shown[name].pop("description", None)
    if hidden:
        about = f"Rare: {_in_a_line({name: properties[name] for name in hidden})}."
        shown[MORE] = {"type": "object", "description": about}
    lean_schema = {**schema, "properties": shown}
    if not schema["required"]:
        del lean_schema["required"]
    return Shown(lean_schema, hidden)


def _is_said_before(name: str, shown: dict[str, Any]) -> bool:
    """Whether an argument is one more filter on a field that another argument describes."""
    field = field_of(name)
    others = (field, *(f"{field}{operator}" for operator in _OPERATORS))
    return field != name and next(each for each in others if each in shown) != name


def _hidden(properties: dict[str, Any], required: Collection[str], rare: Collection[str]) -> tuple[str, ...]:
    found = tuple(
        name for name in properties if name not in required and (name in rare or field_of(name) in rare)
    )
    return found if len(found) >= LEAST_RARE and MORE not in properties else ()


def field_of(argument: str) -> str:
    """The field that a filter's argument asks about: `Date` of `Date_from`."""
    for operator in _OPERATORS:
        argument = argument.removesuffix(operator)
    return argument


def _lean(name: str, given: dict[str, Any], rare: Collection[str]) -> dict[str, Any]:
    """One argument, or a part of one, without what a client need not see."""
    out = {key: each for key, each in given.items() if key not in _LIMITS}
    if name == ORDER:
        out["enum"] = [each for each in given["enum"] if not _has_short_form(each, given["enum"])]
    if name in _FIRST_SENTENCE_ONLY:
        out["description"] = f"{str(given['description']).partition('. ')[0].rstrip('.')}."
    if _is_reference(given):
        del out["properties"]
    elif _is_all_text(given):
        del out["properties"]
        out["description"] = f"{given.get('description', '')} Holds {_parts(given)}.".strip()
    elif "properties" in given:
        _lay_out(out, given, rare)
    if "items" in given:
        out["items"] = _lean("", given["items"], rare)
    return out


def _lay_out(out: dict[str, Any], given: dict[str, Any], rare: Collection[str]) -> None:
    """The parts of an object: the rare ones in a line of its description, the others by themselves."""
    parts: dict[str, Any] = given["properties"]
    hidden = [name for name in parts if name in rare and name not in given.get("required", ())]
    out["properties"] = {name: _lean(name, each, rare) for name, each in parts.items() if name not in hidden}
    if hidden:
        line = f"Rare: {_in_a_line({name: parts[name] for name in hidden})}."
        out["description"] = f"{given.get('description', '')} {line}".strip()


def _has_short_form(value: Any, values: Collection[Any]) -> bool:
    path, _, last = str(value).rpartition(".")
    return bool(path) and last in values


def _named(name: str, given: dict[str, Any], rare: Collection[str]) -> dict[str, Any]:
    """An argument whose inside is named in its description, and not laid out."""
    out = _lean(name, given, rare)
    inside = _parts(given.get("items") or given)
    if "properties" not in (out.get("items") or out) or not inside:
        return out
    (out.get("items") or out).pop("properties")
    if "items" in out:
        out["items"] = {"type": out["items"].get("type", "object")}
    out["description"] = f"{given.get('description', '')} Holds {inside}.".strip()
    return out


def _is_reference(given: dict[str, Any]) -> bool:
    """Whether an object has one part, which it must have and which is text without more to say of it."""
    parts = given.get("properties") or {}
    shown = [{key: each for key, each in part.items() if key not in _LIMITS} for part in parts.values()]
    return list(parts) == given.get("required") and shown == [{"type": "string"}]


def _is_all_text(given: dict[str, Any]) -> bool:
    """Whether an object, such as an address, has parts that are text, which a caller may leave out."""
    parts = (given.get("properties") or {}).values()
    is_text = all(part.get("type") == "string" and not {"enum", "format"} & part.keys() for part in parts)
    return bool(parts) and is_text and not given.get("required")


def _in_a_line(rare: dict[str, Any]) -> str:
    """`A, B (date); C (X|Y)`: names with what they hold, neighbours of one kind together; text says nothing."""
    return "; ".join(
        _group(kind, list(names)) for kind, names in groupby(rare, lambda name: _kind(rare[name]))
    )


def _group(kind: str, names: list[str]) -> str:
    text = re.sub(r"(\w+)_from, \1_until", r"\1_from/_until", ", ".join(names))
    return f"{text} ({kind})" if kind else text


def _kind(given: dict[str, Any]) -> str:
    if values := given.get("enum"):
        text = "|".join(map(str, values))
        return text if len(text) <= LONGEST_ENUM else ""
    if given.get("type") == "array":
        return f"list of {_kind(given.get('items') or {}) or 'text'}"
    if given.get("type") == "object":
        return f"{{{_parts(given)}}}" if given.get("properties") else "object"
    return str(given.get("format") or ("" if given.get("type") == "string" else given.get("type", "")))


def _parts(given: dict[str, Any]) -> str:
    """The names of what is inside an object, at every depth: `Id, Sale {Item, Qty}`; a reference is just named."""
    return ", ".join(_part(name, each) for name, each in (given.get("properties") or {}).items())


def _part(name: str, given: dict[str, Any]) -> str:
    inner = given.get("items") or given
    return f"{name} {{{_parts(inner)}}}" if inner.get("properties") and not _is_reference(inner) else name
