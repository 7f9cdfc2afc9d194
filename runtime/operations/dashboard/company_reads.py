"""The calls that a dashboard makes: a few at once, each until its answer is whole, remembered for a minute.

Called by the page of a company with a function that calls a tool for its viewer. Whoever may see the page may see every
answer, so one viewer's reads serve the next one. A call that takes longer than a page should wait goes on, and the next
look at the page has its answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runtime.errors import LedgerportError, RateLimited
from runtime.exchange.tool_answer import Answer
from runtime.model import AccountId, Clock
from runtime.recent import Recent

MOST_AT_ONCE = 4
"""Calls of one look at a page that are under way together: less than half of what a vendor may allow in a second, so
that agents go on.
"""
MOST_WAIT = 8.0
"""Seconds after which a page is shown without what is not there yet: people give up on pages at about 10."""
FRESH_SECONDS = 60.0
"""How long an answer is remembered, so that a reload costs nothing; Refresh asks anew."""
FAILED_SECONDS = 15.0
"""How long an error is: somebody who reloads the page wants to know whether it works again."""
MOST_PAGES = 5
"""Parts of one answer that are read: at 32 kB each these are reports of some thousand rows."""
MOST_REMEMBERED = 500
"""Answers, at most 160 kB each: those of some seventy dashboards."""
Call = Callable[[str, dict[str, Any]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that is wanted."""

    tool: str
    resource: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a call came to: its answer or its error, or neither where it is not there yet.

    `as_of` is when it was asked for, in seconds since the epoch. `calls` are the requests of it, `is_new` says whether
    they were made for this look at the page. `is_whole` says whether the answer has everything.
    """

    asked: Asked
    answer: Mapping[str, Any] | None = None
    error: LedgerportError | None = None
    as_of: float = 0.0
    calls: int = 0
    is_whole: bool = True
    is_new: bool = field(default=False, compare=False)


@dataclass(slots=True)
class _Entry:
    task: asyncio.Task[Reading]
    begun_at: float
    is_new: bool = True


class CompanyReads:
    """Makes the calls of dashboards. One for the process."""

    def __init__(self, clock: Clock, *, most_wait: float = MOST_WAIT) -> None:
        self._clock, self._most_wait = clock, most_wait
        self._entries: Recent[str, _Entry] = Recent(MOST_REMEMBERED)
        self._rounds: Recent[AccountId, int] = Recent(MOST_REMEMBERED)

    def forget(self, account_id: AccountId) -> None:
        """Have the next look at a company ask anew."""
        self._rounds.put(account_id, (self._rounds.get(account_id) or 0) + 1)

    async def read(
        self, account_id: AccountId, wanted: Mapping[str, Asked], call: Call
    ) -> dict[str, Reading]:
        """Return what each call comes to, within the time that a page waits. Errors are in the readings."""
        turns = asyncio.Semaphore(MOST_AT_ONCE)
        entries = {name: self._begin(account_id, asked, call, turns) for name, asked in wanted.items()}
        if entries:
            await asyncio.wait({each.task for each in entries.values()}, timeout=self._most_wait)
        return {name: _take(entry, wanted[name]) for name, entry in entries.items()}

    def _begin(self, account_id: AccountId, asked: Asked, call: Call, turns: asyncio.Semaphore) -> _Entry:
        """Return the call that is under way or was made lately, or begin it."""
        arguments = json.dumps(asked.arguments, sort_keys=True)
        key = f"{account_id} {self._rounds.get(account_id) or 0} {asked.tool} {arguments}"
        known = self._entries.get(key)
        if known is not None and not self._is_over(known):
            known.is_new = False
            return known
        now = self._clock()
        return self._entries.put(key, _Entry(asyncio.create_task(_carry_out(asked, call, turns, now)), now))

    def _is_over(self, entry: _Entry) -> bool:
        if not entry.task.done():
            return False
        if entry.task.cancelled() or entry.task.exception() is not None:
            return True
        error, seconds = entry.task.result().error, FRESH_SECONDS
        if error is not None:
            wait = error.retry_after if isinstance(error, RateLimited) else FAILED_SECONDS
            seconds = min(float(wait), FRESH_SECONDS)
        return not 0 <= self._clock() - entry.begun_at < seconds


def _take(entry: _Entry, asked: Asked) -> Reading:
    if not entry.task.done():
        return Reading(asked, as_of=entry.begun_at, is_new=entry.is_new)
    found = entry.task.result()
    return Reading(
        asked, found.answer, found.error, found.as_of, found.calls, found.is_whole, is_new=entry.is_new
    )


async def _carry_out(asked: Asked, call: Call, turns: asyncio.Semaphore, now: float) -> Reading:
    """Return the answer of a call with all its parts, or its error."""
    parts: list[dict[str, Any]] = []
    cursor: str | None = ""
    async with turns:
        while cursor is not None and len(parts) < MOST_PAGES:
            arguments = asked.arguments | ({"next_cursor": cursor} if cursor else {})
            answer = await call(asked.tool, arguments)
            if answer.error is not None:
                return Reading(asked, error=answer.error, as_of=now, calls=len(parts) + 1)
            parts.append(json.loads(answer.text, parse_float=Decimal))
            cursor = parts[-1].get("next_cursor")
    return Reading(asked, _join(parts), as_of=now, calls=len(parts), is_whole=cursor is None)


def _join(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the parts of an answer as one: its lists of rows or records, one after another."""
    whole = dict(parts[0])
    for part in parts[1:]:
        for name in ("rows", "records"):
            if name in part:
                whole[name] = [*whole.get(name, ()), *part[name]]
    return whole
