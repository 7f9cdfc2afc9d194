"""Credentials that are good now: opened once, refreshed before they end, one refresh at a time for each account.

Called by `operations.vendor_calls`, which sends what `headers` makes of the credentials. Calls `grants`. A refresh that
was begun is finished even when the caller is gone, because the vendor may have rotated the refresh token already; the
new one is stored, sealed, before anybody gets the access token that came with it. Every attempt is noted before it is
sent: when the process is killed in the middle, or the answer is lost, the next attempt knows that the vendor may have
rotated the refresh token meanwhile, and says so if the connection ended with it.

Within the process time is measured on a monotonic clock; a stored time is never by itself a proof that a connection
ended.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime

from generator.vendor import Integration
from runtime.connect.addresses import Addresses
from runtime.connect.grants import Grants
from runtime.connect.lifetimes import Opened, measure_life, measure_lifetime
from runtime.connect.sealing import open_credentials, seal_credentials
from runtime.connect.vendor_http import VendorHttp
from runtime.deployment import Deployment
from runtime.errors import NeedsReconnect, NotConnected, NotFound, Unchanged, VendorUnavailable
from runtime.model import Account, AccountId, AuditEntry, Credentials, EndedBy

AHEAD_SECONDS = 300.0
"""How long before its end an access token is refreshed; half of its life where that is shorter."""
LEAST_SECONDS = 10.0
"""What an access token must have left to be used when a refresh does not succeed."""
TRUSTED_SECONDS = 30.0
"""A token that was refreshed this recently is not refreshed again because the vendor refuses it."""
RETRY_SECONDS = 5.0
"""Between two attempts to finish an interrupted refresh while the vendor cannot be reached and its grace runs."""
MOST_AT_ONCE = 8
"""Interrupted refreshes that are finished at once at the start, so that a start is no flood for the vendor."""
_MOST_CACHED = 10_000
"""Accounts whose opened credentials are in memory; those of others are opened again."""
_RECONNECT = "A person has to connect the company again."


class AccessTokens:
    """Answers fresh credentials. One for the process; `close` it at the end."""

    def __init__(
        self,
        deployment: Deployment,
        *,
        http: VendorHttp | None = None,
    ) -> None:
        self.http = http or VendorHttp()
        self.addresses = Addresses(deployment.settings)
        self.grants = Grants(
            deployment.settings, self.addresses, self.http, deployment.clock, deployment.counts
        )
        self._keys = deployment.keys
        self._stores = deployment.stores
        self._catalog = deployment.catalog
        self._clock = deployment.clock
        self._monotonic = deployment.monotonic
        self._opened: dict[AccountId, Opened] = {}
        self._refreshes: dict[AccountId, asyncio.Task[Credentials]] = {}
        self._unkept: dict[AccountId, tuple[bytes, Credentials]] = {}
        self._refused: dict[AccountId, str] = {}
        self._refreshed_at: dict[AccountId, float] = {}
        self._interrupted: set[AccountId] = set()

    async def get_fresh(self, account: Account) -> Credentials:
        """Credentials for a call that starts now.

        Raises NeedsReconnect when only the person can restore the connection, VendorUnavailable when a refresh was
        needed and the vendor could not be reached, Conflict when the account belongs to another place.
        """
        integration = self._integration(account)
        _check_connected(account, integration)
        self.addresses.check(integration, account)
        mine = self._open(account)
        if integration.auth.type == "headers" or not self._is_due(account.id, mine):
            return mine.credentials
        try:
            return await self._refresh(account.id, integration)
        except (NeedsReconnect, NotFound):
            raise
        except (
            Exception
        ):  # the vendor is down, or the attempt cannot be noted: what lives is good until it ends
            if self._is_usable(account.id, mine):
                return mine.credentials
            raise

    async def finish_interrupted(self) -> None:
        """Try again the refreshes that were interrupted before this start, as long as the vendor's grace runs.

        It cannot wait for the next call: the previous refresh token may work for a short time only.
        """
        at_once = asyncio.Semaphore(MOST_AT_ONCE)

        async def finish(account_id: AccountId, begun_at: float) -> None:
            async with at_once:
                await self._finish(account_id, begun_at)

        found = await self._stores.look_up.list_interrupted_refreshes()
        await asyncio.gather(*(finish(*each) for each in found), return_exceptions=True)

    async def invalidate(self, account: Account, access_token: str) -> None:
        """Note that the vendor refused an access token: the next `fresh` refreshes, unless that was done just now."""
        refreshed_at = self._refreshed_at.get(account.id)
        if refreshed_at is None or self._monotonic() - refreshed_at >= TRUSTED_SECONDS:
            self._refused[account.id] = access_token

    def forget(self, account_id: AccountId) -> None:
        """Drop what is held in memory for an account."""
        self._unkept.pop(account_id, None)
        self._forget_cached(account_id)

    def lock(self, account_id: AccountId) -> AbstractAsyncContextManager[None]:
        """Nobody else refreshes or ends the credentials of this account while the block runs."""
        return self._stores.hot.lock(f"credentials/{account_id}")

    async def revoke(self, account: Account) -> bool:
        """End the connection at the vendor. Answers whether the vendor agreed."""
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

    def _open(self, account: Account) -> Opened:
        """Return the credentials of an account as it was just read, opened once for each time they are stored."""
        known = self._opened.get(account.id)
        if known is not None and known.sealed == account.sealed:
            return known
        credentials = open_credentials(self._keys, account)
        found = measure_lifetime(account.sealed, credentials, self._clock(), self._monotonic())
        self._opened[account.id] = found
        if len(self._opened) > _MOST_CACHED:
            self._forget_cached(next(iter(self._opened)))
        return found

    def _forget_cached(self, account_id: AccountId) -> None:
        """Drop what can be read or learned again. A token that could not be stored is not of that kind."""
        for cached in (self._opened, self._refused, self._refreshed_at):
            cached.pop(account_id, None)
        self._interrupted.discard(account_id)

    def _is_due(self, account_id: AccountId, mine: Opened) -> bool:
        """Whether to refresh. The wall clock is asked too: the monotonic one stands still while a machine sleeps."""
        if mine.is_doubtful or account_id in self._interrupted:
            return True
        is_refused = self._refused.get(account_id) == mine.credentials.access_token
        left = min(mine.ends_at - self._monotonic(), mine.credentials.access_expires_at - self._clock())
        return is_refused or left < min(AHEAD_SECONDS, measure_life(mine.credentials) / 2)

    def _is_usable(self, account_id: AccountId, mine: Opened) -> bool:
        is_refused = self._refused.get(account_id) == mine.credentials.access_token
        return not is_refused and mine.ends_at - self._monotonic() >= LEAST_SECONDS

    async def _finish(self, account_id: AccountId, begun_at: float) -> None:
        account = await self._read(account_id)
        integration = self._integration(account)
        self.addresses.check(integration, account)
        grace = integration.auth.grace_seconds - max(0.0, self._clock() - begun_at)
        ends_at = self._monotonic() + grace
        self._interrupted.add(account_id)
        while account_id in self._interrupted:
            try:
                await self._refresh(account_id, integration)
            except VendorUnavailable:
                if self._monotonic() + RETRY_SECONDS > ends_at:
                    raise
                await asyncio.sleep(RETRY_SECONDS)

    async def _refresh(self, account_id: AccountId, integration: Integration) -> Credentials:
        """Join the refresh under way for an account, or begin it. It goes on when the caller is cancelled."""
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
        async with self.lock(account_id):
            account = await self._save_late(await self._read(account_id))
            _check_connected(account, integration)
            mine = self._open(account)
            if not self._is_due(account_id, mine):
                return mine.credentials
            return await self._attempt(account, integration, mine.credentials)

    async def _attempt(
        self, account: Account, integration: Integration, credentials: Credentials
    ) -> Credentials:
        """One refresh, noted before it is sent. The note goes with what came of it, or stays when that is unknown.

        A client's token is fetched anew: nothing is used up by that, so that nothing has to be noted.
        """
        if integration.auth.type == "client_credentials":
            granted = await self.grants.fetch(integration, account, credentials)
            return await self._save(account, replace(granted.credentials, secrets=credentials.secrets))
        if not credentials.refresh_token:
            return await self._ended(account, _run_out(integration), None)
        records, now = self._stores.records, self._clock()
        earlier = await self._stores.write(lambda: records.begin_refresh(account.id, account.sealed, now))
        try:
            granted = await self.grants.refresh(integration, credentials)
        except NeedsReconnect as ended:
            if earlier is not None:
                ended = _interrupted(integration, earlier, ended.vendor_code)
            elif 0.0 < credentials.refresh_expires_at <= now:
                ended = _run_out(integration)
            return await self._ended(account, ended, earlier)
        except Unchanged:
            if earlier is None:
                await self._stores.write(lambda: records.end_refresh(account.id, account.sealed))
            raise
        return await self._save(account, replace(granted.credentials, secrets=credentials.secrets))

    async def _read(self, account_id: AccountId) -> Account:
        account = await self._stores.look_up.find_account(account_id)
        if account is None:
            raise NotFound("The integrated account is gone.")
        return account

    async def _save_late(self, account: Account) -> Account:
        """Return the account as it is once credentials are stored that could not be when they came: they are the
        only ones.
        """
        sealed, credentials = self._unkept.get(account.id, (b"", None))
        if credentials is None or sealed != account.sealed:
            return account
        await self._save(account, credentials)
        return await self._read(account.id)

    async def _save(self, account: Account, credentials: Credentials) -> Credentials:
        """Store rotated credentials. When a person connected again meanwhile, theirs are the ones that count."""
        self._unkept[account.id] = (account.sealed, credentials)
        sealed, now = seal_credentials(self._keys, account.id, credentials), self._clock()
        is_saved = await self._stores.write(
            lambda: self._stores.records.replace_credentials(account.id, account.sealed, sealed, now)
        )
        del self._unkept[account.id]
        if not is_saved:
            return self._open(await self._read(account.id)).credentials
        self._opened[account.id] = measure_lifetime(sealed, credentials, now, self._monotonic())
        self._refreshed_at[account.id] = self._monotonic()
        self._refused.pop(account.id, None)
        self._interrupted.discard(account.id)
        return credentials

    async def _ended(self, account: Account, ended: NeedsReconnect, earlier: float | None) -> Credentials:
        """Mark the account, unless it has other credentials by now: then those are answered.

        `earlier` is when an attempt began whose answer was never stored; None when there was none.
        """
        ended_by: EndedBy = "refused" if earlier is None else "interrupted"
        details = {"reason": ended_by} | ({} if earlier is None else {"refresh_begun_at": _iso(earlier)})
        audit = AuditEntry(self._clock(), "ledgerport", "account.needs_reconnect", account.id, details)
        is_marked = await self._stores.write(
            lambda: self._stores.records.require_reconnect(account.id, account.sealed, audit, ended_by)
        )
        now_stored = await self._read(account.id)
        if is_marked or now_stored.sealed == account.sealed:
            self.forget(account.id)
            raise ended
        return self._open(now_stored).credentials


def _check_connected(account: Account, integration: Integration) -> None:
    if account.status == "active":
        return
    if account.ended_by == "interrupted":
        raise NeedsReconnect(
            f"The connection of the company {account.name!r} to {integration.title} ended because a refresh of it was "
            "interrupted before its answer could be stored.",
            advice="Ask whoever manages it in Ledgerport to connect it again; no other call will work until then.",
        )
    if account.status == "pending":
        raise NotConnected(
            f"The company {account.name!r} has never been connected to {integration.title}.",
            advice="Ask whoever manages it in Ledgerport to connect it; no call will work until then.",
        )
    raise NeedsReconnect(
        f"The company {account.name!r} was connected, and {integration.title} no longer accepts that connection.",
        advice="Ask whoever manages it in Ledgerport to connect it again; no other call will work until then.",
    )


def _run_out(integration: Integration) -> NeedsReconnect:
    return NeedsReconnect(f"The connection to {integration.title} has run out.", advice=_RECONNECT)


def _interrupted(integration: Integration, begun_at: float, vendor_code: str) -> NeedsReconnect:
    return NeedsReconnect(
        f"The connection to {integration.title} ended because a refresh was interrupted: it began at "
        f"{_iso(begun_at)}, and its answer was lost before it could be stored.",
        advice=_RECONNECT,
        vendor_code=vendor_code,
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
