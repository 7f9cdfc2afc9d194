"""What a change that waits says to people: the record in names, and each field before and after, as texts.

Called by `staging`. Every fact of a vendor is one of its definitions. Sensitive values are masked.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.catalog import Catalog, Tool
from generator.vendor import Integration
from runtime.model import JournalEntry
from runtime.operations.approvals.proposals import FieldChange
from runtime.operations.journal_entries import Describer
from runtime.operations.record_diff import Diff, compare_records, make_rules, mark_masked
from runtime.operations.text_pieces import Piece
from runtime.safety import masking

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


def describe_change(
    catalog: Catalog, integration: Integration, tool: Tool, before: Record | None, after: Record
) -> Worded:
    """Return what is said of a write by a tool: of the record as it is (None: a new one) and as it would stand."""
    entry = _make_entry(tool, before or after, integration.identifier)
    said = Describer(catalog, integration).describe(entry, {"before": before, "content": dict(after)}, {})
    diff = compare_masked(integration, tool, before, after)
    changed = list_changes(diff)
    verb, noun = tool.title.partition(" ")[0], said.kind.lower()
    party = "" if said.party == said.number else said.party
    number = said.number if before is not None or said.number != entry.record_id else ""
    action = " ".join(each for each in (verb, noun, number) if each)
    subject = f"{action} of {party}" if party else action
    amount = "" if said.amount is None else f"{said.amount:,.2f}"
    return Worded(
        _write_sentence(subject, tool, changed, f"{amount} {said.currency}".strip() if amount else ""),
        action,
        said.kind,
        said.number,
        said.party,
        amount,
        said.currency,
        changed[:MOST_CHANGES],
        len(changed),
    )


def compare_masked(integration: Integration, tool: Tool, before: Record | None, after: Record) -> Diff:
    """Return what is different between a record as it is and as it would stand, of which sensitive values are masked.

    A write that removes the record has nothing after it.
    """
    return compare_records(mask_state(tool, before), mask_state(tool, after), make_rules(integration, tool))


def mask_state(tool: Tool, state: Record | None) -> Any:
    """Return a state of a record, of which sensitive values are shown as masks and compared by what they hide."""
    cover = masking.cover_of(tool, (), is_masked=True)
    if state is None or not cover:
        return state
    return mark_masked(state, masking.hide(cover, copy.deepcopy(state)))


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


def _write_sentence(subject: str, tool: Tool, changed: Iterable[FieldChange], amount: str) -> str:
    if tool.risk != "overwrite":
        return f"{subject}, {amount}" if amount else subject
    named = [f"{each.field} {each.before or 'nothing'} → {each.after or 'nothing'}" for each in changed]
    more = f", and {len(named) - MOST_SAID} more" if len(named) > MOST_SAID else ""
    return f"{subject}: {', '.join(named[:MOST_SAID])}{more}" if named else subject


def _join(pieces: Iterable[Piece]) -> str:
    text = "".join(each.text for each in pieces)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _make_entry(tool: Tool, record: Record, identifier: str) -> JournalEntry:
    """Return the entry that the journal would have of a write, to be described as it describes its own."""
    id_ = str(record.get(tool.identifier or identifier) or "")
    return JournalEntry("", "", 0, "write", "", "", 0.0, tool.name, tool.resource, id_, "", None, b"")  # type: ignore[arg-type]
