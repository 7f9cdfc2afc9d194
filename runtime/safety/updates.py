"""What an update of a whole record sends, and what stands in its way: merged with what is stored, or replacing it.

Called by `operations.guarded_updates`, which has read the record. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from generator.vendor_rules import CarriedTax
from runtime.safety.entries import Keys, find_places, identify, name_entry
from runtime.safety.findings import Finding
from runtime.safety.merging import drop_path, merge
from runtime.safety.values import is_empty, is_reference, is_same
from runtime.safety.write_options import WriteOptions
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]


@dataclass(slots=True)
class Update:
    """The record that is sent. `worked_out` are fields left out of it, so that the vendor works them out anew."""

    content: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    worked_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    tool: Tool
    integration: Integration
    stored: Record
    given: Record
    options: WriteOptions


def prepare_update(
    tool: Tool, integration: Integration, stored: Record, given: Record, options: WriteOptions
) -> Update:
    """Return what an update sends: `given` are the fields of the caller under the vendor's names."""
    asked = _Asked(tool, integration, stored, given, options)
    update = _plan_replacement(asked) if options.mode == "replace" else _plan_merge(asked)
    _apply_clear(asked, update)
    update.findings += _find_lacking(asked, update.content)
    update.findings += _find_short(asked, update.content)
    if tool.call.body == "json_patch":
        update.content = _pick_named(asked, update.content)
    return update


def _pick_named(asked: _Asked, content: Record) -> dict[str, Any]:
    """Return what of a record the caller named, for a vendor that is sent changes alone; what is cleared is null."""
    options = asked.options
    named = dict.fromkeys((*asked.given, *(re.split(r"[.[]", path, maxsplit=1)[0] for path in options.clear)))
    if options.remove_lines:
        lists = asked.integration.updates.entries
        named |= dict.fromkeys(
            name for name in lists if not is_same(content.get(name), asked.stored.get(name))
        )
    return {name: _choose_sent(asked, content, name) for name in named}


def _choose_sent(asked: _Asked, content: Record, name: str) -> Any:
    """Return the value of a named field: a reference as it was given, anything else laid over what is stored."""
    given, id_ = asked.given.get(name), asked.integration.reference_form.id
    is_whole = isinstance(given, Mapping) and any(
        isinstance(each, Mapping) and id_ in each for each in (given, asked.stored.get(name))
    )
    return given if is_whole else content.get(name)


def is_laid_over(tool: Tool, arguments: Mapping[str, Any]) -> bool:
    """Return whether a call is laid over the stored record: an update, unless it sends only what is given."""
    return tool.is_guarded and tool.current is not None and not arguments.get(tool.clears_unless)


def list_writable(tool: Tool, stored: Record) -> dict[str, Any]:
    """Return what of a stored record goes back in an update: all but what nobody may set."""
    ignored = frozenset(tool.ignored_arguments) - {field for _, field in tool.call.body_arguments}
    return {name: value for name, value in stored.items() if name not in ignored}


def build_schema(tool: Tool) -> dict[str, Any]:
    """Return the schema of the record that a tool sends, under the vendor's names."""
    properties = tool.input_schema["properties"]
    named = {
        name: properties[argument] for argument, name in tool.call.body_arguments if argument in properties
    }
    return {"properties": named}


def _plan_merge(asked: _Asked) -> Update:
    tool, rules = asked.tool, asked.integration.updates
    stored = list_writable(tool, asked.stored)
    merged = merge(
        stored,
        asked.given,
        build_schema(tool),
        rules,
        reference_id=asked.integration.reference_form.id,
        remove=asked.options.remove_lines,
    )
    worked_out = _drop_stale_taxes(asked, merged.content)
    return Update(merged.content, [*merged.findings, *_find_left_out(asked)], worked_out)


def _find_left_out(asked: _Asked) -> Iterator[Finding]:
    """Yield the lists that look as if they were sent back whole without some entries.

    Whoever sends an entry as it is stored has the whole list in mind, so that one left out may be meant to go; whoever
    sends only what changes means nothing by it.
    """
    for name, keys in asked.integration.updates.entries.items():
        stored, given = asked.stored.get(name), asked.given.get(name)
        if not isinstance(stored, list) or not isinstance(given, list):
            continue
        places, sent = find_places(stored, keys), find_places(given, keys)
        left = [name_entry(stored[at], keys) for each, at in places.items() if each not in sent]
        left = [each for each in left if each not in asked.options.remove_lines]
        if left and any(
            _is_sent_back(asked, given[at], stored[places[each]])
            for each, at in sent.items()
            if each in places
        ):
            yield Finding(
                name,
                f"{name} has entries as they are stored, and leaves out {', '.join(left)}.",
                "Give only entries that change, and name in remove_lines those that are to go.",
            )


def _is_sent_back(asked: _Asked, given: Any, stored: Any) -> bool:
    id_ = asked.integration.reference_form.id
    return len(given) > 1 and all(
        is_same(given.get(name), stored.get(name), id_) for name in given.keys() | stored.keys()
    )


def _drop_stale_taxes(asked: _Asked, content: dict[str, Any]) -> tuple[str, ...]:
    """Leave out a tax that was worked out for other lines, unless the caller gave it; return what was left out."""
    dropped: list[str] = []
    for rule in _taxes_of(asked):
        before, now = asked.stored.get(rule.lines), content.get(rule.lines)
        if is_same(before, now) or any(
            follow_path(asked.given, path) is not None for path in (rule.tax_lines, rule.total)
        ):
            continue
        paths = (rule.tax_lines, rule.total)
        dropped += [path[0] for path in paths if drop_path(content, ".".join(path))]
    return tuple(dict.fromkeys(dropped))


