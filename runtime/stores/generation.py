"""What makes a change hold in every process: the generation, and the grants each process caches under it.

The generation is a random value in Redis. Whoever changes accounts, MCP servers or API tokens replaces it after the
commit and before the call returns. A request uses a cached grant only when the generation, read after the request came,
is the one that was read before the grant's row was. So a grant read before a change is used by no request that comes
after the change returned:

- the row was read before the commit: its generation was read before that, and has been replaced since;
- Redis does not answer the request: the row is read again;
- Redis does not answer the change: it returns after LEASE_SECONDS, when no row that was read before it is cached.

A Redis that starts empty has a fresh random generation, which no process has seen. One thing Redis cannot promise: a
failover to a replica that lacks the last replacement, a start from an older dump, or two primaries while a network is
cut bring an older generation back. Then a grant may be used after its revocation, for LEASE_SECONDS from when its row
was read, and no longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from runtime.model import TokenHash
from runtime.recent import Recent
from runtime.stores.redis_link import RETRY_SECONDS, RedisLink, RedisLost

LEASE_SECONDS = 5.0
"""How long a row is used at most. Longer, and a change takes longer while Redis is away; shorter, and the database is
read more often: 5 s are one read in hundreds of calls of a busy agent.
"""
KEY = "ledgerport:generation"
_RANDOM_BYTES = 16
"""Never the same twice."""
_MOST_CACHED = 10_000
"""Grants, about 2 kB each: more agents than one process serves within a lease."""

Row = TypeVar("Row")
Result = TypeVar("Result")


class _Shared(Generic[Result]):
    """Work whose result serves all who asked before it began: one under way, and one next."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> None:
        self._work = work
        self._waiting: list[asyncio.Future[Result]] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> Result:
        """Return the result of work that begins after this call. It goes on when the caller is cancelled."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        if self._task is None:
            self._task = asyncio.create_task(self._run_all())
        return await future

    async def _run_all(self) -> None:
        """Do the work for all who wait, and once more for those who came meanwhile, until nobody waits."""
        served: list[asyncio.Future[Result]] = []
        try:
            while self._waiting:
                served, self._waiting = self._waiting, []
                try:
                    _settle(served, await self._work(), None)
                except Exception as problem:  # noqa: BLE001  (whoever asked has it)
                    _settle(served, None, problem)
        finally:
            left, self._waiting, self._task = [*served, *self._waiting], [], None
            for future in left:  # none, unless the loop ends
                future.cancel()


def _settle(served: list[asyncio.Future[Any]], result: Any, problem: Exception | None) -> None:
    for future in served:
        if future.done():  # its caller has gone
            continue
        if problem is None:
            future.set_result(result)
        else:
            future.set_exception(problem)


class Generation:
    """The generation, as this process reads and replaces it. One for the process, used in one event loop."""

    def __init__(
        self,
        link: RedisLink,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._link = link
        self._clock = clock
        self._sleep = sleep
        self._reads = _Shared(self._read)
        self._replacements = _Shared(self._replace)

    async def read(self) -> bytes | None:
        """Return the generation, read after this call; None when Redis does not answer: then nothing cached is used."""
        try:
            return await self._reads.run()
        except RedisLost:
            return None

    async def replace(self) -> None:
        """Return when no process uses a grant any more that it read before this call: to be called after the commit.

        That takes up to LEASE_SECONDS while Redis does not answer; a reply that is lost counts as none. Raises nothing.
        """
        ends_at = self._clock() + LEASE_SECONDS
        while True:
            with contextlib.suppress(RedisLost):
                return await self._replacements.run()
            left = ends_at - self._clock()
            if left <= 0:
                return None
            await self._sleep(min(left, RETRY_SECONDS))

    async def _read(self) -> bytes:
        found = await self._link.run("GET", KEY)
        if found is None:  # an empty Redis: of all who find it so, one sets the generation
            await self._link.run("SET", KEY, _make(), "NX")
            found = await self._link.run("GET", KEY)
        return bytes(found) if found is not None else _make()

    async def _replace(self) -> None:
        await self._link.run("SET", KEY, _make())


def _make() -> bytes:
    return secrets.token_bytes(_RANDOM_BYTES)


class GrantCache(Generic[Row]):
    """Rows by the hash of their token, each used while its generation and its lease last.

    `read_row` reads one from the database, and answers None for a token that is unknown; that is not cached, so that a
    new MCP server needs no new generation. Whether a row is live is asked at each use.
    """

    def __init__(
        self,
        generation: Generation,
        read_row: Callable[[TokenHash], Awaitable[Row | None]],
        *,
        most: int = _MOST_CACHED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._generation = generation
        self._read_row = read_row
        self._clock = clock
        self._rows: Recent[TokenHash, tuple[bytes, float, Row]] = Recent(most)

    async def find(
        self, token_hash: TokenHash, is_live: Callable[[Row], bool] = lambda _row: True
    ) -> Row | None:
        """Return the row of a token as it was at some time since this call, if it is live. Raises what `read_row` does.

        One that is not is read each time, as a token that is unknown: both take as long.

        So that is what happens to a request whose lease has ended while the database cannot be read.
        """
        generation = await self._generation.read()
        now = self._clock()
        found = self._rows.get(token_hash)
        if found is not None and found[0] == generation and now < found[1] and is_live(found[2]):
            return found[2]
        row = await self._read_row(token_hash)
        if row is None or not is_live(row):
            return None
        if generation is not None:
            self._rows.put(token_hash, (generation, now + LEASE_SECONDS, row))
        return row

    def __len__(self) -> int:
        return len(self._rows)
