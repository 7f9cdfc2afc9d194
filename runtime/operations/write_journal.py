"""Stores the intent of every write before it is sent, and its outcome after: the journal.

Called by `vendor_calls`. What is sensitive is encrypted here, `safety.journal.chain` hashes the links, and
`stores.journal_records` stores them. A write whose intent cannot be stored is not sent. Nobody waits for an outcome to
be stored: an entry whose outcome was lost with the process stays open, and the next start settles it.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from runtime.errors import Indeterminate, LedgerportError, StorageUnavailable
from runtime.exchange.batch import find_answers
from runtime.exchange.context import CallContext, Request, Write
from runtime.keys.crypto import Keys
from runtime.model import Clock
from runtime.safety.journal.chain import hash_link
from runtime.safety.journal.outcomes import Outcome, judge, judge_error, judge_value
from runtime.safety.journal.sealing import open_sealed, seal
from runtime.stores.new_link import NewLink
from runtime.upstream import answer as answers
from runtime.upstream.client import VendorRequest, VendorResponse
from runtime.upstream.request import record
from runtime.watching.counts import Counts

HashLink = Callable[[Mapping[str, Any], bytes], bytes]
LARGEST_REPEATED = 1024 * 1024
"""Bytes of a body that is stored to be sent again; a batch of 30 large invoices has 200,000."""


_NO_ANSWER = Indeterminate("The vendor did not answer this part of the batch: it may have been done or not.")

_UNSENT = Outcome("settled_not_done", {}, settled_how="it was not sent")


class LinkStore(Protocol):
    """Where links are stored: `runtime.stores.embedded.Stores`."""

    async def add_links(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        """Add links to the chains of their accounts. Raises StorageUnavailable."""
        ...

    def add_links_later(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        """Have links added within a moment."""
        ...


class Entry(NamedTuple):
    """An entry whose outcome is still to be stored. `part` is the id of its answer in a batch."""

    id: str
    change: CallContext
    part: str = ""


class WriteJournal:
    """Stores intents and outcomes. One for the process, whose entries carry its `run`."""

    def __init__(
        self, keys: Keys, store: LinkStore, *, clock: Clock = time.time, counts: Counts | None = None
    ) -> None:
        self._counts = (counts or Counts()).journal
        self._keys = keys
        self._store = store
        self._clock = clock
        self._hash_link = partial(hash_link, keys)
        self.run = secrets.token_hex(8)

    async def begin(self, call: CallContext, request: Request, sent: VendorRequest) -> list[Entry]:
        """Store an entry for each write in a request. Raises StorageUnavailable: nothing may be sent then."""
        entries = [Entry(str(uuid4()), *write) for write in (request.writes or (Write(call),))]
        repeat = _repeat(sent)
        links = []
        for entry in entries:
            entry.change.entry_id = entry.id
            if entry.change.grant is not None and entry.change.grant.approved is not None:
                entry.change.grant.approved.entries.append(entry.id)
            links.append(self._intent(entry, repeat))
            repeat = {"entry": entries[0].id}
        try:
            await self._store.add_links(links, self._hash_link)
        except StorageUnavailable as failed:
            if failed.is_uncertain:
                self._close_unsent(entries)
            raise _not_stored(failed) from failed
        for _ in entries:
            self._counts.add("sent")
        return entries

    def end(self, entries: Sequence[Entry], response: VendorResponse) -> None:
        """Have stored what the vendor's response means for each entry; the caller's answer does not wait for it."""
        self._store_outcomes([(each, judge_entry(each.change, each.part, response)) for each in entries])

    def fail(self, entries: Sequence[Entry], error: LedgerportError) -> None:
        """Have stored that entries ended with an error instead of a response."""
        self._store_outcomes([(entry, judge_error(error)) for entry in entries])

    async def settle(self, entry_id: str, account_id: str, outcome: Outcome) -> None:
        """Store the outcome of an entry that has none. Raises StorageUnavailable."""
        link = self._outcome(entry_id, account_id, outcome)._replace(settles=True)
        await self._store.add_links([link], self._hash_link)
        self._counts.add(outcome.outcome)

    def open(self, entry_id: str, sealed: bytes) -> dict[str, Any]:
        """Return what is stored encrypted of an entry or its outcome. Raises SealBroken."""
        return open_sealed(self._keys, entry_id, sealed)

    def _close_unsent(self, entries: Sequence[Entry]) -> None:
        """Have entries closed, where they were stored: settling would carry out by a repeat what was never sent."""
        links = [self._outcome(entry.id, entry.change.account.id, _UNSENT) for entry in entries]
        self._store.add_links_later([link._replace(settles=True) for link in links], self._hash_link)

    def _store_outcomes(self, outcomes: Sequence[tuple[Entry, Outcome]]) -> None:
        for _, outcome in outcomes:
            self._counts.add(outcome.outcome)
        links = [self._outcome(entry.id, entry.change.account.id, outcome) for entry, outcome in outcomes]
        self._store.add_links_later(links, self._hash_link)

    def _intent(self, entry: Entry, repeat: dict[str, Any]) -> NewLink:
        change = entry.change
        tool, integration = change.tool, change.integration
        content = record(tool, change.arguments) if change.content is None else change.content
        secret = {
            "arguments": change.arguments,
            "content": content,
            "before": change.before or change.deleted,
            "part": entry.part,
            "repeat": repeat,
            **_describe_approval(change),
        }
        record_id = content.get(tool.identifier or integration.identifier) or change.arguments.get("id") or ""
        values = {
            "id": entry.id,
            "account_id": change.account.id,
            "kind": change.origin.kind,
            "caller": change.caller,
            "client": change.client,
            "begun_at": self._clock(),
            "tool": tool.name,
            "resource": tool.resource,
            "record_id": str(record_id),
            "vendor_key": change.vendor_key,
            "reverts": change.origin.reverts or None,
            "reverses": change.origin.reverses or None,
            "sealed": seal(self._keys, entry.id, secret),
        }
        return NewLink("journal", values, self.run)

    def _outcome(self, entry_id: str, account_id: str, outcome: Outcome) -> NewLink:
        values = {
            "account_id": account_id,
            "entry_id": entry_id,
            "at": self._clock(),
            "outcome": outcome.outcome,
            "settled_how": outcome.settled_how,
            "status": outcome.status,
            "trace": outcome.trace,
            "record_id": outcome.record_id,
            "sealed": seal(self._keys, entry_id, outcome.content),
        }
        return NewLink("journal_outcome", values)


def _describe_approval(change: CallContext) -> dict[str, Any]:
    """Return who approved a write, and by which rules it waited; nothing for one that did not wait."""
    approved = change.grant.approved if change.grant is not None else None
    if approved is None:
        return {}
    said = {"pending_change": approved.id, "approved_by": approved.approved_by, "rules": list(approved.rules)}
    return {"approval": said}


def _repeat(sent: VendorRequest) -> dict[str, Any]:
    """Return what it takes to send a request again, without what signs it; nothing where it carries a file."""
    body = sent.body
    if body is not None and (not isinstance(body, bytes) or len(body) > LARGEST_REPEATED):
        return {}
    return {
        "verb": sent.verb,
        "url": sent.url,
        "headers": dict(sent.headers),
        "body": None if body is None else base64.b64encode(body).decode(),
    }


def judge_entry(change: CallContext, part: str, response: VendorResponse) -> Outcome:
    """Return what a response means for one write; `part` is the id of its answer in a batch."""
    tool, integration = change.tool, change.integration
    if not part:
        return judge(tool, integration, response)
    try:
        found = find_answers(integration.batch, answers.read_value(response))
    except ValueError:
        found = {}
    if part in found:
        return judge_value(tool, integration, response, found[part])
    whole = judge(tool, integration, response)
    return judge_error(_NO_ANSWER) if whole.outcome == "done" else whole


def _not_stored(failed: StorageUnavailable) -> StorageUnavailable:
    return StorageUnavailable(
        f"The journal cannot be written now, so nothing was sent. {failed.reason}",
        reason=failed.reason,
        retry_after=failed.retry_after,
        advice="Repeat the call in a minute.",
    )
