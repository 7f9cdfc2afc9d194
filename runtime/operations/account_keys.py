"""The keys of accounts whose vendor is signed in to with keys: tested before they are stored, and replaced.

Called by `api.connections`, `commands.connect` and the pages. Whoever replaces keys gives every secret anew: an address
that is changed beside stored secrets would have them sent there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from generator.vendor import Integration
from runtime.connect.key_check import check_keys
from runtime.connect.new_account import make_account
from runtime.connect.sealing import seal_credentials
from runtime.errors import Conflict, InvalidRequest
from runtime.model import AuditEntry
from runtime.operations import answers
from runtime.operations.account_fields import check_fields, fill_fields
from runtime.operations.accounts import NOTHING_SAID, About, Accounts, choose_account_tenant
from runtime.operations.scopes import check_may_make_accounts
from runtime.tenancy import EVERYTHING, Reach


class AccountKeys:
    """Tests and replaces keys."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts, self._deployment = accounts, accounts.deployment

    async def check_new(
        self,
        integration: str,
        fields: Mapping[str, str],
        about: About = NOTHING_SAID,
        reach: Reach = EVERYTHING,
    ) -> None:
        """Test the fields of an account that is to be made; nothing where a person agrees, or nothing can be asked.

        Raises Forbidden where `reach` does not let it be made, InvalidRequest for fields that are not in form or that
        the vendor refuses, and VendorUnavailable.
        """
        check_may_make_accounts(reach)
        choose_account_tenant(reach, about)
        chosen = self._accounts.choose_integration(integration)
        check_fields(chosen, fields)
        if chosen.auth.type == "headers":
            account, keys = fill_fields(chosen, make_account(self._deployment, chosen, "new"), fields)
            await check_keys(
                self._accounts.tokens.http, self._accounts.tokens.addresses, chosen, account, keys
            )

    async def replace(self, account_id: str, fields: Mapping[str, str], *, actor: str = "") -> dict[str, Any]:
        """Store other keys for an account, which is active then. A field that is no secret may be left out.

        Raises NotFound, InvalidRequest as `check_new`, VendorUnavailable, and Conflict for another company.
        """
        tokens = self._accounts.tokens
        account = await self._accounts.fetch(account_id)
        integration = self._deployment.catalog().integrations[account.integration]
        given = _complete(integration, account.fields, fields)
        async with tokens.lock(account.id):
            account = await self._accounts.fetch(account_id)
            now = self._deployment.clock()
            changed, keys = fill_fields(integration, replace(account, updated_at=now), given)
            if account.company and changed.company != account.company:
                raise _refuse_other_company(integration)
            await check_keys(tokens.http, tokens.addresses, integration, changed, keys)
            changed = replace(changed, sealed=seal_credentials(self._deployment.keys, account.id, keys))
            audit = AuditEntry(now, actor, "account.keys_replaced", account.id, {"fields": sorted(fields)})
            records = self._deployment.stores.records
            if not await self._deployment.stores.write(lambda: records.connect_account(changed, audit)):
                raise Conflict("The account was changed meanwhile.", advice="Look at it, and try again.")
            tokens.forget(account.id)
        return answers.show_account(await self._accounts.fetch(account_id))


def _complete(
    integration: Integration, stored: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """Return the fields with those that are stored openly and were left out. Raises InvalidRequest."""
    if integration.auth.type == "oauth2":
        raise InvalidRequest(
            "This account is connected by a person's consent, not by keys.",
            advice="Connect it again: POST /integrated-account/{id}/connect, or on the page of its connection.",
        )
    open_names = [each.name for each in integration.account_fields if not each.secret and not each.source]
    found = {name: stored[name] for name in open_names if name in stored} | dict(given)
    check_fields(integration, found)
    return found


def _refuse_other_company(integration: Integration) -> Conflict:
    named = next((each.title for each in integration.account_fields if each.identifies), "company")
    return Conflict(
        f"These keys are of another company: the {named} is not that of this account.",
        advice="Make a new integrated account for another company.",
    )
