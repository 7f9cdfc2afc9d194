"""Whether what proposed a change may still call: nothing is approved or carried out for one that may not.

Called by `deciding`, before a decision, and by `carrying`, before anything is sent. An MCP server has to be there, an
API token to be alive, and where a person let a program call by OAuth, that person to belong to the organization still.
"""

from __future__ import annotations

import asyncio

from runtime.approval import PendingChange
from runtime.deployment import Deployment
from runtime.model import Account, McpServerId
from runtime.people import PersonId


async def find_end(deployment: Deployment, account: Account, change: PendingChange) -> str:
    """Return what has ended of what proposed a change, as the beginning of a sentence; empty where nothing has."""
    return await asyncio.to_thread(_find_end, deployment, account, change)


def _find_end(deployment: Deployment, account: Account, change: PendingChange) -> str:
    records, now = deployment.stores.records, deployment.clock()
    if not change.server_id:
        token_id = change.caller.partition(":")[2]
        return "" if records.is_token_alive(token_id, now) else "The API token that proposed it has ended"
    server_id = McpServerId(change.server_id)
    server = records.find_mcp_server(account.id, server_id, now)
    if server is None or server.used_up_at is not None:
        return "The MCP server that proposed it has ended"
    caller = records.find_servers([server_id]).get(server_id)
    is_by_consent = caller is not None and caller.client is not None and bool(change.requested_by)
    if is_by_consent and records.find_member(account.tenant_id, PersonId(change.requested_by)) is None:
        return "The person whose agent proposed it has left the organization, and what they allowed has ended"
    return ""
