"""Credentials as they are stored: sealed for one account, so that a row copied to another account opens nothing."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from runtime.keys.crypto import Keys
from runtime.model import Account, AccountId, Credentials


def seal_credentials(keys: Keys, account_id: AccountId, credentials: Credentials) -> bytes:
    """Return the credentials, encrypted for this account alone."""
    return keys.seal(orjson.dumps(asdict(credentials)), account_id)


def open_credentials(keys: Keys, account: Account) -> Credentials:
    """Return the credentials of an account. Raises SealBroken when they are not its own or the key is another."""
    return Credentials(**orjson.loads(keys.open(account.sealed, account.id)))
