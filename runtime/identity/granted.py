"""The agents that people have let in: each person's own, and for admins those of others in their tenants.

Called by `web.agents`. Whoever has granted something ends all of it; an admin ends what it reaches in his or her
tenants, and nothing elsewhere.
"""

from __future__ import annotations

import asyncio

from runtime.deployment import Deployment
from runtime.errors import NotFound
from runtime.identity.roles import may
from runtime.logs import Log
from runtime.model import AuditEntry
from runtime.people import OAuthGrant, OAuthGrantId, SignedIn
from runtime.stores.oauth_records import ListedGrant
from runtime.tenancy import TenantId


class Granted:
    """Lists and ends grants."""

    def __init__(self, deployment: Deployment, log: Log) -> None:
        self._deployment, self._stores, self._log = deployment, deployment.stores, log

    async def list(self, who: SignedIn) -> list[ListedGrant]:
        """Return the grants that a person may see, the newest first."""
        now = self._deployment.clock()
        return await asyncio.to_thread(
            lambda: self._stores.records.list_oauth_grants(who.person.id, _list_managed(who), now)
        )

    async def revoke(self, who: SignedIn, grant_id: str) -> None:
        """End a grant, or what it reaches in the tenants that a person manages. Raises NotFound."""
        id_, records = OAuthGrantId(grant_id), self._stores.records
        grant = await asyncio.to_thread(records.find_oauth_grant, id_)
        audit = AuditEntry(
            self._deployment.clock(), who.person.id, "oauth_grant.revoked", grant_id, _describe(grant)
        )
        is_done = False
        if grant is not None and grant.person_id == who.person.id:
            is_done = await self._stores.write(lambda: records.revoke_oauth_grant(id_, audit))
        elif grant is not None and (tenants := _list_managed(who)):
            is_done = await self._stores.write(lambda: records.revoke_in_tenants(id_, tenants, audit))
        if not is_done or grant is None:
            raise NotFound("There is no such agent.", advice="Open the page again: it may have been removed.")
        self._log("oauth_revoked", grant=grant.id, client=grant.client_name)


def _describe(grant: OAuthGrant | None) -> dict[str, str]:
    return {"client": grant.client_name} if grant is not None else {}


def _list_managed(who: SignedIn) -> list[TenantId]:
    return [each.tenant_id for each in who.members if may(each.role, "manage_servers")]
