"""The link that a person opens to connect a company, and the browser that it belongs to.

Made for an account of `operations.accounts`; it leads to the vendor's consent page, then to `authorize`. The link is an
address of this deployment. The page behind it changes nothing, because programs look at links too (previews in chats
and mail, scanners); its button binds the link to the browser that pressed it, by a cookie, and goes on to the vendor.
The vendor's answer counts only in that browser: nobody can complete in another's browser what was begun in his own, nor
the other way round.

The `state` in the link is random, signed, stored only as a hash, works once and for ten minutes, and belongs to one
account. Where the vendor accepts PKCE, the verifier is stored beside it, encrypted.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from urllib.parse import urlencode

from generator.vendor import Integration
from runtime.connect.addresses import Addresses
from runtime.connect.consents import choose_scopes, derive_challenge, make_verifier
from runtime.connect.lifetimes import TOLERANCE_SECONDS
from runtime.deployment import Deployment
from runtime.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    SettingsError,
    StorageUnavailable,
)
from runtime.keys.crypto import make_secret
from runtime.model import Account, AccountId, AuditEntry, Authorization, TokenHash
from runtime.settings import IntegrationSettings, get_app
from runtime.tenancy import AccountError, LinkToken, LinkTokenId

CONNECT_PATH = "/connect"
CALLBACK_PATH = CONNECT_PATH + "/callback"
STATE_SECONDS = 600.0
"""RFC 6749 recommends ten minutes at most for a code; signing in with a second factor takes a few."""
AGAIN = "Ask for a new link and start again."
_LONGEST_STATE = 200
"""Characters; ours have 87. A longer one is not even verified."""
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")


class Links:
    """Makes the links, opens them, and takes what comes back of them."""

    def __init__(
        self,
        deployment: Deployment,
        addresses: Addresses,
    ) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self.addresses = addresses

    @property
    def redirect_uri(self) -> str:
        """Where vendors send the person back to. It must be registered with the app there."""
        return self._deployment.settings.public_url + CALLBACK_PATH

    def begin(self, account: Account, return_url: str = "", link_id: LinkTokenId | None = None) -> str:
        """Return a link for an account, good for ten minutes. `return_url` has been checked.

        Raises Conflict when the deployment has no app at the vendor, NotFound when the account is gone.
        """
        integration = self._integration(account)
        self.check_app(integration)
        state = self._deployment.keys.make_state()
        state_hash = self._deployment.keys.hash_token(state)
        verifier = self._sealed_verifier(state_hash) if integration.auth.pkce else None
        expires_at = self._deployment.clock() + STATE_SECONDS
        pending = Authorization(
            account.id,
            self.redirect_uri,
            expires_at,
            verifier=verifier,
            return_url=return_url,
            link_id=link_id,
        )
        if not self._stores.records.add_authorization(state_hash, pending):
            raise NotFound("There is no such integrated account.")
        return f"{self._deployment.settings.public_url}{CONNECT_PATH}/{state}"

    def check_app(self, integration: Integration) -> IntegrationSettings:
        """Return the deployment's app at the vendor. Raises Conflict when it is not set up."""
        try:
            return get_app(self._deployment.settings, integration)
        except SettingsError as missing:
            raise Conflict(missing.message, advice=missing.advice) from missing

    async def look(self, state: str, browser: str) -> tuple[Account, str]:
        """Return the account that a link is for and the vendor's address it leads to; nothing is changed.

        Raises InvalidRequest when the link is unknown, used or too old, Conflict when another browser opened it.
        """
        state_hash = self._checked(state)
        pending = await asyncio.to_thread(lambda: self._stores.records.find_authorization(state_hash))
        pending = self._alive(pending)
        if pending.browser_hash is not None:
            self._check_browser(pending, browser)
        account = await self._read(pending.account_id)
        return account, self._vendor_address(account, pending, state)

    async def open(self, state: str, browser: str, proof: str) -> str:
        """Bind a link to a browser and answer the vendor's address. The first browser has it.

        Raises Forbidden without the cookie and the proof that the page gave that browser, else as `look` does.
        """
        await self.look(state, browser)
        self.check_proof(state, browser, proof)
        state_hash, mine = self._deployment.keys.hash_token(state), self._deployment.keys.hash_token(browser)
        pending = await self._stores.write(lambda: self._stores.records.open_authorization(state_hash, mine))
        pending = self._alive(pending)
        self._check_browser(pending, browser)
        return self._vendor_address(await self._read(pending.account_id), pending, state)

    async def take(self, state: str, browser: str) -> tuple[Account, Authorization]:
        """Use up a link when the vendor's answer arrives in the browser that opened it.

        Raises InvalidRequest when the link is unknown, used or too old, Forbidden in another browser, where it stays
        as it is.
        """
        state_hash, now = self._checked(state), self._deployment.clock()
        mine = self._deployment.keys.hash_token(browser)
        found = await self._stores.write(
            lambda: self._stores.records.use_authorization(state_hash, mine, now)
        )
        pending = self._alive(found)
        account = await self._read(pending.account_id)
        if not hmac.compare_digest(pending.browser_hash or b"", mine):
            await self.note_refusal(account.id, "another_browser")
            raise Forbidden(
                "The answer arrived in another browser than the one that opened the link, or without its cookie.",
                advice="Open the link yourself, in this browser and with cookies allowed. If you did not ask for it, "
                "close this page: nothing was connected.",
            )
        return account, pending

    async def find_return(self, state: str, browser: str) -> tuple[AccountId, str] | None:
        """Return the account of a link and where the browser that opened it goes in the end; None for a page of ours.

        Raises nothing: of a link that is unknown, or was opened in another browser, nothing is said.
        """
        if len(state) > _LONGEST_STATE or not self._deployment.keys.is_our_state(state):
            return None
        state_hash, mine = self._deployment.keys.hash_token(state), self._deployment.keys.hash_token(browser)
        try:
            found = await asyncio.to_thread(self._stores.records.find_authorization, state_hash)
        except StorageUnavailable:
            return None
        if found is None or not found.return_url or not hmac.compare_digest(found.browser_hash or b"", mine):
            return None
        return found.account_id, found.return_url

    def read_verifier(self, state: str, pending: Authorization) -> str:
        """Return the PKCE verifier of a pending authorization; empty when it has none."""
        if pending.verifier is None:
            return ""
        return self._deployment.keys.open(
            pending.verifier, _owner(self._deployment.keys.hash_token(state))
        ).decode()

    async def find_link(self, state: str) -> LinkToken | None:
        """Return the link token that led to a connect link; None where none did, or the state is none of ours."""
        if len(state) > _LONGEST_STATE or not self._deployment.keys.is_our_state(state):
            return None
        state_hash, records = self._deployment.keys.hash_token(state), self._stores.records
        pending = await asyncio.to_thread(records.find_authorization, state_hash)
        if pending is None or pending.link_id is None:
            return None
        return await asyncio.to_thread(records.find_link_of, pending.link_id)

    def make_proof(self, state: str, browser: str) -> str:
        """Return what the page puts into its form: only a browser that has the cookie and the page can send both."""
        return self._deployment.keys.hash_token(f"connect form\n{state}\n{browser}").hex()

    def identify_browser(self, cookie: str) -> str:
        """Return the browser that a cookie names, or a new one when it names none."""
        return cookie if _BROWSER.fullmatch(cookie) else make_secret("")

    async def hold(self, state: str, content: bytes) -> None:
        """Store what the vendor granted, sealed, while the person chooses a company; it lives as long as the link."""
        state_hash = self._checked(state)
        sealed = self._deployment.keys.seal(content, _owner(state_hash))
        await self._stores.write(lambda: self._stores.records.replace_grant(state_hash, sealed))

    async def read_held(self, state: str, browser: str) -> tuple[Account, bytes]:
        """Return the account that a choice is for and what `hold` stored; nothing is changed.

        Raises InvalidRequest when there is nothing to choose any more, Conflict in another browser.
        """
        state_hash = self._checked(state)
        found = await asyncio.to_thread(lambda: self._stores.records.find_authorization(state_hash))
        pending = self._in_time(found)
        self._check_browser(pending, browser)
        if pending.granted is None:
            raise InvalidRequest("There is no company to choose here any more.", advice=AGAIN)
        account = await self._read(pending.account_id)
        return account, self._deployment.keys.open(pending.granted, _owner(state_hash))

    async def take_held(self, state: str, browser: str, proof: str) -> None:
        """Use up a choice. Raises Forbidden without the proof of the page, InvalidRequest when it was used before."""
        self.check_proof(state, browser, proof)
        state_hash = self._checked(state)
        if not await self._stores.write(lambda: self._stores.records.replace_grant(state_hash, None)):
            raise InvalidRequest("A company has been chosen here already.", advice=AGAIN)

    def check_proof(self, state: str, browser: str, proof: str) -> None:
        """Raise Forbidden without the cookie and the proof that the page gave a browser."""
        if not _BROWSER.fullmatch(browser) or not hmac.compare_digest(
            self.make_proof(state, browser).encode(), proof.encode("utf-8", "replace")
        ):
            raise Forbidden(
                "This browser did not send back the cookie that the page gave it.",
                advice="Allow cookies of this site, open the link again and press the button there.",
            )

    async def note_refusal(
        self, account_id: AccountId, reason: str, vendor_code: str = "", message: str = ""
    ) -> None:
        """Write into the audit that a connection was not made, and why; with a message it is shown at the account."""
        details = {"reason": reason} | ({"vendor_code": vendor_code} if vendor_code else {})
        audit = AuditEntry(self._deployment.clock(), "person", "account.not_connected", account_id, details)
        error = AccountError(vendor_code or reason, message, audit.at) if message else None
        await self._stores.write(lambda: self._stores.records.note_refusal(account_id, audit, error))

    def _checked(self, state: str) -> TokenHash:
        if len(state) > _LONGEST_STATE or not self._deployment.keys.is_our_state(state):
            raise InvalidRequest("This link was not made here, or has been changed.", advice=AGAIN)
        return self._deployment.keys.hash_token(state)

    def _alive(self, pending: Authorization | None) -> Authorization:
        """Return the authorization, unless it is too old or used."""
        found = self._in_time(pending)
        if found.used_at is not None:
            raise InvalidRequest("This link has been used already: it works once.", advice=AGAIN)
        return found

    def _in_time(self, pending: Authorization | None) -> Authorization:
        """Return the authorization, unless it is too old.

        One that ends too far ahead is from before a clock was set back.
        """
        left = pending.expires_at - self._deployment.clock() if pending is not None else 0.0
        if pending is None or not 0.0 < left <= STATE_SECONDS + TOLERANCE_SECONDS:
            raise InvalidRequest("This link has run out: it is good for ten minutes.", advice=AGAIN)
        return pending

    def _check_browser(self, pending: Authorization, browser: str) -> None:
        if not hmac.compare_digest(pending.browser_hash or b"", self._deployment.keys.hash_token(browser)):
            raise Conflict(
                "This link has been opened in another browser, and belongs to that one.",
                advice="Go on there, or ask for a new link. If it was not you who opened it, whoever sent you the "
                "link should know.",
            )

    async def _read(self, account_id: AccountId) -> Account:
        account = await self._stores.look_up.find_account(account_id)
        if account is None:
            raise InvalidRequest("The account that this link was for has been deleted.", advice=AGAIN)
        return account

    def _integration(self, account: Account) -> Integration:
        found = self._deployment.catalog().integrations.get(account.integration)
        if found is None:
            raise NotFound(f"There is no integration {account.integration!r} in this deployment any more.")
        return found

    def _vendor_address(self, account: Account, pending: Authorization, state: str) -> str:
        integration = self._integration(account)
        values = {
            "client_id": self.check_app(integration).client_id,
            "response_type": "code",
            "scope": " ".join(choose_scopes(integration, account)),
            "redirect_uri": pending.redirect_uri,
            "state": state,
        }
        if verifier := self.read_verifier(state, pending):
            values |= {"code_challenge": derive_challenge(verifier), "code_challenge_method": "S256"}
        address = self.addresses.resolve_address(integration, integration.auth.authorize_url)
        return f"{address}{'&' if '?' in address else '?'}{urlencode(values)}"

    def _sealed_verifier(self, state_hash: TokenHash) -> bytes:
        verifier = make_verifier()
        return self._deployment.keys.seal(verifier.encode(), _owner(state_hash))


def _owner(state_hash: TokenHash) -> str:
    return f"authorization/{state_hash.hex()}"
