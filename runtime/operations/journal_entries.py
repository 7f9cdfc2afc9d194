"""An entry of the journal as people read it: what was written to which record, what it came to, can it be undone.

Called by `journal_views`. Every fact of a vendor is one of its definitions: the title of a tool, the name of an entity,
which field holds a number or a name, to whom a record refers, what its amount is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from generator.catalog import Catalog, Tool
from generator.vendor import Integration
from runtime.model import JournalEntry
from runtime.operations.field_names import split_name
from runtime.operations.undo_guard import DONE, MAY_BE_DONE, get_record_id
from runtime.safety import masking
from runtime.safety.journal.undo import find_undo
from runtime.safety.policies import measure_record
from runtime.upstream.answer import follow_path
from runtime.upstream.visible_text import show_unseen

StatusKind = Literal["ok", "wait", "fail", "off"]
LONGEST_SUBJECT = 120
"""Characters of the name of a record on one line of a list."""
_STATUS: Mapping[str, tuple[StatusKind, str]] = {
    "done": ("ok", "Done"),
    "settled_done": ("ok", "Done, found out later"),
    "settled_not_done": ("fail", "Not carried out"),
    "indeterminate": ("wait", "Outcome unknown"),
    "sent": ("wait", "No answer yet"),
}
_KINDS = {"revert": "Undo: ", "reverse": "Reverse: ", "correct": "Correct: "}


@dataclass(frozen=True, slots=True)
class Described:
    """What is said of an entry. `title` names what was to be done with which record; `why_not`: nothing undoes it."""

    title: str
    kind: str
    number: str
    party: str
    risk: str
    amount: Decimal | None
    currency: str
    status: tuple[StatusKind, str]
    error: Mapping[str, Any] | None = None
    undone_by: JournalEntry | None = None
    why_not: str = ""

    @property
    def can_undo(self) -> bool:
        """Whether an undo can be tried: what the record is now decides."""
        return not self.why_not


class Describer:
    """Describes entries of one account. One for each answer, so that a changed catalog holds at the next one."""

    def __init__(self, catalog: Catalog, integration: Integration) -> None:
        self._catalog, self._integration = catalog, integration
        self._undoes: dict[str, bool] = {}

    @cached_property
    def _entities(self) -> dict[str, str]:
        name = self._integration.name
        return {each.resource: each.entity for each in self._catalog.resources if each.integration == name}

    def describe(
        self,
        entry: JournalEntry,
        intent: Mapping[str, Any],
        outcome: Mapping[str, Any],
        undone_by: JournalEntry | None = None,
    ) -> Described:
        """Return what is said of an entry, of which what is stored encrypted is given. Sensitive values are masked."""
        tool = self._catalog.by_name.get(entry.tool)
        states = [outcome.get("after"), intent.get("before"), intent.get("content"), intent.get("arguments")]
        records = [each for each in states if isinstance(each, Mapping) and each]
        number = self._find_number(entry, tool, records)
        party = self._find_party(tool, records)
        noun = self.name_kind(entry.resource)
        verb = tool.title.partition(" ")[0] if tool is not None else ""
        said = f"{verb} {noun.lower()}" if verb else entry.tool
        subject = " ".join(each for each in (said, number) if each)
        prefix = _KINDS.get(entry.kind, "")
        title = prefix + (f"{subject}, {party}" if party and party != number else subject)
        error = outcome.get("error")
        return Described(
            title,
            noun,
            number,
            party,
            tool.risk if tool is not None else "",
            self._find_amount(entry, records),
            str(follow_path(records[0], self._integration.currency) or "") if records else "",
            self._find_status(entry, error, undone_by),
            error if isinstance(error, Mapping) else None,
            undone_by,
            self._find_why_not(entry, tool, intent, undone_by),
        )

    def name_kind(self, resource: str) -> str:
        """Return what a record of a resource is called: `Journal entry`."""
        return split_name(self._entities.get(resource, resource))

    def _find_number(self, entry: JournalEntry, tool: Tool | None, records: list[Any]) -> str:
        """Return the number or name that people know a record by; its Id where it has neither."""
        fields = self._integration.display_fields.get(entry.resource, ())
        for record in records:
            for name in fields:
                if text := _read_text(self._mask(tool, record, name)):
                    return text
        return show_unseen(get_record_id(entry))[:LONGEST_SUBJECT]

    def _find_party(self, tool: Tool | None, records: list[Any]) -> str:
        """Return the name of who a record is with: the first reference to a resource that has a currency of its own."""
        form, facts = self._integration.reference_form, self._integration.policy_facts.currency
        if tool is None or not form.name or facts is None:
            return ""
        for resource in facts.named_by:
            for field in self._list_references(tool.resource).get(resource, ()):
                for record in records:
                    found = self._mask(tool, record, field)
                    name = found.get(form.name) if isinstance(found, Mapping) else None
                    if text := _read_text(name):
                        return text
        return ""

    def _list_references(self, resource: str) -> Mapping[str, list[str]]:
        """Return the fields of the records of a resource that refer to each other resource."""
        if resource not in self._references:
            found: dict[str, list[str]] = {}
            tools = self._catalog.list_tools(self._integration.name)
            for tool in (each for each in tools if each.resource == resource and not each.is_read_only):
                for reference in tool.references:
                    if len(reference.path) == 1:
                        for target in reference.resources.values():
                            fields = found.setdefault(target, [])
                            fields += [reference.path[0]] if reference.path[0] not in fields else []
            self._references[resource] = found
        return self._references[resource]

    @cached_property
    def _references(self) -> dict[str, dict[str, list[str]]]:
        return {}

    def _find_amount(self, entry: JournalEntry, records: list[Any]) -> Decimal | None:
        facts = self._integration.policy_facts
        fact = facts.amounts.get(entry.resource)
        named_by = facts.currency.named_by if facts.currency else ()
        if fact is None or not records or entry.resource in named_by:
            return None
        try:
            found = measure_record(fact, records[0])
        except ValueError:
            return None
        return found or None

    def _find_status(
        self, entry: JournalEntry, error: object, undone_by: JournalEntry | None
    ) -> tuple[StatusKind, str]:
        if undone_by is not None and undone_by.outcome in DONE:
            return "off", "Undone"
        if entry.outcome == "refused":
            is_vendors = entry.last is not None and entry.last.status > 0 and error is not None
            return "fail", "Refused" if is_vendors else "Failed"
        return _STATUS.get(entry.outcome, ("off", entry.outcome))

    def _find_why_not(
        self,
        entry: JournalEntry,
        tool: Tool | None,
        intent: Mapping[str, Any],
        undone_by: JournalEntry | None,
    ) -> str:
        """Return why an entry cannot be undone; empty where it can be tried."""
        if entry.outcome not in DONE:
            return "Only a write that is known to have been done can be undone."
        if undone_by is not None and undone_by.outcome in MAY_BE_DONE:
            return (
                "It was undone."
                if undone_by.outcome in DONE
                else "An undo was sent, and its outcome is unknown."
            )
        if tool is None:
            return "Its tool is no longer among the definitions."
        if not self._has_undo(tool):
            return f"{self._integration.title} has nothing that takes this back."
        if tool.method in ("update", "delete") and not intent.get("before"):
            return "The record before this write is not in the journal."
        return ""

    def _has_undo(self, tool: Tool) -> bool:
        if tool.name not in self._undoes:
            tools = self._catalog.list_tools(self._integration.name)
            self._undoes[tool.name] = find_undo(tool, self._integration, tools) is not None
        return self._undoes[tool.name]

    def _mask(self, tool: Tool | None, record: Mapping[str, Any], name: str) -> Any:
        """Return one value of a record, with what is sensitive masked."""
        value = record.get(name)
        cover = masking.cover_of(tool, (), is_masked=True) if tool is not None and value is not None else None
        if cover is None:
            return value
        copied = dict(value) if isinstance(value, Mapping) else value
        return masking.hide(cover, {name: copied}).get(name)


def _read_text(value: object) -> str:
    """Return a text on one line; empty for what is none."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    text = show_unseen(" ".join(str(value).split()))
    return text if len(text) <= LONGEST_SUBJECT else f"{text[:LONGEST_SUBJECT]}…"
