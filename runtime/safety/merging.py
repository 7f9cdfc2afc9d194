"""The fields of a caller laid over the record that is stored: what an update of the mode "merge" sends.

A nested object is merged field by field, a reference is taken as a whole, and the entries of a list are matched by what
identifies them. An entry goes only when it is named; one that the record does not have yet is added. Everything else
of the record is sent back as it is.

Called by `operations.guarded_updates`. Pure: nothing is read or sent here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import is_
from typing import Any

from generator.vendor_rules import UpdateRules
from runtime.safety.entries import Keys, find_named, find_places, identify, name_entry
from runtime.safety.findings import Finding
from runtime.safety.values import is_same

Schema = Mapping[str, Any]
MOST_NAMED = 20
"""Entries that a finding names."""


@dataclass(slots=True)
class Merged:
    """A record as it is to be sent, and what stands in the way."""

    content: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    """The names of the entries that were removed."""


@dataclass(slots=True)
class _Merge:
    rules: UpdateRules
    reference_id: str
    remove: Sequence[str]
    findings: list[Finding] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)

    def object(
        self, stored: Mapping[str, Any], given: Mapping[str, Any], schema: Schema, path: str
    ) -> dict[str, Any]:
        parts = schema.get("properties") or {}
        merged = dict(stored)
        for name, value in given.items():
            where = f"{path}.{name}" if path else name
            merged[name] = self.value(stored.get(name), value, parts.get(name) or {}, where)
        self._drop_former_kind(stored, given, merged)
        return merged

    def value(self, stored: Any, given: Any, schema: Schema, path: str) -> Any:
        if isinstance(given, Mapping):
            if self._is_reference(schema):
                return stored if is_same(stored, given, self.reference_id) and stored else given
            return self.object(stored if isinstance(stored, Mapping) else {}, given, schema, path)
        keys = self.keys_of(path)
        if isinstance(given, list) and keys:
            entries = stored if isinstance(stored, list) else []
            return self.entries(entries, given, (keys, schema.get("items") or {}), path)
        return given

    def entries(self, stored: list[Any], given: list[Any], form: tuple[Keys, Schema], path: str) -> list[Any]:
        keys, schema = form
        merged, places, taken = list(stored), find_places(stored, keys), set[int]()
        for at, entry in enumerate(given):
            where = f"{path}[{at}]"
            place = next((places[each] for each in identify(entry, keys) if each in places), None)
            if place is None:
                merged.append(entry)
                continue
            if place in taken:
                self._report(where, f"{where} is given twice.", "Give each line once.")
            taken.add(place)
            merged[place] = self.value(stored[place], entry, schema, where)
        self._report_unknown(given, stored, keys, path)
        return merged

    def remove_from(self, value: Any, path: str = "") -> Any:
        """Return a value without the entries that are to be removed, wherever they stand; itself if it has none."""
        if isinstance(value, list):
            keys = self.keys_of(path)
            gone = self._find_removed(value, keys) if keys else set()
            rest = [self.remove_from(each, path) for at, each in enumerate(value) if at not in gone]
            is_same_list = len(rest) == len(value) and all(map(is_, rest, value))
            return value if is_same_list else rest
        if isinstance(value, Mapping):
            inner = {name: self.remove_from(each, name) for name, each in value.items()}
            return value if all(map(is_, inner.values(), value.values())) else inner
        return value

    def keys_of(self, path: str) -> Keys:
        """Return what identifies the entries of a list; nothing for one that is replaced as a whole."""
        return self.rules.entries.get(path.rpartition(".")[2].partition("[")[0], ())

    def _find_removed(self, entries: list[Any], keys: Keys) -> set[int]:
        gone: set[int] = set()
        for name in self.remove:
            found = find_named(entries, keys, name)
            if len(found) > 1:
                self._report("remove_lines", f'Several lines are called "{name}".', "Name one by its Id.")
            elif found:
                gone |= set(found)
                self.removed.add(name)
        return gone

    def _report_unknown(self, given: list[Any], stored: list[Any], keys: Keys, path: str) -> None:
        """Report an entry that names one which the record does not have: it would be added beside what it meant."""
        if keys[0] != ((self.rules.identifier,),):
            return
        known = {each.get(self.rules.identifier) for each in stored if isinstance(each, Mapping)}
        for at, entry in enumerate(given):
            name = entry.get(self.rules.identifier) if isinstance(entry, Mapping) else None
            if name and name not in known:
                there = [called for each in stored if (called := name_entry(each, keys))][:MOST_NAMED]
                has = f"It has {', '.join(there)}. " if there else ""
                self._report(
                    f"{path}[{at}]",
                    f'{path}[{at}] names line "{name}", which the record does not have.',
                    f"{has}Leave {self.rules.identifier} out to add a line.",
                )

    def _drop_former_kind(
        self, stored: Mapping[str, Any], given: Mapping[str, Any], merged: dict[str, Any]
    ) -> None:
        """Remove the particulars of the kind that an entry had, where it changes to another one."""
        kind = self.rules.kind
        former, now = stored.get(kind), given.get(kind)
        if kind and isinstance(former, str) and now not in (None, former) and former not in given:
            merged.pop(former, None)

    def _is_reference(self, schema: Schema) -> bool:
        return bool(self.reference_id) and schema.get("required") == [self.reference_id]

    def _report(self, argument: str, found: str, right: str) -> None:
        self.findings.append(Finding(argument, found, right))


def merge(
    stored: Mapping[str, Any],
    given: Mapping[str, Any],
    schema: Schema,
    rules: UpdateRules,
    *,
    reference_id: str = "",
    remove: Sequence[str] = (),
) -> Merged:
    """Return the stored record with the fields of a caller laid over it, and without the entries to remove.

    `schema` is of the fields: an object with `properties`. `remove` names entries by what identifies them.
    """
    work = _Merge(rules, reference_id, remove)
    rest = work.remove_from(stored) if remove else stored
    for name in remove:
        if name not in work.removed:
            work.findings.append(_unknown_line(name, stored, rules))
    content = work.object(rest, given, schema, "")
    return Merged(content, work.findings, sorted(work.removed))


def _unknown_line(name: str, stored: Mapping[str, Any], rules: UpdateRules) -> Finding:
    lists = ((field, stored.get(field)) for field in rules.entries)
    there = [
        called
        for field, entries in lists
        for entry in (entries if isinstance(entries, list) else ())
        if (called := name_entry(entry, rules.entries[field]))
    ][:MOST_NAMED]
    has = f"It has {', '.join(there)}." if there else "It has none."
    return Finding("remove_lines", f'The record has no line "{name}".', has)


def drop_path(content: dict[str, Any], path: str) -> bool:
    """Remove a dotted path from a record, in place; return whether there was something. Objects on it are copied."""
    first, _, rest = path.partition(".")
    if first not in content:
        return False
    if not rest:
        del content[first]
        return True
    inner = content[first]
    if not isinstance(inner, Mapping):
        return False
    content[first] = dict(inner)
    return drop_path(content[first], rest)
