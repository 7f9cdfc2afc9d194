"""The background work that notes what has expired, and forgets it: expiry itself is enforced at every request.

Started by `server.app`. Any number of processes may run it: each part is a short change of its own, and what one
process has under way another passes over. That an MCP server has expired is reported once by all of them together.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from runtime.errors import StorageUnavailable
from runtime.logs import Log
from runtime.model import Clock
from runtime.stores.embedded import Stores
from runtime.stores.server_use import ExpiredServer

PURGE_SECONDS = 60.0
"""What has expired opens nothing already; each minute, so that a purge is small."""
OnExpired = Callable[[ExpiredServer], None]


class Purging:
    """Purges, now and then. `on_expired` is called with each MCP server whose expiry this process has noted."""

    def __init__(
        self, stores: Stores, log: Log, *, clock: Clock = time.time, on_expired: OnExpired | None = None
    ) -> None:
        self._stores, self._log, self._clock = stores, log, clock
        self._on_expired = on_expired or self._log_expired

    async def run(self) -> None:
        """Purge each minute until cancelled. A failure is logged when it begins and when it ends, not every minute."""
        was_done = True
        while True:
            await asyncio.sleep(PURGE_SECONDS)
            try:
                await self.purge()
                is_done = True
            except StorageUnavailable:
                is_done = False
            if is_done != was_done:
                self._log("purge_works_again" if is_done else "purge_failed")
            was_done = is_done

    async def purge(self) -> None:
        """Note and forget everything that has expired by now, part by part. Raises StorageUnavailable."""
        stores, now = self._stores, self._clock()
        while expired := await stores.write(lambda: stores.note_expired(now)):
            for each in expired:
                self._on_expired(each)
        while await stores.write(lambda: stores.purge(now)):
            pass

    def _log_expired(self, server: ExpiredServer) -> None:
        self._log("mcp_server_expired", server=server.id, account=server.account_id)
