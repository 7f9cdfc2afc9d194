"""Who is asking: the few reads that every request makes, straight on SQLite.

No SQLAlchemy, one indexed statement each. What was read is cached only as long as nobody, in any process, has changed
the file since (`wal_watch`): what another process revoked is revoked with the next read, and an expiry holds from the
moment it passes. The rest of the records is in `records`, which takes longer to import than the first answer may take.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Protocol

from runtime.errors import StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.model import (
    Account,
    AccountId,
    ApiToken,
    Grant,
    McpServerId,
    TokenHash,
)
from runtime.people import OAuthGrantId
from runtime.recent import Recent
from runtime.stores import sqlite
from runtime.stores.files import Files
from runtime.stores.grant_rows import GRANT, GRANT_OF_SERVER, OF_ACCOUNT, fill_grant, make_grant, read_account
from runtime.stores.oauth_rows import OAUTH_GRANT, OpenGrant, make_open_grant
from runtime.stores.tenant_rows import API_TOKEN_COLUMNS, read_live_api_token
from runtime.stores.wal_watch import WalWatch

_MOST_CACHED = 10_000
"""Rows that are remembered; beyond them all are read anew."""
_CACHE_KIB = 16_000
"""Pages of the file in memory, enough for the index over 100,000 tokens."""

BUSY_MILLISECONDS = 50
"""How long a read waits for a lock, on the event loop: only while another process recovers the log after a crash."""

_ACCOUNT = f"SELECT {OF_ACCOUNT} FROM account WHERE id = ?"
_KEY_CHECK = "SELECT key_check FROM deployment"
_OPEN_ENTRY = "SELECT 1 FROM journal_open WHERE run != ? LIMIT 1"
_WORK = (
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM event WHERE dispatched_at IS NULL) "
    "OR EXISTS (SELECT 1 FROM job WHERE at <= ?) "
    "OR EXISTS (SELECT 1 FROM schedule WHERE next_due_at <= ?)"
)
_INTERRUPTED = "SELECT account_id, begun_at FROM refresh_attempt"
_API_TOKEN = f"SELECT {API_TOKEN_COLUMNS} FROM api_token WHERE token_hash = ?"

Known = Recent[TokenHash, tuple[Grant, float]]
"""Grants that were read, each with when it ends, in seconds since the epoch."""
KnownOpen = Recent[OAuthGrantId, OpenGrant]
"""OAuth grants that were read."""


class LookUp(Protocol):
    """The reads of every request, on the event loop. Each raises StorageUnavailable when it cannot be made now."""

    def find_grant(self, token_hash: TokenHash, now: float) -> Grant | Awaitable[Grant | None] | None:
        """Return what the URL with this token lets through now, at once where it can; None when it opens nothing."""
        ...

    def find_oauth_grant(self, grant_id: OAuthGrantId) -> OpenGrant | Awaitable[OpenGrant | None] | None:
        """Return an OAuth grant with its MCP servers and the person's roles as they are now, at once where it can.

        None when there is none, or it was revoked. Whether it has ended is for the caller to ask.
        """
        ...

    async def find_server(self, server_id: McpServerId, now: float) -> Grant | None:
        """Return what an MCP server lets through now; None when there is none with this id, or it has expired."""
        ...

    async def find_api_token(self, token_hash: TokenHash, now: float) -> ApiToken | None:
        """Return the API token with this hash; None when there is none, or it has expired."""
        ...

    async def find_account(self, account_id: AccountId) -> Account | None:
        """Return the account as it is now, if there is one."""
        ...

    async def list_interrupted_refreshes(self) -> list[tuple[AccountId, float]]:
        """Return the accounts with a refresh that was begun and never finished, and when it began."""
        ...

    async def has_open_entries(self, run: str) -> bool:
        """Whether other runs than this one have left entries of the journal without an outcome."""
        ...

    async def has_work(self, now: float) -> bool:
        """Whether events wait, schedules are due, or jobs that are due are not done."""
        ...

    def find_fault(self) -> str:
        """Why the database cannot be read, or is not the one of this secret key; empty when it is well."""
        ...

    def close(self) -> None:
        """Close what is open. Nothing may be asked afterwards."""
        ...


class SqliteLookUp:
    """Looks up grants, accounts and API tokens in a SQLite file. Every thread that asks has a connection of its own."""

    def __init__(self, path: Path, keys: Keys) -> None:
        self._path = path
        self._keys = keys
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._watch = WalWatch(path)
        self._watch.read_state()  # opens the file, so that what stands there now is what is open
        self.files = Files(path)
        self._cached: tuple[bytes, Known] = (b"", Recent(_MOST_CACHED))
        self._cached_open: tuple[bytes, KnownOpen] = (b"", Recent(_MOST_CACHED))

    def find_grant(self, token_hash: TokenHash, now: float) -> Grant | None:
        """Return what the URL with this token lets through now; None when unknown, expired or revoked.

        Raises StorageUnavailable when that cannot be found out: nothing opens, and nothing is said to be revoked.
        """
        self.files.check()
        state = self._watch.read_state()
        since, known = self._cached
        if state is None or state != since:
            known = Recent(_MOST_CACHED)
            self._cached = (state or b"", known)
        found = known.get(token_hash)
        return found[0] if found and found[1] > now else self._read_grant(token_hash, known, now)

    def _read_grant(self, token_hash: TokenHash, known: Known, now: float) -> Grant | None:
        """Return the grant, cached beside what else was read of the file as it is now, with when it ends."""
        row = self._row(GRANT, *fill_grant(token_hash, now))
        if row is None:
            return None
        return known.put(token_hash, (make_grant(row[:-1]), math.inf if row[-1] is None else row[-1]))[0]

    def find_oauth_grant(self, grant_id: OAuthGrantId) -> OpenGrant | None:
        """Return an OAuth grant with its MCP servers and the person's roles as they are now; None when there is none.

        Raises StorageUnavailable when that cannot be found out.
        """
        self.files.check()
        state = self._watch.read_state()
        since, known = self._cached_open
        if state is None or state != since:
            known = Recent(_MOST_CACHED)
            self._cached_open = (state or b"", known)
        found = known.get(grant_id)
        if found is None and (rows := self._rows(OAUTH_GRANT, grant_id)):
            found = known.put(grant_id, make_open_grant(grant_id, tuple(rows)))
        return found

    async def find_server(self, server_id: McpServerId, now: float) -> Grant | None:
        """Return what an MCP server lets through now; None when there is none with this id, or it has expired.

        Raises StorageUnavailable when that cannot be found out. Read each time: links are opened now and then.
        """
        self.files.check()
        row = self._row(GRANT_OF_SERVER, server_id)
        if row is None or (row[-1] is not None and row[-1] <= now):
            return None
        return make_grant(row[:-1])

    async def find_api_token(self, token_hash: TokenHash, now: float) -> ApiToken | None:
        """Return the API token with this hash; None when there is none, or it has expired."""
        self.files.check()
        return read_live_api_token(self._row(_API_TOKEN, token_hash), now)

    async def find_account(self, account_id: AccountId) -> Account | None:
        """Return the account as it is now, if there is one."""
        return self.read_account(account_id)

    def read_account(self, account_id: AccountId) -> Account | None:
        """Return the same at once, for a thread."""
        self.files.check()
        row = self._row(_ACCOUNT, account_id)
        return None if row is None else read_account(row)

    async def list_interrupted_refreshes(self) -> list[tuple[AccountId, float]]:
        """Return the accounts with a refresh that was begun and never finished, and when it began."""
        rows = self._connection().execute(_INTERRUPTED).fetchall()
        return [(AccountId(id_), begun_at) for id_, begun_at in rows]

    async def has_open_entries(self, run: str) -> bool:
        """Whether other runs than this one have left entries of the journal without an outcome."""
        return self._connection().execute(_OPEN_ENTRY, (run,)).fetchone() is not None

    async def has_work(self, now: float) -> bool:
        """Whether events wait, schedules are due, or jobs that are due are not done."""
        return self._row(_WORK, now, now) is not None

    def find_fault(self) -> str:
        """Why the file cannot be read, or is not the one of this secret key, in a sentence; empty when it is well."""
        try:
            self.files.check()
            row = self._row(_KEY_CHECK)
        except StorageUnavailable as problem:
            return problem.reason
        is_ours = row is not None and self._keys.is_ours(row[0])
        return "" if is_ours else "The database belongs to another secret key: restart the server."

    def close(self) -> None:
        """Close every connection. Nothing may be asked afterwards."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._watch.close()
        self._local = threading.local()

    def _row(self, statement: str, *values: Any) -> Any:
        """Return the first row. Raises StorageUnavailable when the file cannot be read."""
        rows = self._rows(statement, *values, most=1)
        return rows[0] if rows else None

    def _rows(self, statement: str, *values: Any, most: int = -1) -> list[Any]:
        """Return the first rows, or all. Raises StorageUnavailable when the file cannot be read."""
        try:
            cursor = self._connection().execute(statement, values)
            return cursor.fetchall() if most < 0 else cursor.fetchmany(most)
        except sqlite3.Error as error:
            raise sqlite.explain_failed_read(
                sqlite.explain_error(error) or "The database cannot be read."
            ) from error

    def _connection(self) -> sqlite3.Connection:
        try:
            connection: sqlite3.Connection = self._local.connection
        except AttributeError:
            connection = self._local.connection = sqlite.connect(self._path, BUSY_MILLISECONDS)
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            self._connections.append(connection)
        return connection
