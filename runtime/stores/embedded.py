"""The embedded stores of one process: a SQLite file and memory, no server.

`open_stores` is what the app calls. The file is checked and migrated at once; SQLAlchemy is imported when the
records are first managed, not on the way to the first answer.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from runtime.errors import SettingsError, StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.settings import Settings
from runtime.stores.condition import Condition, StorageHealth, judge_health, probe
from runtime.stores.files import Files
from runtime.stores.hot import HotState
from runtime.stores.hot_memory import MOST_KEYS, MemoryHotState
from runtime.stores.journal_queue import JournalQueue
from runtime.stores.look_up import LookUp, SqliteLookUp
from runtime.stores.mailbox import Mailbox
from runtime.stores.mailbox_memory import MemoryMailbox
from runtime.stores.migrations import find_newest_version
from runtime.stores.opening import bring_up_to_date
from runtime.stores.writer import Writer

if TYPE_CHECKING:
    from runtime.events import Event
    from runtime.model import Account, AccountId, McpServerId, Spent, SpentKey
    from runtime.stores.change_threads import ChangeThreads
    from runtime.stores.new_link import NewLink
    from runtime.stores.policy_use import Limits, Reservation, Use
    from runtime.stores.records import Records
    from runtime.stores.redis_link import RedisLink
    from runtime.stores.server_use import ExpiredServer, UseCount

T = TypeVar("T")
HashLink = Callable[[Mapping[str, Any], bytes], bytes]
CheckSpent = Callable[["dict[SpentKey, Spent]"], object]


@dataclass
class Stores:
    """Both seams, the reads that every request makes, and the one thread that writes: over a SQLite file.

    `fleet` overrides what is otherwise on PostgreSQL.
    """

    path: Path
    look_up: LookUp
    hot: HotState
    files: Files
    link: RedisLink | None = None
    condition: Condition = field(default_factory=Condition)
    writer: Writer | ChangeThreads = field(init=False)
    _records: Records | None = None
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self._hold_together)
        self._journal = JournalQueue(partial(self.writer.start, is_alone=True), self._add_links)

    @property
    def is_shared(self) -> bool:
        """Whether other processes serve from the same records."""
        return False

    @property
    def records(self) -> Records:
        """The records; the first use imports SQLAlchemy, which takes about 0.4 s."""
        with self._making:
            if self._records is None:
                self._records = self._make_records()
        return self._records

    def _make_records(self) -> Records:
        from runtime.stores.engine import Reading, Writing
        from runtime.stores.records import Records

        writing = Writing(self.path, self.files, self.condition)
        return Records(writing, Reading(self.path, self.files, writing))

    def read_account(self, account_id: AccountId) -> Account | None:
        """Return an account as it is now, for a thread that may wait. Raises StorageUnavailable."""
        assert isinstance(self.look_up, SqliteLookUp)
        return self.look_up.read_account(account_id)

    async def read(self, work: Callable[[], T]) -> T:
        """Return what a short read comes to, at once: a thread would double its cost. Raises StorageUnavailable."""
        return work()

    async def write(self, work: Callable[[], T]) -> T:
        """Return the result of a change, made in the thread that writes, in transactions of its own.

        Raises StorageUnavailable when the database does not take it, or too many changes wait.
        """
        return await self.writer.run(work, is_alone=True)

    async def write_together(self, work: Callable[[], T]) -> T:
        """Return the result of a change that shares one commit with what else waits.

        What it changes can be read by `records` within it, and by `look_up` only after it. Raises StorageUnavailable.
        """
        return await self.writer.run(work)

    def note(self, work: Callable[[], object]) -> None:
        """Have something stored that nobody waits for; it is dropped while the database takes no writes."""
        if not self.condition.reason:
            self.writer.run_later(work)

    def report_event(self, event: Event, done: Callable[[], object]) -> None:
        """Have an event stored that nobody waits for, and call `done` when it is."""

        def work() -> None:
            self.records.add_event(event)
            done()

        self.note(work)

    async def probe(self, now: float) -> StorageHealth:
        """Find out whether the database takes writes now, and return the health with it."""
        try:
            await self.write(lambda: probe(self.path, self.files, self.condition, now))
        except StorageUnavailable as slow:
            self.condition.note_failure(slow.reason)
        await self.hot.probe()
        return self.check_health()

    def check_health(self) -> StorageHealth:
        """Whether the database can be read, and took the last write or probe. It writes nothing itself."""
        return judge_health(self.find_faults())

    def find_faults(self) -> dict[str, str]:
        """Return why the database cannot be read or written and Redis does not answer; empty for what is well."""
        return {
            "unreadable": self.look_up.find_fault(),
            "unwritable": self.condition.reason or self.writer.find_fault(),
            "redis": self.hot.find_fault(),
        }

    def read_version(self) -> int:
        """Return the revision of the database. Nobody migrates a file that this process serves from."""
        return find_newest_version()

    def note_expired(self, now: float) -> list[ExpiredServer]:
        """Return some MCP servers that have expired, each once; none when there are no more. Raises

        StorageUnavailable.
        """
        return self.records.note_expired(now)

    def purge(self, now: float) -> int:
        """Forget some of what has expired, and return how much; 0 when there is no more. Raises StorageUnavailable."""
        return self.records.purge(now)

    def add_uses(self, added: Sequence[UseCount]) -> None:
        """Add to how often MCP servers were used. Raises StorageUnavailable when that cannot be written."""
        self.records.add_uses(added)

    async def take_use(self, server_id: McpServerId, most: int, now: float) -> bool:
        """Count one call of a server that may make `most`, and return whether it may. Raises StorageUnavailable."""
        return await self.write_together(lambda: self.records.take_use(server_id, most, now))

    def bind_key(
        self, key_hash: bytes, fingerprint: bytes, now: float, expires_at: float
    ) -> tuple[bytes, bool]:
        """Bind an idempotency key. Raises StorageUnavailable when that cannot be written."""
        return self.records.bind_key(key_hash, fingerprint, now, expires_at)

    def find_binding(self, key_hash: bytes, now: float) -> bytes | None:
        """Return what an idempotency key is bound to now. Raises StorageUnavailable when it cannot be read."""
        return self.records.find_binding(key_hash, now)

    def store_answer(self, key_hash: bytes, fingerprint: bytes, answer: bytes) -> None:
        """Store the answer to a call under its key. Raises StorageUnavailable when that cannot be written."""
        self.records.store_answer(key_hash, fingerprint, answer)

    def find_answer(self, key_hash: bytes) -> bytes | None:
        """Return the stored answer to a call under its key. Raises StorageUnavailable when it cannot be read."""
        return self.records.find_answer(key_hash)

    def release_key(self, key_hash: bytes, fingerprint: bytes) -> None:
        """Remove the binding of an idempotency key. Raises StorageUnavailable when that cannot be written."""
        self.records.release_key(key_hash, fingerprint)

    def reserve_use(
        self, server_id: McpServerId, uses: Sequence[Use], limits: Limits, now: float
    ) -> Reservation:
        """Count writes where the limits allow them. Raises StorageUnavailable when that cannot be written."""
        return self.records.reserve_use(server_id, uses, limits, now)

    def add_spending(self, added: Sequence[tuple[SpentKey, Spent]]) -> dict[SpentKey, Spent]:
        """Add to what was sent to vendors. Raises StorageUnavailable when that cannot be written."""
        return self.records.add_spending(added)

    def spend_within(self, key: SpentKey, spent: Spent, check: CheckSpent) -> dict[SpentKey, Spent]:
        """Add to what was sent where `check` lets the sums pass, with nobody else adding to them meanwhile.

        Raises what `check` raises, and StorageUnavailable.
        """
        return self.records.spend_within(key, spent, check)

    def read_spending(self, account_id: AccountId, month: str = "") -> dict[SpentKey, Spent]:
        """Return what an account has sent. Raises StorageUnavailable when that cannot be read."""
        return self.records.read_spending(account_id, month)

    def release_use(self, refs: Sequence[str]) -> None:
        """Count writes no longer. Raises StorageUnavailable when that cannot be written."""
        self.records.release_use(refs)

    async def add_links(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        """Add links to the journal, together with all that wait for the same. Raises StorageUnavailable."""
        await self._journal.add(links, hash_link)

    def add_links_later(self, links: Sequence[NewLink], hash_link: HashLink) -> None:
        """Have links added to the journal within a moment; nobody waits for them."""
        self._journal.add_later(links, hash_link)

    def drain_journal(self) -> None:
        """Wait until the journal has all that was to be added. Raises StorageUnavailable."""
        self._journal.drain()

    def _add_links(self, links: Sequence[NewLink], hash_link: HashLink, *, is_lasting: bool) -> None:
        self.records.add_links(links, hash_link, is_lasting=is_lasting)

    def _hold_together(self) -> AbstractContextManager[None]:
        return self.records.hold_together()

    async def connect(self) -> None:
        """Open the connections that the first request would wait for; none for a file."""

    async def disconnect(self) -> None:
        """Close the connections that belong to the event loop; `close` does the rest."""

    def close(self) -> None:
        """Finishes the changes that wait, and closes the file."""
        self.writer.close()
        with contextlib.suppress(
            StorageUnavailable
        ):  # what is not stored stays open, and the next start settles it
            self.drain_journal()
        if self._records is not None:
            self._records.close()
        self.look_up.close()


def open_stores(settings: Settings, now: float, keys: Keys | None = None) -> Stores:
    """Open the stores, checking and migrating the file first. Raises SettingsError when it cannot be used.

    `keys` take the lasting key of the database. Where PostgreSQL is set they are those of a fleet. Symbolic links are
    resolved once, as SQLite does: its log and locks are beside the file itself.
    """
    keys, link = keys or settings.make_keys(), _open_link(settings)
    if settings.postgres_url:
        from runtime.stores.fleet import open_fleet_stores

        return open_fleet_stores(settings.postgres_url, now, keys, link)
    path = settings.database.resolve()
    bring_up_to_date(path, now, keys)
    try:
        look_up = SqliteLookUp(path, keys)
    except sqlite3.Error as problem:
        raise SettingsError(f"The database {path} cannot be read: {problem}.") from problem
    return Stores(path, look_up, make_hot(link), look_up.files, link)


def make_hot(link: RedisLink | None, most_keys: int = MOST_KEYS) -> HotState:
    """Return hot state for all processes of a fleet, or for this one; `most_keys` are held in its own memory."""
    own = MemoryHotState(most_keys)
    if link is None:
        return own
    from runtime.stores.hot_redis import RedisHotState

    return RedisHotState(link, own)


def make_mailbox(link: RedisLink | None, keys: Keys) -> Mailbox:
    """Return the mailbox for event streams in all processes of a fleet, or in this one."""
    if link is None:
        return MemoryMailbox()
    from runtime.stores.mailbox_redis import READER_SECONDS, RedisMailbox
    from runtime.stores.redis_link import RedisLink

    return RedisMailbox(link, RedisLink(link.address, limit_seconds=READER_SECONDS), keys)


def _open_link(settings: Settings) -> RedisLink | None:
    """Return the link to Redis, which connects when it is first used; None where none is set."""
    if settings.redis is None:
        return None
    from runtime.stores.redis_link import RedisLink

    return RedisLink(settings.redis)
