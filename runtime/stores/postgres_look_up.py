"""Who is asking, read from PostgreSQL: the few reads that every request makes, on the event loop.

No SQLAlchemy, one indexed statement each, in a pool of connections of its own. Each read has a time limit, so that a
database that is gone holds up nothing but what needs it; while it is known to be gone the limit is short. Grants and
API tokens are cached as long as `generation` lets them; without it, in one process alone, they are read each time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, LiteralString, Self

from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from runtime.errors import StorageUnavailable
from runtime.keys.crypto import Keys
from runtime.model import Account, AccountId, ApiToken, Grant, McpServerId, TokenHash
from runtime.people import OAuthGrantId
from runtime.stores import postgres
from runtime.stores.condition import Condition
from runtime.stores.generation import Generation, GrantCache
from runtime.stores.grant_rows import GRANT, GRANT_OF_SERVER, OF_ACCOUNT, fill_grant, make_grant, read_account
from runtime.stores.oauth_rows import OAUTH_GRANT, OpenGrant, make_open_grant
from runtime.stores.tenant_rows import API_TOKEN_COLUMNS, read_api_token, read_live_api_token

MOST_CONNECTIONS = 4
"""A read takes under 1 ms there, so four serve several thousand a second."""
READ_SECONDS = 3.0
"""How long a read may take with all its attempts: agents wait for 60 s, and a load balancer's question for a few."""
BRIEF_SECONDS = 0.25
"""The same while the database is known to be gone: enough for a new connection to one that is back."""
RECONNECT_SECONDS = 1.0
"""How long the pool itself tries again; after that the next read does."""
_OTHER_KEY = "The database belongs to another secret key: restart the server."

_GRANT: LiteralString = GRANT.replace("?", "%s")
_GRANT_OF_SERVER: LiteralString = GRANT_OF_SERVER.replace("?", "%s")
_OAUTH_GRANT: LiteralString = OAUTH_GRANT.replace("?", "%s")
_ACCOUNT = f"SELECT {OF_ACCOUNT} FROM account WHERE id = %s"
_API_TOKEN = f"SELECT {API_TOKEN_COLUMNS} FROM api_token WHERE token_hash = %s"
_KEY_CHECK = "SELECT key_check FROM deployment"
_OPEN_ENTRY = "SELECT 1 FROM journal_open WHERE run != %s LIMIT 1"
_WORK = (
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM event WHERE dispatched_at IS NULL) "
    "OR EXISTS (SELECT 1 FROM job WHERE at <= %s) "
    "OR EXISTS (SELECT 1 FROM schedule WHERE next_due_at <= %s)"
)
_INTERRUPTED = "SELECT account_id, begun_at FROM refresh_attempt"


class _Reporting(AsyncConnection[Any]):
    """A connection of the pool, which tries in the background: what prevents it is reported."""

    @classmethod
    async def connect(cls, conninfo: str = "", *, report: Callable[[str], None], **given: Any) -> Self:  # type: ignore[override]
        """Connect. Raises psycopg's OperationalError."""
        try:
            return await super().connect(conninfo, **given)
        except Error as error:
            report(postgres.explain_error(error))
            raise


Pool = AsyncConnectionPool[_Reporting]
FindRow = Callable[[TokenHash, Callable[[Any], bool]], Awaitable[Any]]
"""Finds the row of a token that is live."""


