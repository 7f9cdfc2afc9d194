"""The idempotency key of a write: the vendor obeys a key once, and answers a repeat with the first answer.

An endpoint has a key from its caller (REST: `Idempotency-Key`; MCP: `ledgerport/idempotency-key` in `_meta`), or none.
Called by `operations.vendor_calls`, which sends the request with the key that is made here for the vendor.

Without a key of the caller every call gets a fresh one: it makes our own resend after a broken connection safe, and
two equal bills on one day stay two bills. A caller's key is bound to the account, the caller (one MCP server or one API
token), the tool and the arguments, and the binding is stored before the write is sent. The same key with another call
is refused; callers never meet, because the key for the vendor is made from all of them. That also holds after a
binding has been purged: another call under an old key then is a write of its own, and is never taken for a repeat.

What a call came to decides what its key is good for (draft-ietf-httpapi-idempotency-key-header-07, section 2.6):

- refused here before it was sent: the key is released, for nothing was done
- answered by the vendor for good, with success or with a refusal of what was sent: the key stays with the call, and a
  repeat has the same answer. The vendor gives it where it recognizes repeats; otherwise it is the one stored here
- refused by the vendor as long as something lasts, such as a rate limit or an expired connection: released, for nothing
  was done and a repeat may succeed
- anything else, such as no answer: the key stays, and a repeat is sent only where the vendor recognizes it
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson

from runtime.errors import Indeterminate, InvalidRequest, LedgerportError, StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.model import AccountId, Clock
from runtime.safety import key_errors
from runtime.upstream.client import VendorResponse

KEY_LENGTH = 32
"""Characters of a key as the vendor gets it, unless its definition says that fewer are taken: 128 bits."""

LONGEST_KEY = 255
"""Characters of a caller's key, at both endpoints. Generous for a UUID (36) or a hash in hexadecimal (128)."""

VALID_FOR_SECONDS = 7 * 24 * 3600.0
"""How long a binding is stored after the first call: a queue that stood still over a long weekend may still repeat.
No vendor here publishes how long it remembers a key.
"""

CLAIM_SECONDS = 240.0
"""How long a call whose process has died is under way for others: four answers of the slowest vendor, each 59 s."""
LARGEST_REPLAYED = 256 * 1024
"""Bytes of an answer that is stored for repeats: a record has a few thousand."""
SUCCESS_ENDS = 300
"""The first status that is no success."""
PASSING = frozenset({401, 403, 421, 423, 425, 429})
"""Refusals that are about the moment and not about the call (RFC 9110, 4918, 6585, 8470): nothing was done."""
UNCLEAR = 408
"""The vendor's answer was late, and not its work: it may have done it."""

_KEY = re.compile(r"[!-~]+")
_QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])*)"')
"""A String of structured fields (RFC 9651, section 3.3.3), without blanks."""

T = TypeVar("T")
Send = Callable[[str], Awaitable[VendorResponse]]


def _do_nothing() -> None:
    pass


class BindingStore(Protocol):
    """Where bindings are stored. A change is made through `write`; each raises StorageUnavailable."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes send calls over the same store."""
        ...

    async def write(self, work: Callable[[], T]) -> T:
        """Return the result of a change, made in the thread that writes."""
        ...

    def bind_key(
        self, key_hash: bytes, fingerprint: bytes, now: float, expires_at: float
    ) -> tuple[bytes, bool]:
        """Bind a key in one transaction, unless it is bound; answer what it is bound to and whether that is new."""
        ...

    def find_binding(self, key_hash: bytes, now: float) -> bytes | None:
        """Return what a key is bound to now; it changes nothing."""
        ...

    def store_answer(self, key_hash: bytes, fingerprint: bytes, answer: bytes) -> None:
        """Store the answer, encrypted, to the call that a key is bound to."""
        ...

    def find_answer(self, key_hash: bytes) -> bytes | None:
        """Return the stored answer to the call that a key is bound to."""
        ...

    def release_key(self, key_hash: bytes, fingerprint: bytes) -> None:
        """Remove a binding: nothing was sent under it."""
        ...


