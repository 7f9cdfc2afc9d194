"""The embedded stores of one process: a SQLite file and memory, no server.

`open_stores` is what the app calls. The file is checked and migrated at once; SQLAlchemy is imported when the
records are first managed, not on the way to the first answer.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import LedgerportError, StoreUnavailable
from runtime.settings import Settings
from runtime.stores import sqlite
from runtime.stores.hot_memory import MemoryHotState
from runtime.stores.look_up import SqliteLookUp

if TYPE_CHECKING:
    from runtime.stores.records import Records


@dataclass
class Stores:
    """Both seams and the reads that every request makes."""

    path: Path
    look_up: SqliteLookUp
    hot: MemoryHotState
    _records: Records | None = None
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def records(self) -> Records:
        """The records; the first use imports SQLAlchemy, which takes about 0.4 s."""
        with self._making:
            if self._records is None:
                from runtime.stores.engine import make_engine
                from runtime.stores.records import Records

                self._records = Records(make_engine(self.path))
        return self._records

    def purge(self, now: float) -> bool:
        """Forgets what has expired. False when the file could not be written: the next time will do."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self.records.purge(now)
        except SQLAlchemyError:
            return False
        return True

    def bind_key(
        self, key_hash: bytes, fingerprint: bytes, now: float, expires_at: float
    ) -> tuple[bytes, bool]:
        """Bind an idempotency key. Raises StoreUnavailable when that cannot be written."""
        with _written():
            return self.records.bind_key(key_hash, fingerprint, now, expires_at)

    def release_key(self, key_hash: bytes, fingerprint: bytes) -> None:
        """Remove the binding of an idempotency key. Raises StoreUnavailable when that cannot be written."""
        with _written():
            self.records.release_key(key_hash, fingerprint)

    def close(self) -> None:
        """Closes the file."""
        if self._records is not None:
            self._records.close()
        self.look_up.close()


@contextmanager
def _written() -> Iterator[None]:
    """Turn a failure of the database into StoreUnavailable."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, LedgerportError) as failed:
        raise StoreUnavailable(
            "The idempotency key cannot be stored now, so nothing was sent.",
            advice="Repeat the call with the same key in a minute.",
        ) from failed


def open_stores(settings: Settings, now: float) -> Stores:
    """Opens the stores, migrating the file first. Raises SettingsError when it cannot be used."""
    sqlite.bring_up_to_date(settings.database, now)
    return Stores(settings.database, SqliteLookUp(settings.database), MemoryHotState())
