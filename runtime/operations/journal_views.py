"""The journal as people look through it: a part of its entries in names, one entry whole, and what filters offer.

Called by the pages of the journal and by its exports. Only entries that are shown are decrypted, and those that a
search looks through; names of callers and the undoing entries are read once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import Catalog
from runtime.deployment import Deployment
from runtime.errors import SealBroken
from runtime.journal_filter import JournalFilter
from runtime.model import Account, JournalEntry
from runtime.operations.approved_writes import ApprovedWrite, read_approvals
from runtime.operations.caller_names import CallerName, read_names
from runtime.operations.journal import NO_FILTER, Journal
from runtime.operations.journal_entries import Described, Describer
from runtime.operations.record_diff import Diff, compare_records, make_rules, mark_masked
from runtime.operations.undo_guard import DONE, get_record_id
from runtime.operations.value_texts import Write
from runtime.safety import masking

PART = 25
"""Entries of one page: two screens of a desktop. With 50 the page passed 60 kB."""
MOST_SEARCHED = 2_000
"""Entries that one search decrypts and looks through, some 0.1 s; it goes on from there when it is asked to."""
MOST_COUNTED = 10_000
"""Entries that are counted at most: nobody pages through more, and each page would wait for it."""
MOST_WRITERS = 5_000
"""The newest entries, whose callers, programs and tools can be chosen from."""
_CHUNK = 200
"""Entries that a search reads together: most searches find what they want among the newest."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: a filter, and a text that what is said of them has to contain."""

    filter: JournalFilter = NO_FILTER
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, what is said of it, who made it, and who approved it where it had waited."""

    entry: JournalEntry
    said: Described
    who: CallerName
    approved: ApprovedWrite | None = None

    @property
    def record_id(self) -> str:
        """The Id of its record."""
        return get_record_id(self.entry)


@dataclass(frozen=True, slots=True)
class Part:
    """Entries, the newest first. `total` counts all that meet the filter, None where a text is searched.

    `next_cursor` is empty at the end; `looked_at` is how many entries a search has looked through.
    """

    rows: Sequence[Row]
    next_cursor: str
    total: int | None
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer, from the newest entries: callers, programs, and tools with their titles."""

    callers: Sequence[CallerName]
    clients: Sequence[str]
    tools: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WholeEntry:
    """One entry with everything of it. `diff` compares the record before with the one after, or with what was sent."""

    row: Row
    diff: Diff
    back: Diff
    """The same the other direction: what putting the record back changes."""
    is_done: bool
    states: dict[str, Any]
    undoes: Row | None = None


