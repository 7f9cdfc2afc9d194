"""Adds to the journal in groups: whatever waits when the writer's turn comes is stored in one transaction.

An intent is waited for, because nothing may be sent before it is on the disk; of a hundred under way at once all share
a few commits. An outcome is not: it is stored with the next intent, or within a moment by a commit that does not wait
for the disk. One that is lost with the process, or in a power cut, leaves its entry open, and the next start settles
it. Called by `embedded`, with the writer and what adds links.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from runtime.errors import StorageUnavailable
from runtime.stores.new_link import NewLink

HashLink = Callable[[Mapping[str, Any], bytes], bytes]
Start = Callable[[Callable[[], None]], asyncio.Future[None]]
MOST_AT_ONCE = 200
"""Links in one transaction, which other changes wait for: about 20 ms."""
LATE_SECONDS = 0.05
"""How long an outcome waits for an intent to be stored with: a commit less for agents that write one after another."""
AGAIN_SECONDS = 1.0
"""Until outcomes that the database did not take are stored again."""
MOST_LATE = 10_000
"""Outcomes that wait while the database takes no writes, some 20 MB. Later ones are dropped, and settled."""


class Add(Protocol):
    """Adds links in one transaction, whose commit waits for the disk where it is lasting."""

    def __call__(self, links: Sequence[NewLink], hash_link: HashLink, /, *, is_lasting: bool) -> None:
        """Raise StorageUnavailable when they are not stored."""
        ...


class _Group:
    """Links that are stored together."""

    def __init__(self) -> None:
        self.links: list[NewLink] = []
        self.stored: asyncio.Future[None] | None = None


class JournalQueue:
    """Collects links until the writer takes them. `add` and `add_later` are for the event loop's thread only."""

    def __init__(self, start: Start, add: Add) -> None:
        self._start = start
        self._add = add
        self._open: _Group | None = None
        self._changing = threading.Lock()
        self._late: list[NewLink] = []
        self._hash_late: HashLink | None = None
        self._storing = threading.Lock()
        self._flushing: asyncio.TimerHandle | asyncio.Future[None] | None = None

    async def add(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        """Return when the links are stored. Raises StorageUnavailable when they are not.

        They are stored to the end, whether or not the caller still waits: others may be in the same group.
        """
        group = self._join(links)
        if group.stored is None:
            group.stored = self._start(lambda: self._store(group, hash_link))
        await asyncio.shield(group.stored)

    def add_later(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        """Have links stored soon, and again later while the database takes no writes."""
        if len(self._late) >= MOST_LATE:
            return
        self._hash_late = hash_link
        self._late.extend(links)
        self._flush_in(LATE_SECONDS)

    def drain(self) -> None:
        """Store what is late, and wait for what is being stored; for any thread. Raises StorageUnavailable."""
        self._drain(is_lasting=True)
        with self._storing:
            return

    def _drain(self, *, is_lasting: bool) -> None:
        while self._late and self._hash_late is not None:
            self._store_links((), self._hash_late, is_lasting=is_lasting)

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
        self._store_links(group.links, hash_link)

    def _store_links(self, links: Sequence[NewLink], hash_link: HashLink, *, is_lasting: bool = True) -> None:
        """Store links, and before them those that are late, which were begun before."""
        with self._storing:
            late = self._late[:MOST_AT_ONCE]
            left: list[NewLink] = []
            try:
                self._add([*late, *links], hash_link, is_lasting=is_lasting)
            except StorageUnavailable:  # stored after all, if the entry is closed when they are stored again
                left = [link._replace(settles=True) for link in late]
                raise
            finally:
                self._late[: len(late)] = left

    def _flush_in(self, seconds: float) -> None:
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(seconds, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        if self._late:
            self._flushing = self._start(lambda: self._drain(is_lasting=False))
            self._flushing.add_done_callback(self._end_flush)

    def _end_flush(self, done: asyncio.Future[None]) -> None:
        self._flushing = None
        failed = None if done.cancelled() else done.exception()
        if self._late and not done.cancelled():
            self._flush_in(AGAIN_SECONDS if failed else LATE_SECONDS)


def _has_failed(group: _Group) -> bool:
    """Whether the writer refused a group before its turn came."""
    return group.stored is not None and group.stored.done()
