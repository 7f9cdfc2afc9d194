"""The stores of many processes: records on PostgreSQL, counts and the generation of grants in Redis.

`embedded.open_stores` opens them where LEDGERPORT_DATABASE_URL names PostgreSQL. What differs from a SQLite file is
here: who reads, who changes, and how the health is found out. The records are the same. Without Redis there is one
process, beside commands, and nothing is cached.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from runtime.errors import StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.stores.change_threads import ChangeThreads
from runtime.stores.condition import Condition, StorageHealth
from runtime.stores.embedded import Stores, make_hot
from runtime.stores.generation import Generation
from runtime.stores.grant_changes import Collected, GrantChanges, replace_generation
from runtime.stores.postgres_look_up import PostgresLookUp
from runtime.stores.postgres_opening import bring_up_to_date

if TYPE_CHECKING:
    from runtime.model import Account, AccountId
    from runtime.stores.postgres_engine import PostgresReading
    from runtime.stores.records import Records
    from runtime.stores.redis_link import RedisLink

T = TypeVar("T")


class FleetStores(Stores):
    """The stores over PostgreSQL. Many processes may have them open."""

    look_up: PostgresLookUp

    def __init__(self, url: str, keys: Keys, link: RedisLink | None = None) -> None:
        self.url = url
        self.link = link
        self.hot = make_hot(link)
        self.condition = Condition()
        self.generation = None if link is None else Generation(link)
        self.look_up = PostgresLookUp(url, keys, self.generation)
        self._changes = GrantChanges(self._replace_generation)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._records = None
        self._single: PostgresReading | None = None
        self._making = threading.Lock()
        self.__post_init__()
        self.writer = ChangeThreads()

    @property
    def is_shared(self) -> bool:
        """Whether other processes serve from the same records: all that have the same Redis may."""
        return self.link is not None

    async def read(self, work: Callable[[], T]) -> T:
        """Return what a short read comes to, which another process answers. Raises StorageUnavailable."""
        return await asyncio.to_thread(work)

    async def write(self, work: Callable[[], T]) -> T:
        """Return the result of a change, once no process uses what it has made obsolete. Raises StorageUnavailable."""
        if self.generation is None:
            return await self.writer.run(work)
        task = asyncio.create_task(self._make_known(work, self.generation))
        self._under_way.add(task)
        task.add_done_callback(self._leave)
        return await asyncio.shield(task)  # what is stored is made known also when the caller has gone

    async def write_together(self, work: Callable[[], T]) -> T:
        """Return the same: PostgreSQL shares the waits for its disk itself."""
        return await self.write(work)

    async def _make_known(self, work: Callable[[], T], generation: Generation) -> T:
        collected = Collected()
        try:
            return await self.writer.run(partial(self._changes.collect, work, collected))
        finally:
            if collected.is_changed:
                await generation.replace()

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()

    def _replace_generation(self) -> None:
        if self.link is not None:
            replace_generation(self.link.address)

    def read_account(self, account_id: AccountId) -> Account | None:
        """Return an account as it is now, for a thread that may wait. Raises StorageUnavailable."""
        from runtime.stores.account_records import find_account

        self.records  # noqa: B018  (makes the engine)
        assert self._single is not None
        with self._single.begin() as connection:
            return find_account(connection, account_id)

    def read_version(self) -> int:
        """Return the revision of the database, which a newer process may have migrated. Raises StorageUnavailable."""
        return self.records.read_version()

    async def probe(self, now: float) -> StorageHealth:
        """Find out whether the database can be read and takes writes now, and return the health with it."""
        await self.look_up.check()
        if not self.look_up.find_fault():
            try:
                await self.write(lambda: self.records.probe(now, is_doubtful=bool(self.condition.reason)))
            except StorageUnavailable as refused:
                self.condition.note_failure(refused.reason)
        await self.hot.probe()
        return self.check_health()

    async def connect(self) -> None:
        """Open the connections to PostgreSQL and Redis: on a busy machine that takes longer than a request waits.

        A server starts also while they are away.
        """
        await asyncio.gather(self.look_up.check(), self.hot.probe())

    async def disconnect(self) -> None:
        """Close the connections that belong to the event loop, once the changes under way are known everywhere."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self.look_up.stop()

    def _make_records(self) -> Records:
        from runtime.stores.postgres_engine import PostgresReading, PostgresWriting, make_engine
        from runtime.stores.records import Records

        engine = make_engine(self.url)
        self._single = PostgresReading(engine, is_single=True)
        writing = PostgresWriting(engine, self.condition, self._changes.note)
        return Records(writing, PostgresReading(engine))


def open_fleet_stores(url: str, now: float, keys: Keys, link: RedisLink | None = None) -> FleetStores:
    """Open the stores, checking and migrating the database first. Raises SettingsError when it cannot be used."""
    bring_up_to_date(url, now, keys)
    return FleetStores(url, keys, link)
