"""Which process refreshes an account: a claim in the database, held by a lease.

Called by `tokens`. A lock in memory covers one process, and one in Redis ends with its server, so that the claim is a
row beside the account. Whoever has it extends it while the vendor is asked; when he is killed it ends with its lease
and another takes over. Who does not get it looks again after a while, which grows and is drawn by chance, so that
a thousand who wait do not look at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from runtime.connect.lifetimes import TOLERANCE_SECONDS
from runtime.connect.vendor_http import TIMEOUT_SECONDS
from runtime.deployment import Deployment
from runtime.errors import VendorUnavailable
from runtime.model import Account, AccountId

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtime.stores.refresh_records import Claim

    Extension = Callable[[], bool]

LEASE_SECONDS = 10.0
"""How long a claim outlives its process: hosts wait for 60 seconds, and a busy disk delays an extension by 5."""
EXTEND_SECONDS = 3.0
"""Three tries fall into one lease."""
LONGEST_WAIT = TIMEOUT_SECONDS + LEASE_SECONDS
"""What another process may take: until its vendor has answered, or its lease has ended."""
FIRST_PAUSE = 0.02
"""A refresh takes a vendor 100 ms at least."""
LONGEST_PAUSE = 0.5
"""A wait beyond it is noticed by a person."""
_GROWTH = 1.6
"""So that five looks fall into the first half second."""


class Claims:
    """Claims refreshes for this process. `owner` names it, whatever its process id."""

    def __init__(self, deployment: Deployment, lease_seconds: float = LEASE_SECONDS) -> None:
        self._stores = deployment.stores
        self._clock = deployment.clock
        self._lease_seconds = lease_seconds
        self.owner = secrets.token_hex(16)

    async def claim(self, account: Account) -> Claim:
        """Claim the refresh of an account as it was just read. Raises StorageUnavailable when that cannot be noted."""
        now = self._clock()
        until, latest = now + self._lease_seconds, now + self._lease_seconds + TOLERANCE_SECONDS
        return await self._stores.write(
            lambda: self._stores.records.claim_refresh(account, self.owner, now, until, latest)
        )

    @asynccontextmanager
    async def hold(self, account_id: AccountId) -> AsyncIterator[None]:
        """Extend the claim of this process while the block runs."""
        extending = asyncio.create_task(self._extend(account_id))
        try:
            yield
        finally:
            extending.cancel()

    async def release(self, account_id: AccountId) -> None:
        """Let another process try; what cannot be written ends with its lease."""
        with contextlib.suppress(Exception):
            await self._stores.write(lambda: self._stores.records.release_claim(account_id, self.owner))

    async def _extend(self, account_id: AccountId) -> None:
        while True:
            await asyncio.sleep(min(EXTEND_SECONDS, self._lease_seconds / 3))
            until = self._clock() + self._lease_seconds
            with contextlib.suppress(Exception):
                await self._stores.write(self._make_extension(account_id, until))

    def _make_extension(self, account_id: AccountId, until: float) -> Extension:
        return lambda: self._stores.records.extend_claim(account_id, self.owner, until)


class Pauses:
    """The pauses of one who waits for another process."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._waited = 0.0

    async def wait(self) -> None:
        """Wait for a moment. Raises VendorUnavailable when it has been too long."""
        if self._waited >= LONGEST_WAIT:
            raise VendorUnavailable(
                "Another process has been renewing the access to the vendor for too long.",
                advice="Try again in a moment.",
            )
        pause = self._pause * random.uniform(0.5, 1.0)  # noqa: S311  (spreads load, and is no secret)
        self._pause = min(self._pause * _GROWTH, LONGEST_PAUSE)
        self._waited += pause
        await asyncio.sleep(pause)
