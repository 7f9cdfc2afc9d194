from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys

import pytest

from runtime.errors import SealBroken
from runtime.keys.crypto import Keys, _Hmac, make_secret

KEYS, OTHER = Keys(b"k" * 32), Keys(b"o" * 32)


def test_secrets_have_256_bits_fit_into_urls_and_differ() -> None:
    made = {make_secret("lpm_") for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(each) == 47 and each[4:].replace("-", "").replace("_", "").isalnum() for each in made)


def test_a_hash_depends_on_the_key_and_says_nothing_of_the_secret() -> None:
    assert KEYS.hash_token("a") == KEYS.hash_token("a") != OTHER.hash_token("a")
    assert len(KEYS.hash_token("a")) == 32
    assert KEYS.hash_token("\ud800") != KEYS.hash_token("a")


def test_what_is_sealed_opens_only_with_the_same_key_for_the_same_owner() -> None:
    sealed = KEYS.seal(b"refresh token", "account-1")
    assert b"refresh" not in sealed
    assert KEYS.open(sealed, "account-1") == b"refresh token"
    assert KEYS.seal(b"refresh token", "account-1") != sealed
    changed = bytearray(sealed)
    changed[-1] ^= 1
    for keys, text, owner in (
        (OTHER, sealed, "account-1"),
        (KEYS, sealed, "account-2"),
        (KEYS, bytes(changed), "account-1"),
        (KEYS, b"", "account-1"),
        (KEYS, b"\x03" + sealed[1:], "account-1"),
        (KEYS, b"\x01" + sealed[1:], "account-1"),
        (KEYS, sealed[:1] + b"none" + sealed[5:], "account-1"),
        (KEYS, sealed[:9], "account-1"),
        (KEYS, sealed[:5], "account-1"),
        (KEYS, sealed[:1], "account-1"),
    ):
        with pytest.raises(SealBroken):
            keys.open(text, owner)


def test_a_state_is_recognised_only_as_it_was_made() -> None:
    state = KEYS.make_state()
    assert KEYS.is_our_state(state)
    changed = ("B" if state[0] == "A" else "A") + state[1:]
    for other in ("", state[:-1], state + "A", changed, OTHER.make_state(), "\ud800"):
        assert not KEYS.is_our_state(other)


def test_keys_show_nothing() -> None:
    assert repr(KEYS) == "Keys(…)"


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, runtime.keys.crypto, runtime.settings, runtime.stores.embedded, runtime.connect.tokens; "
        "print([n for n in ('cryptography', 'itsdangerous', 'sqlalchemy', 'aiohttp', 'pydantic') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("message", [b"", b"a", b"x" * 1000])
def test_a_hash_is_the_hmac_that_the_standard_library_computes(message: bytes) -> None:
    key = bytes(range(32))
    assert _Hmac(key).digest(message) == hmac.new(key, message, hashlib.sha256).digest()
