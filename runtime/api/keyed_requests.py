"""The Idempotency-Key of a POST: its repeat is the same request, with the same answer, and nothing is made twice.

Called by `routes`, when the API token may do what it asks and before the handler. The key is bound to the API token and
to the whole request, before anything is done, in the store in which `safety.once` binds the keys of tool calls; those
have their keys there, since a vendor has to know them as well. The answer of a request that was done is stored
encrypted, because it may hold a secret. A request that is refused leaves its key free.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response

from runtime.api.replies import reply_content
from runtime.errors import KeyInUse, KeyReused, KeySpent, LedgerportError, StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.model import ApiToken, Clock
from runtime.safety.once import LARGEST_REPLAYED, VALID_FOR_SECONDS, BindingStore

Handle = Callable[[Request], Awaitable[Response]]
FAILED = 500
"""From this status on it is not known whether something was done (RFC 9110), but for the next one."""
NOT_NOW = 503
"""RFC 9110: nothing was done, since it cannot be done now."""


class KeyedRequests:
    """Answers requests with a key. One for the process."""

    def __init__(self, keys: Keys, store: BindingStore, clock: Clock) -> None:
        self._keys = keys
        self._store = store
        self._clock = clock
        self._under_way: set[bytes] = set()

    async def answer(
        self, token: ApiToken, key: str, request: Request, body: bytes, handle: Handle
    ) -> Response:
        """Return the response to a request, or the one that its key had before.

        Raises KeyReused when the key belongs to another request, KeyInUse while the same one is under way, KeySpent
        when its answer was lost, StorageUnavailable, and what the handler raises.
        """
        key_hash = self._keys.hash_key(f"api\n{token.id}\n{key}".encode())
        fingerprint = self._keys.hash_key(_describe(request, body))
        is_new = await self._bind(key_hash, fingerprint)
        if key_hash in self._under_way:
            raise _in_use()
        if not is_new:
            return await self._replay(key_hash)
        self._under_way.add(key_hash)
        try:
            return await self._handle(key_hash, fingerprint, request, body, handle)
        finally:
            self._under_way.discard(key_hash)

    async def _bind(self, key_hash: bytes, fingerprint: bytes) -> bool:
        """Bind a key and return whether that is new. Raises KeyReused where it is bound to another request."""
        now = self._clock()
        bound, is_new = await self._store.write(
            lambda: self._store.bind_key(key_hash, fingerprint, now, now + VALID_FOR_SECONDS)
        )
        if bound != fingerprint:
            raise _reused()
        return is_new

    async def _replay(self, key_hash: bytes) -> Response:
        sealed = await asyncio.to_thread(self._store.find_answer, key_hash)
        if sealed is None:
            raise _spent()
        status, location, content = orjson.loads(self._keys.open(sealed, _owner(key_hash)))
        return reply_content(base64.b64decode(content), status, location=location)

    async def _handle(
        self, key_hash: bytes, fingerprint: bytes, request: Request, body: bytes, handle: Handle
    ) -> Response:
        """Return the response of the handler, stored for its repeats; free the key where nothing was done."""
        try:
            response = await handle(Request(request.scope, _replaying(body)))
        except LedgerportError as error:
            if error.status < FAILED or error.status == NOT_NOW:
                with contextlib.suppress(StorageUnavailable):
                    await self._store.write(lambda: self._store.release_key(key_hash, fingerprint))
            raise
        content = bytes(response.body)
        if len(content) <= LARGEST_REPLAYED:
            stored = [
                response.status_code,
                response.headers.get("location", ""),
                base64.b64encode(content).decode(),
            ]
            sealed = self._keys.seal(orjson.dumps(stored), _owner(key_hash))
            with contextlib.suppress(StorageUnavailable):  # it is done, whether or not it can be repeated
                await self._store.write(lambda: self._store.store_answer(key_hash, fingerprint, sealed))
        return response


def _describe(request: Request, body: bytes) -> bytes:
    """Return what makes two requests the same: where they go, and what their bodies say, however it is written."""
    with contextlib.suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return b"\n".join((request.method.encode(), request.url.path.encode(), request.url.query.encode(), body))


def _replaying(body: bytes) -> Callable[[], Awaitable[dict[str, object]]]:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _owner(key_hash: bytes) -> str:
    return f"answer:{key_hash.hex()}"


def _reused() -> KeyReused:
    return KeyReused(
        "This idempotency key was used for another request: another path, or another body. Nothing was done.",
        advice="Repeat a request exactly as it was, or give the new one a new key.",
    )


def _in_use() -> KeyInUse:
    return KeyInUse(
        "The request with this idempotency key is still under way. Nothing was done a second time.",
        advice="Wait for its answer. If that is lost, repeat the request with the same key in a minute.",
    )


def _spent() -> KeySpent:
    return KeySpent(
        "The request with this idempotency key is under way in another process, or its answer was lost. Nothing was "
        "done now.",
        advice="Look whether it was done. To do it again on purpose, give a new key.",
    )
