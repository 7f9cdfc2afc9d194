"""What a write changed in a record, field by field, as people read it: names of fields in their parts, names for Ids.

Called by the pages of the journal. Pure, and of any vendor: what identifies the entries of a list, how a record refers
to another one and what says nothing of the books are facts of the integration (`make_rules`). A value that is masked
is compared by what it hides and shown as its mask.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import orjson

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.operations.entry_matching import Marks, is_alike, match_entries
from runtime.operations.field_names import split_name
from runtime.operations.text_pieces import Piece, cut_text, split_texts
from runtime.operations.value_texts import AS_STORED, Write
from runtime.safety.entries import Keys
from runtime.safety.values import is_empty, is_reference

ChangeKind = Literal["added", "removed", "changed"]
DEEPEST = 40
"""Levels of a record that are shown in their parts; no vendor's has a quarter of that."""
MOST_CHANGES = 1_000
"""Rows of one diff; beyond that nobody reads on, and the diff says how many there are."""
_ARROW = " › "  # noqa: RUF001  (the sign that the pages write)


@dataclass(frozen=True, slots=True)
class Masked:
    """A value that is hidden: what is shown of it, and what it is compared by."""

    shown: str
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """One field. `before` and `after` are empty where there is nothing on that side."""

    label: str
    kind: ChangeKind
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one entry of a list, under its name; those of the record itself have no name."""

    name: str
    kind: ChangeKind
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """What is different between two states of a record. `unchanged` is how many of its fields are not."""

    groups: tuple[Group, ...]
    unchanged: int = 0
    left_out: int = 0

    @property
    def count(self) -> int:
        """How many fields are shown."""
        return sum(len(each.changes) for each in self.groups)


@dataclass(frozen=True, slots=True)
class DiffRules:
    """How the records of a vendor are compared."""

    identifier: str = "id"
    skipped: Container[str] = frozenset()
    """Fields, at any level, that say nothing of the books."""
    quiet: Container[str] = frozenset()
    """Fields of the record itself that nobody may set: they are shown where they are figures, such as a balance."""
    kind: str = ""
    """In an entry of a list, the field that says its kind: that is the name of the field with its particulars."""
    entries: Mapping[str, Keys] = field(default_factory=dict)
    reference_id: str = ""
    reference_name: str = ""
    reference_suffix: str = ""
    write: Write = AS_STORED


def make_rules(
    integration: Integration, tool: Tool | None, write: Write = AS_STORED, *, shows_kind: bool = True
) -> DiffRules:
    """Return how the records that a tool of an integration writes are compared, and their values written.

    The kind of an entry is left out where its particulars say it.
    """
    rules, form = integration.updates, integration.reference_form
    quiet = frozenset(tool.ignored_arguments if tool is not None else ())
    kind = "" if shows_kind else rules.kind
    skipped = frozenset({*rules.computed, rules.version, *integration.acknowledged, kind}) - {""}
    keys = {
        name: tuple(tuple(tuple(path) for path in each) for each in of) for name, of in rules.entries.items()
    }
    return DiffRules(
        rules.identifier, skipped, quiet, rules.kind, keys, form.id, form.name, form.suffix, write
    )


def compare_records(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, rules: DiffRules
) -> Diff:
    """Return what is different between a record before and after a write; None is a record that is not there."""
    work = _Comparison(rules)
    work.compare_members(before or {}, after or {}, "")
    return work.make_diff()


def mark_masked(raw: Any, shown: Any, levels: int = DEEPEST) -> Any:
    """Return the shown value, in which each mask still is compared by what it hides. Both have the same form."""
    if levels and isinstance(raw, Mapping) and isinstance(shown, Mapping):
        return {name: mark_masked(raw.get(name), each, levels - 1) for name, each in shown.items()}
    if levels and isinstance(raw, list) and isinstance(shown, list) and len(raw) == len(shown):
        return [mark_masked(one, other, levels - 1) for one, other in zip(raw, shown, strict=True)]
    return shown if raw == shown else Masked(str(shown), raw)


class _Comparison:
    def __init__(self, rules: DiffRules) -> None:
        self._rules = rules
        self._own: list[Change] = []
        self._groups: list[Group] = []
        self._unchanged = 0
        self._into = self._own
        self._kinds = set[Any]()
        """Kinds of the entry that is looked at: what the fields of these names hold is shown as its own."""

    def make_diff(self) -> Diff:
        """Return what was found, the record's own fields first."""
        groups = [Group("", "changed", tuple(self._own))] if self._own else []
        shown, space = list[Group](), MOST_CHANGES
        for each in (*groups, *self._groups):
            shown.append(Group(each.name, each.kind, each.changes[:space]))
            space -= len(shown[-1].changes)
            if space <= 0:
                break
        every = len(self._own) + sum(len(each.changes) for each in self._groups)
        return Diff(tuple(shown), self._unchanged, every - sum(len(each.changes) for each in shown))

    def compare_members(
        self, before: Mapping[str, Any], after: Mapping[str, Any], place: str, levels: int = DEEPEST
    ) -> None:
        """Compare the members of two objects, at a place in the record."""
        for name in dict.fromkeys((*before, *after)):
            if name not in self._rules.skipped:
                self._compare(name, before.get(name), after.get(name), place, levels)

    def _compare(self, name: str, before: Any, after: Any, place: str, levels: int) -> None:
        if is_alike(before, after, self._rules.reference_id):
            self._unchanged += not is_empty(after)
            return
        is_own = not place and self._into is self._own
        if is_own and name in self._rules.quiet and not (_is_figure(before) or _is_figure(after)):
            return
        label = place + self._name_field(name, before, after)
        entries = self._find_entries(before, after)
        if entries is not None and levels > 0:
            self._compare_entries(name, label, *entries)
        elif levels > 0 and self._is_object(before, after):
            inner = place if name in self._kinds else label + _ARROW
            self.compare_members(before or {}, after or {}, inner, levels - 1)
        else:
            pair = _name_kind(before, after) if name == self._rules.kind else (before, after)
            change = self._make_change(label, *pair)
            self._into += [change] if change.before or change.after else []

    def _compare_entries(self, name: str, label: str, before: list[Any], after: list[Any]) -> None:
        """Compare two lists of objects: each entry that was added, removed or changed is a group of its own."""
        into, unchanged, count = self._into, 0, len(after)
        for place, old, new in match_entries(before, after, self._make_marks(name)):
            if old is not None and new is not None and is_alike(old, new, self._rules.reference_id):
                unchanged += 1
                continue
            self._into = []
            self._kinds = {each.get(self._rules.kind) for each in (old, new) if each is not None}
            self.compare_members(old or {}, new or {}, "")
            kind: ChangeKind = "added" if old is None else "removed" if new is None else "changed"
            if self._into:
                number = f" {place}" if max(count, len(before)) > 1 else ""
                self._groups.append(Group(f"{label}{number}", kind, tuple(self._into)))
        self._into, self._kinds = into, set()
        self._unchanged += unchanged

    def _make_marks(self, name: str) -> Marks:
        rules = self._rules
        return Marks(rules.entries.get(name, ()), rules.identifier, rules.kind, rules.reference_id)

    def _name_field(self, name: str, *values: Any) -> str:
        """Return the label of a field: without what only says that it refers to another record."""
        suffix = self._rules.reference_suffix
        is_one = suffix and name.endswith(suffix) and any(self._is_reference(each) for each in values)
        return split_name(name.removesuffix(suffix) if is_one and name != suffix else name)

    def _is_reference(self, value: Any) -> bool:
        return is_reference(value, self._rules.reference_id)

    def _is_object(self, *values: Any) -> bool:
        found = [each for each in values if each is not None and each != {}]
        return bool(found) and all(
            isinstance(each, Mapping) and not self._is_reference(each) for each in found
        )

    def _find_entries(self, before: Any, after: Any) -> tuple[list[Any], list[Any]] | None:
        """Return two lists of objects; None where either side is something else."""
        found = [each for each in (before, after) if each not in (None, [])]
        is_list = bool(found) and all(
            isinstance(each, list) and all(isinstance(inner, Mapping) for inner in each) for each in found
        )
        if not is_list or all(self._is_reference(inner) for each in found for inner in each):
            return None
        return before or [], after or []

    def _make_change(self, label: str, before: Any, after: Any) -> Change:
        old, new = self._write(before), self._write(after)
        if before is not None and after is not None and old == new:  # the same text, such as of two masks
            new = f"{new} (another value)"
        kind: ChangeKind = "added" if not old else "removed" if not new else "changed"
        one, other = split_texts(old, new) if kind == "changed" and _is_prose(before, after) else ((), ())
        return Change(label, kind, one or _as_piece(old, kind), other or _as_piece(new, kind))

    def _write(self, value: Any) -> str:
        """Return a value on one line; a reference by its name."""
        if is_empty(value):
            return ""
        if isinstance(value, Masked):
            return value.shown
        if self._is_reference(value):
            name = value.get(self._rules.reference_name) if self._rules.reference_name else None
            return cut_text(str(_show(name) or _show(value[self._rules.reference_id])))
        if isinstance(value, list):
            return cut_text(", ".join(self._write(each) for each in value))
        if isinstance(value, Mapping):
            return cut_text(orjson.dumps(value, default=str).decode())
        return cut_text(self._rules.write(value))


def _name_kind(before: Any, after: Any) -> tuple[Any, Any]:
    """Return kinds of entries in their parts, as names of fields are shown."""
    old, new = (split_name(each) if isinstance(each, str) else each for each in (before, after))
    return old, new


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_prose(before: Any, after: Any) -> bool:
    return isinstance(before, str) and isinstance(after, str)


def _as_piece(text: str, kind: ChangeKind) -> tuple[Piece, ...]:
    return (Piece(text, kind != "removed"),) if text else ()


def _show(value: Any) -> Any:
    return value.shown if isinstance(value, Masked) else value
