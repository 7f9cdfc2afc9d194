"""The tokens of MCP servers after their creation: replaced while the present one still works, or misused.

Called by `api.server_tokens`, and by `server.app` for the MCP endpoint. `mcp_servers` makes the first token.
"""

from __future__ import annotations

from typing import Any

from runtime.deployment import Deployment
from runtime.errors import Conflict, InvalidRequest
from runtime.keys.crypto import make_secret
from runtime.model import AccountId, AuditEntry, Grant, McpServerId
from runtime.operations import answers
from runtime.operations.mcp_servers import PREFIX, McpServers, refuse_unknown_server, show_secret
from runtime.recent import Recent

LONGEST_OVERLAP_SECONDS = 30 * 86_400
"""A month: an agent that nobody has set up anew by then is not used."""
MISUSE_SECONDS = 3_600.0
"""How often the misuse of a server from one address is noted: a client that tries every second would fill the audit."""
_MOST_MISUSED = 1_000
"""Servers, each with an address, whose last note is remembered."""


class ServerTokens:
    """Replaces tokens, and notes their misuse. `actor` is who does it, for the audit."""

    def __init__(self, deployment: Deployment, servers: McpServers) -> None:
        self._deployment, self._servers = deployment, servers
        self._noted: Recent[tuple[McpServerId, str], float] = Recent(_MOST_MISUSED)

    def rotate(
        self, account_id: str, server_id: str, overlap_seconds: int = 0, *, actor: str = ""
    ) -> dict[str, Any]:
        """Give an MCP server another token; `token` and `url` in the answer are not shown again.

        The present token opens it for so many seconds more, an earlier one no longer. Raises NotFound,
        InvalidRequest for an overlap that is too long, and Conflict for a part of an OAuth grant.
        """
        if not 0 <= overlap_seconds <= LONGEST_OVERLAP_SECONDS:
            raise InvalidRequest(
                f"overlap_seconds is 0 to {LONGEST_OVERLAP_SECONDS}.",
                advice="0 ends the present URL at once; give as long as it takes to replace it everywhere.",
            )
        if self._deployment.stores.records.find_granted_by([server_id]):
            raise Conflict(
                "This MCP server is part of an OAuth grant: its program has access tokens, and no URL with a secret.",
                advice="Delete it, or have the person who granted it revoke it; the program then asks again.",
            )
        now, secret = self._deployment.clock(), make_secret(PREFIX)
        until = now + overlap_seconds
        details = {
            "integrated_account_id": account_id,
            "previous_token_expires_at": answers.format_time(until),
        }
        audit = AuditEntry(now, actor, "mcp_server.rotated", server_id, details)
        token_hash = self._deployment.keys.hash_token(secret)
        if not self._deployment.stores.records.rotate_mcp_server(
            AccountId(account_id), McpServerId(server_id), token_hash, until, audit
        ):
            raise refuse_unknown_server()
        shown = self._servers.get(account_id, server_id)
        return {**shown, **show_secret(self._deployment.settings.public_url, secret)}

    def note_misuse(self, grant: Grant, address: str) -> bool:
        """Have it noted that a server was called from outside its networks, with an event; nobody waits for it.

        False when that was noted of this address within the last hour.
        """
        assert grant.server_id is not None
        now, key = self._deployment.clock(), (grant.server_id, address)
        last = self._noted.get(key)
        if last is not None and now - last < MISUSE_SECONDS:
            return False
        self._noted.put(key, now)
        details = {"integrated_account_id": grant.account.id, "address": address}
        entry = AuditEntry(now, "nobody", "mcp_server.misused", grant.server_id, details)
        stores = self._deployment.stores
        hour = f"{grant.server_id} {address} {now // MISUSE_SECONDS:.0f}"
        stores.note(lambda: stores.records.note_misuse(entry, hour))
        return True
