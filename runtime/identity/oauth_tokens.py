"""What the token endpoint does: exchanges codes and refresh tokens, and ends grants.

Called by `web.oauth_endpoints`. A code works once within 60 seconds; a refresh token works once, and its successor for
30 days. One that comes a second time is somebody else's: the whole grant ends. That holds also for a client that
repeats a request whose answer was lost, because nobody can distinguish the two; it asks its person again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from runtime.connect.consents import derive_challenge
from runtime.deployment import Deployment
from runtime.errors import OAuthRefused
from runtime.identity.access_tokens import AccessToken, AccessTokens
from runtime.identity.oauth_scopes import EVERY_SCOPE, list_scopes, write_scope
from runtime.keys.crypto import make_secret
from runtime.logs import Log
from runtime.model import AuditEntry
from runtime.people import OAuthCode, OAuthGrant
from runtime.stores.oauth_rows import OpenGrant

REFRESH_PREFIX = "lpr_"
REFRESH_SECONDS = 30 * 86_400.0
"""How long a refresh token is good when nobody uses it: a month. Each use begins it anew, within the grant's end."""
LONGEST_SECRET = 200
"""Characters of a code or refresh token; ours have 47."""
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


class OAuthTokens:
    """Exchanges and revokes."""

    def __init__(self, deployment: Deployment, tokens: AccessTokens, log: Log) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self._tokens, self._log = tokens, log

    async def exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return what a request to the token endpoint answers. Raises OAuthRefused and StorageUnavailable."""
        match form.get("grant_type", ""):
            case "authorization_code":
                return await self._use_code(form)
            case "refresh_token":
                return await self._use_refresh_token(form)
        raise OAuthRefused(
            "unsupported_grant_type", "grant_type must be authorization_code or refresh_token."
        )

    async def _use_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        from runtime.stores.oauth_token_records import Reused

        client_id, code = _require(form, "client_id"), _require(form, "code")
        now, secret = self._deployment.clock(), make_secret(REFRESH_PREFIX)

        def check(grant: OAuthGrant, found: OAuthCode) -> None:
            _check_client(found.client_id, client_id)
            _check_target(grant, form)
            if found.expires_at <= now:
                raise _refuse_grant("The code has ended: it is good for 60 seconds.")
            if form.get("redirect_uri", found.redirect_uri) != found.redirect_uri:
                raise _refuse_grant("redirect_uri is not the one that the code was sent to.")
            _check_verifier(form.get("code_verifier", ""), found.challenge)

        token, audit = self._make_token(secret), self._audit("oauth_code.used")
        code_hash, records = self._hash(code), self._stores.records
        try:
            used = await self._stores.write(lambda: records.use_code(code_hash, check, token, audit))
        except Reused as reused:
            raise self._refuse_reuse(reused.grant, "code") from None
        if used is None:
            raise _refuse_grant("The code is unknown here, or what it stood for was revoked.")
        self._log("oauth_granted", grant=used[0].id, client=used[0].client_name, scope=used[1].scope)
        return await self._answer(used[0], used[1].scope, secret)

    async def _use_refresh_token(self, form: Mapping[str, str]) -> dict[str, Any]:
        from runtime.stores.oauth_token_records import Reused

        client_id, present = _require(form, "client_id"), _require(form, "refresh_token")
        secret = make_secret(REFRESH_PREFIX)
        token_hash, records = self._hash(present), self._stores.records
        known = await asyncio.to_thread(records.find_grant_of_refresh_token, token_hash)
        scope = await self._choose_scope(known, form.get("scope", "")) if known else ""

        def check(grant: OAuthGrant) -> None:
            _check_client(grant.client_id, client_id)
            _check_target(grant, form)

        token, audit = self._make_token(secret), self._audit("oauth_token.refreshed")
        try:
            grant = await self._stores.write(
                lambda: records.use_refresh_token(token_hash, check, token, audit)
            )
        except Reused as reused:
            raise self._refuse_reuse(reused.grant, "refresh token") from None
        if grant is None:
            raise _refuse_grant("The refresh token is unknown here, has ended, or was revoked.")
        self._log("oauth_refreshed", grant=grant.id, client=grant.client_name)
        return await self._answer(grant, scope, secret)

    async def revoke(self, form: Mapping[str, str]) -> None:
        """End the grant of an access or refresh token; nothing for one that is unknown (RFC 7009). Raises

        OAuthRefused and StorageUnavailable.
        """
        client_id, token = _require(form, "client_id"), _require(form, "token")
        grant = await self._find_grant(token)
        if grant is None:
            return
        _check_client(grant.client_id, client_id)
        audit = AuditEntry(
            self._deployment.clock(),
            f"client {grant.client_name}",
            "oauth_grant.revoked",
            grant.id,
            {"client": grant.client_name},
        )
        if await self._stores.write(lambda: self._stores.records.revoke_oauth_grant(grant.id, audit)):
            self._log("oauth_revoked", grant=grant.id, client=grant.client_name)

    async def _find_grant(self, token: str) -> OAuthGrant | None:
        records = self._stores.records
        if not token.startswith("eyJ"):
            return await asyncio.to_thread(records.find_grant_of_refresh_token, self._hash(token))
        with contextlib.suppress(OAuthRefused):
            read = self._tokens.read(token)
            said = read if isinstance(read, AccessToken) else await read
            return await asyncio.to_thread(records.find_oauth_grant, said.grant_id)
        return None

    async def _choose_scope(self, grant: OAuthGrant, asked: str) -> str:
        """Return the scope of a new access token: what the grant has now, or as much of it as was asked for."""
        found = self._stores.look_up.find_oauth_grant(grant.id)
        opened = found if found is None or isinstance(found, OpenGrant) else await found
        servers = opened.servers if opened else ()
        has = frozenset[str]().union(*(list_scopes(each.grant.config.methods) for each in servers))
        if not has:
            raise _refuse_grant("Nothing is left of what was granted.")
        wanted = frozenset(asked.split()) & EVERY_SCOPE
        if wanted - has:
            raise OAuthRefused(
                "invalid_scope",
                f"scope asks for more than was granted, which is {write_scope(has)}.",
                advice="Leave scope out, or have the person sign in again with more.",
            )
        return write_scope(wanted or has)

    async def _answer(self, grant: OAuthGrant, scope: str, refresh_token: str) -> dict[str, Any]:
        token, seconds = await self._tokens.issue(grant, scope)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": seconds,
            "refresh_token": refresh_token,
            "scope": scope,
        }

    def _make_token(self, secret: str) -> tuple[Any, float]:
        return self._hash(secret), self._deployment.clock() + REFRESH_SECONDS

    def _hash(self, secret: str) -> Any:
        return self._deployment.keys.hash_token(secret if len(secret) <= LONGEST_SECRET else "")

    def _audit(self, action: str) -> AuditEntry:
        return AuditEntry(self._deployment.clock(), "ledgerport", action, "oauth")

    def _refuse_reuse(self, grant: OAuthGrant, what: str) -> OAuthRefused:
        self._log("oauth_reuse_detected", grant=grant.id, client=grant.client_name, what=what)
        return _refuse_grant(
            f"This {what} was used before. Whoever used it first may not be you: the grant has ended."
        )


def _require(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise OAuthRefused("invalid_request", f"{name} is missing.")
    return value


def _check_client(granted: str, client_id: str) -> None:
    if not hmac.compare_digest(granted.encode(), client_id.encode("utf-8", "replace")):
        raise _refuse_grant("It was issued to another client.")


def _check_target(grant: OAuthGrant, form: Mapping[str, str]) -> None:
    if form.get("resource", grant.resource).removesuffix("/") != grant.resource:
        raise OAuthRefused("invalid_target", f"resource must be {grant.resource}, which was granted.")


def _check_verifier(verifier: str, challenge: str) -> None:
    is_right = _VERIFIER.fullmatch(verifier) is not None
    if not is_right or not hmac.compare_digest(derive_challenge(verifier), challenge):
        raise _refuse_grant("code_verifier is missing, or is not that of the code_challenge.")


def _refuse_grant(message: str) -> OAuthRefused:
    return OAuthRefused("invalid_grant", message, advice="Have the person sign in again.")
