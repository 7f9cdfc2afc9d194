"""What an update that is guarded takes beside its fields, and what its entries need. Part of `arguments`.

An update of a whole record, where the record can be read, is laid over what is stored (`runtime/safety/merging.py`).
So a caller may give any part of a field, and what a new entry of a list needs is looked at when it is known which
entries are new.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from generator.reading.yaml_events import Document
from generator.stages.methods import Method
from generator.stages.resolve import Field
from generator.templates import find_names

MODE, CLEAR, REMOVE, ON_CONFLICT = "mode", "clear", "remove_lines", "on_conflict"
PATCH = "json_patch"
OPTIONS: dict[str, Field] = {
    MODE: {
        "type": "string",
        "enum": ["merge", "replace"],
        "description": "By merge, as usual, the fields are laid over the stored record. By replace only they are sent: "
        "what else the record holds is cleared, and has to be named in clear.",
    },
    CLEAR: {
        "type": "array",
        "items": {"type": "string"},
        "description": 'Fields to empty, such as ["DueDate", "BillAddr.Line2"].',
    },
    ON_CONFLICT: {
        "type": "string",
        "enum": ["fail", "retry"],
        "description": "By retry it is merged once more when somebody else changed other fields meanwhile; by fail, as "
        "usual, the answer says so.",
    },
}
REMOVE_LINES: Field = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Ids of lines to remove. Every other line stays.",
}


def is_guarded(method: Method, integration: Document) -> bool:
    """Return whether an update is laid over the record that is stored, which a method of the resource reads."""
    body = method.rules.get("body")
    is_checked = body == "whole_record" or (body == PATCH and "updates" in integration.value)
    return is_checked and "get" in method.resource.document.value["methods"]


def find_read_arguments(method: Method, integration: Document) -> set[str]:
    """Return the arguments by which the record is read: an update needs nothing else of its caller."""
    usual = integration.value["methods"].get("get", {})
    rules = {**usual, **method.resource.document.value["methods"]["get"]}
    in_path = find_names(str(method.resource.document.value.get("path") or ""))
    return {*find_names(rules["request"]), *in_path, *(rules.get("arguments") or ())}


def list_options(method: Method, integration: Document) -> dict[str, Field]:
    """Return the arguments that say how an update is carried out."""
    lists = (integration.value.get("updates") or {}).get("entries") or {}
    has_lines = any(name in method.resource.fields for name in lists)
    options = {CLEAR: OPTIONS[CLEAR]} if method.rules.get("body") == PATCH else OPTIONS
    return options | ({REMOVE: REMOVE_LINES} if has_lines else {})


def make_partial(field: Field, reference: tuple[str, ...]) -> tuple[Field, dict[str, list[str]]]:
    """Return a field of which any part may be given, and what each object inside it needs once it is whole.

    The needs stand under the path of the object, dotted, where a list is `[]`: `{"[]": ["Amount"]}`. `reference` has
    the members of an object that is always given whole.
    """
    needs: dict[str, list[str]] = {}
    relaxed = deepcopy(field)
    _relax(relaxed, "", tuple(reference), needs)
    return relaxed, needs


def _relax(node: Any, path: str, reference: tuple[str, ...], needs: dict[str, list[str]]) -> None:
    if not isinstance(node, dict):
        return
    required = node.get("required")
    if path and required and tuple(required) != reference:
        needs[path] = list(node.pop("required"))
    if isinstance(node.get("items"), dict):
        _relax(node["items"], f"{path}[]", reference, needs)
    for name, inner in (node.get("properties") or {}).items():
        _relax(inner, f"{path}.{name}", reference, needs)
