"""The values of `use_records` and `purge_records`, for those that import no SQLAlchemy."""

from __future__ import annotations

from typing import NamedTuple

from runtime.model import AccountId, McpServerId


class UseCount(NamedTuple):
    """What is added to the uses of an MCP server, and when it was last asked anything."""

    server_id: McpServerId
    uses: int
    last_used_at: float


class ExpiredServer(NamedTuple):
    """An MCP server whose expiry was noted."""

    id: McpServerId
    account_id: AccountId
