"""The vendor's answer to a person's consent, which ends with an account that is connected.

Called by `web.connect` with the callback, when `links` has led the person to the vendor's consent page. When it is done
the account is active, and `tokens` holds its credentials fresh. Nothing in the callback is believed before the vendor
has accepted its code, and confirmed, to the access token that came of it, the company that the callback names.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from generator.vendor import AccountField, Integration
from runtime.connect.company_choice import Choice, Waiting, list_candidates
from runtime.connect.company_lookup import PLACE, Company, look_up
from runtime.connect.confirmation import confirm
from runtime.connect.customer_links import CustomerLinks
from runtime.connect.echoes import Echoes, list_app_secrets, list_secrets
from runtime.connect.grants import ERROR_CODES, Granted
from runtime.connect.links import AGAIN, Links
from runtime.connect.links import CALLBACK_PATH as CALLBACK_PATH
from runtime.connect.links import STATE_SECONDS as STATE_SECONDS
from runtime.connect.sealing import seal_credentials
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    LedgerportError,
    NeedsReauth,
    NotFound,
    VendorUnavailable,
)
from runtime.model import Account, AccountId, AuditEntry, Authorization
from runtime.tenancy import LinkToken

_LONGEST_CODE = 4096
"""Characters. The longest code known of a vendor has 512."""
_LONGEST_FIELD = 4096
"""Characters of an account field: what a header field of ours may have."""


class Authorizations:
    """Completes connections by OAuth. `links` begins them."""

    def __init__(
        self,
        deployment: Deployment,
        tokens: AccessTokens,
    ) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self.links = Links(deployment, tokens.addresses)
        self.customer_links = CustomerLinks(deployment, self.links)
        self.tokens = tokens

    async def complete(self, callback: Mapping[str, str], browser: str) -> Account | Choice:
        """Finish a connection from the query of its callback and the cookie of the browser, and answer the account.

        A consent that covers several companies is a Choice, which `choose` finishes.

        Raises InvalidRequest for a state that is unknown, used or too old, Forbidden when the person or the vendor
        said no or the browser is another, Conflict when another company was chosen than the account has,
        VendorUnavailable otherwise. The audit of the account says which.
        """
        account, pending = await self.links.take(callback.get("state", ""), browser)
        try:
            return await self._connect(account, pending, callback)
        except LedgerportError as problem:
            await self.links.note_refusal(account.id, problem.code, problem.vendor_code, problem.message)
            raise

    async def read_choice(self, state: str, browser: str) -> Choice:
        """Return what a person may choose from; nothing is changed.

        Raises InvalidRequest when there is nothing to choose any more, Conflict in another browser.
        """
        account, content = await self.links.read_held(state, browser)
        return Choice(account, Waiting.read(content).companies)

    async def choose(self, state: str, browser: str, proof: str, chosen: str) -> Account:
        """Finish a connection with the company at a place of the choice, and answer the account.

        Raises InvalidRequest for a place that is none, Forbidden without the proof of the page, else as `complete`.
        """
        account, content = await self.links.read_held(state, browser)
        waiting = Waiting.read(content)
        known = {str(place): company for place, company in enumerate(waiting.companies)}
        if chosen not in known:
            raise InvalidRequest("No company was chosen.", advice="Go back and choose one of the list.")
        await self.links.take_held(state, browser, proof)
        try:
            return await self._finish(account, waiting, known[chosen])
        except LedgerportError as problem:
            await self.links.note_refusal(account.id, problem.code, problem.vendor_code, problem.message)
            raise

    async def _connect(
        self, account: Account, pending: Authorization, callback: Mapping[str, str]
    ) -> Account | Choice:
        integration = self._integration(account)
        if "error" in callback:
            raise _refused(integration, callback["error"])
        code = callback.get("code", "")
        if not 0 < len(code) <= _LONGEST_CODE or not (code.isascii() and code.isprintable()):
            raise InvalidRequest(f"{integration.title} sent no code with the answer.", advice=AGAIN)
        # Before the code is spent: what the callback says has to be possible at all.
        self._with_fields(integration, account, {"callback": callback})
        granted = await self._exchange(integration, code, pending, callback["state"])
        looked_up = await self._looked_up(integration, account, granted)
        found = list_candidates(integration, account, looked_up)
        waiting = Waiting(dict(callback), granted, found)
        if len(found) == 1:
            return await self._finish(account, waiting, found[0])
        await self.links.hold(callback["state"], waiting.as_bytes())
        return Choice(account, found)

    async def _finish(self, account: Account, waiting: Waiting, company: Company) -> Account:
        """Connect an account to a company: everything is known, and the vendor is asked to confirm it."""
        integration, granted = self._integration(account), waiting.granted
        places = {"callback": waiting.callback, "token": granted.values, PLACE: company.values}
        connected, secrets = self._with_fields(integration, account, places)
        credentials = replace(granted.credentials, secrets=secrets)
        app = self._deployment.settings.find_for(integration)
        _check_open_fields(
            integration,
            connected,
            Echoes([*list_secrets(credentials), *list_app_secrets(app), waiting.callback["code"]]),
        )
        await self._confirm(integration, connected, granted)
        sealed = seal_credentials(self._deployment.keys, account.id, credentials)
        link = await self.links.find_link(waiting.callback["state"])
        connected = replace(connected, sealed=sealed, updated_at=self._deployment.clock())
        return await self._store(integration, connected, granted, link)

    def _integration(self, account: Account) -> Integration:
        found = self._deployment.catalog().integrations.get(account.integration)
        if found is None:
            raise NotFound("There is no such integration in this deployment any more.")
        return found

    async def _read(self, account_id: AccountId) -> Account:
        account = await self._stores.look_up.find_account(account_id)
        if account is None:
            raise InvalidRequest("The account that this link was for has been deleted.", advice=AGAIN)
        return account

    async def _exchange(
        self, integration: Integration, code: str, pending: Authorization, state: str
    ) -> Granted:
        verifier = self.links.read_verifier(state, pending)
        try:
            return await self.tokens.grants.exchange(integration, code, pending.redirect_uri, verifier)
        except NeedsReauth as refused:
            raise InvalidRequest(
                f"{integration.title} did not accept the code: it has been used, or has run out.",
                advice=AGAIN,
                vendor_code=refused.vendor_code,
            ) from refused

    def _with_fields(
        self, integration: Integration, account: Account, places: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Account, dict[str, str]]:
        """Return the account with the fields that the vendor says in these places, active, and its secret fields.

        Raises VendorUnavailable for one that is missing or out of form, Conflict when it is another company.
        """
        fields, secrets = dict(account.fields), dict[str, str]()
        for each in integration.account_fields:
            place = each.source.partition(".")[0]
            if place in places:
                (secrets if each.secret else fields)[each.name] = _said(integration, each, places[place])
        company = next(
            (fields.get(each.name, "") for each in integration.account_fields if each.identifies), ""
        )
        environment = self._deployment.settings.choose_environment(integration)
        if company:
            self._check_same_company(account, company, environment)
        changed = replace(
            account, status="active", environment=environment, company=company, fields=fields, ended_by=""
        )
        return changed, secrets

    def _check_same_company(self, account: Account, company: str, environment: str) -> None:
        if account.company and (account.company, account.environment) != (company, environment):
            raise Conflict(
                f"The account {account.name!r} is connected to company {account.company} ({account.environment}); "
                f"company {company} ({environment}) was chosen now.",
                advice="Choose the same company, or connect the other one as a new integrated account.",
            )

    async def _looked_up(
        self, integration: Integration, account: Account, granted: Granted
    ) -> tuple[Company, ...]:
        """Return the companies that the vendor names to the new token.

        A grant for several of them is never revoked: at some vendors that would end the connections of the others.
        """
        place = replace(account, environment=self._deployment.settings.choose_environment(integration))
        http, addresses = self.tokens.http, self.tokens.addresses
        return await look_up(http, addresses, integration, place, granted.credentials)

    async def _confirm(self, integration: Integration, account: Account, granted: Granted) -> None:
        """Let the vendor confirm the company. A grant that it did not confirm is revoked.

        One that it could not be asked about is not: at some vendors that would end the company's other connections.
        """
        try:
            await confirm(self.tokens.http, self.tokens.addresses, integration, account, granted.credentials)
        except Forbidden:
            await self.tokens.grants.revoke(integration, granted.credentials)
            raise

    async def _store(
        self, integration: Integration, account: Account, granted: Granted, link: LinkToken | None
    ) -> Account:
        audit = AuditEntry(
            account.updated_at, "person", "account.connected", account.id, {"company": account.company}
        )
        link_id = link.id if link else None
        if not await self._stores.write(
            lambda: self._stores.records.connect_account(account, audit, link_id)
        ):
            if not await asyncio.to_thread(lambda: self._stores.records.is_company_shared(account)):
                await self.tokens.grants.revoke(integration, granted.credentials)
            self._check_same_company(await self._read(account.id), account.company, account.environment)
            if link is not None:
                raise InvalidRequest("This link has been used, or revoked, while you agreed.", advice=AGAIN)
            raise InvalidRequest("The account was changed while you agreed.", advice=AGAIN)
        self.tokens.forget(account.id)
        return replace(account, status_since=account.updated_at, last_error=None)


def _said(integration: Integration, field: AccountField, values: Mapping[str, Any]) -> str:
    """Return the value of an account field that the vendor says while connecting. Raises VendorUnavailable."""
    value = values.get(field.source.partition(".")[2])
    is_number = isinstance(value, int) and not isinstance(value, bool)
    text = value if isinstance(value, str) else str(value) if is_number else ""
    is_plain = 0 < len(text) <= _LONGEST_FIELD and text.isascii() and text.isprintable()
    if not is_plain or (field.pattern and not re.fullmatch(field.pattern, text, re.ASCII)):
        raise VendorUnavailable(
            f"{integration.title} did not say the {field.title} in the form it should have.", advice=AGAIN
        )
    return text


def _check_open_fields(integration: Integration, account: Account, secrets: Echoes) -> None:
    """Raise VendorUnavailable for a secret among the fields that are stored and shown as they are."""
    if any(secrets.are_in(each) for each in account.fields.values()):
        raise VendorUnavailable(
            f"{integration.title} named the company by something that has to stay secret.", advice=AGAIN
        )


def _refused(integration: Integration, error: str) -> LedgerportError:
    if error == "access_denied":
        return Forbidden(
            f"The connection to {integration.title} was not allowed.",
            advice="If that was not intended, ask for a new link and choose to connect.",
            vendor_code=error,
        )
    if error == "invalid_scope":
        return Forbidden(
            f"The app of this deployment may not ask {integration.title} for what it needs.",
            advice=f"Whoever runs Ledgerport has to allow {', '.join(integration.auth.scopes)} for the app.",
            vendor_code=error,
        )
    known = error if error in ERROR_CODES else ""
    return VendorUnavailable(
        f"{integration.title} ended the connection with an error.", advice=AGAIN, vendor_code=known
    )