class KeyedCall(NamedTuple):
    """A write that came with a key of its caller. `is_recognized`: whether the vendor knows a repeat by its key.

    `max_length` is the most characters of a key that the vendor takes, 0 where any that is made here fits.
    """

    account_id: AccountId
    caller: str
    key: str
    tool_name: str
    arguments: Mapping[str, Any]
    is_recognized: bool
    max_length: int = 0
    note_repeat: Callable[[], None] = _do_nothing
    """Called before a call is sent that was made before under its key."""


def read_key(given: object) -> str:
    """Read a caller's key: quoted (`"…"`, a structured-field String, as in the draft) or bare. Both are the same key.

    Raises InvalidRequest when it is no text, empty, longer than 255 characters, or has blanks, control or non-ASCII
    characters in it.
    """
    key = given if isinstance(given, str) else ""
    if len(key) <= 2 * LONGEST_KEY + 2 and key.startswith('"'):
        quoted = _QUOTED.fullmatch(key)
        key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    if not 0 < len(key) <= LONGEST_KEY or not _KEY.fullmatch(key):
        raise InvalidRequest(
            f"The idempotency key must be a text of 1 to {LONGEST_KEY} visible ASCII characters without blanks, "
            "bare or in double quotes. Nothing was sent.",
            advice="Give each call a key of its own, such as a UUID, and the same one when the call is repeated.",
        )
    return key


