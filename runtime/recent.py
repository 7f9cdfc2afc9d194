"""The values lately asked for, a bounded number of them: whatever was not asked for the longest gives way.

For what is learned from elsewhere; what follows from arguments alone is cached by `functools.lru_cache`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A mapping that retains its `size` most recently used values."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """Return the value under a key; None when there is none any more. Threads may ask at once."""
        value = self._values.get(key)
        if value is not None:
            try:  # noqa: SIM105  (this costs nothing where nothing is raised)
                self._values.move_to_end(key)
            except KeyError:  # another thread has just dropped it
                pass
        return value

    def put(self, key: Key, value: Value) -> Value:
        """Store a value as the one asked for last, and return it."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)
        return value

    def list_items(self) -> list[tuple[Key, Value]]:
        """Return all keys with their values, the one not asked for the longest first."""
        return list(self._values.items())

    def __len__(self) -> int:
        return len(self._values)