def _taxes_of(asked: _Asked) -> Iterator[CarriedTax]:
    taxes = asked.integration.rules.carried_taxes
    return (rule for rule in taxes if asked.tool.resource in rule.resources)


def _plan_replacement(asked: _Asked) -> Update:
    """Return what the caller gave, and a finding for each thing that the record would lose by it."""
    content = dict(asked.given)
    lost = [
        path
        for path in _find_lost(asked, list_writable(asked.tool, asked.stored), content, "")
        if not _is_named(path, asked.options.clear)
    ]
    findings = []
    if lost:
        findings.append(
            Finding(
                "clear",
                f"mode replace would clear {', '.join(lost)}.",
                "Give these fields too, name them in clear, or leave mode out to change only what is given.",
            )
        )
    return Update(content, findings)


def _find_lost(asked: _Asked, stored: Record, now: Any, path: str) -> Iterator[str]:
    """Yield the dotted paths of what is stored and missing in what is sent."""
    rules, reference_id = asked.integration.updates, asked.integration.reference_form.id
    for name, value in stored.items():
        where = f"{path}.{name}" if path else name
        if name in rules.computed or name == rules.version or is_empty(value):
            continue
        given = now.get(name) if isinstance(now, Mapping) else None
        if is_empty(given):
            yield where
        elif isinstance(value, Mapping) and not is_reference(value, reference_id):
            yield from _find_lost(asked, value, given, where)
        elif isinstance(value, list) and (keys := rules.entries.get(name)):
            yield from _find_lost_entries(asked, value, (given, keys), where)


def _find_lost_entries(asked: _Asked, stored: list[Any], now: tuple[Any, Keys], path: str) -> Iterator[str]:
    """Yield the entries that are missing in what is sent, and what is missing in the others."""
    given, keys = now
    there = given if isinstance(given, list) else []
    places = find_places(there, keys)
    for entry in stored:
        identity, called = next(iter(identify(entry, keys)), None), name_entry(entry, keys)
        if identity is None or called in asked.options.remove_lines:
            continue
        if identity in places:
            yield from _find_lost(asked, entry, there[places[identity]], f"{path}[{called}]")
        else:
            yield f"{path}[{called}]"


def _is_named(path: str, named: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in named)


def _apply_clear(asked: _Asked, update: Update) -> None:
    """Remove the fields that are to be emptied, and report those that cannot be."""
    known = build_schema(asked.tool)["properties"]
    needed = {*asked.tool.always_send, asked.integration.updates.version, _identifier(asked)}
    for path in asked.options.clear:
        first = path.partition(".")[0].partition("[")[0]
        if first not in known:
            update.findings.append(
                _refuse_clear(path, "is no field of the record.", "Name a field as it is read.")
            )
        elif path in needed:
            update.findings.append(_refuse_clear(path, "cannot be empty.", "Give it another value instead."))
        elif path == first and not is_empty(asked.given.get(first)):
            update.findings.append(
                _refuse_clear(path, "is to be emptied, and has a value as well.", "Leave out one of the two.")
            )
        elif asked.options.mode == "merge":
            drop_path(update.content, path)


def _refuse_clear(path: str, found: str, right: str) -> Finding:
    return Finding("clear", f'"{path}" {found}', right)


def _identifier(asked: _Asked) -> str:
    return asked.tool.identifier or asked.integration.identifier


def _find_lacking(asked: _Asked, content: Record) -> Iterator[Finding]:
    """Yield what new and changed parts of the record lack. What is sent back as it was stored is not looked at."""
    stored = {id(each) for value in asked.stored.values() for each in _parts_of(value)}
    for path, parts in asked.tool.needs.items():
        steps = tuple(path.replace("[]", ".[]").split("."))
        for where, value in _walk(content, steps, "", stored):
            lacking = ", ".join(name for name in parts if name not in value)
            if lacking:
                yield Finding(where, f"{where} lacks {lacking}.", f"Give {lacking}.")


def _parts_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _walk(value: Any, steps: tuple[str, ...], where: str, stored: set[int]) -> Iterator[tuple[str, Record]]:
    """Yield the objects that a path leads to, each with where it stands; a step `[]` is every entry of a list."""
    if not steps:
        if isinstance(value, Mapping) and id(value) not in stored:
            yield where, value
        return
    first, rest = steps[0], steps[1:]
    if first == "[]":
        for at, each in enumerate(value if isinstance(value, list) else ()):
            if id(each) not in stored:
                yield from _walk(each, rest, f"{where}[{at}]", stored)
    elif isinstance(value, Mapping) and first in value:
        yield from _walk(value[first], rest, f"{where}.{first}" if where else first, stored)


def _find_short(asked: _Asked, content: Record) -> Iterator[Finding]:
    """Yield the lists that would have fewer entries than the vendor takes."""
    for name, schema in build_schema(asked.tool)["properties"].items():
        least, entries = schema.get("minItems", 0), content.get(name)
        had = asked.stored.get(name)
        if not least or not had or (isinstance(entries, list) and _count(asked, name, entries) >= least):
            continue
        left = _count(asked, name, entries) if isinstance(entries, list) else 0
        yield Finding(
            name,
            f"The record would have {left} entries in {name}, and needs at least {least}.",
            "Add another one in the same call, or delete or void the whole record.",
        )


def _count(asked: _Asked, name: str, entries: list[Any]) -> int:
    """Return how many entries are the caller's or named: those that the vendor adds itself have no name."""
    keys = asked.integration.updates.entries.get(name)
    had = asked.stored.get(name)
    own = {id(each) for each in had} if isinstance(had, list) else set()
    if not keys:
        return len(entries)
    return sum(id(each) not in own or bool(identify(each, keys)) for each in entries)
