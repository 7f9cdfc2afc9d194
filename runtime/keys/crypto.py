"""Every use of cryptography: keys from the secret key, hashes of tokens, sealed credentials, signed state.

Stores hold what it makes, endpoints compare with it. The two libraries behind it are imported when first needed,
because the first answer of a cold start needs neither.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runtime.errors import SealBroken
from runtime.model import TokenHash

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_BYTES = 32
"""256 bits; 192 are the least that a token may have."""
_LASTING_VERSION = b"\x01"
"""Of what is sealed with the lasting key: before keys had ids that was everything."""
_VERSION = b"\x02"
_ID_BYTES = 4
"""Enough to distinguish the few keys of a deployment."""
_LASTING = "lasting key"
_NONCE_BYTES = 12
"""96 bits, as NIST SP 800-38D recommends for GCM."""
_HASH_BYTES = 32
"""Of SHA-256."""


def make_secret(prefix: str) -> str:
    """Return a new secret of 256 random bits after a prefix that says what it is for; safe in URLs."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


class _Hmac:
    """HMAC-SHA256 with one key, both halves of which are hashed once: a request then costs two short hashes."""

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\x00")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        """Return the 32 bytes of the HMAC."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


class _Master:
    """One secret key of a deployment, with what is derived from it. `id` names it in what it has sealed."""

    def __init__(self, secret: bytes) -> None:
        self.prepared = hmac.digest(b"ledgerport", secret, "sha256")
        self.id = _derive(self.prepared, b"key id")[:_ID_BYTES]
        self.seal_key = _derive(self.prepared, b"sealed credentials")
        self.state_key = _derive(self.prepared, b"oauth state")
        self.link_key = _derive(self.prepared, b"file links")
        check_key = _derive(self.prepared, b"key check")
        self.check = hmac.digest(check_key, b"ledgerport key check", "sha256")


