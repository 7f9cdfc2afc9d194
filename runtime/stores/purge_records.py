"""The records that have ended: that an MCP server has expired is noted once, and what has ended is removed in parts.

Called by `operations.purging`, in any number of processes at once. Each part is one short transaction, and passes over
rows that another process has under way.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table, delete, func, select, update

from runtime.model import AccountId, AuditEntry, McpServerId
from runtime.stores.policy_records import DAY
from runtime.stores.record_base import RecordBase, note
from runtime.stores.server_use import ExpiredServer
from runtime.stores.tables import (
    API_TOKEN,
    AUTHORIZATION,
    IDEMPOTENCY_KEY,
    MCP_PREVIOUS_TOKEN,
    MCP_SERVER,
    POLICY_USE,
)

MOST_BINDINGS = 1_000_000
"""Idempotency keys stored at most, about 150 MB: beyond them the oldest are purged before their time."""
PURGE_AFTER_SECONDS = 86_400.0
"""How long an MCP server is stored after its expiry: a clock is noticed to be wrong and corrected within a day."""
MOST_TOGETHER = 500
"""Rows of each kind that one transaction changes, some 20 ms: other changes wait for it."""
ACTOR = "ledgerport"
"""Who notes an expiry."""


class PurgeRecords(RecordBase):
    """Notes what has expired, and forgets it."""

    most_bindings = MOST_BINDINGS

    def note_expired(self, now: float) -> list[ExpiredServer]:
        """Return MCP servers that have expired, some of them where they are many; each is returned once by all

        processes together, and noted in the audit.
        """
        table = MCP_SERVER
        wanted = (
            select(table.c.id, table.c.account_id)
            .where(table.c.expires_at <= now, table.c.expired_at.is_(None))
            .limit(MOST_TOGETHER)
            .with_for_update(skip_locked=True)
        )
        with self._engine.begin() as connection:
            found = [
                ExpiredServer(McpServerId(row[0]), AccountId(row[1])) for row in connection.execute(wanted)
            ]
            if found:
                ids = [each.id for each in found]
                connection.execute(update(table).where(table.c.id.in_(ids)).values(expired_at=now))
            for each in found:
                details = {"integrated_account_id": each.account_id}
                note(connection, AuditEntry(now, ACTOR, "mcp_server.expired", each.id, details))
        return found

    def purge(self, now: float) -> int:
        """Forget a part of what has expired: it opens nothing already. Return how many records that were, 0 when there

        are no more.

        MCP servers and API tokens stay for a day more, so that a clock that was set forward does not delete what it
        only closed.
        """
        servers, keys, uses, tokens = MCP_SERVER.c, IDEMPOTENCY_KEY.c, POLICY_USE.c, MCP_PREVIOUS_TOKEN.c
        latest = now - PURGE_AFTER_SECONDS
        newest = select(func.max(keys.id)).scalar_subquery()
        return (
            self._delete_part(
                MCP_SERVER, servers.id, servers.expired_at <= latest, servers.expires_at <= latest
            )
            + self._delete_part(API_TOKEN, API_TOKEN.c.id, API_TOKEN.c.expires_at <= latest)
            + self._delete_part(MCP_PREVIOUS_TOKEN, tokens.server_id, tokens.expires_at <= now)
            + self._delete_part(AUTHORIZATION, AUTHORIZATION.c.state_hash, AUTHORIZATION.c.expires_at <= now)
            + self._delete_part(IDEMPOTENCY_KEY, keys.id, keys.expires_at <= now)
            + self._delete_part(POLICY_USE, uses.id, uses.at <= now - DAY)
            + self._delete_part(IDEMPOTENCY_KEY, keys.id, keys.id <= newest - self.most_bindings)
        )

    def _delete_part(self, table: Table, key: Column[Any], *conditions: Any) -> int:
        """Delete some of the rows that meet conditions, and return how many."""
        wanted = select(key).where(*conditions).limit(MOST_TOGETHER).with_for_update(skip_locked=True)
        with self._engine.begin() as connection:
            found = list(connection.scalars(wanted))
            if found:
                connection.execute(delete(table).where(key.in_(found)))
        return len(found)
