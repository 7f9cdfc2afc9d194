"""Tenants as frozen values: what each may have, how far an API token reaches, how customers connect. See `model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NewType

from runtime.approval import NO_APPROVAL, Approval, write_approval

AccountId = NewType("AccountId", str)
TenantId = NewType("TenantId", str)
"""The name that a platform gives its customer."""
LinkTokenId = NewType("LinkTokenId", str)
DEFAULT_TENANT = TenantId("default")
"""The tenant of what is made without naming one."""


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """What one tenant may have, and call; 0 sets no limit. MCP servers that have expired do not count."""

    accounts: int = 0
    mcp_servers: int = 0
    calls_per_minute: int = 0
    approval: Approval = NO_APPROVAL
    """Which writes of agents wait for a person, whatever an MCP server says."""

    def as_dict(self) -> dict[str, Any]:
        """Return what is set."""
        values: dict[str, Any] = {
            name: getattr(self, name) for name in ("accounts", "mcp_servers", "calls_per_minute")
        }
        values["approval"] = write_approval(self.approval, "tenant")
        return {name: value for name, value in values.items() if value}


NO_TENANT_LIMITS = TenantLimits()


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization that owns integrated accounts and API tokens."""

    id: TenantId
    limits: TenantLimits
    created_at: float
    tools_role: str = "billing_admin"
    """The least role for the tools of integrations that handle money; one of `people.ROLES`."""


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


class AccountError(NamedTuple):
    """The last thing that went wrong with a connection: a code, a sentence without a secret, and when it was."""

    code: str
    message: str
    at: float


@dataclass(frozen=True, slots=True)
class LinkToken:
    """An address that a platform gives its customer to connect a company. Only the hash of its secret is stored.

    `account_id` is the account to connect again, or the one that was made when it was first used. It works until a
    company was connected with it (`used_at`).
    """

    id: LinkTokenId
    tenant_id: TenantId
    account_id: AccountId | None
    integration: str
    name: str
    external_id: str
    metadata: Mapping[str, str]
    redirect_uri: str
    is_read_only: bool
    created_at: float
    expires_at: float
    used_at: float | None = None
