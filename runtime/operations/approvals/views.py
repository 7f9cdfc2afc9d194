"""Pending changes as people look at them: a part of the list in names, and one change with everything of it.

Called by the pages of approvals. It reads our own records alone: nothing is asked of the vendor for a page.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from generator.catalog import Tool
from runtime.approval import PendingChange, PendingStatus
from runtime.deployment import Deployment
from runtime.journal_filter import JournalFilter
from runtime.model import Account
from runtime.operations.approvals.deciding import PART, Decider, Opened, may_see
from runtime.operations.approvals.lines import Lines, compare_lines, find_lines_field
from runtime.operations.approvals.proposals import open_proposal
from runtime.operations.approvals.wording import mask_state
from runtime.operations.caller_names import CallerName, read_names
from runtime.operations.formats import Formats
from runtime.operations.journal_views import JournalViews, Row, Wanted
from runtime.operations.record_diff import Diff, compare_records, make_rules
from runtime.operations.value_texts import make_writer
from runtime.safety import masking
from runtime.stores.pending_steps import PendingFilter
from runtime.stores.record_base import Position
from runtime.upstream.visible_text import show_in_json

MOST_LOOKED_AT = 1_000
"""Changes that are opened for a list of somebody who sees only those that name them, some 0.1 s."""
MOST_WRITES = 5
"""Writes of the journal beside a change; the journal has all of its record."""
SYSTEM = "Ledgerport"


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A change with its content, who asked for it and who has decided about it."""

    opened: Opened
    who: CallerName
    requester: str
    decided_by: str

    @property
    def change(self) -> PendingChange:
        """The change."""
        return self.opened.change


@dataclass(frozen=True, slots=True)
class PendingPart:
    """Changes, the newest first, and the position behind which the next ones are; None at the end."""

    rows: Sequence[PendingRow]
    after: Position | None


@dataclass(frozen=True, slots=True)
class Happened:
    """Something of the history of a change."""

    at: float
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class WholeChange:
    """One change with everything of it. `writes` are those of its record in the journal, from the newest on."""

    row: PendingRow
    tool: Tool | None
    fields: Diff
    lines: Lines | None
    happened: Sequence[Happened]
    writes: Sequence[Row]
    sent: str
    answer: str
    older: str = ""
    newer: str = ""


