"""A person's way to the vendor's consent page and back, which ends with an account that is connected.

Before it: `operations.accounts` has a pending account. After it: the account is active and `tokens` keeps it so. The
`state` that travels with the person is random, signed, stored only as a hash, works once and for ten minutes, and
belongs to one account; nothing else of the callback is believed before the vendor has confirmed its code.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from generator.catalog import AccountField, Catalog, Integration
from runtime.connect.grants import Granted
from runtime.connect.sealing import seal_credentials
from runtime.connect.tokens import AccessTokens
from runtime.crypto import Keys
from runtime.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    LedgerportError,
    NeedsReconnect,
    NotFound,
    SettingsError,
    VendorUnavailable,
)
from runtime.model import Account, AccountId, AuditEntry, Authorization, Clock
from runtime.settings import IntegrationSettings, Settings, app_of

if TYPE_CHECKING:
    from runtime.stores.embedded import Stores

CALLBACK_PATH = "/connect/callback"
STATE_SECONDS = 600.0
_LONGEST_CODE = 4096
_AGAIN = "Ask for a new link and start again."


class Authorizations:
    """Begins and completes connections by OAuth."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        stores: Stores,
        catalog: Callable[[], Catalog],
        tokens: AccessTokens,
        *,
        clock: Clock = time.time,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._stores = stores
        self._catalog = catalog
        self._tokens = tokens
        self._clock = clock

    @property
    def redirect_uri(self) -> str:
        """Where vendors send the person back to. It must be registered with the app there."""
        return self._settings.public_url + CALLBACK_PATH

    def begin(self, account: Account) -> str:
        """The address to open in a browser, good for ten minutes.

        Raises Conflict when the deployment has no app at the vendor, NotFound when the account is gone.
        """
        integration = self._catalog().integrations[account.integration]
        app = self.check_app(integration)
        state = self._keys.new_state()
        pending = Authorization(account.id, self.redirect_uri, self._clock() + STATE_SECONDS)
        if not self._stores.records.add_authorization(self._keys.hash_token(state), pending):
            raise NotFound("There is no such integrated account.")
        words = {
            "client_id": app.client_id,
            "response_type": "code",
            "scope": " ".join(integration.auth.scopes),
            "redirect_uri": pending.redirect_uri,
            "state": state,
        }
        address = self._tokens.addresses.of_vendor(integration, integration.auth.authorize_url)
        return f"{address}{'&' if '?' in address else '?'}{urlencode(words)}"

    def check_app(self, integration: Integration) -> IntegrationSettings:
        """The deployment's app at the vendor. Raises Conflict when it is not set up."""
        try:
            return app_of(self._settings, integration)
        except SettingsError as missing:
            raise Conflict(missing.message, advice=missing.advice) from missing

    async def complete(self, callback: Mapping[str, str]) -> Account:
        """Finishes a connection from the query of its callback, and answers the account, active.

        Raises InvalidRequest for a state that is unknown, used or too old, Forbidden when the person or the vendor
        said no, Conflict when another company was chosen than the account has, VendorUnavailable otherwise.
        """
        pending = await self._pending(callback.get("state", ""))
        account = self._read(pending.account_id)
        integration = self._catalog().integrations[account.integration]
        if "error" in callback:
            raise _refused(integration, callback["error"])
        code = callback.get("code", "")
        if not 0 < len(code) <= _LONGEST_CODE:
            raise InvalidRequest(f"{integration.title} sent no code with the answer.", advice=_AGAIN)
        granted = await self._exchange(integration, code, pending.redirect_uri)
        return await self._keep(self._connected(integration, account, callback, granted))

    async def _pending(self, state: str) -> Authorization:
        if not self._keys.is_our_state(state):
            raise InvalidRequest("This link was not made here, or has been changed.", advice=_AGAIN)
        now, state_hash = self._clock(), self._keys.hash_token(state)
        pending = await self._stores.write(lambda: self._stores.records.use_authorization(state_hash, now))
        if pending is None or pending.expires_at <= now:
            raise InvalidRequest("This link has run out: it is good for ten minutes.", advice=_AGAIN)
        if pending.used_at is not None:
            raise InvalidRequest("This link has been used already: it works once.", advice=_AGAIN)
        return pending

    def _read(self, account_id: AccountId) -> Account:
        account = self._stores.look_up.find_account(account_id)
        if account is None:
            raise InvalidRequest("The account that this link was for has been deleted.", advice=_AGAIN)
        return account

    async def _exchange(self, integration: Integration, code: str, redirect_uri: str) -> Granted:
        try:
            return await self._tokens.grants.exchange(integration, code, redirect_uri)
        except NeedsReconnect as refused:
            raise InvalidRequest(
                f"{integration.title} did not accept the code: it has been used, or has run out.",
                advice=_AGAIN,
                vendor_code=refused.vendor_code,
            ) from refused

    def _connected(
        self, integration: Integration, account: Account, callback: Mapping[str, str], granted: Granted
    ) -> Account:
        fields = dict(account.fields)
        secrets: dict[str, str] = {}
        for each in integration.account_fields:
            if each.source:
                kept = secrets if each.secret else fields
                kept[each.name] = _told(integration, each, callback, granted.values)
        company = next(
            (fields.get(each.name, "") for each in integration.account_fields if each.identifies), ""
        )
        environment = self._settings.environment_of_new_accounts(integration)
        self._check_same_company(account, company, environment)
        credentials = replace(granted.credentials, secrets=secrets)
        return replace(
            account,
            status="active",
            environment=environment,
            company=company,
            fields=fields,
            sealed=seal_credentials(self._keys, account.id, credentials),
            updated_at=self._clock(),
        )

    def _check_same_company(self, account: Account, company: str, environment: str) -> None:
        if account.company and (account.company, account.environment) != (company, environment):
            raise Conflict(
                f"The account {account.name!r} is connected to company {account.company} ({account.environment}); "
                f"company {company} ({environment}) was chosen now.",
                advice="Choose the same company, or connect the other one as a new integrated account.",
            )

    async def _keep(self, account: Account) -> Account:
        audit = AuditEntry(
            account.updated_at, "person", "account.connected", account.id, {"company": account.company}
        )
        if not await self._stores.write(lambda: self._stores.records.connect_account(account, audit)):
            self._check_same_company(self._read(account.id), account.company, account.environment)
            raise InvalidRequest("The account was changed while you agreed.", advice=_AGAIN)
        self._tokens.forget(account.id)
        return account


