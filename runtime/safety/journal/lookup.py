"""The call that finds out what became of a write, and what its answer says.

Called by `operations.settling`, which makes the call, and `operations.calls`, which names it where an answer was lost:
of a record whose Id is known the tool that reads it, of a new one the list that what was sent can be found in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from generator.catalog import Condition, Tool
from generator.client_filters import CLIENT
from runtime.model import OutcomeKind
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]
_TELLING = ("string", "number", "date", "date-time")
"""Kinds of values that may single out a record. A yes or no does not."""


class Lookup(NamedTuple):
    """A tool that reads, and its arguments."""

    tool: Tool
    arguments: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it as an error names it."""
        return {"tool": self.tool.name, "arguments": self.arguments}


def find_lookup(
    tool: Tool, arguments: Mapping[str, Any], content: Record, tools: Iterable[Tool]
) -> Lookup | None:
    """Return the call, of one of the tools, that finds what became of a write; None when none of them does."""
    of_resource = [each for each in tools if (each.integration, each.resource) == _resource(tool)]
    for each in of_resource:
        if each.method == "get" and (wanted := _required(each, arguments)):
            return Lookup(each, wanted)
    for each in of_resource:
        if tool.risk == "create" and each.listing is not None and (wanted := _filters(each, content)):
            return Lookup(each, wanted)
    return None


def judge_record(
    tool: Tool, version: str, content: Record, before: Record | None, now: Record | None
) -> OutcomeKind:
    """Return what a record, as it is now, says of a write to it; `now` is None when there is none any more.

    `version` is the field that changes with each write.
    """
    if tool.method == "delete":
        return "settled_done" if now is None else "settled_not_done"
    if now is None:
        return "indeterminate"
    if version in content and content[version] == now.get(version):
        return "settled_not_done"
    former = before or {}
    meant = {name: value for name, value in content.items() if name != version and value != former.get(name)}
    if tool.method != "update" or not meant:
        return "indeterminate"
    if holds_all(meant, now):
        return "settled_done"
    is_as_before = before is not None and all(before.get(name) == now.get(name) for name in meant)
    return "settled_not_done" if is_as_before else "indeterminate"


def judge_found(content: Record, found: list[Record]) -> OutcomeKind:
    """Return what the records, found by what a new one was to have, say of whether it was made."""
    if not found:
        return "settled_not_done"
    plain = {name: value for name, value in content.items() if not isinstance(value, list)}
    is_one = len(found) == 1 and holds_all(
        {name: plain[name] for name in plain if name in found[0]}, found[0]
    )
    return "settled_done" if is_one else "indeterminate"


def holds_all(meant: Any, now: Any) -> bool:
    """Return whether everything that was meant is there; what the vendor adds or fills in is ignored."""
    if isinstance(meant, Mapping):
        return isinstance(now, Mapping) and all(
            holds_all(value, now.get(name)) for name, value in meant.items()
        )
    if isinstance(meant, list):
        is_list = isinstance(now, list) and len(now) >= len(meant)
        return is_list and all(holds_all(one, other) for one, other in zip(meant, now, strict=False))
    if isinstance(meant, (int, float)) and isinstance(now, (int, float)):
        return abs(meant - now) < 1e-9
    return bool(meant == now) or (meant in (None, "") and now in (None, ""))


def read_rows(lookup: Lookup, value: Any) -> list[Record]:
    """Return the records in the body that a list was answered with."""
    rows = follow_path(value, lookup.tool.returns.path)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _resource(tool: Tool) -> tuple[str, str]:
    return tool.integration, tool.resource


def _required(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the required arguments of a tool out of those of another one; none when any is missing."""
    required = tool.input_schema.get("required", [])
    found = {name: arguments[name] for name in required if arguments.get(name) not in (None, "")}
    return found if len(found) == len(required) else {}


def _filters(tool: Tool, content: Record) -> dict[str, Any]:
    """Return the filters of a list that a record, as it was sent, would be found by."""
    listed = tool.listing.conditions if tool.listing else ()
    conditions = tuple(each for each in listed if each.argument != CLIENT)
    found: dict[str, Any] = {}
    for condition in conditions:
        value = _plain(content.get(condition.field))
        if value is not None and condition.kind in _TELLING and _is_exact(condition, conditions):
            found[condition.argument] = [value] if condition.operator == "any_of" else value
    return found


def _plain(value: Any) -> Any:
    """Return a value that a filter takes: a text, a number, or what a reference refers to; None for any other."""
    if isinstance(value, Mapping):
        value = value.get("value")
    return (
        value
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != ""
        else None
    )


def _is_exact(condition: Condition, conditions: tuple[Condition, ...]) -> bool:
    """Whether a condition, with its counterpart for a range, leaves exactly one value."""
    if condition.operator in ("equals", "any_of"):
        return True
    others = {each.operator for each in conditions if each.field == condition.field}
    return condition.operator in ("from", "until") and others >= {"from", "until"} and "equals" not in others
