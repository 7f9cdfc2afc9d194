"""Passkeys: added by a person who is signed in, and enough to sign in with, without saying who it is first.

Called by the pages. A challenge is stored once, for five minutes, as a hash and for one browser; the library `webauthn`
verifies what the authenticator signs. The authenticator has to have verified its user, and a counter that does not go
up is refused: the passkey has been copied.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from runtime.deployment import Deployment
from runtime.errors import Conflict, Forbidden, InvalidRequest, NotFound
from runtime.keys.crypto import make_secret
from runtime.model import AuditEntry
from runtime.people import Passkey, Person, PersonId, SignedIn, SignIn

CHALLENGE_SECONDS = 300.0
"""Five minutes, within which a person finds a phone or a security key (WebAuthn recommends 5 to 10)."""
MOST_PASSKEYS = 20
"""Passkeys of a person: a few devices and keys."""
LONGEST_NAME = 60
"""Characters on one line of a list."""
LONGEST_ID = 1400
"""Characters of a credential id in base64url: WebAuthn lets it have 1023 bytes."""
_ADD, _USE = "passkey-add", "passkey-use"
_UNKNOWN = "This passkey is not known here, or did not sign in."
T = TypeVar("T")


class Passkeys:
    """Adds, uses, lists and removes passkeys."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self._origin = deployment.settings.public_url
        self._host = urlsplit(self._origin).hostname or ""

    def is_possible(self) -> bool:
        """Whether browsers have passkeys for this deployment: they belong to a host name, not to an IP address."""
        try:
            ipaddress.ip_address(self._host)
        except ValueError:
            return True
        return False

    async def list_all(self, person_id: PersonId) -> list[Passkey]:
        """Return the passkeys of a person, from the oldest on."""
        return await asyncio.to_thread(lambda: self._stores.records.list_passkeys(person_id))

    async def begin_adding(self, who: SignedIn, cookie: str) -> dict[str, Any]:
        """Return what a browser needs to make a passkey, as JSON."""
        from webauthn.helpers import options_to_json
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )
        from webauthn.registration.generate_registration_options import generate_registration_options

        has = await self.list_all(who.person.id)
        if len(has) >= MOST_PASSKEYS:
            raise _refuse_more()
        options = generate_registration_options(
            rp_id=self._host,
            rp_name="Ledgerport",
            user_name=who.person.email,
            user_id=who.person.id.encode(),
            user_display_name=who.person.name or who.person.email,
            challenge=await self._begin(_ADD, cookie),
            timeout=int(CHALLENGE_SECONDS * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=_decode(each.id)) for each in has],
        )
        return dict(json.loads(options_to_json(options)))

    async def add(self, who: SignedIn, cookie: str, credential: Any, name: str) -> Passkey:
        """Store the passkey that a browser has made. Raises InvalidRequest for any other answer, Conflict."""
        from webauthn.helpers import bytes_to_base64url
        from webauthn.registration.verify_registration_response import verify_registration_response

        challenge = await self._take(_ADD, cookie, credential)
        found = _verify(
            lambda: verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        )
        now, person_id = self._deployment.clock(), who.person.id
        made = Passkey(
            bytes_to_base64url(found.credential_id),
            person_id,
            found.credential_public_key,
            found.sign_count,
            _choose_name(name),
            now,
        )
        audit = AuditEntry(now, person_id, "person.passkey_added", person_id, {"name": made.name})
        known = await asyncio.to_thread(lambda: self._stores.records.find_passkey(made.id))
        if known is not None or len(made.id) > LONGEST_ID:
            raise InvalidRequest(
                "This passkey cannot be added: it is known already.", advice="Make another one."
            )
        if not await self._stores.write(lambda: self._stores.records.add_passkey(made, MOST_PASSKEYS, audit)):
            raise _refuse_more()
        return made

    async def begin_signing_in(self, browser: str) -> dict[str, Any]:
        """Return what a browser needs to use a passkey, whosever it is, as JSON."""
        from webauthn.authentication.generate_authentication_options import generate_authentication_options
        from webauthn.helpers import options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        options = generate_authentication_options(
            rp_id=self._host,
            challenge=await self._begin(_USE, browser),
            timeout=int(CHALLENGE_SECONDS * 1000),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return dict(json.loads(options_to_json(options)))

    async def sign_in(self, browser: str, credential: Any) -> Person:
        """Return who has signed in with a passkey. Raises InvalidRequest, or Forbidden for one that is not known."""
        from webauthn.authentication.verify_authentication_response import verify_authentication_response

        challenge = await self._take(_USE, browser, credential)
        known = await self._find(credential)
        found = _verify(
            lambda: verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        )
        records, now = self._stores.records, self._deployment.clock()
        is_used = await self._stores.write(
            lambda: records.note_passkey_use(known.id, found.new_sign_count, now)
        )
        person = await asyncio.to_thread(lambda: records.find_person(known.person_id)) if is_used else None
        if person is None or not await asyncio.to_thread(lambda: records.list_members_of(person.id)):
            raise Forbidden(_UNKNOWN, advice="Sign in otherwise, or ask an owner to invite you.")
        return person

    async def remove(self, who: SignedIn, passkey_id: str) -> None:
        """Forget a passkey of whoever asks. Raises NotFound."""
        now, person_id = self._deployment.clock(), who.person.id
        audit = AuditEntry(now, person_id, "person.passkey_removed", person_id)
        if not await self._stores.write(
            lambda: self._stores.records.delete_passkey(person_id, passkey_id, audit)
        ):
            raise NotFound("There is no such passkey any more.")

    async def _begin(self, kind: str, browser: str) -> bytes:
        """Return a new challenge, which one browser may answer once."""
        challenge = make_secret("")
        state_hash = self._deployment.keys.hash_token(challenge)
        sealed = self._deployment.keys.seal(kind.encode(), f"sign-in {state_hash.hex()}")
        ends = self._deployment.clock() + CHALLENGE_SECONDS
        pending = SignIn(kind, sealed, self._deployment.keys.hash_token(browser), "", ends)
        await self._stores.write(lambda: self._stores.records.add_sign_in(state_hash, pending))
        return challenge.encode()

    async def _take(self, kind: str, browser: str, credential: Any) -> bytes:
        """Return the challenge that an answer is for, used up. Raises InvalidRequest."""
        challenge = _read_challenge(credential)
        state_hash, mine = (
            self._deployment.keys.hash_token(challenge),
            self._deployment.keys.hash_token(browser),
        )
        now = self._deployment.clock()
        found = await self._stores.write(
            lambda: self._stores.records.take_sign_in(state_hash, kind, mine, now)
        )
        if found is None:
            raise InvalidRequest(
                "This answer of a passkey was not asked for in this browser, or came too late.",
                advice="Open the page again and press the button there.",
            )
        return challenge.encode()

    async def _find(self, credential: Mapping[str, Any]) -> Passkey:
        """Return the passkey that an answer names, with the person whom it names. Raises Forbidden."""
        said = str(credential.get("id") or "")
        known = await asyncio.to_thread(lambda: self._stores.records.find_passkey(said[:LONGEST_ID]))
        response = credential["response"]
        if known is None or _decode(str(response.get("userHandle") or "")) != known.person_id.encode():
            raise Forbidden(_UNKNOWN, advice="Sign in otherwise, or ask an owner to invite you.")
        return known


def _read_challenge(credential: Any) -> str:
    """Return the challenge that the client data of an answer names; empty for what is no answer."""
    from webauthn.helpers import parse_client_data_json

    try:
        client_data = parse_client_data_json(_decode(credential["response"]["clientDataJSON"]))
        return client_data.challenge.decode("ascii")[:LONGEST_ID]
    except Exception:  # noqa: BLE001  (whatever a client sends instead)
        return ""


def _decode(text: str) -> bytes:
    """Return the bytes of base64url; none for what is none."""
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(text)
    except (ValueError, TypeError):
        return b""


def _verify(verify: Callable[[], T]) -> T:
    """Return what an answer comes to. Raises InvalidRequest for whatever is wrong with it."""
    try:
        return verify()
    except Exception as problem:  # the library raises errors of several trees for malformed input
        raise InvalidRequest(
            "The answer of this passkey does not fit what was asked.", advice="Try again, or use another one."
        ) from problem


def _choose_name(name: str) -> str:
    clean = name.strip()[:LONGEST_NAME]
    return clean if clean and clean.isprintable() else "Passkey"


def _refuse_more() -> Conflict:
    return Conflict(
        f"You have {MOST_PASSKEYS} passkeys, as many as anybody may have.", advice="Remove one first."
    )
