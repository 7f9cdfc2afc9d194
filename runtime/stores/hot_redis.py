"""Hot state in Redis (or Valkey): the counts that all processes of a fleet share, beside `hot_memory` for one.

One script does all windows of a key in one round trip, on the clock of Redis: a list of times for each window, as
`hot_memory` has them. While Redis does not answer, the calls of this process alone are counted, and `find_fault` says
so; nothing that is at its limit opens, for this process counts its own calls at all times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

from generator.vendor import RateWindow
from runtime.model import WindowCount
from runtime.stores.hot_memory import MemoryHotState, find_wait
from runtime.stores.redis_link import RedisLink, RedisLost

PREFIX = "ledgerport:"
_MICROSECONDS = 1_000_000
"""In a second: what TIME of Redis counts in."""

SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function held(key, span)
  local last = tonumber(redis.call('LINDEX', key, -1))
  if not last then return 0, 0 end
  if last <= now - span then redis.call('DEL', key) return 0, 0 end
  if last > now then  -- the clock was set back: what was counted last was counted now
    for at, each in ipairs(redis.call('LRANGE', key, 0, -1)) do
      redis.call('LSET', key, at - 1, string.format('%.0f', each - (last - now)))
    end
  end
  local first = tonumber(redis.call('LINDEX', key, 0))
  while first <= now - span do
    redis.call('LPOP', key)
    first = tonumber(redis.call('LINDEX', key, 0))
  end
  return redis.call('LLEN', key), first + span - now
end
local function add(key, limit, span)
  local length = redis.call('RPUSH', key, string.format('%.0f', now))
  if length > limit then redis.call('LPOP', key) length = limit end
  redis.call('PEXPIRE', key, math.ceil(span / 1000))
  return length, tonumber(redis.call('LINDEX', key, 0)) + span - now
end
local found, wait = {}, 0
for at, key in ipairs(KEYS) do
  local limit, span = tonumber(ARGV[2 * at]), tonumber(ARGV[2 * at + 1])
  local used, leaves = held(key, span)
  if used >= limit then wait = math.max(wait, leaves) end
  found[2 * at - 1], found[2 * at] = used, leaves
end
if ARGV[1] == 'count' or (ARGV[1] == 'admit' and wait == 0) then
  for at, key in ipairs(KEYS) do
    found[2 * at - 1], found[2 * at] = add(key, tonumber(ARGV[2 * at]), tonumber(ARGV[2 * at + 1]))
  end
end
found[#found + 1] = wait
return found
"""
"""Answers for each window how many calls it holds and in how many microseconds the oldest leaves it; then the longest
wait for a full one, as it was before. The lists expire with their windows.
"""
_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


class RedisHotState:
    """Counts of the fleet, with those of this process to fall back on."""

    def __init__(self, link: RedisLink, own: MemoryHotState | None = None) -> None:
        self._link = link
        self._own = MemoryHotState() if own is None else own

    async def count(self, key: str, windows: Sequence[RateWindow], now: float) -> list[WindowCount]:
        """Add one call and return what each window holds in the fleet; in this process when Redis does not answer."""
        own = await self._own.count(key, windows, now)
        found = await self._ask("count", key, windows)
        return own if found is None else _read(found, windows)

    async def peek(self, key: str, windows: Sequence[RateWindow], now: float) -> list[WindowCount]:
        """Return what each window holds, without adding a call."""
        found = await self._ask("peek", key, windows)
        return await self._own.peek(key, windows, now) if found is None else _read(found, windows)

    async def admit(self, key: str, windows: Sequence[RateWindow], now: float) -> float:
        """Add one call where every window has space, and return 0; otherwise how many seconds to wait.

        Redis is not asked where the calls of this process fill a window already.
        """
        if wait := find_wait(await self._own.peek(key, windows, now), windows):
            return wait
        found = await self._ask("admit", key, windows)
        if found is None or not found[-1]:
            return await self._own.admit(key, windows, now)
        return found[-1] / _MICROSECONDS

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Only one holder of a key at a time **in this process**; the others wait in turn.

        `connect.tokens` takes it around a refresh, and `operations.accounts` around the end of a connection. Between
        processes both have to be decided in the database: a lock in Redis ends with its lease or its server, and then
        two of them would use up one refresh token.
        """
        return self._own.lock(key)

    def find_fault(self) -> str:
        """Return why only this process's calls are counted, in a sentence; empty while Redis answers."""
        return self._link.fault

    async def probe(self) -> None:
        """Find out whether Redis answers now."""
        await self._link.probe()

    async def _ask(
        self, work: Literal["count", "peek", "admit"], key: str, windows: Sequence[RateWindow]
    ) -> list[int] | None:
        """Return what the script answers; None when Redis does not."""
        names = [f"{PREFIX}{{{key}}}:{each.limit}/{each.seconds}" for each in windows]
        values = [value for each in windows for value in (max(1, each.limit), each.seconds * _MICROSECONDS)]
        try:
            found: list[int] = await self._link.run_script(SCRIPT, _SHA, names, work, *values)
        except RedisLost:
            return None
        return found


def _read(found: Sequence[Any], windows: Sequence[RateWindow]) -> list[WindowCount]:
    return [
        WindowCount(found[2 * at], min(found[2 * at + 1] / _MICROSECONDS, window.seconds))
        for at, window in enumerate(windows)
    ]
