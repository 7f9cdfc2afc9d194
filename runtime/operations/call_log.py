"""The call log: every call of a tool, for a set time, to be listed by the management API and followed in a terminal.

Calls are collected in memory and stored together every few seconds and at the stop, so that no call waits for a disk:
a crash loses those of the last seconds, and what the database does not take for long is dropped, and counted. The
durable record of writes is the journal.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from runtime.errors import InvalidRequest, StorageUnavailable
from runtime.model import Clock
from runtime.operations.answers import LARGEST_PART, format_time
from runtime.watching.calls import CallerDays, CallFilter, CallValues, LoggedCall, StoredCall, ToolCount
from runtime.watching.counts import Counter

STORE_SECONDS = 2.0
"""How often calls are stored; a crash loses no more than that."""
MOST_WAITING = 20_000
"""Calls that wait in memory, some 8 MB: six seconds of the most that a process serves."""
MOST_TOGETHER = 500
"""Calls of one transaction, about 5 ms on SQLite, so that a write that waits for its journal does not wait long."""
MOST_STORED = 10_000_000
"""Calls that are stored at most, about 3 GB; beyond them the oldest are forgotten before their time."""
PURGE_SECONDS = 3_600.0
"""A purge each hour removes what was stored in an hour."""
FIRST_PURGE_SECONDS = 60.0
"""After the start, which a purge is not to slow."""
DAY = 86_400.0
"""Seconds."""
LONGEST_TIME = 31 * DAY
"""What one list may look through: a month."""
T = TypeVar("T")
_CURSOR = re.compile(r"([0-9]{1,10}\.[0-9]{3})-([0-9]{1,18})")


class CallRecords(Protocol):
    """Where calls are stored. Each method raises StorageUnavailable."""

    def add_calls(self, calls: Sequence[LoggedCall]) -> None:
        """Add calls in one transaction."""
        ...

    def list_calls(
        self, wanted: CallFilter, before: tuple[float, int] | None, limit: int
    ) -> Sequence[StoredCall]:
        """Return the calls of a time that meet a filter, the newest first."""
        ...

    def count_by_caller(self, account_id: str, bounds: Sequence[float]) -> Sequence[CallerDays]:
        """Return how often each MCP server of an account was called, between each two bounds."""
        ...

    def count_by_tool(self, account_id: str, caller_id: str, since: float) -> Sequence[ToolCount]:
        """Return how often an MCP server of an account called each tool since a time."""
        ...

    def list_calls_after(self, number: int, limit: int) -> Sequence[StoredCall]:
        """Return the calls that were stored after one, the oldest first."""
        ...

    def find_newest_call(self) -> int:
        """Return the number of the call that was stored last."""
        ...

    def purge_calls(self, until: float, most: int) -> bool:
        """Forget old calls, a bounded number of them. Return whether there are more."""
        ...


class CallLogStore(Protocol):
    """The stores, as far as they are needed here."""

    @property
    def records(self) -> CallRecords:
        """The records."""
        ...

    async def write(self, work: Callable[[], T]) -> T:
        """Return the result of a change, made in transactions of its own."""
        ...


class CallLog:
    """Collects, stores, lists and forgets calls. One for the process; `flush` it at the end.

    `days` is how long calls are stored; with 0 none is.
    """

    def __init__(
        self, store: CallLogStore, days: int, *, clock: Clock = time.time, dropped: Counter | None = None
    ) -> None:
        self._store, self._days, self.clock = store, days, clock
        self._dropped = dropped or Counter("dropped", "", "reason")
        self._waiting: list[CallValues] = []
        self._storing: asyncio.Task[None] | None = None

    def add(self, call: CallValues) -> None:
        """Have a call stored within a moment. It is called for every call, and has to be quick."""
        if not self._days:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._dropped.add("full")
            return
        self._waiting.append(call)

    def count_waiting(self) -> int:
        """Return how many calls wait to be stored."""
        return len(self._waiting)

    async def run(self) -> None:
        """Store what was collected every few seconds, and purge each hour, until it is cancelled."""
        purged_at = time.monotonic() + FIRST_PURGE_SECONDS - PURGE_SECONDS
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.flush()
            if time.monotonic() - purged_at >= PURGE_SECONDS:
                purged_at = time.monotonic()
                await self.purge()

    async def flush(self) -> None:
        """Store everything collected so far; what cannot be stored now waits for the next time."""
        if self._storing is not None and not self._storing.done():
            await asyncio.shield(self._storing)
        if self._waiting:
            self._storing = asyncio.create_task(self._flush())
            await asyncio.shield(self._storing)

    async def _flush(self) -> None:
        while self._waiting:
            taken = [_as_logged(each) for each in self._waiting[:MOST_TOGETHER]]
            try:
                await self._store.write(lambda: self._store.records.add_calls(taken))  # noqa: B023
            except StorageUnavailable:
                return
            del self._waiting[: len(taken)]

    async def purge(self) -> None:
        """Forget what is older than the set time, in small transactions; whatever is left then waits for the next."""
        until = self.clock() - self._days * DAY
        records = self._store.records
        try:
            while await self._store.write(lambda: records.purge_calls(until, MOST_STORED)):
                pass
        except StorageUnavailable:
            return

    async def list(self, wanted: CallFilter, limit: int, next_cursor: str) -> dict[str, Any]:
        """Return a part of the calls that meet a filter, the newest first: `{result, next_cursor}`.

        Raises InvalidRequest for a cursor that no list has answered.
        """
        found, cursor = await self.read(wanted, min(max(1, limit), LARGEST_PART), next_cursor)
        return {"result": [show_call(each) for each in found], "next_cursor": cursor or None}

    async def read(
        self, wanted: CallFilter, limit: int, next_cursor: str = ""
    ) -> tuple[Sequence[StoredCall], str]:
        """Return calls as they are stored, the newest first, and where the list goes on; empty at the end.

        Raises InvalidRequest for a cursor that no list has answered.
        """
        before = _read_cursor(next_cursor)
        await self.flush()
        found = await asyncio.to_thread(self._store.records.list_calls, wanted, before, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return found[:limit], f"{last.call.at:.3f}-{last.id}" if last else ""

    async def count_by_server(self, account_id: str, bounds: Sequence[float]) -> dict[str, CallerDays]:
        """Return how often each MCP server of an account was called: between each two of these times, as days are."""
        await self.flush()
        found = await asyncio.to_thread(self._store.records.count_by_caller, account_id, bounds)
        return {each.caller_id: each for each in found}

    async def count_by_tool(self, account_id: str, server_id: str, since: float) -> Sequence[ToolCount]:
        """Return how often an MCP server called each tool since a time, the most called first."""
        await self.flush()
        return await asyncio.to_thread(self._store.records.count_by_tool, account_id, server_id, since)


def _as_logged(values: CallValues) -> LoggedCall:
    """Return a call with its time in whole milliseconds, so that a cursor says it exactly."""
    call = LoggedCall(*values)
    return call._replace(at=round(call.at, 3))


def show_call(stored: StoredCall) -> dict[str, Any]:
    """Return a call as it is answered."""
    call = stored.call
    ids: dict[str, str] = {call.log_type: call.caller_id}
    return {
        "id": str(stored.id),
        "log_type": call.log_type,
        "at": format_time(call.at),
        "tenant_id": call.tenant_id,
        "integrated_account_id": call.account_id,
        "mcp_server_id": ids.get("mcp"),
        "api_token_id": ids.get("api"),
        "person_id": ids.get("page"),
        "tool_name": call.tool,
        "client_name": call.client_name,
        "client_version": call.client_version,
        "status": call.status,
        "error_code": call.error_code or None,
        "duration_ms": call.ms,
        "answer_size": call.size,
        "request_id": call.request_id or None,
    }


def read_times(since: str, until: str, now: float) -> tuple[float, float]:
    """Return the time that a list looks through, from `since` to before `until`: the last day where neither is given.

    Raises InvalidRequest for a time without its zone, one that ends before it begins, and one longer than a month.
    """
    end = _read_time("until", until) if until else now + 1
    begin = _read_time("since", since) if since else end - DAY
    if begin >= end:
        raise InvalidRequest("since is not before until.", advice="Give the earlier time as since.")
    if end - begin > LONGEST_TIME + 1:
        raise InvalidRequest(
            "The time is longer than a month.", advice="Ask for 31 days at most, one time after the other."
        )
    return begin, end


def _read_time(name: str, text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidRequest(
            f'{name} is no time with its zone: "{text[:80]}".', advice="Give it as 2026-01-31T17:00:00Z."
        )
    return found.timestamp()


def _read_cursor(cursor: str) -> tuple[float, int] | None:
    if not cursor:
        return None
    parts = _CURSOR.fullmatch(cursor)
    if parts is None:
        raise InvalidRequest(
            "next_cursor is not one that a list here has answered.",
            advice="Pass next_cursor on unchanged, or leave it out to begin again.",
        )
    return float(parts[1]), int(parts[2])
