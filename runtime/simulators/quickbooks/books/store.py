"""The database: one SQLite file in WAL mode, one connection, every change inside one immediate transaction.

A process killed at any moment leaves either the whole change (record, effects, postings) or nothing of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from runtime.simulators.quickbooks.clock import Clock

Body = dict[str, Any]
"""A record as JSON: what is sent and received."""


VERSION = 1
"""Of the tables and of what their columns hold; stored in the file."""


class Event(NamedTuple):
    """A change of a record: the operation is Create, Update, Delete, Void or Emailed; the moment in milliseconds."""

    realm: str
    entity: str
    id: str
    operation: str
    at: int


PRAGMAS = (
    "journal_mode=wal",
    "synchronous=normal",
    "cache_size=-65536",
    "temp_store=memory",
    "busy_timeout=5000",
)
SCHEMA = (Path(__file__).parent / "schema.sql").read_text("utf-8")


class Store:
    """The file, its connection, and the clock that everything written is stamped with."""

    def __init__(self, path: str | Path, clock: Clock | None = None) -> None:
        self.path = str(path)
        self.clock = clock or Clock()
        self.events: list[Event] = []
        """Changes that webhooks have not reported yet."""
        self.revisions: dict[str | None, int] = {}
        """How often the ledger of a company has been written to since the start; under None, of all at once."""
        self.open()

    def open(self) -> None:
        """Connect, and creates what is not there yet."""
        self.connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            self.connection.execute(f"pragma {pragma}")
        self.connection.executescript(SCHEMA)
        self._migrate()
        self.execute = self.connection.execute

    def _migrate(self) -> None:
        """Bring a file of an earlier version up to date."""
        if self.connection.execute("pragma user_version").fetchone()[0] < VERSION:
            self.connection.execute(
                "update records set balance = cast(round((body ->> '$.UnappliedAmt') * 100) as integer)"
                " where entity = 'Payment'"
            )
            self.connection.execute(f"pragma user_version = {VERSION}")

    def close(self) -> None:
        """Write the log back into the file and disconnects."""
        self.connection.close()

    @contextmanager
    def begin_transaction(self) -> Iterator[None]:
        """Do all or nothing. Inside another transaction this is a part of that one, undone alone when it fails."""
        inside = self.connection.in_transaction
        queued = len(self.events)
        self.execute("savepoint step" if inside else "begin immediate")
        try:
            yield
        except BaseException:
            del self.events[queued:]
            if inside:
                self.execute("rollback to step")
                self.execute("release step")
            else:
                self.execute("rollback")
            raise
        self.execute("release step" if inside else "commit")

    def empty(self) -> None:
        """Take out every company; tokens and settings stay."""
        tables = (
            "records",
            "deletions",
            "counters",
            "postings",
            "links",
            "replays",
            "companies",
            "files",
        )
        self.revise()
        with self.begin_transaction():
            for table in tables:
                self.execute(f"delete from {table}")

    def revise(self, realm: str | None = None) -> None:
        """Note that the ledger of a company, or of all, is another one now; called before or after the change."""
        self.revisions[realm] = self.revisions.get(realm, 0) + 1

    def get_revision(self, realm: str) -> str:
        """Return the state that the ledger of a company is in; the same text only while nothing was written to it."""
        return f"{self.revisions.get(None, 0)}.{self.revisions.get(realm, 0)}"

    def read_setting(self, name: str, default: Any = None) -> Any:
        """Return a remembered value."""
        row = self.execute("select value from settings where name = ?", (name,)).fetchone()
        return orjson.loads(row[0]) if row else default

    def remember(self, name: str, value: Any) -> None:
        """Store a value across restarts."""
        self.execute("insert or replace into settings values (?, ?)", (name, orjson.dumps(value).decode()))

    def list_companies(self) -> list[tuple[str, str]]:
        """Return realm and name of every company, oldest first."""
        rows: list[tuple[str, str]] = self.execute(
            "select realm, name from companies order by rowid"
        ).fetchall()
        return rows


def dump_json(value: object) -> str:
    """Return JSON as the store has it."""
    return orjson.dumps(value).decode()


def get_reference(value: Any) -> str | None:
    """Return the id inside a reference, or None."""
    if isinstance(value, dict) and value.get("value") not in (None, ""):
        return str(value["value"])
    return None