class PostgresLookUp:
    """Looks up grants, accounts and API tokens in PostgreSQL. For the event loop; one loop after another may use it."""

    def __init__(self, url: str, keys: Keys, generation: Generation | None = None) -> None:
        self._url = url
        self._find_grant_row: FindRow = _read_live(self._read_grant)
        self._find_token_row: FindRow = _read_live(self._read_token)
        self._find_open_rows: FindRow = _read_live(self._read_open)
        if generation is not None:
            self._find_grant_row = GrantCache(generation, self._read_grant).find
            self._find_token_row = GrantCache(generation, self._read_token).find
            self._find_open_rows = GrantCache(generation, self._read_open).find
        self._keys = keys
        self._pool: Pool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()
        self.condition = Condition()
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # what it warns of, the health says

    async def find_grant(self, token_hash: TokenHash, now: float) -> Grant | None:
        """Return what the URL with this token lets through now; None when unknown, expired or revoked.

        Raises StorageUnavailable when that cannot be found out: nothing opens, and nothing is said to be revoked.
        """
        row = await self._find_grant_row(token_hash, lambda row: _is_live(row, now))
        return None if row is None else make_grant(row[:-1])

    async def find_oauth_grant(self, grant_id: OAuthGrantId) -> OpenGrant | None:
        """Return an OAuth grant with its MCP servers and the person's roles as they are now; None when there is none.

        Raises StorageUnavailable when that cannot be found out.
        """
        rows = await self._find_open_rows(TokenHash(grant_id.encode()), lambda _rows: True)
        return None if rows is None else make_open_grant(grant_id, rows)

    async def find_server(self, server_id: McpServerId, now: float) -> Grant | None:
        """Return what an MCP server lets through now; None when there is none with this id, or it has expired.

        Raises StorageUnavailable when that cannot be found out.
        """
        row = await self._row(_GRANT_OF_SERVER, server_id)
        return make_grant(row[:-1]) if row is not None and _is_live(row, now) else None

    async def find_api_token(self, token_hash: TokenHash, now: float) -> ApiToken | None:
        """Return the API token with this hash; None when there is none, or it has expired."""
        row = await self._find_token_row(token_hash, lambda row: read_live_api_token(row, now) is not None)
        return None if row is None else read_api_token(row)

    async def find_account(self, account_id: AccountId) -> Account | None:
        """Return the account as it is now, if there is one."""
        row = await self._row(_ACCOUNT, account_id)
        return None if row is None else read_account(row)

    async def list_interrupted_refreshes(self) -> list[tuple[AccountId, float]]:
        """Return the accounts with a refresh that was begun and never finished, and when it began."""
        return [(AccountId(id_), begun_at) for id_, begun_at in await self._rows(_INTERRUPTED)]

    async def has_open_entries(self, run: str) -> bool:
        """Whether other runs than this one have left entries of the journal without an outcome."""
        return await self._row(_OPEN_ENTRY, run) is not None

    async def has_work(self, now: float) -> bool:
        """Whether events wait, schedules are due, or jobs that are due are not done."""
        return await self._row(_WORK, now, now) is not None

    def find_fault(self) -> str:
        """Why the database could not be read the last time, in a sentence; empty when it could."""
        return self.condition.reason

    async def check(self) -> None:
        """Find out whether the database can be read and is that of this secret key, and note it."""
        try:
            row = await self._row(_KEY_CHECK)
        except StorageUnavailable:
            return
        if row is None or not self._keys.is_ours(row[0]):
            self.condition.note_failure(_OTHER_KEY)

    async def stop(self) -> None:
        """Close every connection, in the loop that uses them."""
        if self._pool is not None and self._loop is asyncio.get_running_loop():
            pool, self._pool = self._pool, None
            await pool.close()

    def close(self) -> None:
        """Drop what `stop` has not closed."""
        self._pool = None

    async def _read_grant(self, token_hash: TokenHash) -> Any:
        return await self._row(
            _GRANT, *fill_grant(token_hash, 0.0)
        )  # whether it has ended is asked at each use

    async def _read_token(self, token_hash: TokenHash) -> Any:
        return await self._row(_API_TOKEN, token_hash)

    async def _read_open(self, key: TokenHash) -> tuple[Any, ...] | None:
        return tuple(await self._rows(_OAUTH_GRANT, key.decode())) or None

    async def _row(self, statement: LiteralString, *values: Any) -> Any:
        rows = await self._rows(statement, *values)
        return rows[0] if rows else None

    async def _rows(self, statement: LiteralString, *values: Any) -> list[Any]:
        """Return what a statement finds. Raises StorageUnavailable when it cannot be read in time.

        A connection that has ended while nobody used it, as on a restart of the database, is replaced once.
        """
        seconds = BRIEF_SECONDS if self.condition.reason else READ_SECONDS
        try:
            async with asyncio.timeout(seconds):
                pool = await self._open()
                try:
                    rows = await _ask(pool, seconds, statement, values)
                except Error as error:
                    if not postgres.is_connection_lost(error):
                        raise
                    await pool.check()
                    rows = await _ask(pool, seconds, statement, values)
        except (Error, PoolTimeout, TimeoutError) as error:
            is_late = isinstance(error, (PoolTimeout, TimeoutError))
            known = self.condition.reason if is_late else postgres.explain_error(error)
            reason = known or postgres.SLOW
            self.condition.note_failure(reason)
            raise postgres.explain_failed_read(reason) from error
        self.condition.note_success()
        return rows

    async def _open(self) -> Pool:
        """Return the pool of this loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._pool, self._opening = loop, None, asyncio.Lock()
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    pool = self._make_pool()
                    await pool.open()
                    self._pool = pool
        return self._pool

    def _make_pool(self) -> Pool:
        return Pool(
            self._url,
            connection_class=_Reporting,
            kwargs={**postgres.build_options(is_autocommit=True), "report": self.condition.note_failure},
            min_size=1,
            max_size=MOST_CONNECTIONS,
            reconnect_timeout=RECONNECT_SECONDS,
            configure=_configure,
            open=False,
        )


async def _configure(connection: _Reporting) -> None:
    postgres.prepare(connection.adapters)


async def _ask(pool: Pool, seconds: float, statement: LiteralString, values: tuple[Any, ...]) -> list[Any]:
    async with pool.connection(seconds) as connection:
        return await (await connection.execute(statement, values)).fetchall()


def _read_live(read_row: Callable[[TokenHash], Awaitable[Any]]) -> FindRow:
    """Return what finds a row in the database each time, if it is live."""

    async def find(token_hash: TokenHash, is_live: Callable[[Any], bool]) -> Any:
        row = await read_row(token_hash)
        return row if row is not None and is_live(row) else None

    return find


def _is_live(row: Any, now: float) -> bool:
    """Whether the grant in a row has not ended."""
    return row[-1] is None or row[-1] > now
