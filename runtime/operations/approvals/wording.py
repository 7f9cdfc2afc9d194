"""What a change that waits says to people: the record in names, and each field before and after, as texts.

Called by `staging`. Every fact of a vendor is one of its definitions. Sensitive values are masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from generator.catalog import Catalog, Tool
from generator.vendor import Integration
from runtime.model import JournalEntry
from runtime.operations.approvals.comparing import make_copy
from runtime.operations.approvals.proposals import FieldChange
from runtime.operations.approvals.referenced import Referenced, State
from runtime.operations.formats import Formats
from runtime.operations.journal_entries import Describer
from runtime.operations.record_diff import Diff, Group, compare_records, make_rules, mark_masked
from runtime.operations.text_pieces import Piece
from runtime.operations.value_texts import AS_STORED, Write
from runtime.safety import masking
from runtime.safety.preflight.amounts import CENT

Record = Mapping[str, Any]
MOST_CHANGES = 20
"""Fields that a change names beside the page, which has all: more of them nobody reads in a chat."""
MOST_SAID = 3
"""Fields that its sentence names."""
LONGEST_VALUE = 120
"""Characters of a value in a sentence or on a card."""


@dataclass(frozen=True, slots=True)
class Worded:
    """What is said of a change. `changed` has its first fields, of which there are `count`."""

    says: str
    action: str
    kind: str
    number: str
    party: str
    amount: str
    currency: str
    changed: tuple[FieldChange, ...]
    count: int


class Words(NamedTuple):
    """How values are written, and the currency of amounts; empty where that is not known."""

    write: Write
    currency: str
    formats: Formats


def describe_change(catalog: Catalog, referenced: Referenced, state: State, words: Words) -> Worded:
    """Return what is said of a write, of whose record as it would stand names are known."""
    integration, tool, before, after = referenced.integration, state.change.tool, state.before, state.after
    entry, describer = (
        _make_entry(tool, before or after, integration.identifier),
        Describer(catalog, integration),
    )
    said = describer.describe(entry, {"before": before, "content": dict(after)}, {})
    if tool.risk == "overwrite":
        said = replace(said, amount=describer.describe(entry, {"content": dict(after)}, {}).amount)
    diff = _compare(referenced, state, words.write)
    changed = list_changes(diff)
    verb, noun = tool.title.partition(" ")[0], said.kind.lower()
    party = "" if said.party == said.number else said.party
    number = said.number if before is not None or said.number != entry.record_id else ""
    action = " ".join(each for each in (verb, noun, number) if each)
    subject = f"{action} of {party}" if party else action
    currency = (said.currency or words.currency) if said.amount is not None else ""
    amount = "" if said.amount is None else words.formats.write_amount(said.amount, currency)
    return Worded(
        _write_sentence(subject, tool, diff, f"{amount} {currency}".strip()),
        action,
        said.kind,
        said.number,
        said.party,
        amount,
        currency,
        changed[:MOST_CHANGES],
        len(changed),
    )


def _compare(referenced: Referenced, state: State, write: Write) -> Diff:
    """Return what is different, in names; what the vendor works out anew is not."""
    after = referenced.show_bare(state, state.after)
    before = None if state.before is None else referenced.show_bare(state, state.before)
    for path in state.change.worked_out if before is not None else ():
        after = _restore(after, before or {}, path.split("."))
    amounts = _list_amounts(referenced.integration, state.change.tool)
    return compare_masked(
        referenced.integration,
        state.change.tool,
        _mark_amounts(before, amounts),
        _mark_amounts(after, amounts),
        write,
    )


def _list_amounts(integration: Integration, tool: Tool) -> frozenset[str]:
    """Return the fields of a record, and of its lines, that hold amounts of money."""
    fact, booking = (
        integration.policy_facts.amounts.get(tool.resource),
        integration.effects.bookings.get(tool.resource),
    )
    found = [fact.field, *(path[-1] for path in fact.plus)] if fact is not None else []
    if booking is not None:
        figures = integration.effects.figures
        of_lines = [each.by[-1] for each in booking.moves if each.by and figures[each.of].kind == "balance"]
        found += [booking.total, *of_lines]
    return frozenset(found) - {""}


def _mark_amounts(value: Any, names: frozenset[str], name: str = "") -> Any:
    """Return a value in which whole amounts are written with the cents that they do not have."""
    if isinstance(value, dict):
        return {each: _mark_amounts(inner, names, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [_mark_amounts(each, names) for each in value]
    is_amount = name in names and isinstance(value, int) and not isinstance(value, bool)
    return Decimal(value).quantize(CENT) if is_amount else value


def _restore(after: Record, before: Any, path: list[str]) -> Record:
    """Return a record in which what was at a path is there again."""
    name, *rest = path
    if not isinstance(before, Mapping) or name not in before:
        return after
    inner = after.get(name)
    former = (
        _restore(inner if isinstance(inner, Mapping) else {}, before[name], rest) if rest else before[name]
    )
    return {**after, name: former}


def compare_masked(
    integration: Integration, tool: Tool, before: Record | None, after: Record, write: Write = AS_STORED
) -> Diff:
    """Return what is different between a record as it is and as it would stand, of which sensitive values are masked.

    A write that removes the record has nothing after it.
    """
    rules = make_rules(integration, tool, write, shows_kind=False)
    return compare_records(mask_state(tool, before), mask_state(tool, after), rules)


def mask_state(tool: Tool, state: Record | None) -> Any:
    """Return a state of a record, of which sensitive values are shown as masks and compared by what they hide."""
    cover = masking.cover_of(tool, (), is_masked=True)
    if state is None or not cover:
        return state
    return mark_masked(state, masking.hide(cover, make_copy(state)))


def list_changes(diff: Diff) -> tuple[FieldChange, ...]:
    """Return the fields of a comparison as texts, those of an entry of a list behind its name."""
    return tuple(
        FieldChange(
            f"{group.name}: {each.label}" if group.name else each.label,
            _join(each.before),
            _join(each.after),
        )
        for group in diff.groups
        for each in group.changes
    )


def _write_sentence(subject: str, tool: Tool, diff: Diff, amount: str) -> str:
    if tool.risk != "overwrite":
        return f"{subject}, {amount}" if amount else subject
    named = [text for group in diff.groups for text in _name_changes(group)]
    more = f", and {len(named) - MOST_SAID} more" if len(named) > MOST_SAID else ""
    return f"{subject}: {', '.join(named[:MOST_SAID])}{more}" if named else subject


def _name_changes(group: Group) -> list[str]:
    """Return what changed in one part of a record: an entry of a list that is added or removed is one thing."""
    texts = [(_lower(each.label), _join(each.before), _join(each.after)) for each in group.changes]
    if group.name and group.kind != "changed":
        held = ", ".join(f"{label} {before or after}" for label, before, after in texts[:MOST_SAID])
        return [f"{_lower(group.name)} {group.kind} ({held})"]
    name = f"{_lower(group.name)} " if group.name else ""
    return [f"{name}{_say(*each)}" for each in texts]


def _say(label: str, before: str, after: str) -> str:
    if not before:
        return f"{label} set to {after}"
    return f"{label} {before} → {after}" if after else f"{label} {before} removed"


def _lower(label: str) -> str:
    """Return a label as it stands in a sentence; an abbreviation stays as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _join(pieces: Iterable[Piece]) -> str:
    text = "".join(each.text for each in pieces)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _make_entry(tool: Tool, record: Record, identifier: str) -> JournalEntry:
    """Return the entry that the journal would have of a write, to be described as it describes its own."""
    id_ = str(record.get(tool.identifier or identifier) or "")
    return JournalEntry("", "", 0, "write", "", "", 0.0, tool.name, tool.resource, id_, "", None, b"")  # type: ignore[arg-type]
