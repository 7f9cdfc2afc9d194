"""The errors of idempotency keys. Called by `once`."""

from __future__ import annotations

from runtime.errors import KeyInUse, KeyReused, KeySpent, StorageUnavailable


def describe_reused_key() -> KeyReused:
    """Return the error for a key that belongs to another call."""
    return KeyReused(
        "This idempotency key was used for another call: another tool, or other arguments. Nothing was sent.",
        advice="Repeat a call with exactly its arguments, or give the new call a new key.",
    )


def describe_unstored_key(failed: StorageUnavailable) -> StorageUnavailable:
    """Return the error for a key that cannot be stored now."""
    return StorageUnavailable(
        f"The idempotency key cannot be stored now, so nothing was sent. {failed.reason}",
        reason=failed.reason,
        retry_after=failed.retry_after,
        advice="Repeat the call with the same key in a minute.",
    )


def describe_used_key() -> KeyInUse:
    """Return the error for a key whose call is under way."""
    return KeyInUse(
        "The call with this idempotency key is still under way. Nothing was sent a second time.",
        advice="Wait for its answer. If that is lost, repeat the call with the same key in a minute.",
    )


def describe_spent_key() -> KeySpent:
    """Return the error for a repeat that the vendor would not recognize."""
    return KeySpent(
        "The call with this idempotency key was sent before, and this vendor cannot repeat its answer. Nothing was "
        "sent now.",
        advice="Look whether it was done. To do it again on purpose, give a new key.",
    )
