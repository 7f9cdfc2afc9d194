"""Which changes make cached accounts, servers, API tokens and tenants obsolete, and who replaces the generation then.

`postgres_engine` shows every statement of a transaction here, so that no kind of change has to remember it. `fleet`
collects what the change of a call has done, and replaces the generation on its event loop before the call returns. What
is changed otherwise, as by a command, replaces it at once, in the thread that made the change.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeVar

from runtime.redis_address import RedisAddress
from runtime.stores.generation import Generation
from runtime.stores.redis_link import RedisLink

T = TypeVar("T")

CACHED_TABLES = ("account", "mcp_server", "api_token", "tenant", "oauth_grant", "member", "person")
"""Tables whose rows are cached in every process; of a tenant its limits, with each account of it. Of people, what they
granted and the roles that bound it.
"""
COUNTED = frozenset({"last_used_at", "expired_at"})
"""Columns that let nobody in or out: when it was used, and when somebody noted that it has expired."""
_NAME = rf'"?(?:{"|".join(CACHED_TABLES)})"?(?![\w".])'
_DELETION = re.compile(rf"\bDELETE\s+FROM\s+(?:ONLY\s+)?{_NAME}", re.IGNORECASE)
_UPDATE = re.compile(
    rf"\bUPDATE\s+(?:ONLY\s+)?{_NAME}\s+SET\s+(?P<values>.*?)(?:\s(?:WHERE|FROM|RETURNING)\s|$)",
    re.IGNORECASE | re.DOTALL,
)
_UPSERT = re.compile(
    rf"\bINSERT\s+INTO\s+{_NAME}.*\sDO\s+UPDATE\s+SET\s+(?P<values>.*?)(?:\s(?:WHERE|RETURNING)\s|$)",
    re.IGNORECASE | re.DOTALL,
)
_COLUMN = re.compile(r'(?:^|,)\s*"?(\w+)"?\s*=')


@lru_cache(maxsize=1024)
def is_grant_change(statement: str) -> bool:
    """Return whether an SQL statement changes a row that may be cached, which a new row is not."""
    if _DELETION.search(statement):
        return True
    return any(
        not COUNTED.issuperset(_COLUMN.findall(found["values"]))
        for found in (*_UPDATE.finditer(statement), *_UPSERT.finditer(statement))
    )


@dataclass(slots=True)
class Collected:
    """Whether the change of a call changed what is cached."""

    is_changed: bool = False


class GrantChanges:
    """Notes the changes of one process. `replace` is called in the thread of a change that nobody collects."""

    def __init__(self, replace: Callable[[], None]) -> None:
        self._replace = replace
        self._local = threading.local()

    def collect(self, work: Callable[[], T], collected: Collected) -> T:
        """Return the result of a change, having noted in `collected` what it did: also when it raises."""
        self._local.collected = collected
        try:
            return work()
        finally:
            self._local.collected = None

    def note(self) -> None:
        """Note that a change of what is cached has been stored, or may have been."""
        collected: Collected | None = getattr(self._local, "collected", None)
        if collected is None:
            self._replace()
        else:
            collected.is_changed = True


def replace_generation(address: RedisAddress) -> None:
    """Replace the generation through a connection of its own, for a thread that may wait.

    It takes up to LEASE_SECONDS while Redis does not answer. Raises nothing.
    """
    with ThreadPoolExecutor(1) as thread:  # the caller's may run an event loop
        thread.submit(partial(asyncio.run, _replace(address))).result()


async def _replace(address: RedisAddress) -> None:
    link = RedisLink(address)
    try:
        await Generation(link).replace()
    finally:
        await link.close()
