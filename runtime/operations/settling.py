"""Finds out what became of the writes that were under way when a process died, and stores it in the journal.

A task of the start, which delays nothing. An entry is asked for with the same idempotency key where the definition says
that the vendor answers a repeat with the first answer, and looked up by reading otherwise. Each is claimed first, so
that of several processes on one database one settles it. What cannot be asked now stays open for a later pass. Where
other processes write to the same records, an entry may be under way in one of them: it is left until that process must
have died.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from generator.catalog import Catalog, Tool
from runtime.errors import LedgerportError, StorageUnavailable
from runtime.exchange import listing
from runtime.exchange.context import NOTHING_ADDED, CallContext, Request
from runtime.exchange.failures import read_value
from runtime.logs import Log
from runtime.model import Account, Clock, JournalEntry, OutcomeKind
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_journal import WriteJournal, judge_entry
from runtime.safety.journal import lookup as lookups
from runtime.safety.journal.lookup import Lookup
from runtime.safety.journal.outcomes import Outcome
from runtime.stores.embedded import Stores
from runtime.upstream.answer import follow_path
from runtime.upstream.client import VendorRequest, VendorResponse

REPEAT_WITHIN_SECONDS = 3600.0
"""How old a write may be that is asked for by repeating it. One that never arrived is carried out by the repeat; after
an hour somebody may have done it by other means.
"""
CLAIM_SECONDS = 300.0
"""How long a claim holds: twice as long as the slowest vendor is given to answer."""
PASS_SECONDS = 300.0
"""Between two passes, while there are entries that could not be asked for or that another process had claimed."""
UNDER_WAY_SECONDS = 300.0
"""How long an entry of another process may be under way: four answers of the slowest vendor, each 59 s, and a minute in
which its outcome could not be stored.
"""
UNCLEAR = frozenset({"conflict", "duplicate", "not_found"})
"""Refusals of a repeat that the first request itself may be the reason for: a vendor forgets keys in time."""
BY_KEY, BY_READING = "asked with the same key", "looked up by reading"

Found = dict[str, VendorResponse]


class Settling:
    """Settles entries of the journal. One for the process."""

    def __init__(
        self,
        stores: Stores,
        journal: WriteJournal,
        vendor: VendorCalls,
        catalog: Callable[[], Catalog],
        log: Log,
        clock: Clock = time.time,
    ) -> None:
        self._stores = stores
        self._journal = journal
        self._vendor = vendor
        self._catalog = catalog
        self._log = log
        self._clock = clock

    async def run(self) -> None:
        """Settle what earlier runs have left open, until nothing is; in a fleet for ever, as others may die later."""
        while await self._has_open_entries() or self._stores.is_shared:
            with contextlib.suppress(StorageUnavailable):
                await self.settle_all()
            await asyncio.sleep(PASS_SECONDS)

    async def settle_all(self) -> None:
        """Settle what earlier runs have left open, once."""
        answered: Found = {}
        for entry in await asyncio.to_thread(self._open_entries):
            if await self._stores.write(partial(self._claim, entry.id)):
                await self._settle(entry, answered)

    async def _has_open_entries(self) -> bool:
        """Whether there is something to settle; as long as that cannot be found out, there may be."""
        try:
            return await self._stores.look_up.has_open_entries(self._journal.run)
        except StorageUnavailable:
            return True

    def _open_entries(self) -> list[JournalEntry]:
        """Return the entries of other runs, without those that may be under way in a process that lives."""
        found = self._stores.records.find_open_entries(self._journal.run)
        if not self._stores.is_shared:  # the others are dead: two never serve from one file
            return found
        latest = self._clock() - UNDER_WAY_SECONDS
        return [entry for entry in found if entry.begun_at <= latest]

    def _claim(self, entry_id: str) -> bool:
        now = self._clock()
        return self._stores.records.claim_entry(entry_id, now, now + CLAIM_SECONDS)

    async def _settle(self, entry: JournalEntry, answered: Found) -> None:
        try:
            outcome = await self._find_out(entry, answered)
        except LedgerportError as error:
            self._log("journal_entry_not_settled", entry=entry.id, error=error.code)
            await self._stores.write(lambda: self._stores.records.release_entry(entry.id))
            return
        await self._journal.settle(entry.id, entry.account_id, outcome)
        self._log("journal_entry_settled", entry=entry.id, outcome=outcome.outcome, how=outcome.settled_how)

    async def _find_out(self, entry: JournalEntry, answered: Found) -> Outcome:
        """Return what became of an entry. Raises LedgerportError where that cannot be asked now."""
        account = await self._stores.look_up.find_account(entry.account_id)
        tool = self._catalog().by_name.get(entry.tool)
        if account is None or tool is None:
            return Outcome("indeterminate", {}, settled_how="its account or tool is gone")
        opened = self._journal.open(entry.id, entry.sealed)
        call = self._call(account, tool, opened["arguments"])
        call.vendor_key = entry.vendor_key
        if call.integration.idempotency_repeats and entry.begun_at > self._clock() - REPEAT_WITHIN_SECONDS:
            outcome = await self._repeat(entry, opened, call, answered)
            if outcome is not None:
                return outcome
        return await self._look_up(call, opened)

    async def _repeat(
        self, entry: JournalEntry, opened: Mapping[str, Any], call: CallContext, answered: Found
    ) -> Outcome | None:
        """Return what the repeat of a request with its key comes to; None when that says nothing."""
        first = opened["repeat"].get("entry", entry.id)
        stored = opened["repeat"] if first == entry.id else self._stored_request(first)
        sent = _read_request(stored)
        if sent is None or not self._vendor.is_same_origin(call, sent):
            return None
        if first not in answered:
            answered[first] = await self._vendor.repeat(call, Request(stored=sent))
        outcome = judge_entry(call, opened["part"], answered[first])
        if outcome.outcome == "done":
            return outcome._replace(outcome="settled_done", settled_how=BY_KEY)
        error = outcome.content["error"]
        if outcome.outcome == "indeterminate" or error["code"] in UNCLEAR:
            return None
        if error["code"] in ("rate_limited", "vendor_unavailable", "reconnect", "needs_reauth"):
            raise LedgerportError(error["message"])
        return outcome._replace(outcome="settled_not_done", settled_how=BY_KEY)

    def _stored_request(self, entry_id: str) -> Mapping[str, Any]:
        """Return the request of a batch, which is stored with the first entry in it."""
        entry = self._stores.records.find_journal_entry(None, entry_id)
        found: Mapping[str, Any] = self._journal.open(entry.id, entry.sealed)["repeat"] if entry else {}
        return found

    async def _look_up(self, call: CallContext, opened: Mapping[str, Any]) -> Outcome:
        """Return what reading the record, or finding it in a list, says of a write."""
        content = opened["content"]
        tools = self._catalog().list_tools(call.account.integration)
        lookup = lookups.find_lookup(call.tool, opened["arguments"], content, tools)
        if lookup is None:
            return Outcome("indeterminate", {}, settled_how="no tool reads it")
        found = await self._read(call.account, lookup)
        if lookup.tool.listing is not None:
            rows = lookups.read_rows(lookup, found)
            kind, record = lookups.judge_found(content, rows), rows[0] if len(rows) == 1 else None
        else:
            record = follow_path(found, lookup.tool.returns.path)
            kind = lookups.judge_record(
                call.tool, call.integration.updates.version, content, opened["before"], record
            )
        return _looked_up(call, kind, record)

    async def _read(self, account: Account, lookup: Lookup) -> Any:
        """Return the body that a lookup is answered with; None for a record that is not there."""
        call = self._call(account, lookup.tool, lookup.arguments)
        call.changes_data = False
        request = listing.prepare(call) if lookup.tool.listing is not None else NOTHING_ADDED
        try:
            return read_value(call, await self._vendor.send(call, request))
        except LedgerportError as error:
            if error.code == "not_found":
                return None
            raise

    def _call(self, account: Account, tool: Tool, arguments: dict[str, Any]) -> CallContext:
        integration = self._catalog().integrations[account.integration]
        return CallContext(tool, integration, account, arguments, lambda _tool, _integration, given: given)


def _looked_up(call: CallContext, kind: OutcomeKind, record: Any) -> Outcome:
    if kind != "settled_done" or not isinstance(record, Mapping):
        return Outcome(kind, {}, settled_how=BY_READING)
    record_id = str(record.get(call.tool.identifier or call.integration.identifier) or "")
    return Outcome(kind, {"after": record}, record_id=record_id, settled_how=BY_READING)


def _read_request(stored: Mapping[str, Any]) -> VendorRequest | None:
    """Return a request as it is stored in an entry; None for one that carried a file."""
    if not stored:
        return None
    body = None if stored["body"] is None else base64.b64decode(stored["body"])
    return VendorRequest(
        stored["verb"], stored["url"], stored["headers"], body, changes_data=True, is_once=True
    )