def _told(
    integration: Integration, field: AccountField, callback: Mapping[str, str], token: Mapping[str, Any]
) -> str:
    """The value of an account field that the vendor tells while connecting. Raises VendorUnavailable."""
    place, _, name = field.source.partition(".")
    value = (callback if place == "callback" else token).get(name)
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    if not text or (field.pattern and not re.fullmatch(field.pattern, text)) or not text.isprintable():
        raise VendorUnavailable(
            f"{integration.title} did not say the {field.title} in the form it should have.", advice=_AGAIN
        )
    return text


def _refused(integration: Integration, error: str) -> LedgerportError:
    if error == "access_denied":
        return Forbidden(
            f"The connection to {integration.title} was not allowed.",
            advice="If that was a mistake, ask for a new link and choose to connect.",
            vendor_code=error,
        )
    if error == "invalid_scope":
        return Forbidden(
            f"The app of this deployment may not ask {integration.title} for what it needs.",
            advice=f"Whoever runs Ledgerport has to allow {', '.join(integration.auth.scopes)} for the app.",
            vendor_code=error,
        )
    known = error if re.fullmatch(r"[a-z_]{1,40}", error) else ""
    return VendorUnavailable(
        f"{integration.title} ended the connection with an error.", advice=_AGAIN, vendor_code=known
    )
