"""What undoes a write: which tool, and what it sends. The definition says which methods undo which.

Called by `operations.undo`, with the entry of the journal and the record as it is now. A create is voided or deleted or
set inactive where the vendor deletes nothing; an update is put back; what was deleted is created again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration

Record = Mapping[str, Any]
SET_INACTIVE = "set_inactive"
"""Stands among the methods that undo a create for an update that takes the record out of use."""


def find_undo(tool: Tool, integration: Integration, tools: Iterable[Tool]) -> tuple[Tool, str] | None:
    """Return the tool that undoes a write of another one, and by which method; None where nothing does."""
    of_resource = {
        each.method: each
        for each in tools
        if (each.integration, each.resource) == (tool.integration, tool.resource)
    }
    for method in integration.undo.methods.get(tool.method, ()):
        found = of_resource.get("update" if method == SET_INACTIVE else method)
        if found is not None and (method != SET_INACTIVE or _takes(found, integration.undo.inactive)):
            return found, method
    return None


def make_content(
    undo: tuple[Tool, str], integration: Integration, before: Record | None, now: Record | None
) -> dict[str, Any]:
    """Return what the tool that undoes a write sends. `now` is the record as it is, None where it is gone.

    `before` is the record before the write, for an update or a deletion.
    """
    tool, method = undo
    identifier, version = tool.identifier or integration.identifier, integration.updates.version
    fields = {field for _, field in tool.call.body_arguments} - {tool.clears_unless}
    if method == "create":
        return _without_ids(_some(before or {}, fields - {identifier, version}), identifier, {})
    current = now or {}
    always = _some(current, {identifier, version})
    if method == "update":
        return _without_ids(_some(before or {}, fields), identifier, current) | always
    if method == SET_INACTIVE:
        return _some(current, fields) | dict(integration.undo.inactive) | always
    return _some(current, fields & {identifier, version}) or always


def list_changed(one: Record, other: Record, ignored: Iterable[str]) -> list[str]:
    """Return the fields in which two versions of a record differ, beside some that always do, at any level."""
    skipped = frozenset(ignored)
    first, second = _strip(one, skipped), _strip(other, skipped)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def _strip(value: Any, skipped: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _strip(inner, skipped) for name, inner in value.items() if name not in skipped}
    return [_strip(each, skipped) for each in value] if isinstance(value, list) else value


def _takes(tool: Tool, fields: Mapping[str, Any]) -> bool:
    known = {field for _, field in tool.call.body_arguments}
    return bool(fields) and fields.keys() <= known


def _some(record: Record, names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name in names}


def _without_ids(record: dict[str, Any], identifier: str, current: Record) -> dict[str, Any]:
    """Return a record whose entries of lists name no Id but those that are there now."""
    return {
        name: _entries(value, identifier, current.get(name)) if isinstance(value, list) else value
        for name, value in record.items()
    }


def _entries(entries: list[Any], identifier: str, current: Any) -> list[Any]:
    there = {each.get(identifier) for each in current or () if isinstance(each, Mapping)}
    return [
        {name: value for name, value in each.items() if name != identifier or value in there}
        if isinstance(each, Mapping)
        else each
        for each in entries
    ]