class JournalViews:
    """Reads the journal for people. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._records = deployment, deployment.stores.records
        self.journal = Journal(deployment)

    def list_part(
        self,
        account: Account,
        wanted: Wanted,
        next_cursor: str = "",
        limit: int = PART,
        known: Sequence[CallerName] = (),
    ) -> Part:
        """Return a part of the entries; `known` are callers whose names have been read.

        Raises InvalidRequest for a cursor that no list has answered.
        """
        if wanted.text:
            return self._search(account, wanted, next_cursor, limit)
        found = self.journal.read(account.id, wanted.filter, limit + 1, next_cursor)
        more = str(found[limit - 1].seq) if len(found) > limit else ""
        total = self._records.count_journal_entries(account.id, wanted.filter, MOST_COUNTED)
        return Part(self.describe(account, found[:limit], known), more, total)

    def _search(self, account: Account, wanted: Wanted, cursor: str, limit: int) -> Part:
        rows, looked_at, text = list[Row](), 0, wanted.text.casefold()
        while looked_at < MOST_SEARCHED:
            found = self.journal.read(account.id, wanted.filter, _CHUNK, cursor)
            for row in self.describe(account, found):
                looked_at += 1
                if text in make_haystack(row):
                    rows.append(row)
                if len(rows) == limit:
                    return Part(rows, str(row.entry.seq), None, looked_at)
            if len(found) < _CHUNK:
                return Part(rows, "", None, looked_at)
            cursor = str(found[-1].seq)
        return Part(rows, cursor, None, looked_at)

    def describe(
        self, account: Account, entries: Sequence[JournalEntry], known: Sequence[CallerName] = ()
    ) -> Sequence[Row]:
        """Return what is said of entries of an account."""
        undone = self._find_undone([each.id for each in entries])
        names = read_names(self._records, {each.caller for each in entries}, known)
        describer = self._make_describer(account)
        found = {each.id: self._open(each) for each in entries}
        approved = read_approvals(
            self._records, {id_: intent for id_, (intent, _) in found.items()}, names.values()
        )
        rows = []
        for each in entries:
            said = describer.describe(each, *found[each.id], undone.get(each.id))
            rows.append(Row(each, said, names[each.caller], approved.get(each.id)))
        return rows

    def list_choices(self, account: Account) -> Choices:
        """Return what the filters offer."""
        self.journal.wait()
        found = self._records.list_journal_writers(account.id, MOST_WRITERS)
        names = read_names(self._records, {caller for caller, _, _ in found})
        return Choices(
            sorted(names.values(), key=lambda each: (each.kind, each.name.casefold())),
            sorted({client for _, client, _ in found if client}, key=str.casefold),
            list_titles(self._deployment.catalog(), {tool for _, _, tool in found}),
        )

    def open_entry(self, account: Account, entry_id: str, write: Write) -> WholeEntry:
        """Return one entry with everything of it, sensitive values masked. Raises NotFound."""
        entry = self.journal.find(account.id, entry_id)
        row = self.describe(account, [entry])[0]
        undoes = None
        if entry.reverts:
            first = self._records.find_journal_entry(account.id, entry.reverts)
            undoes = self.describe(account, [first])[0] if first is not None else None
        states = self._show_states(entry)
        return WholeEntry(
            row,
            self._compare(account, entry, write),
            self._compare(account, entry, write, is_back=True),
            entry.outcome in DONE,
            {name: value for name, value in states.items() if value},
            undoes,
        )

    def list_reverts(self, account: Account, entry_id: str) -> list[str]:
        """Return the ids of the entries that undo one of an account, from the oldest on."""
        self.journal.wait()
        found = self._records.find_reverts(entry_id)
        return [each.id for each in found if each.account_id == account.id]

    def _show_states(self, entry: JournalEntry) -> dict[str, Any]:
        shown = self.journal.show(entry)
        return {name: shown[name] for name in ("arguments", "before", "after", "error")}

    def _compare(self, account: Account, entry: JournalEntry, write: Write, *, is_back: bool = False) -> Diff:
        """Return what a write changed, or was to change where it is not known to have been done."""
        catalog = self._deployment.catalog()
        tool, integration = catalog.by_name.get(entry.tool), catalog.integrations[account.integration]
        (intent, outcome), (masked_intent, masked_outcome) = self._open(entry), self._open(entry)
        cover = masking.cover_of(tool, (), is_masked=True) if tool is not None else None
        if cover is not None:
            masking.hide(cover, masked_intent)
            masking.hide(cover, masked_outcome)
        before = mark_masked(intent.get("before"), masked_intent.get("before"))
        after = mark_masked(outcome.get("after"), masked_outcome.get("after"))
        if entry.outcome not in DONE:
            after = mark_masked(intent.get("content"), masked_intent.get("content"))
            before = {name: before[name] for name in after if name in before} if before and after else None
        after = None if tool is not None and tool.method == "delete" else after
        pair = (after, before) if is_back else (before, after)
        return compare_records(pair[0], pair[1], make_rules(integration, tool, write))

    def _find_undone(self, entry_ids: list[str]) -> dict[str, JournalEntry]:
        """Return the entry that undid each of some; one that was done comes before one that was not."""
        found = self._records.find_reverts_of(entry_ids)
        ordered = sorted(found, key=lambda each: each.outcome in DONE)
        return {each.reverts: each for each in ordered if each.reverts is not None}

    def _open(self, entry: JournalEntry) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what is stored encrypted; nothing where it cannot be opened, which the integrity check reports."""
        try:
            return self.journal.open(entry)
        except SealBroken:
            return {}, {}

    def _make_describer(self, account: Account) -> Describer:
        catalog = self._deployment.catalog()
        return Describer(catalog, catalog.integrations[account.integration])


def list_titles(catalog: Catalog, tools: Iterable[str]) -> list[tuple[str, str]]:
    """Return tools with their titles, in the order of these; one that is no longer there has its name alone."""
    titles = ((each, found.title if (found := catalog.by_name.get(each)) else each) for each in tools)
    return sorted(titles, key=lambda each: (each[1].casefold(), each[0]))


def make_haystack(row: Row) -> str:
    """Return everything that a search of an entry looks in, in small letters."""
    entry, said = row.entry, row.said
    amount = f"{said.amount:,.2f} {said.amount:.2f}" if said.amount is not None else ""
    last = (entry.last.record_id, entry.last.trace) if entry.last else ()
    error = str(said.error.get("message", "")) if said.error else ""
    approved = row.approved.who.name if row.approved is not None else ""
    parts = (said.title, entry.tool, entry.record_id, *last, entry.client, row.who.name, row.who.about, amount,
             entry.id, entry.vendor_key, error, approved)  # fmt: skip
    return "\n".join(parts).casefold()
