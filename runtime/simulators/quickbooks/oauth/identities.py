"""Who signs in, as OpenID Connect says it: the people to choose from, signed ID tokens, and the keys to verify them.

Called by `oauth.consent_pages`. All is in memory: a sign-in that a restart interrupts is begun again,
and the key is a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from runtime.simulators.quickbooks.oauth.tokens import OAuth, hash_secret

ID_TOKEN_LIFE = 3600
"""Seconds; as the access token beside it."""
ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class Someone:
    """A made-up person who signs in. `is_verified`: whether the email address is."""

    subject: str
    email: str
    given_name: str
    family_name: str
    is_verified: bool = True


PEOPLE = {
    each.email: each
    for each in (
        Someone("5f9d1a2e-0000-4000-8000-000000000001", "owner@example.com", "Sam", "Owner"),
        Someone("5f9d1a2e-0000-4000-8000-000000000002", "bookkeeper@example.com", "Robin", "Bookkeeper"),
        Someone(
            "5f9d1a2e-0000-4000-8000-000000000003",
            "unverified@example.com",
            "Kim",
            "Unverified",
            is_verified=False,
        ),
    )
}
USUAL = next(iter(PEOPLE.values()))
"""Who consents where nobody is chosen."""


class Identities:
    """Remembers who has consented, and signs what says so."""

    def __init__(self, oauth: OAuth) -> None:
        self._oauth = oauth
        self._by_code: dict[str, tuple[Someone, str]] = {}
        self._by_token: dict[str, Someone] = {}

    @cached_property
    def _key(self) -> RSAKey:
        return RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)

    def note_consent(self, code: str, email: str, nonce: str) -> None:
        """Remember who has consented to what a code is for."""
        self._by_code[hash_secret(code)] = (PEOPLE.get(email, USUAL), nonce)

    def add_id_token(self, answer: dict[str, Any], code: str, client: str, issuer: str) -> None:
        """Add the ID token to the answer of the token endpoint, where a code was for `openid`."""
        token = answer["access_token"]
        grant = self._oauth.grant(f"Bearer {token}")
        if "openid" not in grant.scope.split():
            return
        person, nonce = self._by_code.pop(hash_secret(code), (USUAL, ""))
        self._by_token[hash_secret(token)] = person
        now = int(self._oauth.store.clock.read_seconds())
        claims: dict[str, Any] = {"sub": person.subject, "aud": [client], "iss": issuer, "auth_time": now}
        claims |= {"iat": now, "exp": now + ID_TOKEN_LIFE}
        claims |= {"realmid": grant.realm} if grant.realm else {}
        claims |= {"nonce": nonce} if nonce else {}
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        answer["id_token"] = jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def find_person(self, authorization: str | None) -> Someone:
        """Return who gave the access token of a request."""
        token = (authorization or "").partition(" ")[2]
        return self._by_token.get(hash_secret(token), USUAL)

    def list_keys(self) -> dict[str, Any]:
        """Return the public key that verifies ID tokens, as a set of keys."""
        return {"keys": [self._key.as_dict(private=False)]}
