"""The records that were read moments ago, so that an update need not read them again.

A record is used only under the version that the caller of the update names, and the vendor refuses a version that is
not current: so nothing stale is ever written. In memory, bounded, of one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from generator.catalog import Tool
from runtime.model import Account
from runtime.recent import Recent
from runtime.upstream import figures
from runtime.upstream.answer import follow_path

MOST_RECORDS = 512
"""With the largest responses 48 MiB; with invoices of five lines, of 2 kB each, 3 MiB."""
LARGEST = 32 * 1024
"""Bytes of a response that is retained. An invoice of 80 lines has fewer."""
MOMENTS = 120.0
"""Seconds. An agent that reads a record, thinks and changes it takes less, by the journeys of the tests."""
VERSIONS = 3
"""Responses of one record: of a version that is no longer current, an answer says what changed since."""
OK = 200
"""RFC 9110."""

Key = tuple[str, str, bytes]


class RecentReads:
    """Remembers what single records looked like. One for the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._responses: Recent[Key, tuple[tuple[float, bytes], ...]] = Recent(MOST_RECORDS)

    def note(
        self, account: Account, get: Tool, arguments: Mapping[str, Any], status: int, body: bytes
    ) -> None:
        """Remember the response to a read of one record, or one to a write that holds the record in the same way."""
        if status == OK and len(body) <= LARGEST:
            key = _key(account, get, arguments)
            former = self._responses.get(key) or ()
            self._responses.put(key, (*former[1 - VERSIONS :], (self._clock(), body)))

    def find(
        self, account: Account, get: Tool, arguments: Mapping[str, Any], version: tuple[str, Any]
    ) -> Any:
        """Return the record as it was in a version, given as field and value; None when it is not remembered."""
        field, wanted = version
        for at, body in reversed(self._responses.get(_key(account, get, arguments)) or ()):
            if self._clock() - at > MOMENTS:
                return None
            record = _read(body, get.returns.path)
            if isinstance(record, Mapping) and record.get(field) == wanted:
                return record
        return None


def _key(account: Account, get: Tool, arguments: Mapping[str, Any]) -> Key:
    names = get.input_schema["properties"]
    own = {name: value for name, value in arguments.items() if name in names}
    return account.id, get.name, orjson.dumps(own, option=orjson.OPT_SORT_KEYS)


def _read(body: bytes, path: tuple[str, ...]) -> Any:
    try:
        return follow_path(figures.read(body), path)
    except ValueError:
        return None
