"""What each role may do: the one table, and the one check of it.

Called by the pages and the session API before anything is done for a person, and by the authorization server, whose
grants never exceed the role of who made them. The README shows the table; a test compares the two.
"""

from __future__ import annotations

from typing import Literal

from runtime.errors import Forbidden
from runtime.people import ROLES, Role, SignedIn
from runtime.tenancy import TenantId

Permission = Literal[
    "see_companies",
    "grant_tools",
    "grant_writes",
    "see_journal",
    "approve_changes",
    "connect_companies",
    "manage_servers",
    "manage_people",
    "manage_settings",
    "manage_owners",
]

PERMISSIONS: dict[Permission, tuple[Role, str]] = {
    "see_companies": ("viewer", "See the companies of the tenant and how they are connected."),
    "grant_tools": ("viewer", "Let an agent read, as far as the tools of a company are open to the role."),
    "grant_writes": ("member", "Let an agent write, as far as the tools of a company are open to the role."),
    "see_journal": ("billing_admin", "See the journal of writes and the records of the books."),
    "approve_changes": (
        "billing_admin",
        "Approve, edit and refuse changes of agents that wait for a person.",
    ),
    "connect_companies": ("admin", "Connect, re-connect and disconnect companies."),
    "manage_servers": (
        "admin",
        "Create, change and revoke MCP servers, and revoke what others have granted.",
    ),
    "manage_people": ("admin", "Invite people, change their roles and remove them, but for owners."),
    "manage_settings": (
        "admin",
        "Make API tokens and webhooks, set budgets, and see keys and the audit log.",
    ),
    "manage_owners": ("owner", "Make somebody an owner, and change or remove one."),
}
"""The least role that each needs, and what it is, in words for people."""

USUAL_TOOLS_ROLE: Role = "billing_admin"
"""The least role for the tools of an integration that handles money, unless its tenant says otherwise."""


def is_at_least(role: Role | None, needed: Role) -> bool:
    """Whether a role may do what another one may; nobody's role, None, may do nothing."""
    return role is not None and ROLES.index(role) >= ROLES.index(needed)


def may(role: Role | None, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return is_at_least(role, PERMISSIONS[permission][0])


def check_permission(who: SignedIn, tenant_id: TenantId, permission: Permission) -> None:
    """Raise Forbidden when a person's role in a tenant does not allow something."""
    role = who.find_role(tenant_id)
    if may(role, permission):
        return
    needed, description = PERMISSIONS[permission]
    has = f"your role is {role}" if role else "you have none in this organization"
    raise Forbidden(
        f"That needs the role {needed} or a higher one, and {has}. It is for: {description}",
        advice="An owner or an admin of the organization can change your role.",
    )
