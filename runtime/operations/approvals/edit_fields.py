"""The form in which a person corrects a change before approving it: its fields in words, and what is wrong with them.

Called by the page that edits a change. What may be edited is what `edits` lists; a dry run through the tool finds what
the vendor or our rules would refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.errors import InvalidRequest
from runtime.exchange.tool_answer import Answer
from runtime.operations.approvals.edits import Editable, apply_edits, list_editable
from runtime.operations.field_names import split_name
from runtime.upstream.visible_text import show_unseen

DRY_RUN = "dry_run"
LONGEST_VALUE = 40
"""Characters of an amount or a date; more is neither."""
LONGEST_ABOUT = 80
"""Characters of the text that says which line a field is of."""
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class EditField:
    """A value that may be corrected: its place, its label in words, what it is of, and what was asked for.

    `group` names the line that it is of, empty for the record itself.
    """

    path: str
    label: str
    group: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong: beside each field, and what is said of none of them."""

    fields: Mapping[str, str]
    others: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fields or self.others)


def list_edit_fields(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> list[EditField]:
    """Return the fields of the form, in the order of the arguments, without what the vendor sets by itself."""
    rules = integration.updates
    found = (
        each for each in list_editable(tool, arguments) if each.path.rpartition(".")[2] not in rules.computed
    )
    return [_make_field(each, arguments, rules.kind) for each in found]


def check_values(tool: Tool, arguments: Mapping[str, Any], values: Mapping[str, str]) -> Problems:
    """Return which values are no amounts or dates."""
    found = {}
    for path, text in values.items():
        try:
            if len(text) > LONGEST_VALUE:
                raise InvalidRequest("That is too long for an amount or a date.")
            apply_edits(tool, arguments, {path: text})
        except InvalidRequest as error:
            found[path] = error.message.removeprefix(f"{path} ").capitalize()
    return Problems(found)


def read_dry_run(answer: Answer, fields: Sequence[EditField]) -> Problems:
    """Return what a dry run of the corrected change found, each beside the field that it is about."""
    if answer.error is not None:
        error = answer.error
        return _sort([("", f"{error.message} {error.advice or ''}".strip())], fields)
    findings = json.loads(answer.text).get("findings", ())
    return _sort(
        [(str(each["argument"]), f"{each['found']} {each['right']}".strip()) for each in findings], fields
    )


def _sort(problems: Iterable[tuple[str, str]], fields: Sequence[EditField]) -> Problems:
    """Return problems, each with its place or none, by the fields that have these places or are named in the text."""
    beside, others = dict[str, str](), list[str]()
    known = [each.path for each in fields]
    for place, text in problems:
        path = place if place in known else next((each for each in known if f"{each} " in text), "")
        if path:
            beside[path] = text
        else:
            others.append(text)
    return Problems(beside, tuple(others))


def _make_field(editable: Editable, arguments: Mapping[str, Any], kind: str) -> EditField:
    """Return a field: `Line[0].Amount` is that of line 1. The object that only says the kind of a line is left out."""
    labels, group = list[str](), ""
    holder: Any = arguments
    for name, place in _STEP.findall(editable.path):
        is_kind = isinstance(holder, Mapping) and bool(kind) and holder.get(kind) == name
        if place:
            holder = holder[int(place)]
            group, labels = _name_entry(f"{' › '.join(labels)} {int(place) + 1}", holder, kind), []  # noqa: RUF001
        else:
            holder = holder[name]
            labels += [] if is_kind else [split_name(name)]
    return EditField(editable.path, " › ".join(labels), group, editable.kind, editable.value)  # noqa: RUF001


def _name_entry(label: str, entry: Any, kind: str) -> str:
    """Return the label of an entry with its first text, which people know it by."""
    if not isinstance(entry, Mapping):
        return label
    texts = (value for name, value in entry.items() if isinstance(value, str) and name != kind)
    about = show_unseen(next((each for each in texts if not each.isdigit()), ""))[:LONGEST_ABOUT]
    return f"{label}: {about}" if about else label
