"""The keys that sign access tokens: one at a time, made when it is first needed, replaced by `ledgerport rotate-keys`.

Called by `access_tokens`, by `web.oauth_endpoints` for the public halves, and by `commands.rotate_keys`. The private
halves are stored sealed. A key that was replaced verifies until the last token that it signed has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from runtime.deployment import Deployment
from runtime.model import AuditEntry
from runtime.people import SigningKey

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

ALGORITHM = "ES256"
TOKEN_SECONDS = 900
"""How long an access token is good: 15 minutes, after which a client brings its refresh token. A grant that was revoked
is refused at once; what this bounds is a token whose signing key was stolen.
"""
FRESH_SECONDS = 60.0
"""How long the public halves are cached: after so long no process accepts a key that is over."""
UNKNOWN_SECONDS = 1.0
"""How long after a read they are not read again for a key that is unknown, which anybody can name."""


class SigningKeys:
    """Finds, makes and replaces signing keys. `find_verifier` is for the event loop."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self._signers: dict[str, ECKey] = {}
        self._verifiers: Mapping[str, tuple[ECKey, float]] = {}
        self._read_at = float("-inf")

    async def find_signer(self) -> ECKey:
        """Return the key that signs now, made where there is none yet. Raises StorageUnavailable."""
        found = await asyncio.to_thread(self._stores.records.list_signing_keys)
        present = next((each for each in found if each.retired_at is None), None)
        if present is None:
            made = await asyncio.to_thread(self._make)
            present = await self._stores.write(lambda: self._add(made, "ledgerport", replaces=False))
        if present.id not in self._signers:
            self._signers = {present.id: await asyncio.to_thread(self._open, present)}
        return self._signers[present.id]

    def find_known_verifier(self, key_id: str) -> ECKey | None:
        """Return the key by which a token is verified, where that is known without a read."""
        if self._deployment.monotonic() - self._read_at > FRESH_SECONDS:
            return None
        return self._choose(key_id)

    async def find_verifier(self, key_id: str) -> ECKey | None:
        """Return the key by which a token is verified; None for one that is unknown or over. Raises

        StorageUnavailable.
        """
        age = self._deployment.monotonic() - self._read_at
        if age > FRESH_SECONDS or (key_id not in self._verifiers and age > UNKNOWN_SECONDS):
            self._verifiers = await asyncio.to_thread(self._read_verifiers)
            self._read_at = self._deployment.monotonic()
        return self._choose(key_id)

    async def list_public(self) -> list[dict[str, Any]]:
        """Return the public halves of all keys that verify, as JWKs. Raises StorageUnavailable."""
        await self.find_signer()
        found, now = await asyncio.to_thread(self._stores.records.list_signing_keys), self._deployment.clock()
        return [each.public for each in found if now < _find_end(each)]

    def replace_used(self, actor: str) -> SigningKey | None:
        """Sign with a new key from now on, and return it; None where none has been needed yet.

        Raises StorageUnavailable.
        """
        if not self._stores.records.list_signing_keys():
            return None
        return self._add(self._make(), actor, replaces=True)

    def _choose(self, key_id: str) -> ECKey | None:
        key, ends_at = self._verifiers.get(key_id, (None, 0.0))
        return key if self._deployment.clock() < ends_at else None

    def _read_verifiers(self) -> Mapping[str, tuple[ECKey, float]]:
        from joserfc.jwk import ECKey

        found = self._stores.records.list_signing_keys()
        return {each.id: (ECKey.import_key(each.public), _find_end(each)) for each in found}

    def _make(self) -> SigningKey:
        from joserfc.jwk import ECKey

        id_ = str(uuid4())
        key = ECKey.generate_key("P-256", {"kid": id_, "use": "sig", "alg": ALGORITHM}, private=True)
        sealed = self._deployment.keys.seal(orjson.dumps(key.as_dict(private=True)), _owner_of(id_))
        return SigningKey(id_, dict(key.as_dict(private=False)), sealed, self._deployment.clock())

    def _add(self, key: SigningKey, actor: str, *, replaces: bool) -> SigningKey:
        audit = AuditEntry(self._deployment.clock(), actor, "signing_key.added", key.id)
        return self._stores.records.add_signing_key(key, audit, replaces=replaces)

    def _open(self, key: SigningKey) -> ECKey:
        from joserfc.jwk import ECKey

        return ECKey.import_key(orjson.loads(self._deployment.keys.open(key.sealed, _owner_of(key.id))))


def _find_end(key: SigningKey) -> float:
    """Return until when a key verifies: for ever while it signs, and then as long as what it signed."""
    return float("inf") if key.retired_at is None else key.retired_at + TOKEN_SECONDS


def _owner_of(key_id: str) -> str:
    return f"signing key {key_id}"
