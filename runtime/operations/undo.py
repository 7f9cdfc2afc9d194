"""Undoes a write of the journal, where the vendor allows it, and shows before what that would send.

Called by `mcp_server.changes`, the management API and the command line. An undo is a write like any other: under
the access filter and the policies of whoever asks, through every check of `calls`, and with an entry of its own in the
journal.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from generator.catalog import ALLOW_DUPLICATE, COMPANY, Catalog, Tool
from runtime.errors import Conflict, Forbidden, InvalidRequest, LedgerportError
from runtime.exchange.context import CallContext, begin_call
from runtime.journal_filter import JournalFilter
from runtime.model import Grant, JournalEntry, Origin
from runtime.operations.journal import Journal, make_visible
from runtime.operations.stored_values import find_get
from runtime.operations.undo_guard import DONE, UndoGuard, get_record_id, make_key
from runtime.safety import masking
from runtime.safety.company import describe_company, name_company
from runtime.safety.journal.undo import find_undo, list_changed, make_content
from runtime.stores.embedded import Stores
from runtime.upstream.answer import follow_path

REVERT = "revert_change"
"""The tool of ours that undoes a write; an undo that waits for a person is carried out as a call of it."""
MOST_MOVES, MOST_LOOKED_AT = 20, 100
"""How often a record that is looked for may have been created again, and writes of it that are looked at."""
Record = Mapping[str, Any]


class Sender(Protocol):
    """Sends calls, a write through every check: `runtime.operations.calls.Calls`."""

    async def read(self, call: CallContext) -> Any:
        """Return the body of the response to a read."""
        ...

    async def write(self, call: CallContext, *, is_preview: bool = False) -> Any:
        """Return the body of the response to a write whose content is final; None for a preview."""
        ...


class Asked(NamedTuple):
    """Who undoes something: the grant, the tools that it leaves, and the company that is meant, empty for any.

    `allow_duplicate`: what was undone or reversed before, or is there already, is no reason to refuse it.
    """

    grant: Grant
    tools: Mapping[str, Tool]
    company: str = ""
    allow_duplicate: bool = False


class Undo:
    """Reverts entries of the journal. One for the process."""

    def __init__(
        self, stores: Stores, journal: Journal, calls: Sender, catalog: Callable[[], Catalog]
    ) -> None:
        self._stores = stores
        self._journal = journal
        self._calls = calls
        self._catalog = catalog
        self.guard = UndoGuard(stores, journal)

    async def revert(self, asked: Asked, entry_id: str, *, is_preview: bool = False) -> dict[str, Any]:
        """Undo a write with one of the tools of whoever asks; a preview sends nothing but reads.

        Raises NotFound for an entry that is not there, Forbidden where the tool that it takes is not among them,
        InvalidRequest for a write that nothing undoes, Conflict for one that was not done, was undone already, or whose
        record was changed since, what a check of writes refuses it with, and what the vendor refuses it with.
        """
        with name_company(asked.grant.account):
            return await self._revert_once(asked, entry_id, is_preview=is_preview)

    async def _revert_once(self, asked: Asked, entry_id: str, *, is_preview: bool) -> dict[str, Any]:
        entry = await asyncio.to_thread(self._journal.find, asked.grant.account.id, entry_id)
        if is_preview:
            return await self._revert(asked, entry, is_preview=True)
        async with self.guard.hold(entry.account_id, entry.resource, get_record_id(entry) or entry.id):
            return await self._revert(asked, entry, is_preview=False)

    async def _revert(self, asked: Asked, entry: JournalEntry, *, is_preview: bool) -> dict[str, Any]:
        attempt = await self._refuse_twice(asked, entry)
        call = await self._plan(asked, entry)
        if call.tool.method != "create":  # what balances a record must not stay when the record goes
            record_id, is_allowed = get_record_id(entry), asked.allow_duplicate
            await self.guard.count_reversals(
                entry.account_id, entry.resource, record_id, is_allowed=is_allowed
            )
        most = call.integration.idempotency_max_length
        call.vendor_key = make_key("revert", entry.id, attempt=attempt, max_length=most)
        body = await self._calls.write(call, is_preview=is_preview)
        shown = self._show(entry, call) | {"company": describe_company(asked.grant.account)}
        if is_preview:
            return shown | {"dry_run": True}
        return shown | _describe(call, follow_path(body, call.tool.returns.path))

    async def _refuse_twice(self, asked: Asked, entry: JournalEntry) -> int:
        """Return how often it was tried to undo an entry. Raises Conflict for one that was not done, or is undone."""
        if entry.outcome not in DONE:
            raise Conflict(
                f"This write is not known to have been done: its outcome is {entry.outcome}. Nothing was sent.",
                advice="Only a write whose outcome is done or settled_done can be undone.",
            )
        return await self.guard.count_reverts(entry, is_allowed=asked.allow_duplicate)

    async def _plan(self, asked: Asked, entry: JournalEntry) -> CallContext:
        """Return the call that undoes an entry, with what it sends."""
        written = self._catalog().by_name.get(entry.tool)
        integration = self._catalog().integrations[asked.grant.account.integration]
        undo = (
            find_undo(written, integration, self._catalog().list_tools(integration.name)) if written else None
        )
        if undo is None or written is None:
            raise InvalidRequest(
                f"{entry.tool} cannot be undone: the vendor has nothing that takes it back.",
                advice="Nothing was sent. Look at the record and correct it by another write.",
            )
        if undo[0].name not in asked.tools:
            raise Forbidden(
                f"Undoing this takes {undo[0].name}, which is not among the tools here. Nothing was sent.",
                advice="Ask whoever runs the deployment for that tool.",
            )
        intent, outcome = await asyncio.to_thread(self._journal.open, entry)
        before, after = intent["before"], outcome.get("after")
        now = None if undo[1] == "create" else await self._read(asked, entry, written)
        if now is not None:
            _refuse_changed(integration.updates.version, integration.updates.computed, after, now)
        if undo[1] in ("create", "update") and before is None:
            raise InvalidRequest(
                "The record before this write is not in the journal, so it cannot be put back. Nothing was sent.",
                advice="Correct the record by another write.",
            )
        content = make_content(undo, integration, before, now)
        call = self._call(asked, undo[0], content, now)
        call.origin = Origin("revert", reverts=entry.id)
        return call

    async def _read(self, asked: Asked, entry: JournalEntry, written: Tool) -> Record:
        """Return the record of an entry as it is now. Raises Conflict when it is gone."""
        catalog = self._catalog()
        record_id = await asyncio.to_thread(self._find_id, entry)
        get = find_get(written, catalog.tools)
        if get is None:
            raise InvalidRequest(f"No tool reads the record of {entry.tool}, so it cannot be undone.")
        required = get.input_schema.get("required", [])
        arguments = dict.fromkeys(required, record_id)
        call = begin_call(asked.grant, catalog, asked.tools, get, arguments, _as_given)
        try:
            found = follow_path(await self._calls.read(call), get.returns.path)
        except LedgerportError as error:
            if error.code != "not_found":
                raise
            found = None
        if not isinstance(found, Mapping):
            raise Conflict("The record is not there any more, so nothing was undone. Nothing was sent.")
        return found

    def _find_id(self, entry: JournalEntry) -> str:
        """Return the Id that the record of an entry has now: another one where it was deleted and created again."""
        record_id = get_record_id(entry)
        for _ in range(MOST_MOVES):
            writes = self._stores.records.read_journal_entries(
                entry.account_id, JournalFilter(record_id=record_id), None, MOST_LOOKED_AT
            )
            undone = [
                get_record_id(each)
                for write in writes
                if write.resource == entry.resource
                for each in self._stores.records.find_reverts(write.id)
                if each.outcome in DONE and get_record_id(each) != record_id
            ]
            if not undone:
                return record_id
            record_id = undone[-1]
        return record_id

    def _call(self, asked: Asked, tool: Tool, content: dict[str, Any], now: Record | None) -> CallContext:
        integration = self._catalog().integrations[tool.integration]
        arguments = {name: content[field] for name, field in tool.call.body_arguments if field in content}
        identifier = tool.identifier or integration.identifier
        for name in tool.input_schema.get("required", []):
            if name not in arguments and now is not None:
                arguments[name] = now.get(name, now.get(identifier))
        if asked.company:
            arguments[COMPANY] = asked.company
        if asked.allow_duplicate and ALLOW_DUPLICATE in tool.options:
            arguments[ALLOW_DUPLICATE] = True
        call = begin_call(asked.grant, self._catalog(), asked.tools, tool, arguments, _as_given)
        call.content, call.before, call.is_final = content, now, True
        return call

    def _show(self, entry: JournalEntry, call: CallContext) -> dict[str, Any]:
        """Return what undoes an entry, with sensitive values masked."""
        cover = masking.cover_of(call.tool, (), is_masked=True)
        arguments = copy.deepcopy(call.content or {})
        shown = masking.hide(cover, arguments) if cover else arguments
        return {"reverts": entry.id, "tool": call.tool.name, "arguments": make_visible(shown)}


def _describe(call: CallContext, after: Any) -> dict[str, Any]:
    """Return which record it was, and what is not as it was before."""
    content = call.content or {}
    identifier = call.tool.identifier or call.integration.identifier
    if not isinstance(after, Mapping):
        return {}
    record_id = str(after.get(identifier) or "")
    if call.tool.method == "create":
        return {"record_id": record_id, "note": f"It was created again, and its Id is new: {record_id}."}
    rules, fields = call.integration.updates, {field for _, field in call.tool.call.body_arguments}
    shown = {name: value for name, value in after.items() if name in fields}
    left = (
        list_changed(content, shown, (rules.version, *rules.computed)) if call.tool.method == "update" else []
    )
    note = {"note": f"The vendor did not put back: {', '.join(left)}."} if left else {}
    return {"record_id": record_id, **note}


def _as_given(_tool: Tool, _integration: object, arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments


def _refuse_changed(version: str, ignored: Iterable[str], after: Record | None, now: Record) -> None:
    """Raise Conflict for a record that has another version and content than after the write that is to be undone.

    One that was changed and put back since has another version only.
    """
    if after is None or not version or now.get(version) == after.get(version):
        return
    if not (names := list_changed(after, now, (version, *ignored))):
        return
    raise Conflict(
        f"The record was changed since this write, in: {', '.join(names)}. Nothing was sent.",
        advice="Look at the record, and undo the later write first, or correct the record by another write.",
        details={"changed_since": names},
    )
