"""The test of a connection: the company's name, as its vendor says it now. Called by `api.connections`."""

from __future__ import annotations

import time
from typing import Any

from generator.vendor import Integration
from runtime.connect.company_lookup import LONGEST_NAME, look_up
from runtime.connect.confirmation import ask_company
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import Conflict, LedgerportError, NeedsReauth, VendorUnavailable
from runtime.model import Account, Credentials
from runtime.tenancy import AccountError

_REFUSED = 401
"""RFC 6750 §3.1: the access token has ended, so that another one is worth a try."""


class AccountTests:
    """Tests connections."""

    def __init__(self, deployment: Deployment, tokens: AccessTokens) -> None:
        self._deployment, self._stores, self._tokens = deployment, deployment.stores, tokens

    async def test(self, account: Account) -> dict[str, Any]:
        """Ask the vendor for the name of the company; answers `{ok, company, took_ms}`.

        What goes wrong is noted at the account and raised: NeedsReauth, VendorUnavailable, or Conflict where the
        definition names no request for it.
        """
        began = time.perf_counter()
        try:
            company = await self._read_name(account)
        except LedgerportError as problem:
            if account.status == "active":
                await self._note(
                    account, AccountError(problem.code, problem.message, self._deployment.clock())
                )
            raise
        if account.last_error is not None:
            await self._note(account, None)
        return {
            "ok": True,
            "company": company,
            "took_ms": round((time.perf_counter() - began) * 1000),
        }

    async def _read_name(self, account: Account) -> str:
        integration = self._deployment.catalog().integrations[account.integration]
        credentials = await self._tokens.get_fresh(account)
        if integration.auth.confirm is None:
            return await self._look_up_name(integration, account, credentials)
        answer = await self._ask(integration, account, credentials)
        if answer.status == _REFUSED:
            await self._tokens.invalidate(account, credentials.access_token)
            credentials = await self._tokens.get_fresh(account)
            answer = await self._ask(integration, account, credentials)
        if answer.status != 200:
            raise _explain(integration, account, answer.status)
        value: Any = answer.values
        for name in integration.auth.confirm.name or integration.auth.confirm.answers:
            value = value.get(name) if isinstance(value, dict) else None
        return value[:LONGEST_NAME] if isinstance(value, str) and value.isprintable() else account.company

    async def _ask(self, integration: Integration, account: Account, credentials: Credentials) -> Any:
        return await ask_company(self._tokens.http, self._tokens.addresses, integration, account, credentials)

    async def _look_up_name(
        self, integration: Integration, account: Account, credentials: Credentials
    ) -> str:
        """Return the name where the vendor lists the companies of a token."""
        if not integration.auth.lookup:
            raise Conflict(
                f"The definition of {integration.title} names no request that reads the company.",
                advice="Call one of its tools that reads instead.",
            )
        found = await look_up(self._tokens.http, self._tokens.addresses, integration, account, credentials)
        mine = [each for each in found if account.company in map(str, each.values.values())]
        if not mine:
            raise NeedsReauth(
                f"{integration.title} no longer lists the company {account.company} for this connection.",
                advice="Connect the account again.",
            )
        return mine[0].name or account.company

    async def _note(self, account: Account, error: AccountError | None) -> None:
        await self._stores.write(lambda: self._stores.records.note_error(account.id, error))


def _explain(integration: Integration, account: Account, status: int) -> LedgerportError:
    if status in (401, 403):
        return NeedsReauth(
            f"{integration.title} does not let this connection read the company {account.company}.",
            advice="Connect the account again, as a person who may see that company.",
        )
    return VendorUnavailable(
        f"{integration.title} answered HTTP {status} when asked for the company {account.company}.",
        advice="Try again later.",
    )
