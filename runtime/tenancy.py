"""Tenants as frozen values: how much each may have, and how far an API token reaches. Part of `model`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, NewType

AccountId = NewType("AccountId", str)
TenantId = NewType("TenantId", str)
"""The name that a platform gives its customer."""
DEFAULT_TENANT = TenantId("default")
"""The tenant of what is made without naming one."""


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """What one tenant may have, and call; 0 sets no limit. MCP servers that have expired do not count."""

    accounts: int = 0
    mcp_servers: int = 0
    calls_per_minute: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return what is set."""
        values = {name: getattr(self, name) for name in ("accounts", "mcp_servers", "calls_per_minute")}
        return {name: value for name, value in values.items() if value}


NO_TENANT_LIMITS = TenantLimits()


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization that owns integrated accounts and API tokens."""

    id: TenantId
    limits: TenantLimits
    created_at: float


class Reach(NamedTuple):
    """What an API token may see and change: one tenant's, one account's, or everything where both are None."""

    tenant_id: TenantId | None = None
    account_id: AccountId | None = None


EVERYTHING = Reach()


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts a list has, all of them within `reach`; what is None or empty filters nothing."""

    reach: Reach = EVERYTHING
    tenant_id: str | None = None
    external_id: str | None = None
    status: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()


EVERY_ACCOUNT = AccountFilter()
