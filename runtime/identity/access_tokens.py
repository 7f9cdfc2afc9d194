"""Access tokens: JWTs in the profile of RFC 9068, signed with ES256, bound to one grant and one resource.

`oauth_tokens` has them issued, the MCP endpoint reads them. What a token says is verified once in each process and
cached until it ends; what its grant allows is looked up at every request (`oauth_grants`).
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from runtime.deployment import Deployment
from runtime.errors import OAuthRefused
from runtime.identity.signing_keys import ALGORITHM, TOKEN_SECONDS, SigningKeys
from runtime.model import TokenHash
from runtime.people import OAuthGrant, OAuthGrantId
from runtime.recent import Recent

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

TYPE = "at+jwt"
LONGEST_TOKEN = 4_096
"""Characters; ours have some 700."""
MOST_VERIFIED = 10_000
"""Tokens whose signature is not verified again, about 5 MB."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What an access token says, verified. `ends_at` is in seconds since the epoch."""

    grant_id: OAuthGrantId
    resource: str
    scopes: frozenset[str]
    ends_at: float


class AccessTokens:
    """Issues access tokens, and reads them."""

    def __init__(self, deployment: Deployment, keys: SigningKeys) -> None:
        self._clock, self._hash_token = deployment.clock, deployment.keys.hash_token
        self._issuer = deployment.settings.public_url
        self._keys = keys
        self._verified: Recent[TokenHash, AccessToken] = Recent(MOST_VERIFIED)

    async def issue(self, grant: OAuthGrant, scope: str, seconds: int = TOKEN_SECONDS) -> tuple[str, int]:
        """Return an access token for a grant, and in how many seconds it ends. Raises StorageUnavailable."""
        from joserfc import jwt

        key, now = await self._keys.find_signer(), int(self._clock())
        end = now + seconds if grant.expires_at is None else min(now + seconds, int(grant.expires_at))
        claims = {
            "iss": self._issuer,
            "aud": grant.resource,
            "sub": grant.person_id,
            "client_id": grant.client_id,
            "scope": scope,
            "iat": now,
            "exp": end,
            "jti": str(uuid4()),
            "grant_id": grant.id,
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM]), end - now

    def read(self, token: str) -> AccessToken | Awaitable[AccessToken]:
        """Return what a token says, or what to await for it. Both raise OAuthRefused, and the latter

        StorageUnavailable.
        """
        token_hash = self._hash_token(token if len(token) <= LONGEST_TOKEN else "")
        found = self._verified.get(token_hash)
        if found is None:
            return self._verify(token, token_hash)
        if found.ends_at <= self._clock():
            raise refuse_token("The access token has ended.")
        return found

    async def _verify(self, token: str, token_hash: TokenHash) -> AccessToken:
        key_id = _read_key_id(token)
        key = self._keys.find_known_verifier(key_id) or await self._keys.find_verifier(key_id)
        if key is None:
            raise refuse_token("The access token was not issued here, or its key is no longer in use.")
        return self._verified.put(token_hash, _read_claims(token, key, self._issuer, self._clock()))


def refuse_token(message: str) -> OAuthRefused:
    """Return the error for a token that opens nothing (RFC 6750 §3.1)."""
    advice = "Ask for another one with the refresh token, or have the person sign in again."
    return OAuthRefused("invalid_token", message, status=401, advice=advice)


def _read_key_id(token: str) -> str:
    """Return the name of the key that a token says it is signed with. Raises OAuthRefused."""
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        if len(token) > LONGEST_TOKEN:
            raise ValueError
        header = jws.extract_compact(token.encode("ascii")).headers()
        found = header.get("kid") if header.get("typ") == TYPE and header.get("alg") == ALGORITHM else None
    except (JoseError, ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str):
        raise refuse_token("The access token cannot be read.")
    return found


def _read_claims(token: str, key: ECKey, issuer: str, now: float) -> AccessToken:
    """Return what a token says whose signature is right. Raises OAuthRefused."""
    from joserfc import jwt
    from joserfc.errors import ExpiredTokenError, JoseError

    required: dict[str, Any] = {name: {"essential": True} for name in ("aud", "exp", "scope", "grant_id")}
    registry = jwt.JWTClaimsRegistry(
        now=int(now), leeway=0, iss={"essential": True, "value": issuer}, **required
    )
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        registry.validate(claims)
    except ExpiredTokenError:
        raise refuse_token("The access token has ended.") from None
    except (JoseError, ValueError):
        raise refuse_token("The access token was not issued here.") from None
    scopes = frozenset(str(claims["scope"]).split())
    return AccessToken(OAuthGrantId(claims["grant_id"]), claims["aud"], scopes, float(claims["exp"]))
