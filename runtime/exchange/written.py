"""The answer of a write: the record, what changed in it, and what did not come out as it was meant.

Part of `record`. What a caller is not shown is masked here as in every answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runtime.exchange.context import CallContext
from runtime.safety import masking
from runtime.safety.differences import Differences, Form, States, compare, list_paths
from runtime.safety.findings import list_warnings
from runtime.safety.updates import list_writable
from runtime.safety.values import is_same
from runtime.upstream import figures
from runtime.upstream.visible_text import is_plain, show_in_json

Record = Mapping[str, Any]
REPEATED = "The same call was made before under this idempotency key. It is carried out once, and this is its answer."
NOTHING_CHANGED = "Nothing changed: the record had these values already. What is left out stays as it is."


def describe_update(call: CallContext, after: Any) -> dict[str, Any]:
    """Return what an update did, as members of its answer. `after` is the record as the caller may see it."""
    before = call.before
    if before is None or not isinstance(after, Mapping):
        return {}
    if call.is_repeat:  # the record may have been changed since, and not by this call
        return {"warnings": [REPEATED]}
    if call.is_blind:
        return {"warnings": warnings} if (warnings := list_warnings(call.findings)) else {}
    meant = _mask(call, _complete(call, before))
    found = compare(States(_mask(call, before), meant, after), _form(call))
    nothing = [] if any(list_paths(found)) or found.worked_out or found.warnings else [NOTHING_CHANGED]
    return _members(found, [*list_warnings(call.findings), *found.warnings, *nothing])


def _complete(call: CallContext, before: Record) -> Record:
    """Return the record that an update means: what is sent, over what is stored where changes alone are sent."""
    sent = call.content or {}
    return {**before, **sent} if call.tool.call.body == "json_patch" else sent


def describe_changes(call: CallContext, former: Record, current: Record) -> Differences:
    """Return how a stored record differs from an earlier version of it, as the caller may see it."""
    now = _mask(call, current)
    return compare(States(_mask(call, former), now, now), _form(call))


def describe_plan(call: CallContext) -> dict[str, Any]:
    """Return what an update would change, as members of an answer."""
    before = call.before or {}
    content = _complete(call, before)
    after = {**before, **content}
    for name in list_writable(call.tool, before):
        if name not in content:
            after.pop(name, None)
    planned = _mask(call, after)
    found = compare(States(_mask(call, before), planned, planned), _form(call))
    return _members(found, list_warnings(call.findings))


def find_unmet(call: CallContext, after: Any) -> list[str]:
    """Return a sentence for each field that was sent alone and did not come out as it was sent."""
    if not isinstance(after, Mapping) or call.is_blind:
        return []
    rules, reference_id = call.integration.updates, call.integration.reference_form.id
    sent = {
        name: call.arguments[argument]
        for argument, name in call.tool.call.body_arguments
        if argument in call.arguments
    }
    skipped = {rules.version, call.tool.clears_unless, call.tool.identifier or call.integration.identifier}
    return [
        f"{name} was sent and did not change."
        for name, value in sent.items()
        if name not in skipped
        and not isinstance(value, (list, Mapping))
        and not masking.is_masked(value)
        and not is_same(value, after.get(name), reference_id)
    ]


def _form(call: CallContext) -> Form:
    sendable = {name for _, name in call.tool.call.body_arguments}
    read_only = frozenset(call.tool.ignored_arguments) - sendable
    rules = call.integration.updates
    skipped = frozenset({rules.version, call.tool.clears_unless})
    return Form(rules, read_only, call.integration.reference_form.id, frozenset(call.worked_out), skipped)


def _members(found: Differences, warnings: list[str]) -> dict[str, Any]:
    """Return the members of an answer that say something."""
    lines = {"added": found.added, "removed": found.removed, "changed": found.lines}
    members: dict[str, Any] = {"changed": found.changed}
    if any(lines.values()) or found.unchanged_lines:
        members |= (
            {"lines": said} if (said := {name: value for name, value in lines.items() if value}) else {}
        )
        members["unchanged_lines"] = found.unchanged_lines
    if found.worked_out:
        members["worked_out"] = found.worked_out
    if warnings:
        members["warnings"] = warnings
    return members


def _mask(call: CallContext, record: Record) -> Any:
    """Return a record as the caller sees it. What is hidden is masked in a copy, and what is unseen is shown."""
    body = figures.write_json(record)
    if not is_plain(body):
        body = show_in_json(body)
        record = figures.read(body)
    if call.cover is None:
        return record
    path = call.tool.returns.path
    if not masking.may_hide(call.cover, body):
        return record
    whole = figures.read(body)
    for step in reversed(path):
        whole = {step: whole}
    masking.hide(call.cover, whole)
    for step in path:
        whole = whole[step]
    return whole
