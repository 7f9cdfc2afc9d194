"""The idempotency key of a write: the vendor obeys a key once, and answers a repeat with the first answer.

A key that the caller gives (REST: `Idempotency-Key`) is turned into one of ours, bound to the account, so that two
callers' keys cannot meet. Without one, every call gets a fresh key: it makes our own resend after a broken
connection safe, and two equal bills on one day stay two bills.
"""

from __future__ import annotations

import hashlib
import secrets

from runtime.model import AccountId

KEY_LENGTH = 32
"""Characters. Short enough for vendors that allow 36 in a batch."""


def key_for(account_id: AccountId, tool_name: str, given: str) -> str:
    """The key to send with a write of this account."""
    if not given:
        return secrets.token_hex(KEY_LENGTH // 2)
    content = "\n".join((account_id, tool_name, given)).encode()
    return hashlib.blake2b(content, digest_size=KEY_LENGTH // 2).hexdigest()
