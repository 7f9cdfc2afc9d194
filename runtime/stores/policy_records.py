"""The records of what MCP servers with limits have written lately. Called by `operations.write_policies`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, func, insert, select

from runtime.model import McpServerId
from runtime.stores.policy_use import Limits, Reservation, Use
from runtime.stores.record_base import RecordBase
from runtime.stores.tables import MCP_SERVER, POLICY_USE

HOUR, DAY = 3_600.0, 86_400.0
"""Seconds of the windows of the limits; each write counts until it is that old, so that no hour or day has more."""


class PolicyRecords(RecordBase):
    """Counts what MCP servers write."""

    def reserve_use(
        self, server_id: McpServerId, uses: Sequence[Use], limits: Limits, now: float
    ) -> Reservation:
        """Count writes before they are sent, all or none, where the limits allow them; one counted already is one.

        One transaction, so that of two processes that write at once none exceeds a limit.
        """
        table = POLICY_USE
        refs = [use.ref for use in uses]
        with self._engine.begin() as connection:
            server = select(MCP_SERVER.c.id).where(MCP_SERVER.c.id == server_id)
            connection.execute(server.with_for_update(key_share=True))
            known = set(connection.scalars(select(table.c.ref).where(table.c.ref.in_(refs))))
            new = [use for use in uses if use.ref not in known]
            day, day_until, _ = _used(connection, server_id, now, DAY)
            _, hour_until, writes = _used(connection, server_id, now, HOUR)
            added = sum(use.amount for use in new)
            is_made = not (
                (limits.amount and added and day + added > limits.amount)
                or (limits.writes and new and writes + len(new) > limits.writes)
            )
            if is_made and new:
                rows = [{"server_id": server_id, "at": now, **use._asdict()} for use in new]
                connection.execute(insert(table), rows)
        made = tuple(use.ref for use in new) if is_made else ()
        return Reservation(is_made, made, day, writes, hour_until, day_until)

    def release_use(self, refs: Iterable[str]) -> None:
        """Count writes no longer: nothing was done."""
        self._change(delete(POLICY_USE).where(POLICY_USE.c.ref.in_(list(refs))))


def _used(
    connection: Connection, server_id: McpServerId, now: float, window: float
) -> tuple[int, float, int]:
    """Return the amount within a window, in how many seconds its oldest write leaves it, and how many they are."""
    table = POLICY_USE
    found = select(func.sum(table.c.amount), func.min(table.c.at), func.count())
    row = connection.execute(found.where(table.c.server_id == server_id, table.c.at > now - window)).one()
    return int(row[0] or 0), (row[1] + window - now) if row[1] is not None else 0.0, row[2]
