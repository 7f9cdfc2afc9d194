"""What the approval rule of an organization does to its MCP servers: how many tools wait by it beside their own rules.

Called by the pages of settings, also with a rule that is not stored yet. Of many servers the first are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from generator.catalog import Tool, select
from runtime.approval import Approval
from runtime.deployment import Deployment
from runtime.model import Account, McpServer
from runtime.operations.approvals.rules import Measured, find_reasons
from runtime.tenancy import AccountFilter, Reach, TenantId

MOST_SHOWN = 100
"""MCP servers of one page: more than most organizations have."""
MOST_ACCOUNTS = 100
"""Accounts whose servers are looked for, each in a query of some 0.2 ms."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How many tools of an MCP server write, how many of these wait by its own rule, and how many by both together."""

    account: Account
    server: McpServer
    writing: int
    own: int
    together: int

    @property
    def added(self) -> int:
        """How many tools wait by the rule of the organization alone."""
        return self.together - self.own


def list_effects(deployment: Deployment, tenant_id: TenantId, floor: Approval) -> list[Effect]:
    """Return what a rule does to the MCP servers that can write, from the oldest company on. Blocks."""
    found = (
        effect
        for account, server in _list_servers(deployment, tenant_id)
        if (effect := measure_effect(deployment, account, server, floor)).writing
    )
    return [*islice(found, MOST_SHOWN)]


def measure_effect(deployment: Deployment, account: Account, server: McpServer, floor: Approval) -> Effect:
    """Return what a rule does to one MCP server."""
    tools = deployment.catalog().list_tools(account.integration)
    found = () if account.is_read_only else select(tools, server.config.methods, server.config.tags)
    writing = [tool for tool in found if not tool.is_read_only]
    own = server.config.approval
    return Effect(account, server, len(writing), _count(own, writing), _count(floor + own, writing))


def _count(approval: Approval, tools: Sequence[Tool]) -> int:
    """Return how many tools wait whatever amount they write."""
    return sum(bool(find_reasons(approval, tool, Measured())) for tool in tools)


def _list_servers(deployment: Deployment, tenant_id: TenantId) -> Iterator[tuple[Account, McpServer]]:
    records, now = deployment.stores.records, deployment.clock()
    for account in records.list_accounts(None, MOST_ACCOUNTS, AccountFilter(Reach(tenant_id))):
        for server in records.list_mcp_servers(account.id, None, MOST_SHOWN, now):
            yield account, server