class Keys:
    """Everything that takes a key. Made once from the secret key and the previous ones; each purpose has its own.

    Sealed with the secret key, and with its id in front, is what can be sealed anew when that is rotated: credentials,
    pending authorizations, stored answers. What cannot be made anew (the hashes of tokens and idempotency keys, and the
    journal, whose chain covers the sealed bytes) hangs on a *lasting key*. It is derived from the first secret key of a
    database; when that is rotated the lasting key itself is stored, sealed with the new one (`adopt`), so that URLs and
    API tokens go on and the first secret key can be removed.
    """

    def __init__(self, master: bytes, previous: Sequence[bytes] = ()) -> None:
        self._ring = (_Master(master), *(_Master(each) for each in previous))
        self._ciphers: dict[bytes, AESGCM] = {}
        self._take_lasting(self._ring[0].prepared)

    def __repr__(self) -> str:
        return "Keys(…)"

    def _take_lasting(self, lasting: bytes) -> None:
        self._lasting = lasting
        self._token_hash = _Hmac(_derive(lasting, b"token hashes"))
        self._key_hash = _Hmac(_derive(lasting, b"idempotency keys"))
        self._link_hash = _Hmac(_derive(lasting, b"journal"))
        self._lasting_key = _derive(lasting, b"sealed credentials")

    def hash_token(self, secret: str) -> TokenHash:
        """HMAC-SHA256 of a token, 32 bytes: what is stored and looked up instead of it."""
        return TokenHash(self._token_hash.digest(secret.encode("utf-8", "replace")))

    def check_value(self) -> bytes:
        """HMAC-SHA256 of a constant, 32 bytes: a database stores it to recognize this key without knowing it."""
        return self._ring[0].check

    def is_ours(self, check: bytes) -> bool:
        """Whether a database with this check value belongs to the secret key or a previous one."""
        return self._find(check) is not None

    def adopt(self, check: bytes, lasting: bytes | None) -> bool:
        """Take the lasting key of a database from its check value and what `seal_lasting_key` stored, if it did.

        False when it belongs to none of these keys.
        """
        owner = self._find(check)
        if owner is None:
            return False
        self._take_lasting(owner.prepared if lasting is None else self.open(lasting, _LASTING))
        return True

    def seal_lasting_key(self) -> bytes:
        """Return the lasting key, sealed with the secret key."""
        return self.seal(self._lasting, _LASTING)

    @property
    def seal_prefix(self) -> bytes:
        """What everything begins with that is sealed with the secret key."""
        return _VERSION + self._ring[0].id

    def hash_key(self, content: bytes) -> bytes:
        """HMAC-SHA256 of an idempotency key and what it is bound to, 32 bytes."""
        return self._key_hash.digest(content)

    def hash_journal(self, content: bytes) -> bytes:
        """HMAC-SHA256 of a link of the journal and the hash before it, 32 bytes."""
        return self._link_hash.digest(content)

    def seal(self, content: bytes, owner: str) -> bytes:
        """Encrypts content so that it opens only with this key and for this owner (AES-256-GCM)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return (
            self.seal_prefix
            + nonce
            + self._aes(self._ring[0].seal_key).encrypt(nonce, content, owner.encode())
        )

    def seal_lasting(self, content: bytes, owner: str) -> bytes:
        """Encrypts the same with the lasting key, for what is never sealed anew."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _LASTING_VERSION + nonce + self._aes(self._lasting_key).encrypt(nonce, content, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """Return the content that was sealed for this owner. Raises SealBroken for anything else."""
        from cryptography.exceptions import InvalidTag

        key, rest = self._find_key(sealed)
        if key is None or len(rest) < _NONCE_BYTES:
            raise SealBroken("A stored secret is not in a form that this version knows.")
        try:
            return self._aes(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], owner.encode())
        except InvalidTag as problem:
            raise SealBroken(
                "A stored secret cannot be opened with the present secret key.",
                advice="Start with the secret key it was stored with, or connect the account again.",
            ) from problem

    def _find_key(self, sealed: bytes) -> tuple[bytes | None, bytes]:
        """Return the key that something is sealed with, and what follows its name."""
        if sealed[:1] == _LASTING_VERSION:
            return self._lasting_key, sealed[1:]
        if sealed[:1] != _VERSION:
            return None, b""
        name, rest = sealed[1 : 1 + _ID_BYTES], sealed[1 + _ID_BYTES :]
        found = next((each.seal_key for each in self._ring if each.id == name), None)
        if found is None and len(name) == _ID_BYTES:
            raise SealBroken(
                "A stored secret was sealed with a secret key that is not given.",
                advice="Add that key to LEDGERPORT_PREVIOUS_SECRET_KEYS, and run ledgerport rotate-keys.",
            )
        return found, rest

    def _find(self, check: bytes) -> _Master | None:
        return next((each for each in self._ring if hmac.compare_digest(each.check, check)), None)

    def seal_link(self, content: bytes) -> bytes:
        """Encrypts what a link stands for, so that nobody can read, make or change one (AES-256-GCM)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aes(self._ring[0].link_key).encrypt(nonce, content, None)

    def open_link(self, sealed: bytes) -> bytes:
        """Return what a link stands for. Raises SealBroken for anything that these keys have not sealed as a link."""
        from cryptography.exceptions import InvalidTag

        if len(sealed) <= _NONCE_BYTES:
            raise SealBroken("A link is too short to be one.")
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for each in self._ring:
            with contextlib.suppress(InvalidTag):
                return self._aes(each.link_key).decrypt(nonce, rest, None)
        raise SealBroken("A link was not made with the present secret key.")

    def make_state(self) -> str:
        """Return a random, signed OAuth `state`."""
        from itsdangerous import Signer

        signer = Signer(self._ring[0].state_key, digest_method=hashlib.sha256)
        return signer.sign(make_secret("")).decode()

    def is_our_state(self, state: str) -> bool:
        """Whether a `state` was made by `new_state`, compared in constant time."""
        from itsdangerous import Signer

        text = state.encode("utf-8", "replace")
        return any(Signer(each.state_key, digest_method=hashlib.sha256).validate(text) for each in self._ring)

    def _aes(self, key: bytes) -> AESGCM:
        if key not in self._ciphers:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._ciphers[key] = AESGCM(key)
        return self._ciphers[key]


def _derive(prepared: bytes, purpose: bytes) -> bytes:
    """HKDF's expansion (RFC 5869) for one block, which is as long as the keys here."""
    return hmac.digest(prepared, b"ledgerport " + purpose + b"\x01", "sha256")[:_HASH_BYTES]
