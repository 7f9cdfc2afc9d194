"""How often each MCP server was used, and when last: counted in memory, stored for many servers every few seconds.

Called by the MCP endpoint for each message that it admits. A use is one call of a tool. Counts are stored at the stop
as well; a crash loses those of the last seconds, and several processes add up in the database. Only a server with a
limit of its own waits for the database, once for each call: all processes together make no call more than the limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from runtime.errors import StorageUnavailable
from runtime.model import Clock, Grant, McpServerId
from runtime.stores.server_use import UseCount

STORE_SECONDS = 5.0
"""How often counts are stored: no more than that is lost in a crash, and a list may be so late."""
T = TypeVar("T")


class UseStore(Protocol):
    """Where counts are stored. A change is made through `write`; each raises StorageUnavailable."""

    async def write(self, work: Callable[[], T]) -> T:
        """Return the result of a change, made in the thread that writes."""
        ...

    def add_uses(self, added: Sequence[UseCount]) -> None:
        """Add counts."""
        ...

    async def take_use(self, server_id: McpServerId, most: int, now: float) -> bool:
        """Count one call, and return whether the limit allows it."""
        ...


class ServerUses:
    """Counts. One for the process; `run` beside it, and `flush` it at the end."""

    def __init__(self, store: UseStore, *, clock: Clock = time.time) -> None:
        self._store, self._clock = store, clock
        self._added: dict[McpServerId, list[Any]] = {}
        """For each server how many uses, and when the last message came."""
        self._task: asyncio.Task[None] | None = None

    def note(self, grant: Grant, *, is_call: bool) -> None:
        """Count a message that was admitted: a call of a tool is a use, any other only says when it came."""
        server_id = grant.server_id
        if server_id is None:
            return
        known = self._added.get(server_id)
        if known is None:
            self._added[server_id] = [int(is_call), self._clock()]
        else:
            known[0] += is_call
            known[1] = self._clock()

    async def take(self, grant: Grant) -> bool:
        """Count a call by a server that has a limit, and return whether the limit allows it. Raises

        StorageUnavailable; then nothing may be called.
        """
        assert grant.server_id is not None
        return await self._store.take_use(grant.server_id, grant.config.max_uses, self._clock())

    async def run(self) -> None:
        """Store what was counted, every few seconds, until it is cancelled."""
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Store everything counted so far; what cannot be stored now is retained for the next time."""
        if self._task is not None and not self._task.done():
            await asyncio.shield(self._task)
        if self._added:
            self._task = asyncio.create_task(self._flush())
            await asyncio.shield(self._task)

    async def _flush(self) -> None:
        store, added, self._added = self._store, self._added, {}
        counts = [UseCount(server_id, *each) for server_id, each in added.items()]
        try:
            await store.write(lambda: store.add_uses(counts))
        except StorageUnavailable:
            for server_id, (uses, at) in added.items():
                more, later = self._added.get(server_id, (0, at))
                self._added[server_id] = [uses + more, max(at, later)]
