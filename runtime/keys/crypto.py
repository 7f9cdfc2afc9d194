"""Every use of cryptography: keys from one master key, hashes of tokens, sealed credentials, signed state.

Stores hold what it makes, endpoints compare with it. The two libraries behind it are imported when first needed,
because the first answer of a cold start needs neither.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from runtime.errors import SealBroken
from runtime.model import TokenHash

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_BYTES = 32
"""256 bits; 192 are the least that a token may have."""
_VERSION = b"\x01"
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


class Keys:
    """Everything that takes a key. Made once from the master key; each purpose has a key of its own."""

    def __init__(self, master: bytes) -> None:
        prepared = hmac.digest(b"ledgerport", master, "sha256")
        self._token_hash = _Hmac(_derive(prepared, b"token hashes"))
        self._key_hash = _Hmac(_derive(prepared, b"idempotency keys"))
        self._link_hash = _Hmac(_derive(prepared, b"journal"))
        self._seal_key = _derive(prepared, b"sealed credentials")
        self._state_key = _derive(prepared, b"oauth state")
        self._check_key = _derive(prepared, b"key check")
        self._link_key = _derive(prepared, b"file links")
        self._ciphers: dict[bytes, AESGCM] = {}

    def __repr__(self) -> str:
        return "Keys(…)"

    def hash_token(self, secret: str) -> TokenHash:
        """HMAC-SHA256 of a token, 32 bytes: what is stored and looked up instead of it."""
        return TokenHash(self._token_hash.digest(secret.encode("utf-8", "replace")))

    def check_value(self) -> bytes:
        """HMAC-SHA256 of a constant, 32 bytes: a database stores it to recognize this key without knowing it."""
        return hmac.digest(self._check_key, b"ledgerport key check", "sha256")

    def hash_key(self, content: bytes) -> bytes:
        """HMAC-SHA256 of an idempotency key and what it is bound to, 32 bytes."""
        return self._key_hash.digest(content)

    def hash_journal(self, content: bytes) -> bytes:
        """HMAC-SHA256 of a link of the journal and the hash before it, 32 bytes."""
        return self._link_hash.digest(content)

    def seal(self, content: bytes, owner: str) -> bytes:
        """Encrypts content so that it opens only with this key and for this owner (AES-256-GCM)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._aes(self._seal_key).encrypt(nonce, content, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """Return the content that was sealed for this owner. Raises SealBroken for anything else."""
        from cryptography.exceptions import InvalidTag

        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(nonce) < _NONCE_BYTES:
            raise SealBroken("A stored secret is not in a form that this version knows.")
        try:
            return self._aes(self._seal_key).decrypt(nonce, rest, owner.encode())
        except InvalidTag as problem:
            raise SealBroken(
                "A stored secret cannot be opened with the present secret key.",
                advice="Start with the secret key it was stored with, or connect the account again.",
            ) from problem

    def seal_link(self, content: bytes) -> bytes:
        """Encrypts what a link stands for, so that nobody can read, make or change one (AES-256-GCM)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aes(self._link_key).encrypt(nonce, content, None)

    def open_link(self, sealed: bytes) -> bytes:
        """Return what a link stands for. Raises SealBroken for anything that this key has not sealed as a link."""
        from cryptography.exceptions import InvalidTag

        if len(sealed) <= _NONCE_BYTES:
            raise SealBroken("A link is too short to be one.")
        try:
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return self._aes(self._link_key).decrypt(nonce, rest, None)
        except InvalidTag as problem:
            raise SealBroken("A link was not made with the present secret key.") from problem

    def make_state(self) -> str:
        """Return a random, signed OAuth `state`."""
        from itsdangerous import Signer

        return Signer(self._state_key, digest_method=hashlib.sha256).sign(make_secret("")).decode()

    def is_our_state(self, state: str) -> bool:
        """Whether a `state` was made by `new_state`, compared in constant time."""
        from itsdangerous import Signer

        return Signer(self._state_key, digest_method=hashlib.sha256).validate(
            state.encode("utf-8", "replace")
        )

    def _aes(self, key: bytes) -> AESGCM:
        if key not in self._ciphers:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._ciphers[key] = AESGCM(key)
        return self._ciphers[key]


def _derive(prepared: bytes, purpose: bytes) -> bytes:
    """HKDF's expansion (RFC 5869) for one block, which is as long as the keys here."""
    return hmac.digest(prepared, b"ledgerport " + purpose + b"\x01", "sha256")[:_HASH_BYTES]
