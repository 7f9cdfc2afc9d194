"""The records of events that no other change comes with, and how long events are stored. See `emitting`."""

from __future__ import annotations

from sqlalchemy import text

from runtime.events import Event
from runtime.stores.emitting import emit
from runtime.stores.record_base import RecordBase

_EXPIRED = text(
    "SELECT id, account_id, name, expires_at FROM mcp_server "
    "WHERE (expires_at, id) > (:since, :after) AND expires_at <= :until ORDER BY expires_at, id LIMIT :most"
)
_PURGE = text(
    "DELETE FROM event WHERE id IN "
    "(SELECT id FROM event WHERE at <= :until AND dispatched_at IS NOT NULL ORDER BY at LIMIT :most)"
)


class EventRecords(RecordBase):
    """Stores events that no other change comes with."""

    def add_event(self, event: Event) -> str:
        """Store an event, and return its id."""
        with self._engine.begin() as connection:
            return emit(connection, event)

    def note_expired_servers(
        self, after: tuple[float, str], until: float, most: int = 500
    ) -> tuple[float, str]:
        """Store an event for each MCP server that has expired in a span of time, once in all processes.

        `after` is when the last one expired that was looked at, and its id; the position to go on from is returned. It
        is before `until` where there may be more.
        """
        with self._engine.begin() as connection:
            values = {"since": after[0], "after": after[1], "until": until, "most": most}
            rows = connection.execute(_EXPIRED, values).all()
            for server_id, account_id, name, expires_at in rows:
                data = {"mcp_server_id": server_id, "integrated_account_id": account_id, "name": name}
                key = f"{server_id} {expires_at}"
                emit(connection, Event("mcp_server.expired", expires_at, data, key=key))
        return (rows[-1][3], rows[-1][0]) if len(rows) == most else (until, "")

    def purge_events(self, until: float, most: int = 1_000) -> int:
        """Forget events until a time, with their deliveries. Return how many: `most` where there may be more."""
        with self._engine.begin() as connection:
            return connection.execute(_PURGE, {"until": until, "most": most}).rowcount
