"""API tokens: what lets a program use the management API. The secret is answered once and stored as a hash."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from runtime.errors import InvalidRequest
from runtime.keys.crypto import Keys, make_secret
from runtime.model import AccountId, ApiToken, ApiTokenId, AuditEntry, Clock
from runtime.operations import answers
from runtime.operations.names import check_expiry, check_name, check_tenant_id
from runtime.operations.scopes import (
    ADMIN,
    check_new_token,
    check_scopes,
    choose_tenant,
    find_reach,
    is_within,
    refuse_unknown_token,
)
from runtime.recent import Recent
from runtime.tenancy import DEFAULT_TENANT, EVERYTHING, Reach, TenantId

if TYPE_CHECKING:
    from runtime.stores.embedded import Stores

PREFIX = "lpa_"
LONGEST = 200
"""Characters. Ours have 47; a longer text is not even hashed."""
NOTED_EVERY_SECONDS = 300.0
"""A write for each call would cost more than the call; nobody needs the last use to the minute."""
_MOST_TRIED = 10_000
"""Tokens whose last note is remembered: more than a deployment has."""


class Bounds(NamedTuple):
    """What a new API token is bound to, beside an account.

    `maker` is the API token that asks for it, None at the command line: the new one has its tenant and ends with it
    where nothing else is said.
    """

    tenant_id: str | None = None
    expires_at: str | None = None
    maker: ApiToken | None = None


UNBOUND = Bounds()


class ApiTokens:
    """Makes, lists, revokes and recognises API tokens. `actor` is who does it, for the audit."""

    def __init__(self, stores: Stores, keys: Keys, *, actor: str = "", clock: Clock = time.time) -> None:
        self._stores = stores
        self._keys = keys
        self._actor = actor
        self._clock = clock
        self._tried: Recent[ApiTokenId, float] = Recent(_MOST_TRIED)

    def create(
        self,
        name: str,
        scopes: Sequence[str] = (ADMIN,),
        account_id: str | None = None,
        *,
        bounds: Bounds = UNBOUND,
        actor: str = "",
    ) -> dict[str, Any]:
        """Make a token; `token` in the answer is the secret, which is not shown again.

        Raises InvalidRequest for scopes that do not fit together, or an account that is not
        there, and Forbidden for a token that may do more than its maker.
        """
        maker = bounds.maker
        now, secret, reach = self._clock(), make_secret(PREFIX), find_reach(maker)
        named = None if bounds.tenant_id is None else check_tenant_id(bounds.tenant_id)
        tenant = choose_tenant(reach, named)
        chosen = check_scopes(scopes, account_id, tenant)
        if account_id is not None:
            tenant = self._find_tenant(account_id, reach, tenant)
        ends = check_expiry(bounds.expires_at, now, of_token=True)
        token = ApiToken(
            ApiTokenId(str(uuid4())), check_name(name), now, None, chosen,
            None if account_id is None else AccountId(account_id), tenant or DEFAULT_TENANT, tenant is not None,
            maker.expires_at if ends is None and maker else ends,
        )  # fmt: skip
        check_new_token(maker, token)
        audit = AuditEntry(now, actor or self._actor, "api_token.created", token.id, _described(token))
        if not self._stores.records.add_api_token(token, self._keys.hash_token(secret), audit):
            raise _refuse_account()
        return {**answers.show_api_token(token), "token": secret}

    def list(
        self, limit: int = answers.USUAL_PART, next_cursor: str = "", *, reach: Reach = EVERYTHING
    ) -> dict[str, Any]:
        """Return the tokens within reach, from the oldest on, without their secrets."""
        return answers.read_part(
            lambda after, count: self._stores.records.list_api_tokens(after, count, reach),
            answers.show_api_token,
            limit,
            next_cursor,
        )

    def revoke(self, token_id: str, *, reach: Reach = EVERYTHING, actor: str = "") -> dict[str, Any]:
        """Revoke a token by its id: the next request with it is refused. Raises NotFound."""
        audit = AuditEntry(self._clock(), actor or self._actor, "api_token.revoked", token_id)
        if not self._stores.records.delete_api_token(ApiTokenId(token_id), audit, _described, reach):
            raise refuse_unknown_token()
        return {"id": token_id}

    def _find_tenant(self, account_id: str, reach: Reach, tenant: TenantId | None) -> TenantId:
        """Return the tenant of the account that a token is to be bound to. Raises InvalidRequest."""
        account = self._stores.read_account(AccountId(account_id))
        if account is None or not is_within(reach, account) or tenant not in (None, account.tenant_id):
            raise _refuse_account()
        return account.tenant_id

    async def identify(self, secret: str) -> ApiToken | None:
        """Return the token that this secret is, if it is one. One indexed read; called for every request."""
        if not 0 < len(secret) <= LONGEST:
            return None
        return await self._stores.look_up.find_api_token(self._keys.hash_token(secret), self._clock())

    def is_use_to_note(self, token: ApiToken) -> bool:
        """Whether `last_used_at` is so old that it should be written again, and that was not tried just now."""
        last = max(token.last_used_at or 0.0, self._tried.get(token.id) or 0.0)
        return self._clock() - last >= NOTED_EVERY_SECONDS

    def note_use(self, token: ApiToken) -> None:
        """Have it stored that a token was used now. Nobody waits for it, and nothing fails with it."""
        now = self._clock()
        self._tried.put(token.id, now)
        self._stores.note(lambda: self._stores.records.note_api_token_use(token.id, now))


def _refuse_account() -> InvalidRequest:
    return InvalidRequest(
        "There is no such integrated account to bind the API token to.",
        advice="Give the id of an integrated account.",
    )


def _described(token: ApiToken) -> dict[str, Any]:
    shown = answers.show_api_token(token)
    return {
        name: shown[name] for name in ("name", "scopes", "integrated_account_id", "tenant_id", "expires_at")
    }
