"""What a write did: the record before, as it was meant to be, and as the vendor answered it, compared field by field.

What the vendor works out itself stands apart; a field that changed although nobody asked, or that was to change and did
not, is a warning. Called by `exchange.written`. Pure.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.vendor_rules import UpdateRules
from runtime.safety.entries import Identity, Keys, identify
from runtime.safety.values import is_empty, is_reference, is_same

MOST_WARNINGS = 20
"""As many as somebody reads; a write with more of them has to be looked at as a whole."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the records of a tool are compared."""

    rules: UpdateRules
    read_only: Container[str] = ()
    """Fields of the record that nobody may write."""
    reference_id: str = ""
    worked_out: Container[str] = ()
    """Fields that the vendor was left to work out anew."""
    skipped: Container[str] = ()
    """Fields that say nothing of the record, such as its version."""


@dataclass(slots=True)
class Differences:
    """What became of a record. Values are as the vendor wrote them."""

    changed: dict[str, list[Any]] = field(default_factory=dict)
    """The value before and after, under the dotted path of the field."""
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    """For each changed entry of a list, its changed fields."""
    unchanged_lines: int = 0
    worked_out: dict[str, list[Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class States:
    """One value of a record: before, as it was meant, and after, each as the caller may see it."""

    before: Any
    meant: Any
    after: Any

    def get_member(self, name: str) -> States:
        """Return the states of one member."""
        return States(
            _member(self.before, name),
            _member(self.meant, name),
            _member(self.after, name),
        )

    def is_untouched(self) -> bool:
        """Return whether it is the same throughout, to the last digit."""
        return bool(self.before == self.meant == self.after)

    def list_names(self) -> list[str]:
        """Return the names of all members, in the order in which they came."""
        found = (each for each in (self.after, self.meant, self.before) if isinstance(each, Mapping))
        return list(dict.fromkeys(name for each in found for name in each))


def compare(states: States, form: Form) -> Differences:
    """Return what a write did to a record. `meant` is what was sent: fields that it lacks were not asked for."""
    work = _Comparison(form)
    for name in states.list_names():
        if name in form.skipped or name in form.rules.computed:
            continue
        member = states.get_member(name)
        if name in form.read_only:
            work.note_worked_out(name, member)
        else:
            work.field(name, member, work.found.changed)
    work.found.warnings = work.found.warnings[:MOST_WARNINGS]
    return work.found


class _Comparison:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.found = Differences()

    def note_worked_out(self, path: str, states: States) -> None:
        """Note a field that the vendor sets, where it came out otherwise and says something plain."""
        if not self._is_same(states.before, states.after) and not isinstance(states.after, (list, Mapping)):
            self.found.worked_out[path] = [states.before, states.after]

    def field(self, path: str, states: States, changed: dict[str, list[Any]]) -> None:
        """Compare one field, and what is inside it."""
        if states.is_untouched() and path not in self.form.rules.entries:
            return
        if path in self.form.worked_out:
            self._note_inside(path, states)
            return
        keys = self._keys(path)
        if keys and any(isinstance(each, list) for each in (states.before, states.after)):
            self.entries(path, states, keys)
        elif self._is_object(states):
            for name in states.list_names():
                if name not in self.form.rules.computed:
                    self.field(f"{path}.{name}", states.get_member(name), changed)
        else:
            self._plain(path, states, changed)

    def _plain(self, path: str, states: States, changed: dict[str, list[Any]]) -> None:
        """Compare a value that has no parts of its own."""
        is_as_meant = self._is_same(states.meant, states.after)
        if self._is_same(states.before, states.after):
            if not is_as_meant:
                self.found.warnings.append(f"{path} was to change and did not.")
            return
        changed[path] = [states.before, states.after]
        if self._is_same(states.before, states.meant):
            self.found.warnings.append(f"{path} changed, which nobody asked for.")
        elif not is_as_meant:
            self.found.warnings.append(f"{path} changed, but not to what was sent.")

    def entries(self, path: str, states: States, keys: Keys) -> None:
        """Compare the entries of a list, matched by what identifies them."""
        before, meant, after = (_index(each, keys) for each in (states.before, states.meant, states.after))
        for identity, place in before.items():
            entry = _entry_states(states, (place, meant.get(identity), after.get(identity)))
            name = _name(identity)
            self._entry(path, name, entry, is_meant=identity in meant, is_there=identity in after)
        added = [_name(identity) for identity in after if identity not in before]
        self.found.added += added
        wanted = _count_new(states, before, keys)
        if len(added) != wanted:
            self.found.warnings.append(
                f"{wanted or 'No'} new entries of {path} were sent, and {len(added) or 'none'} were added."
            )

    def _entry(self, path: str, name: str, states: States, *, is_meant: bool, is_there: bool) -> None:
        if not is_there:
            self.found.removed.append(name)
            if is_meant:
                self.found.warnings.append(f"Entry {name} of {path} is gone, which nobody asked for.")
            return
        if not is_meant:
            self.found.warnings.append(f"Entry {name} of {path} was to be removed and is still there.")
            return
        changed: dict[str, list[Any]] = {}
        for field_name in () if states.is_untouched() else states.list_names():
            if field_name not in self.form.rules.computed:
                self._entry_field(field_name, states.get_member(field_name), changed, f"{path}[{name}]")
        if changed:
            self.found.lines[name] = changed
        else:
            self.found.unchanged_lines += 1

    def _entry_field(self, name: str, states: States, changed: dict[str, list[Any]], where: str) -> None:
        """Compare a field of an entry, with the entry's name in warnings."""
        inner = _Comparison(self.form)
        inner.field(name, states, changed)
        self.found.warnings += [f"{where}.{each}" for each in inner.found.warnings]
        self.found.added += [f"{where}.{each}" for each in inner.found.added]
        self.found.removed += [f"{where}.{each}" for each in inner.found.removed]
        for entry, fields in inner.found.lines.items():
            changed |= {f"{name}.{entry}.{each}": values for each, values in fields.items()}

    def _note_inside(self, path: str, states: States) -> None:
        if not self._is_same(states.before, states.after):
            self.found.worked_out[path] = [states.before, states.after]

    def _keys(self, path: str) -> Keys:
        return self.form.rules.entries.get(path.rpartition(".")[2], ())

    def _is_object(self, states: States) -> bool:
        found = [each for each in (states.before, states.after) if not is_empty(each)]
        return bool(found) and all(
            isinstance(each, Mapping) and not is_reference(each, self.form.reference_id) for each in found
        )

    def _is_same(self, left: Any, right: Any) -> bool:
        return is_same(left, right, self.form.reference_id)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _name(identity: Identity) -> str:
    return next((each for each in reversed(identity[1]) if each), "")


def _index(entries: Any, keys: Keys) -> dict[Identity, int]:
    """Return the place of each entry that is identified by something, under its strongest identity."""
    found: dict[Identity, int] = {}
    for at, entry in enumerate(entries if isinstance(entries, list) else ()):
        for identity in identify(entry, keys)[:1]:
            found.setdefault(identity, at)
    return found


def _count_new(states: States, before: Container[Identity], keys: Keys) -> int:
    """Return how many entries were sent that were not there before.

    What the vendor adds itself, such as a line with the sum, is identified by nothing, and was there before.
    """
    named = sum(identity not in before for identity in _index(states.meant, keys))
    return named + max(0, _count_nameless(states.meant, keys) - _count_nameless(states.before, keys))


def _count_nameless(entries: Any, keys: Keys) -> int:
    return sum(not identify(each, keys) for each in entries) if isinstance(entries, list) else 0


def _entry_states(states: States, places: Sequence[int | None]) -> States:
    before, meant, after = places
    return States(
        _at(states.before, before),
        _at(states.meant, meant),
        _at(states.after, after),
    )


def _at(entries: Any, place: int | None) -> Any:
    return (
        entries[place] if isinstance(entries, list) and place is not None and place < len(entries) else None
    )


def list_paths(found: Differences) -> Iterator[str]:
    """Yield every changed field of a record and of its entries, as a sentence can name it."""
    yield from found.changed
    yield from (f"line {name}: {field}" for name, fields in found.lines.items() for field in fields)
    yield from (f"line {name} (added)" for name in found.added)
    yield from (f"line {name} (removed)" for name in found.removed)
