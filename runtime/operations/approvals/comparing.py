"""The record of a change as it would stand, and what of it the change is about. Pure; called by `staging`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar, cast

from runtime.exchange.context import CallContext
from runtime.safety.journal.undo import list_changed
from runtime.safety.updates import list_writable
from runtime.upstream import figures
from runtime.upstream.request import record

Record = Mapping[str, Any]
T = TypeVar("T")


def find_after(change: CallContext, before: Record | None) -> dict[str, Any]:
    """Return the record as it would stand: without what a replacement leaves out; nothing for one that is removed."""
    content = record(change.tool, change.arguments) if change.content is None else change.content
    if change.tool.risk == "destroy":
        return {}
    if change.tool.risk == "send":
        return dict(before or {})
    stands, given = before or {}, read_plain(content)
    after = {**stands, **{name: value for name, value in given.items() if stands.get(name) != value}}
    if change.before is not None:
        for name in list_writable(change.tool, stands):
            if name not in content and name != change.tool.clears_unless:
                after.pop(name, None)
    return after


def list_fields(change: CallContext, before: Record | None, after: Record) -> tuple[str, ...] | None:
    """Return the fields of the stored record that a change is about; None for the whole record."""
    if before is None or change.tool.risk != "overwrite":
        return None
    return tuple(list_changed(before, after, list_skipped(change)))


def list_skipped(change: CallContext) -> tuple[str, ...]:
    """Return the fields that say nothing of what was changed: the version, and what the vendor works out."""
    updates = change.integration.updates
    return (updates.version, *updates.computed)


def name_version_argument(change: CallContext) -> str:
    """Return the argument by which a write names the version of its record; empty where it has none."""
    arguments = {name: argument for argument, name in change.tool.call.body_arguments}
    return arguments.get(change.integration.updates.version, "")


def read_plain(value: Any) -> Any:
    """Return a value whose figures are decimals, so that two of them are compared by what they are worth."""
    return json.loads(figures.write_json(value), parse_float=Decimal)


def make_copy(value: T) -> T:
    """Return a copy of JSON, five times as fast as `copy.deepcopy`: every write that waits needs several."""
    if isinstance(value, dict):
        return cast(T, {name: make_copy(inner) for name, inner in value.items()})
    return cast(T, [make_copy(each) for each in value]) if isinstance(value, list) else value