def make_key(max_length: int = 0) -> str:
    """Make a key of at most so many characters for a write whose caller gave none; 0 sets no limit."""
    return secrets.token_hex(KEY_LENGTH // 2)[: max_length or KEY_LENGTH]


class Once:
    """Sends writes under their callers' keys. One for the process.

    Calls under way are noted in memory, and where processes share the store, there as well: a claim beside the binding,
    which ends with the call, or by itself when the process has died. What has to hold after a restart is in the store.
    """

    def __init__(self, keys: Keys, store: BindingStore, *, clock: Clock = time.time) -> None:
        self._keys = keys
        self._store = store
        self._clock = clock
        self._under_way: dict[bytes, bytes] = {}

    async def send(self, call: KeyedCall, send: Send) -> VendorResponse:
        """Send a write under its key for the vendor, which `send` is given, after the binding is stored.

        Raises KeyReused when the key belongs to another call, KeyInUse while the same call is under way, KeySpent for
        a repeat that the vendor would not recognize, StorageUnavailable when the binding cannot be stored. Nothing was
        sent then.
        """
        key_hash = self._hash_key(call)
        fingerprint = self._fingerprint(call)
        if (other := self._under_way.get(key_hash)) is not None:
            raise key_errors.describe_used_key() if other == fingerprint else key_errors.describe_reused_key()
        self._under_way[key_hash] = fingerprint
        try:
            if not self._store.is_shared:
                return await self._send_bound(call, send, key_hash, fingerprint)
            async with self._claim(key_hash, fingerprint):
                return await self._send_bound(call, send, key_hash, fingerprint)
        finally:
            del self._under_way[key_hash]

    async def _send_bound(
        self, call: KeyedCall, send: Send, key_hash: bytes, fingerprint: bytes
    ) -> VendorResponse:
        is_new = await self._bind(key_hash, fingerprint)
        if not is_new:
            call.note_repeat()
        if not is_new and not call.is_recognized:
            return await self._replay(key_hash)
        length = min(call.max_length or KEY_LENGTH, KEY_LENGTH)
        vendor_key = self._keys.hash_key(b"vendor\n" + key_hash + fingerprint).hex()[:length]
        return await self._send(call, send, vendor_key, (key_hash, fingerprint) if is_new else None)

    @contextlib.asynccontextmanager
    async def _claim(self, key_hash: bytes, fingerprint: bytes) -> AsyncIterator[None]:
        """Have no other process send under a key while a block runs. Raises KeyInUse, KeyReused, StorageUnavailable."""
        claim, mine, now = self._keys.hash_key(b"claim\n" + key_hash), secrets.token_bytes(16), self._clock()
        try:
            held_by, is_new = await self._store.write(
                lambda: self._store.bind_key(claim, fingerprint + mine, now, now + CLAIM_SECONDS)
            )
        except StorageUnavailable as failed:
            raise key_errors.describe_unstored_key(failed) from failed
        if not is_new:
            raise (
                key_errors.describe_used_key()
                if held_by.startswith(fingerprint)
                else key_errors.describe_reused_key()
            )
        try:
            yield
        finally:
            with contextlib.suppress(StorageUnavailable):  # it ends by itself
                await self._store.write(lambda: self._store.release_key(claim, fingerprint + mine))

    async def is_repeat(self, call: KeyedCall) -> bool:
        """Return whether a call was made before under its key, or is under way. It binds nothing.

        Raises KeyReused when the key belongs to another call, StorageUnavailable.
        """
        key_hash = self._hash_key(call)
        bound = self._under_way.get(key_hash)
        if bound is None:
            bound = await asyncio.to_thread(self._store.find_binding, key_hash, self._clock())
        if bound is not None and bound != self._fingerprint(call):
            raise key_errors.describe_reused_key()
        return bound is not None

    def _hash_key(self, call: KeyedCall) -> bytes:
        return self._keys.hash_key(_joined("binding", call.account_id, call.caller, call.key))

    def _fingerprint(self, call: KeyedCall) -> bytes:
        arguments = orjson.dumps(call.arguments, option=orjson.OPT_SORT_KEYS)
        return self._keys.hash_key(_joined("call", call.tool_name) + arguments)

    async def _bind(self, key_hash: bytes, fingerprint: bytes) -> bool:
        now = self._clock()
        try:
            bound, is_new = await self._store.write(
                lambda: self._store.bind_key(key_hash, fingerprint, now, now + VALID_FOR_SECONDS)
            )
        except StorageUnavailable as failed:
            raise key_errors.describe_unstored_key(failed) from failed
        if bound != fingerprint:
            raise key_errors.describe_reused_key()
        return is_new

    async def _replay(self, key_hash: bytes) -> VendorResponse:
        """Return the first answer to a call whose vendor does not repeat it. Raises KeySpent when it was lost."""
        sealed = await asyncio.to_thread(self._store.find_answer, key_hash)
        if sealed is None:
            raise key_errors.describe_spent_key()
        status, headers, body = orjson.loads(self._keys.open(sealed, f"answer:{key_hash.hex()}"))
        return VendorResponse(status, headers, base64.b64decode(body))

    async def _store_answer(self, binding: tuple[bytes, bytes], response: VendorResponse) -> None:
        """Store the answer to a call for its repeats; what is too large or cannot be stored is not repeated."""
        if len(response.body) > LARGEST_REPLAYED:
            return
        headers = {name.lower(): value for name, value in response.headers.items()}
        text = orjson.dumps([response.status, headers, base64.b64encode(response.body).decode()])
        sealed = self._keys.seal(text, f"answer:{binding[0].hex()}")
        with contextlib.suppress(StorageUnavailable):
            await self._store.write(lambda: self._store.store_answer(*binding, sealed))

    async def _send(
        self, call: KeyedCall, send: Send, vendor_key: str, new: tuple[bytes, bytes] | None
    ) -> VendorResponse:
        """Send, and release a binding that was made for nothing, or store the answer to which it is bound."""
        try:
            response = await send(vendor_key)
        except Indeterminate:
            raise
        except LedgerportError:
            await self._release(new)
            raise
        if response.status in PASSING:
            await self._release(new)
        elif _is_final(response.status) and not call.is_recognized and new is not None:
            await self._store_answer(new, response)
        return response

    async def _release(self, new: tuple[bytes, bytes] | None) -> None:
        if new is None:
            return
        with contextlib.suppress(StorageUnavailable):
            await self._store.write(lambda: self._store.release_key(*new))


def _joined(*parts: str) -> bytes:
    """Parts as one text. None has a line end in it: ids are ours, keys have no blanks, tool names come from YAML."""
    return "".join(f"{part}\n" for part in parts).encode()


def _is_final(status: int) -> bool:
    """Return whether an answer holds for good: success, or a refusal of what was sent."""
    return status < SUCCESS_ENDS or (400 <= status < 500 and status != UNCLEAR)
