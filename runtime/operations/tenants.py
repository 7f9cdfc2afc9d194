"""Tenants: what each may have and has now. One is made when it is first named, by an account, an API token or a limit.

Called by `api.tenants`, for API tokens that are bound to no tenant. The limits of accounts and MCP servers hold in the
transaction that adds one; `tenant_calls` holds the calls a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from runtime.approval import write_approval
from runtime.deployment import Deployment
from runtime.errors import NotFound
from runtime.model import AuditEntry
from runtime.operations import answers
from runtime.operations.approval_config import read_approval_rule
from runtime.operations.names import UNSET, Unset, check_tenant_id
from runtime.operations.tenant_calls import TenantCalls
from runtime.people import Role
from runtime.tenancy import NO_TENANT_LIMITS, Tenant, TenantId

COUNTED = ("accounts", "mcp_servers", "calls_per_minute")
"""The limits that are numbers."""


class Tenants:
    """Lists, reads and changes tenants."""

    def __init__(self, deployment: Deployment, calls: TenantCalls) -> None:
        self._deployment, self._stores, self._calls = deployment, deployment.stores, calls

    async def list_all(self, limit: int = answers.USUAL_PART, next_cursor: str = "") -> dict[str, Any]:
        """Return the tenants from the oldest on, each with what it has now."""
        found: list[Tenant] = []

        def show(tenant: Tenant) -> dict[str, Any]:
            found.append(tenant)
            return {}

        part = await asyncio.to_thread(
            answers.read_part, self._stores.records.list_tenants, show, limit, next_cursor
        )
        return part | {"result": await self._show(found)}

    async def get(self, tenant_id: str) -> dict[str, Any]:
        """Return one tenant with what it has now. Raises NotFound."""
        found = await asyncio.to_thread(self._stores.records.find_tenant, TenantId(tenant_id))
        if found is None:
            raise NotFound(
                "There is no such tenant.",
                advice="One is made when an integrated account is made with its tenant_id.",
            )
        return (await self._show([found]))[0]

    async def look(self, tenant_id: TenantId) -> dict[str, Any]:
        """Return one tenant with what it has now; one that nothing was made for has no limits."""
        found = await asyncio.to_thread(self._stores.records.find_tenant, tenant_id)
        return (await self._show([found or Tenant(tenant_id, NO_TENANT_LIMITS, self._deployment.clock())]))[0]

    async def change(
        self,
        tenant_id: str,
        limits: Mapping[str, int],
        tools_role: Role | None = None,
        approval: Mapping[str, Any] | Unset | None = UNSET,
        *,
        actor: str = "",
    ) -> dict[str, Any]:
        """Set the limits that are named, the least role for tools, and which writes wait, of a tenant that is made
        where it is new. `approval` None or empty: none waits by its rule any more.

        Raises InvalidRequest.
        """
        named = check_tenant_id(tenant_id)
        changes: dict[str, Any] = dict(limits)
        if not isinstance(approval, Unset):
            tools = self._deployment.catalog().by_name.values()
            changes["approval"] = read_approval_rule(approval, "approval", "tenant", tools)
        audit = AuditEntry(self._deployment.clock(), actor, "tenant.changed", named)
        changed = await self._stores.write(
            lambda: self._stores.records.change_tenant(named, changes, audit, tools_role)
        )
        return (await self._show([changed]))[0]

    async def _show(self, tenants: list[Tenant]) -> list[dict[str, Any]]:
        ids = [each.id for each in tenants]
        have = await asyncio.to_thread(self._stores.records.count_of_tenants, ids, self._deployment.clock())
        return [
            {
                "id": each.id,
                "limits": {name: getattr(each.limits, name) for name in COUNTED},
                "now": {
                    "accounts": have[each.id][0],
                    "mcp_servers": have[each.id][1],
                    "calls_per_minute": await self._calls.count(each),
                },
                "tools_role": each.tools_role,
                "approval": write_approval(each.limits.approval, "tenant"),
                "created_at": answers.format_time(each.created_at),
            }
            for each in tenants
        ]
