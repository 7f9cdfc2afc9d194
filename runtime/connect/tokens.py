"""Credentials that are good now: opened once, refreshed before they end, one refresh at a time for each account.

Before it: an account as it was just read. After it: `upstream` sends what `headers` makes of the credentials. A
refresh that was begun is finished even when the caller is gone, because the vendor may have rotated the refresh token
already; the new one is stored, sealed, before anybody gets the access token that came with it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

from generator.catalog import Catalog, Integration
from runtime.connect.addresses import Addresses
from runtime.connect.grants import Grants
from runtime.connect.sealing import open_credentials, seal_credentials
from runtime.connect.vendor_http import VendorHttp
from runtime.crypto import Keys
from runtime.errors import NeedsReconnect, NotFound, VendorUnavailable
from runtime.model import Account, AccountId, AuditEntry, Clock, Credentials
from runtime.settings import Settings

if TYPE_CHECKING:
    from runtime.stores.embedded import Stores

AHEAD_SECONDS = 300.0
"""How long before its end an access token is refreshed."""
LEAST_SECONDS = 10.0
"""What an access token must have left to be used when a refresh does not succeed."""
TRUSTED_SECONDS = 30.0
"""A token that was refreshed this recently is not refreshed again because the vendor refuses it."""
_KEPT = 10_000


class AccessTokens:
    """Answers fresh credentials. One for the process; `close` it at the end."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        stores: Stores,
        catalog: Callable[[], Catalog],
        *,
        http: VendorHttp | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.http = http or VendorHttp()
        self.addresses = Addresses(settings)
        self.grants = Grants(settings, self.addresses, self.http, clock)
        self._keys = keys
        self._stores = stores
        self._catalog = catalog
        self._clock = clock
        self._opened: OrderedDict[AccountId, tuple[bytes, Credentials]] = OrderedDict()
        self._refreshes: dict[AccountId, asyncio.Task[Credentials]] = {}
        self._unkept: dict[AccountId, tuple[bytes, Credentials]] = {}
        self._refused: dict[AccountId, str] = {}
        self._refreshed_at: dict[AccountId, float] = {}

    async def fresh(self, account: Account) -> Credentials:
        """Credentials for a call that starts now.

        Raises NeedsReconnect when only the person can mend the connection, VendorUnavailable when a refresh was
        needed and the vendor could not be reached, Conflict when the account belongs to another place.
        """
        integration = self._integration(account)
        _check_connected(account, integration)
        self.addresses.check(integration, account)
        credentials = self._open(account)
        if integration.auth.type != "oauth2" or not self._is_due(account.id, credentials):
            return credentials
        try:
            return await self._refresh(account.id, integration)
        except VendorUnavailable:
            is_usable = self._refused.get(account.id) != credentials.access_token
            if is_usable and credentials.access_expires_at - self._clock() >= LEAST_SECONDS:
                return credentials
            raise

    async def invalidate(self, account: Account, access_token: str) -> None:
        """Notes that the vendor refused an access token: the next `fresh` refreshes, unless that was done just now."""
        refreshed_at = self._refreshed_at.get(account.id, 0.0)
        if self._clock() - refreshed_at >= TRUSTED_SECONDS:
            self._refused[account.id] = access_token

    def forget(self, account_id: AccountId) -> None:
        """Drops what is held in memory for an account."""
        self._unkept.pop(account_id, None)
        self._forget_cached(account_id)

    def alone(self, account_id: AccountId) -> AbstractAsyncContextManager[None]:
        """Nobody else refreshes or ends the credentials of this account while the block runs."""
        return self._stores.hot.lock(f"credentials/{account_id}")

    async def revoke(self, account: Account) -> bool:
        """Ends the connection at the vendor. Answers whether the vendor agreed."""
        integration = self._integration(account)
        self.forget(account.id)
        if integration.auth.type != "oauth2" or not account.sealed:
            return False
        self.addresses.check(integration, account)
        return await self.grants.revoke(integration, open_credentials(self._keys, account))

    async def close(self) -> None:
        """Finishes the refreshes under way and closes the connections to vendors."""
        await asyncio.gather(*self._refreshes.values(), return_exceptions=True)
        await self.http.close()

    def _integration(self, account: Account) -> Integration:
        found = self._catalog().integrations.get(account.integration)
        if found is None:
            raise NotFound(f"There is no integration {account.integration!r} in this deployment any more.")
        return found

    def _open(self, account: Account) -> Credentials:
        """The credentials of an account as it was just read, opened once for each time they are stored."""
        known = self._opened.get(account.id)
        if known is not None and known[0] == account.sealed:
            return known[1]
        credentials = open_credentials(self._keys, account)
        self._opened[account.id] = (account.sealed, credentials)
        if len(self._opened) > _KEPT:
            self._forget_cached(next(iter(self._opened)))
        return credentials

    def _forget_cached(self, account_id: AccountId) -> None:
        """Drops what can be read or learned again. A token that could not be stored is not of that kind."""
        for kept in (self._opened, self._refused, self._refreshed_at):
            kept.pop(account_id, None)

    def _is_due(self, account_id: AccountId, credentials: Credentials) -> bool:
        is_refused = self._refused.get(account_id) == credentials.access_token
        return is_refused or credentials.access_expires_at - self._clock() < AHEAD_SECONDS

    async def _refresh(self, account_id: AccountId, integration: Integration) -> Credentials:
        """Joins the refresh under way for an account, or begins it. It goes on when the caller is cancelled."""
        task = self._refreshes.get(account_id)
        if task is None:
            task = asyncio.create_task(self._refresh_alone(account_id, integration))
            self._refreshes[account_id] = task
            task.add_done_callback(lambda done: self._finished(account_id, done))
        return await asyncio.shield(task)

    def _finished(self, account_id: AccountId, task: asyncio.Task[Credentials]) -> None:
        self._refreshes.pop(account_id, None)
        if not task.cancelled():
            task.exception()

    async def _refresh_alone(self, account_id: AccountId, integration: Integration) -> Credentials:
        async with self.alone(account_id):
            account = await self._kept_late(self._read(account_id))
            _check_connected(account, integration)
            credentials = self._open(account)
            if not self._is_due(account_id, credentials):
                return credentials
            try:
                self._check_renewable(integration, credentials)
                granted = await self.grants.refresh(integration, credentials)
            except NeedsReconnect as ended:
                return await self._ended(account, ended)
            return await self._keep(account, replace(granted.credentials, secrets=credentials.secrets))

    def _read(self, account_id: AccountId) -> Account:
        account = self._stores.look_up.find_account(account_id)
        if account is None:
            raise NotFound("The integrated account is gone.")
        return account

    async def _kept_late(self, account: Account) -> Account:
        """The account as it is once credentials are stored that could not be when they came: they are the only ones."""
        sealed, credentials = self._unkept.get(account.id, (b"", None))
        if credentials is None or sealed != account.sealed:
            return account
        await self._keep(account, credentials)
        return self._read(account.id)

    def _check_renewable(self, integration: Integration, credentials: Credentials) -> None:
        ends_at = credentials.refresh_expires_at
        if not credentials.refresh_token or (ends_at and ends_at <= self._clock()):
            raise NeedsReconnect(
                f"The connection to {integration.title} has run out.",
                advice="A person has to connect the company again.",
            )

    async def _keep(self, account: Account, credentials: Credentials) -> Credentials:
        """Stores rotated credentials. When a person connected again meanwhile, theirs are the ones that count."""
        self._unkept[account.id] = (account.sealed, credentials)
        sealed, now = seal_credentials(self._keys, account.id, credentials), self._clock()
        is_kept = await self._stores.write(
            lambda: self._stores.records.replace_credentials(account.id, account.sealed, sealed, now)
        )
        del self._unkept[account.id]
        if not is_kept:
            return self._open(self._read(account.id))
        self._opened[account.id] = (sealed, credentials)
        self._refreshed_at[account.id] = now
        self._refused.pop(account.id, None)
        return credentials

    async def _ended(self, account: Account, ended: NeedsReconnect) -> Credentials:
        """Marks the account, unless it has other credentials by now: then those are answered."""
        audit = AuditEntry(self._clock(), "ledgerport", "account.needs_reconnect", account.id)
        is_marked = await self._stores.write(
            lambda: self._stores.records.require_reconnect(account.id, account.sealed, audit)
        )
        now_kept = self._read(account.id)
        if is_marked or now_kept.sealed == account.sealed:
            self.forget(account.id)
            raise ended
        return self._open(now_kept)


def _check_connected(account: Account, integration: Integration) -> None:
    if account.status == "active":
        return
    how = "is not connected yet" if account.status == "pending" else "has to be connected again"
    raise NeedsReconnect(
        f"The company {account.name!r} {how} to {integration.title}.",
        advice="Ask whoever manages it in Ledgerport to connect it; no other call will work until then.",
    )
