"""Sign-in with an issuer of identities: begun in a browser, finished once in the same one, within ten minutes.

Called by the pages. `issuers` speaks with the issuer; here stands who may come in: whoever the issuer has come in as
before, or whose verified address has been invited or is a member's. The `state` is random and stored as a hash; what
belongs to it (nonce, PKCE verifier) is stored sealed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from runtime.connect.consents import make_verifier
from runtime.connect.vendor_http import VendorHttp
from runtime.deployment import Deployment
from runtime.errors import Forbidden, InvalidRequest, NotFound
from runtime.identity.issuers import Asked, Identity, Issuer
from runtime.identity.people import check_email
from runtime.keys.crypto import make_secret
from runtime.model import AuditEntry
from runtime.people import Person, PersonId, SignIn

CALLBACK_PATH = "/sign-in/callback"
STATE_SECONDS = 600.0
"""Signing in with a second factor takes a few minutes."""
_KIND = "oidc"
_LONGEST_STATE = 100
"""Characters; ours have 43."""
_AGAIN = "Begin again at the sign-in page, in this browser and with cookies allowed."


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who has signed in, by which issuer, and where the browser was."""

    person: Person
    signed_in_by: str
    return_to: str


class SignIns:
    """Begins and finishes sign-ins with issuers of identities."""

    def __init__(self, deployment: Deployment, http: VendorHttp | None = None) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self.http = http or VendorHttp()
        self._issuers = {
            name: Issuer(each, self.http, deployment.clock)
            for name, each in deployment.settings.issuers.items()
        }

    def list_issuers(self) -> list[tuple[str, str]]:
        """Return the name and the title of each issuer."""
        return [(name, each.settings.title) for name, each in self._issuers.items()]

    def list_origins(self) -> list[str]:
        """Return the origins of issuers on this machine, where a form may lead although it is no https."""
        addresses = [each.settings.issuer for each in self._issuers.values()]
        return ["/".join(each.split("/")[:3]) for each in addresses if each.startswith("http:")]

    async def begin(self, name: str, browser: str, return_to: str) -> str:
        """Return the address of an issuer at which a person signs in. Raises NotFound, VendorUnavailable."""
        issuer = self._find(name)
        state = make_secret("")
        asked = Asked(
            make_secret(""), make_verifier(), f"{self._deployment.settings.public_url}{CALLBACK_PATH}/{name}"
        )
        address = await issuer.build_address(state, asked)
        hash_token = self._deployment.keys.hash_token
        state_hash = hash_token(state)
        content = json.dumps([name, asked.nonce, asked.verifier, asked.redirect_uri]).encode()
        sealed = self._deployment.keys.seal(content, f"sign-in {state_hash.hex()}")
        ends = self._deployment.clock() + STATE_SECONDS
        pending = SignIn(_KIND, sealed, hash_token(browser), return_to, ends)
        await self._stores.write(lambda: self._stores.records.add_sign_in(state_hash, pending))
        return address

    async def finish(self, name: str, values: Mapping[str, str], browser: str) -> Arrived:
        """Return who has signed in, from the answer of an issuer in the browser that was led there.

        Raises InvalidRequest for an answer that was not asked for here, was used, or is not the issuer's; Forbidden
        where the person or the issuer said no, or nobody has invited the person; VendorUnavailable.
        """
        issuer = self._find(name)
        pending, asked = await self._take(name, values.get("state", ""), browser)
        await issuer.check_sender(values.get("iss"))
        if "error" in values:
            raise Forbidden(
                f"{issuer.settings.title} signed nobody in: it was refused or cancelled there.",
                advice="Begin again at the sign-in page.",
            )
        identity = await issuer.identify(values.get("code", ""), asked)
        return Arrived(await self._let_in(identity), f"oidc:{name}", pending.return_to)

    async def _take(self, name: str, state: str, browser: str) -> tuple[SignIn, Asked]:
        """Use up a state, which belongs to one browser and one issuer. Raises InvalidRequest."""
        hash_token = self._deployment.keys.hash_token
        state_hash, mine, now = (
            hash_token(state[:_LONGEST_STATE]),
            hash_token(browser),
            self._deployment.clock(),
        )
        found = await self._stores.write(
            lambda: self._stores.records.take_sign_in(state_hash, _KIND, mine, now)
        )
        if found is None:
            raise InvalidRequest(
                "This sign-in was not begun in this browser, has been finished, or is older than ten minutes.",
                advice=_AGAIN,
            )
        content = self._deployment.keys.open(found.sealed, f"sign-in {state_hash.hex()}")
        issuer, nonce, verifier, redirect_uri = json.loads(content)
        if issuer != name:
            raise InvalidRequest(
                "The answer comes from another issuer than the one that was asked.", advice=_AGAIN
            )
        return found, Asked(nonce, verifier, redirect_uri)

    async def _let_in(self, identity: Identity) -> Person:
        """Return the person of an identity. Raises Forbidden for one that nobody has invited."""
        records = self._stores.records
        known = await asyncio.to_thread(
            lambda: records.find_person_by_identity(identity.issuer, identity.subject)
        )
        email = check_email(identity.email) if identity.email else ""
        if email and (known is None or known.email == email):
            known = await self._link(identity, email) or known
        if known is None:
            raise _refuse(identity, is_verified=bool(email))
        members = await asyncio.to_thread(lambda: records.list_members_of(known.id))
        if not members:
            raise _refuse(identity, is_verified=True)
        return known

    async def _link(self, identity: Identity, email: str) -> Person | None:
        """Return the person whose verified address has been invited, or is known, linked with the identity."""
        records, now = self._stores.records, self._deployment.clock()
        both = (identity.issuer, identity.subject)
        new = Person(PersonId(str(uuid4())), email, identity.name or email.partition("@")[0], now)
        invited = await self._stores.write(lambda: records.use_invitations_for(new, both, now))
        if invited is not None:
            return invited
        found = await asyncio.to_thread(lambda: records.find_person_by_email(email))
        if found is not None:
            details = {"issuer": identity.issuer}
            audit = AuditEntry(now, found.id, "person.identity_linked", found.id, details)
            await self._stores.write(lambda: records.add_identity(*both, found.id, audit))
        return found

    def _find(self, name: str) -> Issuer:
        found = self._issuers.get(name)
        if found is None:
            raise NotFound("There is no such sign-in here.", advice="Choose one at the sign-in page.")
        return found


def _refuse(identity: Identity, *, is_verified: bool) -> Forbidden:
    shown = identity.claimed_email or "somebody whose address is not known"
    if is_verified:
        return Forbidden(
            f"You are signed in as {shown}, but nobody has invited you.",
            advice="Ask an owner or admin of the organization for an invitation to this address.",
        )
    return Forbidden(
        f"You are signed in as {shown}, but that address has not been verified there.",
        advice="Verify the address where you signed in, and begin again.",
    )
