"""The records of how often MCP servers were used, and when last.

Called by `operations.server_uses`, which counts in memory and stores what was added every few seconds; the calls of an
MCP server with a limit are taken from it here one by one, so that all processes together make no more.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, text, update

from runtime.events import Event
from runtime.model import AuditEntry, McpServerId
from runtime.stores.emitting import emit
from runtime.stores.record_base import RecordBase, note
from runtime.stores.server_use import UseCount
from runtime.stores.tables import MCP_SERVER, MCP_SERVER_USE

MOST_TOGETHER = 500
"""Servers whose counts are added in one transaction, about 10 ms: other changes wait for it."""
_ADD = text(
    "INSERT INTO mcp_server_use (server_id, uses, last_used_at) VALUES (:server_id, :uses, :last_used_at) "
    "ON CONFLICT (server_id) DO UPDATE SET uses = mcp_server_use.uses + excluded.uses, last_used_at = CASE "
    "WHEN excluded.last_used_at > mcp_server_use.last_used_at THEN excluded.last_used_at "
    "ELSE mcp_server_use.last_used_at END"
)
_TAKE = text(
    "INSERT INTO mcp_server_use (server_id, uses, last_used_at) VALUES (:server_id, 1, :now) "
    "ON CONFLICT (server_id) DO UPDATE SET uses = mcp_server_use.uses + 1, last_used_at = excluded.last_used_at "
    "WHERE mcp_server_use.uses < :most RETURNING uses"
)


class UseRecords(RecordBase):
    """Adds up how often MCP servers were used."""

    def add_uses(self, added: Sequence[UseCount]) -> None:
        """Add to what is stored; of a server that is gone nothing is. In one order everywhere, so that none waits for

        another in a circle.
        """
        ordered = sorted(added)
        for at in range(0, len(ordered), MOST_TOGETHER):
            part = ordered[at : at + MOST_TOGETHER]
            with self._engine.begin() as connection:
                there = _hold_servers(connection, [each.server_id for each in part])
                rows = [each._asdict() for each in part if each.server_id in there]
                if rows:
                    connection.execute(_ADD, rows)

    def take_use(self, server_id: McpServerId, most: int, now: float) -> bool:
        """Count one call of a server that may make `most`, and return whether it may: no process makes one more.

        With the last one the server is used up: its tokens open nothing from then on.
        """
        with self._engine.begin() as connection:
            if not _hold_servers(connection, [server_id]):
                return False
            values = {"server_id": server_id, "most": most, "now": now}
            uses: int | None = connection.execute(_TAKE, values).scalar()
            if uses is None or uses >= most:
                unmarked = (MCP_SERVER.c.id == server_id, MCP_SERVER.c.used_up_at.is_(None))
                connection.execute(update(MCP_SERVER).where(*unmarked).values(used_up_at=now))
        return uses is not None

    def note_misuse(self, audit: AuditEntry, key: str) -> None:
        """Note in the audit, and report as an event, that a server was used from where it may not be.

        The event is stored once for a key, whichever processes note it.
        """
        with self._engine.begin() as connection:
            note(connection, audit)
            data = {"mcp_server_id": audit.subject, **audit.details}
            emit(connection, Event(audit.action, audit.at, data, key=key))


def read_uses(connection: Connection, server_id: McpServerId) -> int:
    """Return how many calls of tools were counted for a server."""
    wanted = select(MCP_SERVER_USE.c.uses).where(MCP_SERVER_USE.c.server_id == server_id)
    return connection.execute(wanted).scalar() or 0


def _hold_servers(connection: Connection, ids: Sequence[McpServerId]) -> set[McpServerId]:
    """Return which servers there are, and have them stay so until the transaction ends."""
    wanted = select(MCP_SERVER.c.id).where(MCP_SERVER.c.id.in_(ids)).order_by(MCP_SERVER.c.id)
    return set(connection.scalars(wanted.with_for_update(read=True, key_share=True)))
