"""The stores of many processes: records on PostgreSQL.

`embedded.open_stores` opens them where LEDGERPORT_DATABASE_URL names PostgreSQL. What differs from a SQLite file is
here: who reads, who changes, and how the health is found out. The records are the same.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runtime.errors import StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.stores.change_threads import ChangeThreads
from runtime.stores.condition import Condition
from runtime.stores.embedded import StorageHealth, Stores
from runtime.stores.hot_memory import MemoryHotState
from runtime.stores.postgres_look_up import PostgresLookUp
from runtime.stores.postgres_opening import bring_up_to_date

if TYPE_CHECKING:
    from runtime.model import Account, AccountId
    from runtime.stores.postgres_engine import PostgresReading
    from runtime.stores.records import Records


class FleetStores(Stores):
    """The stores over PostgreSQL. Many processes may have them open."""

    is_alone = False
    look_up: PostgresLookUp

    def __init__(self, url: str, keys: Keys) -> None:
        self.url = url
        self.hot = MemoryHotState()
        self.condition = Condition()
        self.writer = ChangeThreads()
        self.look_up = PostgresLookUp(url, keys)
        self._records = None
        self._single: PostgresReading | None = None
        self._making = threading.Lock()
        self.__post_init__()

    def read_account(self, account_id: AccountId) -> Account | None:
        """Return an account as it is now, for a thread that may wait. Raises StorageUnavailable."""
        from runtime.stores.account_records import find_account

        self.records  # noqa: B018  (makes the engine)
        assert self._single is not None
        with self._single.begin() as connection:
            return find_account(connection, account_id)

    async def probe(self, now: float) -> StorageHealth:
        """Find out whether the database can be read and takes writes now, and return the health with it."""
        await self.look_up.check()
        if not self.look_up.find_fault():
            try:
                await self.write(lambda: self.records.probe(now, is_doubtful=bool(self.condition.reason)))
            except StorageUnavailable as refused:
                self.condition.note_failure(refused.reason)
        return self.check_health()

    async def disconnect(self) -> None:
        """Close the connections that belong to the event loop."""
        await self.look_up.stop()

    def _make_records(self) -> Records:
        from runtime.stores.postgres_engine import PostgresReading, PostgresWriting, make_engine
        from runtime.stores.records import Records

        engine = make_engine(self.url)
        self._single = PostgresReading(engine, is_single=True)
        return Records(PostgresWriting(engine, self.condition), PostgresReading(engine))


def open_fleet_stores(url: str, now: float, keys: Keys) -> FleetStores:
    """Open the stores, checking and migrating the database first. Raises SettingsError when it cannot be used."""
    bring_up_to_date(url, now, keys)
    return FleetStores(url, keys)
