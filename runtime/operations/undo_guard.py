"""Sees to it that a write is undone, and a record reversed, once: whoever asks at the same time, and later.

Called by `undo` and `reversal`. What is under way is claimed in the database, so that of several processes one goes on;
what was done before is in the journal. Between the two nothing is lost: a claim is held until the intent is stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any

from generator.catalog import ALLOW_DUPLICATE
from runtime.errors import Conflict, StorageUnavailable
from runtime.model import AccountId, Clock, JournalEntry
from runtime.operations.journal import Journal
from runtime.safety.once import KEY_LENGTH
from runtime.stores.embedded import Stores

DONE = ("done", "settled_done")
MAY_BE_DONE = (*DONE, "sent", "indeterminate")
CLAIM_SECONDS = 300.0
"""How long a claim holds when its process died, as one of `settling` does. The journal has the intent by then."""
AGAIN = f"To do it once more on purpose, call again with {ALLOW_DUPLICATE} true."


class UndoGuard:
    """Refuses what was undone or reversed before. One for the process."""

    def __init__(self, stores: Stores, journal: Journal, *, clock: Clock = time.time) -> None:
        self._stores = stores
        self._journal = journal
        self._clock = clock

    @contextlib.asynccontextmanager
    async def hold(self, *what: str) -> AsyncIterator[None]:
        """Claim a record while a write of it is undone. Raises Conflict where it is claimed, StorageUnavailable."""
        key = hashlib.sha256("\n".join(("undo", *what)).encode()).digest()
        mine, now = secrets.token_bytes(32), self._clock()
        _, is_new = await self._stores.write(
            lambda: self._stores.bind_key(key, mine, now, now + CLAIM_SECONDS)
        )
        if not is_new:
            raise Conflict(
                "Another call undoes or reverses this record at this moment. Nothing was sent.",
                advice="Wait for its answer, and look what it came to.",
            )
        try:
            yield
        finally:
            with contextlib.suppress(StorageUnavailable):  # it ends by itself
                await self._stores.write(lambda: self._stores.release_key(key, mine))

    def find(self, entry_id: str) -> JournalEntry:
        """Return an entry of the journal, with its outcome. Raises NotFound."""
        return self._journal.find(None, entry_id)

    async def count_reverts(self, entry: JournalEntry, *, is_allowed: bool) -> int:
        """Return how often it was tried to undo a write. Raises Conflict where that was or may have been done."""
        found = await asyncio.to_thread(self._find_reverts, entry.id)
        undone = next((each for each in found if each.outcome in MAY_BE_DONE), None)
        if undone is not None and not is_allowed:
            raise _refuse("This write was undone already", "reverted_by", undone)
        return len(found)

    async def count_reversals(
        self, account_id: AccountId, resource: str, record_id: str, *, is_allowed: bool
    ) -> int:
        """Return how often it was tried to reverse a record. Raises Conflict where that stands or may stand."""
        found = await asyncio.to_thread(self._find_reversals, account_id, resource, record_id)
        standing = next((each for each, is_undone in found if _stands(each) and not is_undone), None)
        if standing is not None and not is_allowed:
            raise _refuse(f"{record_id} was reversed already", "reversed_by", standing)
        return len(found)

    def _find_reverts(self, entry_id: str) -> list[JournalEntry]:
        self._journal.wait()
        return self._stores.records.find_reverts(entry_id)

    def _find_reversals(
        self, account_id: AccountId, resource: str, record_id: str
    ) -> list[tuple[JournalEntry, bool]]:
        """Return the reversals of a record, each with whether it was undone."""
        self._journal.wait()
        records = self._stores.records
        found = records.find_reversals(account_id, resource, record_id)
        return [(each, any(undo.outcome in DONE for undo in records.find_reverts(each.id))) for each in found]


def make_key(*what: str, attempt: int, max_length: int) -> str:
    """Return the key of an undo for the vendor: two that get past a claim at once send the same one."""
    text = "\n".join((*what, str(attempt)))
    return hashlib.sha256(text.encode()).hexdigest()[: min(max_length or KEY_LENGTH, KEY_LENGTH)]


def get_record_id(entry: JournalEntry) -> str:
    """Return the Id of the record after a write."""
    return (entry.last.record_id if entry.last else "") or entry.record_id


def _stands(entry: JournalEntry) -> bool:
    return entry.outcome in MAY_BE_DONE


def _refuse(said: str, member: str, entry: JournalEntry) -> Conflict:
    by = {"id": entry.id, "outcome": entry.outcome, "record_id": get_record_id(entry)}
    shown: dict[str, Any] = {name: value for name, value in by.items() if value}
    record = f", which is the record {shown['record_id']}" if "record_id" in shown else ""
    unclear = (
        "" if entry.outcome in DONE else f" Its outcome is {entry.outcome}: it may have been done or not."
    )
    return Conflict(
        f"{said}, by the change {entry.id}{record}.{unclear} Nothing was sent.",
        advice=AGAIN,
        details={member: shown},
    )