class ApprovalViews:
    """Reads pending changes for people. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._records = deployment, deployment.stores.records
        self._journal = JournalViews(deployment)

    def list_part(
        self,
        wanted: PendingFilter,
        decider: Decider,
        after: Position | None = None,
        limit: int = PART,
        *,
        sees_books: bool,
    ) -> PendingPart:
        """Return a part of the changes that somebody may see."""
        found: list[Opened] = []
        left, chunk = MOST_LOOKED_AT, limit + 1
        while left > 0 and len(found) <= limit:
            every = self._records.list_pending_changes(wanted, after, chunk)
            opened = [self._open(each) for each in every]
            found += [each for each in opened if may_see(decider, each, sees_books=sees_books)]
            left -= len(every)
            if len(every) < chunk:
                break
            after = _find_position(every[-1])
        shown = found[:limit]
        more = _find_position(shown[-1].change) if len(found) > limit else None
        return PendingPart(self.describe(shown), more)

    def describe(self, opened: Sequence[Opened]) -> list[PendingRow]:
        """Return changes with the names of who asked and decided, which are read together."""
        people = {id_ for each in opened for id_ in (each.change.requested_by, each.change.decided_by) if id_}
        callers = {each.change.caller for each in opened}
        names = read_names(self._records, callers)
        known = self._records.find_person_names(people)
        return [
            PendingRow(
                each,
                names[each.change.caller],
                _name(known, each.change.requested_by, ""),
                _name(known, each.change.decided_by, "somebody who is gone"),
            )
            for each in opened
        ]

    def look(self, account: Account, opened: Opened, formats: Formats, *, sees_books: bool) -> WholeChange:
        """Return a change with everything of it. Whoever does not see the books is shown no other write, nor change."""
        change, proposal = opened
        tool = self._deployment.catalog().by_name.get(change.tool)
        fields, lines = self._compare(account, tool, opened, formats)
        older, newer = self._find_neighbours(change) if sees_books else ("", "")
        return WholeChange(
            self.describe([opened])[0],
            tool,
            fields,
            lines,
            self._list_happened(opened),
            self._list_writes(account, change) if sees_books and change.record_id else (),
            _show_json(tool, proposal.arguments),
            _show_json(tool, orjson.loads(proposal.answer)) if proposal.answer else "",
            older,
            newer,
        )

    def _compare(
        self, account: Account, tool: Tool | None, opened: Opened, formats: Formats
    ) -> tuple[Diff, Lines | None]:
        """Return the fields that differ, and the lines."""
        proposal = opened.proposal
        integration = self._deployment.catalog().integrations[account.integration]
        if tool is None:
            return Diff(()), None
        before, after = mask_state(tool, proposal.before), mask_state(tool, proposal.after)
        lines = compare_lines(integration, tool, before, after, formats)
        own = find_lines_field(integration, tool.resource)
        states = [
            each and {name: value for name, value in each.items() if name != own} for each in (before, after)
        ]
        rules = make_rules(integration, tool, make_writer(formats), shows_kind=False)
        return compare_records(states[0], states[1], rules), lines

    def _list_happened(self, opened: Opened) -> list[Happened]:
        """Return what happened to a change, from the newest on."""
        change, proposal = opened
        ids = {each.by for each in proposal.notes if each.by} | ({change.decided_by} - {""})
        known = self._records.find_person_names(ids)
        found = [Happened(change.created_at, "", "Asked for by an agent")]
        found += [
            Happened(each.at, _name(known, each.by, "somebody who is gone"), each.text)
            for each in proposal.notes
        ]
        if change.decided_at is not None:
            is_refused = change.status == "refused"
            by = _name(known, change.decided_by, "somebody who is gone")
            found.append(Happened(change.decided_at, by, "Refused" if is_refused else "Approved"))
        if change.finished_at is not None and change.status != "refused":
            found.append(Happened(change.finished_at, SYSTEM, _ENDS.get(change.status, "Ended")))
        return sorted(found, key=lambda each: each.at, reverse=True)

    def _list_writes(self, account: Account, change: PendingChange) -> Sequence[Row]:
        of_record = JournalFilter(record_id=change.record_id, resources=frozenset({change.resource}))
        return self._journal.list_part(account, Wanted(of_record), limit=MOST_WRITES).rows

    def _find_neighbours(self, change: PendingChange) -> tuple[str, str]:
        """Return the ids of the waiting changes before and after one in the list; empty where there is none."""
        now, at = self._deployment.clock(), _find_position(change)
        wanted = PendingFilter((change.account_id,), statuses=("waiting",), until=now)
        older = self._records.list_pending_changes(wanted, at, 1)
        newer = self._records.find_newer_pending(wanted, at)
        return older[0].id if older else "", newer.id if newer else ""

    def _open(self, change: PendingChange) -> Opened:
        return Opened(change, open_proposal(self._deployment.keys, change))


_ENDS: Mapping[PendingStatus, str] = {
    "committed": "Carried out",
    "expired": "Expired: nobody had decided",
    "failed": "Could not be carried out",
    "unclear": "Sent, and its outcome is not known",
}


def _name(known: Mapping[str, tuple[str, str]], person_id: str, otherwise: str) -> str:
    """Return the name of a person with the address; another text for one who is not known, nothing for nobody."""
    if not person_id:
        return ""
    name, email = known.get(person_id, ("", ""))
    return (f"{name} ({email})" if name and name != email else email) or otherwise


def _find_position(change: PendingChange) -> Position:
    return change.created_at, change.id


def _show_json(tool: Tool | None, value: Any) -> str:
    """Return a value as JSON that people read, sensitive values masked and unseen characters made visible."""
    cover = masking.cover_of(tool, (), is_masked=True) if tool is not None else None
    hidden = masking.hide(cover, {"shown": copy.deepcopy(value)})["shown"] if cover else value
    text = json.dumps(hidden, indent=2, ensure_ascii=False, default=float)
    return show_in_json(text.encode()).decode()
