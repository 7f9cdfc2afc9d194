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
from runtime.connect.claims import LEASE_SECONDS, Claims, Pauses
from runtime.connect.grants import Grants
from runtime.connect.key_check import are_refused
from runtime.connect.lifetimes import Opened, measure_life, measure_lifetime
from runtime.connect.sealing import open_credentials, seal_credentials
from runtime.connect.vendor_http import VendorHttp
from runtime.deployment import Deployment
from runtime.errors import NeedsReauth, NotConnected, NotFound, Unchanged, VendorUnavailable
from runtime.model import Account, AccountId, AuditEntry, Credentials, EndedBy
from runtime.tenancy import AccountError

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
_REPLACE_KEYS = (
    "Ask whoever manages this Ledgerport to replace the keys on the page of the connection; no other call will work "
    "until then."
)
_RECONNECT = (
    "Ask whoever manages this Ledgerport to connect the company again, or to send its owner a link for it; no other "
    "call will work until then."
)


class AccessTokens:
    """Answers fresh credentials. One for the process; `close` it at the end."""

    def __init__(
        self,
        deployment: Deployment,
        *,
        http: VendorHttp | None = None,
        lease_seconds: float = LEASE_SECONDS,
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
        self.claims = Claims(deployment, lease_seconds)

    async def get_fresh(self, account: Account) -> Credentials:
        """Credentials for a call that starts now.

        Raises NeedsReauth when only the person can restore the connection, VendorUnavailable when a refresh was
        needed and the vendor could not be reached, Conflict when the account belongs to another place.
        """
        integration = self._integration(account)
        check_connected(account, integration)
        self.addresses.check(integration, account)
        mine = self._open(account)
        if integration.auth.type == "headers" or not self._is_due(account.id, mine):
            return mine.credentials
        try:
            return await self._refresh(account.id, integration)
        except (NeedsReauth, NotFound):
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
        if found and not self._stores.is_shared:
            await self._stores.write(self._stores.records.release_claims)
        await asyncio.gather(*(finish(*each) for each in found), return_exceptions=True)

    async def invalidate(self, account: Account, access_token: str) -> None:
        """Note that the vendor refused an access token: the next `fresh` refreshes, unless that was done just now.

        Keys cannot be renewed. Where the vendor confirms that it takes them no longer, the account needs a person:
        raises NeedsReauth then.
        """
        integration = self._integration(account)
        if integration.auth.type == "headers":
            await self._end_keys(account, integration)
            return
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
        """Make the refresh of an account, or wait for the process that makes it."""
        pauses = Pauses()
        async with self.lock(account_id):
            while True:
                account = await self._save_late(await self._read(account_id))
                check_connected(account, integration)
                mine = self._open(account)
                if not self._is_due(account_id, mine):
                    return mine.credentials
                claim = await self.claims.claim(account)
                if claim.is_mine and claim.earlier is None and account_id in self._interrupted:
                    # Another process has finished it already.
                    self._interrupted.discard(account_id)
                    await self._end(account)
                elif claim.is_mine:
                    async with self.claims.hold(account_id):
                        return await self._attempt(account, integration, mine.credentials, claim.earlier)
                elif not claim.is_stale:
                    if self._is_usable(account_id, mine):
                        return mine.credentials
                    await pauses.wait()

    async def _attempt(
        self, account: Account, integration: Integration, credentials: Credentials, earlier: float | None
    ) -> Credentials:
        """One refresh, which was noted before. The note goes with what came of it, or stays when that is unknown.

        A client's token is fetched anew: nothing is used up by that. `earlier` is when an attempt with the same
        credentials began whose answer was never stored.
        """
        try:
            if integration.auth.type == "client_credentials":
                granted = await self.grants.fetch(integration, account, credentials)
            elif credentials.refresh_token:
                granted = await self.grants.refresh(integration, credentials)
            else:
                raise _run_out(integration)
        except NeedsReauth as ended:
            if integration.auth.type == "client_credentials":
                await self._end(account)
                raise
            return await self._ended(
                account, self._explain_end(integration, credentials, ended, earlier), earlier
            )
        except Unchanged:
            await (self._end(account) if earlier is None else self.claims.release(account.id))
            raise
        except VendorUnavailable:
            is_used_up = integration.auth.type != "client_credentials"
            await (self.claims.release(account.id) if is_used_up else self._end(account))
            raise
        return await self._save(account, replace(granted.credentials, secrets=credentials.secrets))

    def _explain_end(
        self, integration: Integration, credentials: Credentials, ended: NeedsReauth, earlier: float | None
    ) -> NeedsReauth:
        if earlier is not None:
            return _interrupted(integration, earlier, ended.vendor_code)
        is_over = 0.0 < credentials.refresh_expires_at <= self._clock()
        return _run_out(integration) if is_over else ended

    async def _end(self, account: Account) -> None:
        """Forget an attempt that changed nothing at the vendor."""
        records = self._stores.records
        await self._stores.write(lambda: records.end_refresh(account.id, account.sealed))

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

    async def _end_keys(self, account: Account, integration: Integration) -> None:
        credentials = self._open(account).credentials
        if await are_refused(self.http, self.addresses, integration, account, credentials):
            ended = NeedsReauth(
                f"{integration.title} does not accept the keys of the company {account.name!r} any more.",
                advice=_REPLACE_KEYS,
            )
            await self._ended(account, ended, None)

    async def _ended(self, account: Account, ended: NeedsReauth, earlier: float | None) -> Credentials:
        """Mark the account, unless it has other credentials by now: then those are answered.

        `earlier` is when an attempt began whose answer was never stored; None when there was none.
        """
        ended_by: EndedBy = "refused" if earlier is None else "interrupted"
        details = {"reason": ended_by} | ({} if earlier is None else {"refresh_begun_at": _iso(earlier)})
        now = self._clock()
        audit = AuditEntry(now, "ledgerport", "account.needs_reauth", account.id, details)
        error = AccountError(ended.vendor_code or ended.code, ended.message, now)
        is_marked = await self._stores.write(
            lambda: self._stores.records.require_reauth(account, error, audit, ended_by)
        )
        now_stored = await self._read(account.id)
        if is_marked or now_stored.sealed == account.sealed:
            self.forget(account.id)
            raise ended
        return self._open(now_stored).credentials


def check_connected(account: Account, integration: Integration) -> None:
    """Raise what an agent is to say to the person when the account has no connection that could be used."""
    if account.status == "active":
        return
    name = f"The company {account.name!r}"
    if account.status == "connecting":
        raise NotConnected(
            f"{name} has never been connected to {integration.title}.",
            advice="Ask whoever manages this Ledgerport to connect it, or to send its owner a link for it; no call "
            "will work until then.",
        )
    if account.status == "disconnected":
        raise NotConnected(f"{name} was disconnected from {integration.title} here.", advice=_RECONNECT)
    if account.ended_by == "interrupted":
        raise NeedsReauth(
            f"The connection of the company {account.name!r} to {integration.title} ended because a refresh of it was "
            "interrupted before its answer could be stored.",
            advice=_RECONNECT,
        )
    advice = _REPLACE_KEYS if integration.auth.type == "headers" else _RECONNECT
    raise NeedsReauth(
        f"{name} was connected, and {integration.title} no longer accepts that connection.", advice=advice
    )


def _run_out(integration: Integration) -> NeedsReauth:
    return NeedsReauth(f"The connection to {integration.title} has run out.", advice=_RECONNECT)


def _interrupted(integration: Integration, begun_at: float, vendor_code: str) -> NeedsReauth:
    return NeedsReauth(
        f"The connection to {integration.title} ended because a refresh was interrupted: it began at "
        f"{_iso(begun_at)}, and its answer was lost before it could be stored.",
        advice=_RECONNECT,
        vendor_code=vendor_code,
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
