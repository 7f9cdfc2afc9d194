"""The end of an integrated account: its URLs, its connection at the vendor, its credentials, in this order.

Called by `accounts`. Closed first, so that nothing is called any more whatever the vendor says; the credentials are
destroyed last, so that whoever was interrupted can do it again.
"""

from __future__ import annotations

import asyncio
from typing import Any

from runtime.connect.claims import Pauses
from runtime.connect.ending import Revocation, end_connection, explain_unproved
from runtime.connect.sealing import seal_credentials
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import VendorUnavailable
from runtime.model import Account, AuditEntry, Credentials
from runtime.operations.names import refuse_unknown_account


class AccountEndings:
    """Disconnects accounts."""

    def __init__(self, deployment: Deployment, tokens: AccessTokens) -> None:
        self._deployment, self._stores, self._tokens = deployment, deployment.stores, tokens

    async def disconnect(self, account: Account, audit: AuditEntry) -> Revocation:
        """End an account that is held by `AccessTokens.lock`: its row is all that stays. Raises NotFound."""
        records = self._stores.records
        if not await self._stores.write(lambda: records.close_account(account.id, audit)):
            raise refuse_unknown_account()
        if account.status == "connecting":
            return explain_unproved("It had never been connected.")
        account = await self._claim(account)
        # Asked only now: of two that end at once, the later sees that it was the last.
        is_shared = await asyncio.to_thread(lambda: records.is_company_shared(account))
        if is_shared:
            found = explain_unproved(
                "Another account here is connected to the same company, and a revocation would end that too."
            )
        else:
            found = await end_connection(self._deployment, self._tokens, account)
        self._tokens.forget(account.id)
        empty = seal_credentials(self._deployment.keys, account.id, Credentials())
        noted = self._note(account, found)
        await self._stores.write(lambda: records.destroy_credentials(account.id, empty, noted))
        return found

    def _note(self, account: Account, found: Revocation) -> AuditEntry:
        action = "account.revoked" if found.revoked == "proved" else "account.not_revoked"
        details: dict[str, Any] = {"revoked": found.revoked, "reason": found.reason}
        return AuditEntry(self._deployment.clock(), "ledgerport", action, account.id, details)

    async def _claim(self, account: Account) -> Account:
        """Return the account as it is when no process refreshes it any more, so that the last token is revoked."""
        pauses = Pauses()
        while True:
            found = await self._stores.look_up.find_account(account.id)
            if found is None:
                raise refuse_unknown_account()
            claim = await self._tokens.claims.claim(found)
            if claim.is_mine:
                return found
            try:
                await pauses.wait()
            except VendorUnavailable:
                return found
