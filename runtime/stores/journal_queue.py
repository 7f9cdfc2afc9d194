"""Adds to the journal in groups: whatever waits when the writer's turn comes is stored in one transaction.

A write to the vendor waits for two commits, each some 4 ms of the disk. Alone each would have its own; of a hundred
under way at once all share a few. Called by `embedded`, with the writer and what adds links.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from runtime.model import NewLink

HashLink = Callable[[Mapping[str, Any], bytes], bytes]
Run = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]
Add = Callable[[Sequence[NewLink], HashLink], None]
MOST_AT_ONCE = 200
"""Links in one transaction, which other changes wait for: about 20 ms."""


class _Group:
    """Links that are stored together."""

    def __init__(self) -> None:
        self.links: list[NewLink] = []
        self.stored: asyncio.Task[None] | None = None


class JournalQueue:
    """Collects links until the writer takes them. `add` is for the event loop's thread only."""

    def __init__(self, run: Run, add: Add) -> None:
        self._run = run
        self._add = add
        self._open: _Group | None = None
        self._changing = threading.Lock()

    async def add(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        """Return when the links are stored. Raises StorageUnavailable when they are not.

        They are stored to the end, whether or not the caller still waits: others may be in the same group.
        """
        group = self._join(links)
        if group.stored is None:
            group.stored = asyncio.create_task(self._run(lambda: self._store(group, hash_link)))
            group.stored.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(group.stored)

    def _join(self, links: Sequence[NewLink]) -> _Group:
        with self._changing:
            group = self._open
            if group is None or len(group.links) + len(links) > MOST_AT_ONCE or _has_failed(group):
                group = self._open = _Group()
            group.links.extend(links)
        return group

    def _store(self, group: _Group, hash_link: HashLink) -> None:
        """Store a group, in the thread that writes; nobody joins it from here on."""
        with self._changing:
            if self._open is group:
                self._open = None
        self._add(group.links, hash_link)


def _has_failed(group: _Group) -> bool:
    """Whether the writer refused a group before its turn came."""
    return group.stored is not None and group.stored.done()
