"""API tokens: what lets a program use the management API. The secret is answered once and stored as a hash."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from runtime.errors import InvalidRequest, NotFound
from runtime.keys.crypto import Keys, make_secret
from runtime.model import AccountId, ApiToken, ApiTokenId, AuditEntry, Clock
from runtime.operations import answers
from runtime.operations.names import check_name
from runtime.operations.scopes import ADMIN, check_scopes
from runtime.recent import Recent

if TYPE_CHECKING:
    from runtime.stores.embedded import Stores

PREFIX = "lpa_"
LONGEST = 200
"""Characters. Ours have 47; a longer text is not even hashed."""
NOTED_EVERY_SECONDS = 300.0
"""A write for each call would cost more than the call; nobody needs the last use to the minute."""
_MOST_TRIED = 10_000
"""Tokens whose last note is remembered: more than a deployment has."""


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
        actor: str = "",
    ) -> dict[str, Any]:
        """Make a token; `token` in the answer is the secret, which is not shown again.

        Raises InvalidRequest for scopes that do not fit together, or an account that is not there.
        """
        now, secret = self._clock(), make_secret(PREFIX)
        bound_to = None if account_id is None else AccountId(account_id)
        chosen = check_scopes(scopes, account_id)
        token = ApiToken(ApiTokenId(str(uuid4())), check_name(name), now, None, chosen, bound_to)
        audit = AuditEntry(now, actor or self._actor, "api_token.created", token.id, _described(token))
        if not self._stores.records.add_api_token(token, self._keys.hash_token(secret), audit):
            raise InvalidRequest(
                "There is no such integrated account to bind the API token to.",
                advice="Give the id of an integrated account.",
            )
        return {**answers.show_api_token(token), "token": secret}

    def list(self, limit: int = answers.USUAL_PART, next_cursor: str = "") -> dict[str, Any]:
        """Return the tokens, from the oldest on, without their secrets."""
        return answers.read_part(
            self._stores.records.list_api_tokens, answers.show_api_token, limit, next_cursor
        )

    def revoke(self, token_id: str, *, actor: str = "") -> dict[str, Any]:
        """Revokes a token by its id: the next request with it is refused. Raises NotFound."""
        audit = AuditEntry(self._clock(), actor or self._actor, "api_token.revoked", token_id)
        if not self._stores.records.delete_api_token(ApiTokenId(token_id), audit, _described):
            raise NotFound("There is no such API token.")
        return {"id": token_id}

    async def identify(self, secret: str) -> ApiToken | None:
        """Return the token that this secret is, if it is one. One indexed read; called for every request."""
        if not 0 < len(secret) <= LONGEST:
            return None
        return await self._stores.look_up.find_api_token(self._keys.hash_token(secret))

    def is_use_to_note(self, token: ApiToken) -> bool:
        """Whether `last_used_at` is so old that it should be written again, and that was not tried just now."""
        last = max(token.last_used_at or 0.0, self._tried.get(token.id) or 0.0)
        return self._clock() - last >= NOTED_EVERY_SECONDS

    def note_use(self, token: ApiToken) -> None:
        """Have it stored that a token was used now. Nobody waits for it, and nothing fails with it."""
        now = self._clock()
        self._tried.put(token.id, now)
        self._stores.note(lambda: self._stores.records.note_api_token_use(token.id, now))


def _described(token: ApiToken) -> dict[str, Any]:
    return {"name": token.name, "scopes": list(token.scopes), "integrated_account_id": token.account_id}
