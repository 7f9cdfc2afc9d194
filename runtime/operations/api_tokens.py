"""API tokens: what lets a program in at the management door. The secret is answered once and stored as a hash."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from runtime.crypto import Keys, new_secret
from runtime.errors import NotFound
from runtime.model import ApiToken, ApiTokenId, AuditEntry, Clock
from runtime.operations import answers
from runtime.operations.names import checked_name

if TYPE_CHECKING:
    from runtime.stores.embedded import Stores

PREFIX = "lpa_"
LONGEST = 200
NOTED_EVERY_SECONDS = 300.0
_MOST_TRIED = 10_000


class ApiTokens:
    """Makes, lists, revokes and recognises API tokens. `actor` is who does it, for the audit."""

    def __init__(self, stores: Stores, keys: Keys, *, actor: str = "", clock: Clock = time.time) -> None:
        self._stores = stores
        self._keys = keys
        self._actor = actor
        self._clock = clock
        self._tried: dict[ApiTokenId, float] = {}

    def create(self, name: str, *, actor: str = "") -> dict[str, Any]:
        """Makes a token; `token` in the answer is the secret, which is not shown again."""
        now, secret = self._clock(), new_secret(PREFIX)
        token = ApiToken(ApiTokenId(str(uuid4())), checked_name(name), now, None)
        audit = AuditEntry(now, actor or self._actor, "api_token.created", token.id, {"name": token.name})
        self._stores.records.add_api_token(token, self._keys.hash_token(secret), audit)
        return {**answers.of_api_token(token), "token": secret}

    def list(self, limit: int = answers.USUAL_PART, next_cursor: str = "") -> dict[str, Any]:
        """The tokens, from the oldest on, without their secrets."""
        return answers.part(self._stores.records.api_tokens, answers.of_api_token, limit, next_cursor)

    def revoke(self, token_id: str, *, actor: str = "") -> dict[str, Any]:
        """Revokes a token by its id: the next request with it is refused. Raises NotFound."""
        audit = AuditEntry(self._clock(), actor or self._actor, "api_token.revoked", token_id)
        if not self._stores.records.delete_api_token(ApiTokenId(token_id), audit):
            raise NotFound("There is no such API token.")
        return {"id": token_id}

    def recognise(self, secret: str) -> ApiToken | None:
        """The token that this secret is, if it is one. One indexed read; called for every request."""
        if not 0 < len(secret) <= LONGEST:
            return None
        return self._stores.look_up.find_api_token(self._keys.hash_token(secret))

    def is_use_to_note(self, token: ApiToken) -> bool:
        """Whether `last_used_at` is so old that it should be written again, and that was not tried just now."""
        last = max(token.last_used_at or 0.0, self._tried.get(token.id, 0.0))
        return self._clock() - last >= NOTED_EVERY_SECONDS

    def note_use(self, token: ApiToken) -> None:
        """Have it stored that a token was used now. Nobody waits for it, and nothing fails with it."""
        now = self._clock()
        if len(self._tried) >= _MOST_TRIED:
            self._tried.clear()
        self._tried[token.id] = now
        self._stores.note(lambda: self._stores.records.note_api_token_use(token.id, now))
