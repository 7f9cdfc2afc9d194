"""What is sensitive in the journal, encrypted: arguments, and the record before and after a write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from runtime.keys.crypto import Keys
from runtime.upstream import figures


def seal(keys: Keys, entry_id: str, content: Mapping[str, Any]) -> bytes:
    """Return content encrypted so that it opens only as a part of its entry."""
    try:
        text = figures.write_json(content)
    except figures.TooDeep:  # no vendor's record is; the write goes on, and cannot be undone
        text = b'{"too_deep":true}'
    return keys.seal_lasting(text, _owner(entry_id))


def open_sealed(keys: Keys, entry_id: str, sealed: bytes) -> dict[str, Any]:
    """Return what was sealed for an entry. Raises SealBroken."""
    opened: dict[str, Any] = orjson.loads(keys.open(sealed, _owner(entry_id)))
    return opened


def _owner(entry_id: str) -> str:
    return f"journal:{entry_id}"
