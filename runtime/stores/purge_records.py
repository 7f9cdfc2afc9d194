"""The records that have ended: that an MCP server has expired is noted once, and what has ended is removed in parts.

Called by `operations.purging`, in any number of processes at once. Each part is one short transaction, and passes over
rows that another process has under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Table, and_, delete, exists, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from runtime.events import Event
from runtime.model import AccountId, AuditEntry, McpServerId
from runtime.people import SESSION_IDLE_SECONDS
from runtime.stores import sqlite
from runtime.stores.emitting import emit
from runtime.stores.explorer_tables import EXPLORER_RUN
from runtime.stores.insight_tables import INSIGHT_READING
from runtime.stores.job_tables import EVENT
from runtime.stores.oauth_tables import (
    OAUTH_CLIENT,
    OAUTH_CODE,
    OAUTH_GRANT,
    OAUTH_REFRESH_TOKEN,
    SIGNING_KEY,
)
from runtime.stores.pending_tables import PENDING_CHANGE
from runtime.stores.people_tables import INVITATION, SESSION, SIGN_IN
from runtime.stores.policy_records import DAY
from runtime.stores.record_base import RecordBase, note
from runtime.stores.schedule_tables import REPORT_RUN
from runtime.stores.server_use import ExpiredServer
from runtime.stores.tables import (
    API_TOKEN,
    AUTHORIZATION,
    IDEMPOTENCY_KEY,
    LINK_TOKEN,
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
EVENTS_STORED_SECONDS = 30 * 86_400.0
"""How long events and their deliveries are stored: as long as somebody may look for why one did not arrive."""
CLIENTS_STORED_SECONDS = 90 * 86_400.0
"""How long a program that nobody uses stays registered: hosts register a new one for each connection."""
RUNS_STORED_SECONDS = 92 * 86_400.0
"""How long runs of schedules are stored: a whole quarter, so that the last quarter's report is still there."""
ASKED_STORED_SECONDS = 90 * 86_400.0
"""How long what somebody has asked in the explorer is stored: a quarter, after which books are closed."""
DECIDED_STORED_SECONDS = 92 * 86_400.0
"""How long a change that waited is stored after its end: a quarter, after which books are closed. The audit and the
journal, which say who decided, are stored for longer.
"""
ACTOR = "ledgerport"
"""Who notes an expiry."""


