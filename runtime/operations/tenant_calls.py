"""The calls of a tenant: as many in a minute as it may make, and as many at once, so that none starves the rest.

Called by `calls` before anything of a call is done. The calls of a minute are counted in the hot state, beside those of
each company, so that they hold in all processes together; those under way are counted in each process. A tenant
without a limit is not counted by the minute.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache

from generator.vendor import RateWindow
from runtime.exchange.context import CallContext
from runtime.model import Account, Clock
from runtime.stores.hot import HotState
from runtime.stores.hot_memory import MemoryHotState
from runtime.tenancy import Tenant
from runtime.upstream.limits import Limits
from runtime.upstream.rate_limit_errors import refuse_in_flight, refuse_many_calls

MINUTE = 60
"""Seconds over which the calls of a tenant are counted."""
MOST_AT_ONCE = 1024
"""Calls of one tenant under way in one process: those of four companies, which may have 256 each."""


@lru_cache(maxsize=1024)
def _windows(calls_per_minute: int) -> tuple[RateWindow, ...]:
    return (RateWindow("tenant", calls_per_minute, MINUTE),)


class TenantCalls:
    """Counts calls by tenant. One for the process."""

    def __init__(
        self, hot: HotState | None = None, *, most_at_once: int = MOST_AT_ONCE, clock: Clock = time.monotonic
    ) -> None:
        self._hot = hot or MemoryHotState()
        self._clock = clock
        self._most_at_once = most_at_once
        self._under_way: dict[str, int] = {}

    @asynccontextmanager
    async def take(self, call: CallContext) -> AsyncIterator[None]:
        """Count a call, as under way for a block. Raises RateLimited when its tenant may not make one more."""
        with self.hold(call.account):
            if refusing := await self.admit(call.account):
                call.limits = refusing
                raise refuse_many_calls(refusing)
            yield

    @contextmanager
    def hold(self, account: Account) -> Iterator[None]:
        """Count a call as under way for a block. Raises RateLimited when the tenant has as many as it may."""
        tenant, under_way = account.tenant_id, self._under_way
        count = under_way.get(tenant, 0)
        if count >= self._most_at_once:
            raise refuse_in_flight(count, "organization")
        under_way[tenant] = count + 1
        try:
            yield
        finally:
            if left := under_way.pop(tenant) - 1:
                under_way[tenant] = left

    async def admit(self, account: Account) -> Limits | None:
        """Count a call, and return None; or the limits that refuse it, which say how long to wait."""
        most = account.tenant_limits.calls_per_minute
        if not most:
            return None
        windows = _windows(most)
        wait = math.ceil(await self._hot.admit(_key(account.tenant_id), windows, self._clock()))
        return Limits(windows, (0,), (min(wait, MINUTE),), min(wait, MINUTE)) if wait else None

    async def count(self, tenant: Tenant) -> int:
        """Return how many calls a tenant has made within a minute; 0 where they are not limited."""
        most = tenant.limits.calls_per_minute
        if not most:
            return 0
        return (await self._hot.peek(_key(tenant.id), _windows(most), self._clock()))[0].used


def _key(tenant_id: str) -> str:
    return f"tenant/{tenant_id}"
