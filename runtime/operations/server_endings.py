"""MCP servers that have ended or are to end at once: those that expired, and an expiry of now.

Called by the pages. `mcp_servers` lists those that are open, sets an expiry that is still to come, and revokes.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.deployment import Deployment
from runtime.model import AccountId, AuditEntry, McpServer, McpServerId
from runtime.operations import answers
from runtime.operations.mcp_servers import refuse_unknown_server

MOST_EXPIRED = 100
"""Of one account; they are purged a day after their end."""


class ServerEndings:
    """Lists and makes expired MCP servers. `actor` is who does it, for the audit."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def list_expired(self, account_id: AccountId) -> list[McpServer]:
        """Return the MCP servers of an account that have expired and are not purged yet, the last one first."""
        now = self._deployment.clock()
        return self._deployment.stores.records.list_expired_servers(account_id, MOST_EXPIRED, now)

    def expire(self, account_id: AccountId, server_id: str, *, actor: str = "") -> None:
        """End an MCP server now: its URL answers 404, and it is listed as expired for a day. Raises NotFound."""
        now = self._deployment.clock()

        def expired(server: McpServer) -> McpServer:
            return replace(server, expires_at=now, updated_at=now)

        audit = AuditEntry(now, actor, "mcp_server.changed", server_id, {"integrated_account_id": account_id})
        found = self._deployment.stores.records.change_mcp_server(
            account_id,
            McpServerId(server_id),
            expired,
            audit,
            lambda before, after: {"changes": {"expires_at": _describe(before, after)}},
        )
        if found is None:
            raise refuse_unknown_server()


def _describe(before: McpServer, after: McpServer) -> dict[str, str | None]:
    times = (before.expires_at, after.expires_at)
    return dict(zip(("before", "after"), map(answers.format_time, times), strict=True))