class PurgeRecords(RecordBase):
    """Notes what has expired, and forgets it."""

    most_bindings = MOST_BINDINGS

    def note_expired(self, now: float) -> list[ExpiredServer]:
        """Return MCP servers that have expired, some of them where they are many; each is returned once by all

        processes together, with an event and an entry in the audit. Raises StorageUnavailable.
        """
        table = MCP_SERVER
        wanted = (
            select(table.c.id, table.c.account_id, table.c.name, table.c.expires_at)
            .where(table.c.expires_at <= now, table.c.expired_at.is_(None))
            .limit(MOST_TOGETHER)
            .with_for_update(skip_locked=True)
        )
        with _refuse_failure(), self._engine.begin() as connection:
            rows = connection.execute(wanted).all()
            if rows:
                ids = [row[0] for row in rows]
                connection.execute(update(table).where(table.c.id.in_(ids)).values(expired_at=now))
            for server_id, account_id, name, expires_at in rows:
                details = {"integrated_account_id": account_id, "name": name}
                note(connection, AuditEntry(now, ACTOR, "mcp_server.expired", server_id, details))
                data = {"mcp_server_id": server_id, **details}
                key = f"{server_id} {expires_at}"
                emit(connection, Event("mcp_server.expired", expires_at, data, key=key))
        return [ExpiredServer(McpServerId(row[0]), AccountId(row[1])) for row in rows]

    def purge(self, now: float) -> int:
        """Forget a part of what has expired: it opens nothing already. Return how many records that were, 0 when there

        are no more.

        MCP servers, API tokens and link tokens stay for a day more, so that a clock that was set forward does not
        delete what it only closed. Raises StorageUnavailable whatever prevents it: the next time will do.
        """
        servers, keys, uses, tokens = MCP_SERVER.c, IDEMPOTENCY_KEY.c, POLICY_USE.c, MCP_PREVIOUS_TOKEN.c
        is_stale = (EVENT.c.at <= now - EVENTS_STORED_SECONDS, EVENT.c.dispatched_at.is_not(None))
        latest = now - PURGE_AFTER_SECONDS
        newest = select(func.max(keys.id)).scalar_subquery()
        return (
            self._delete_part(
                MCP_SERVER, servers.id, servers.expired_at <= latest, servers.expires_at <= latest
            )
            + self._delete_part(API_TOKEN, API_TOKEN.c.id, API_TOKEN.c.expires_at <= latest)
            + self._delete_part(LINK_TOKEN, LINK_TOKEN.c.id, LINK_TOKEN.c.expires_at <= latest)
            + self._delete_part(MCP_PREVIOUS_TOKEN, tokens.server_id, tokens.expires_at <= now)
            + self._delete_part(AUTHORIZATION, AUTHORIZATION.c.state_hash, AUTHORIZATION.c.expires_at <= now)
            + self._delete_part(INVITATION, INVITATION.c.id, INVITATION.c.expires_at <= latest)
            + self._delete_part(SESSION, SESSION.c.id, SESSION.c.last_used_at <= now - SESSION_IDLE_SECONDS)
            + self._delete_part(
                EXPLORER_RUN, EXPLORER_RUN.c.id, EXPLORER_RUN.c.created_at <= now - ASKED_STORED_SECONDS
            )
            + self._delete_part(INSIGHT_READING, INSIGHT_READING.c.id, INSIGHT_READING.c.expires_at <= now)
            + self._delete_part(SIGN_IN, SIGN_IN.c.state_hash, SIGN_IN.c.expires_at <= now)
            + self._delete_part(IDEMPOTENCY_KEY, keys.id, keys.expires_at <= now)
            + self._delete_part(OAUTH_CODE, OAUTH_CODE.c.code_hash, OAUTH_CODE.c.expires_at <= latest)
            + self._delete_part(
                OAUTH_REFRESH_TOKEN, OAUTH_REFRESH_TOKEN.c.token_hash, OAUTH_REFRESH_TOKEN.c.expires_at <= now
            )
            + self._delete_part(SIGNING_KEY, SIGNING_KEY.c.id, SIGNING_KEY.c.retired_at <= latest)
            + self._delete_part(OAUTH_GRANT, OAUTH_GRANT.c.id, _is_over(latest))
            + self._delete_part(OAUTH_CLIENT, OAUTH_CLIENT.c.id, _is_unused(now - CLIENTS_STORED_SECONDS))
            + self._delete_part(EVENT, EVENT.c.id, *is_stale)
            + self._delete_part(
                REPORT_RUN, REPORT_RUN.c.id, REPORT_RUN.c.created_at <= now - RUNS_STORED_SECONDS
            )
            + self._delete_part(
                PENDING_CHANGE,
                PENDING_CHANGE.c.id,
                PENDING_CHANGE.c.finished_at <= now - DECIDED_STORED_SECONDS,
            )
            + self._delete_part(POLICY_USE, uses.id, uses.at <= now - DAY)
            + self._delete_part(IDEMPOTENCY_KEY, keys.id, keys.id <= newest - self.most_bindings)
        )

    def _delete_part(self, table: Table, key: Column[Any], *conditions: Any) -> int:
        """Delete some of the rows that meet conditions, and return how many."""
        wanted = select(key).where(*conditions).limit(MOST_TOGETHER).with_for_update(skip_locked=True)
        with _refuse_failure(), self._engine.begin() as connection:
            found = list(connection.scalars(wanted))
            if found:
                connection.execute(delete(table).where(key.in_(found)))
        return len(found)


def _is_over(latest: float) -> Any:
    """Return the condition that a grant has ended, was never used, or has no company left."""
    grants = OAUTH_GRANT.c
    has_server = exists().where(MCP_SERVER.c.grant_id == grants.id)
    is_dead = or_(grants.last_used_at.is_(None), ~has_server)
    return or_(grants.expires_at <= latest, and_(grants.created_at <= latest, is_dead))


def _is_unused(latest: float) -> Any:
    """Return the condition that nobody was asked on behalf of a client lately, and that it has no grant."""
    clients = OAUTH_CLIENT.c
    has_grant = exists().where(OAUTH_GRANT.c.client_id == clients.id)
    return and_(func.coalesce(clients.last_used_at, clients.created_at) <= latest, ~has_grant)


@contextmanager
def _refuse_failure() -> Iterator[None]:
    """Raise StorageUnavailable for whatever a database says against a change."""
    try:
        yield
    except SQLAlchemyError as error:
        raise sqlite.explain_failed_write("What has expired cannot be purged.") from error
