"""Whom to ask for a higher role: the people of an organization who can give it.

Called by the pages that refuse somebody something, or leave it out. Whoever belongs to an organization sees its people,
so that they may be named. Owners and admins give roles; who is to be an owner, owners alone say.
"""

from __future__ import annotations

import asyncio

from runtime.deployment import Deployment
from runtime.identity.roles import is_at_least
from runtime.people import ROLES, Role
from runtime.tenancy import TenantId

MOST_NAMED = 3
"""People that are named: one of them is enough, and some may be away."""
LONGEST_SHOWN = 80
"""Characters of a name, as of others that a sentence repeats."""


class Helpers:
    """Names those who can help."""

    def __init__(self, deployment: Deployment) -> None:
        self._stores = deployment.stores

    async def explain(self, tenant_id: TenantId, needed: Role) -> str:
        """Return whom somebody of a tenant asks for a role, as a sentence."""
        members = await asyncio.to_thread(lambda: self._stores.records.list_members(tenant_id))
        least: Role = "owner" if needed == "owner" else "admin"
        able = [
            (person.name or person.email, member.role)
            for person, member in members
            if is_at_least(member.role, least)
        ]
        able.sort(key=lambda each: ROLES.index(each[1]))
        named = [f"{' '.join(name.split())[:LONGEST_SHOWN]} ({role})" for name, role in able[:MOST_NAMED]]
        if not named:
            return f"It takes the role {write_role(needed)}, which the operator of this server can give."
        return f"It takes the role {write_role(needed)}. Ask {' or '.join(named)} to change yours."

    async def explain_left_out(self, tenant_id: TenantId, title: str, needed: Role) -> str:
        """Return that the tools of an integration that handle money are left out, and whom to ask."""
        return f"The tools of {title} that handle money are left out. {await self.explain(tenant_id, needed)}"


def write_role(role: Role) -> str:
    """Return a role as people write it."""
    return role.replace("_", " ")
