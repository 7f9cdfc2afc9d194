"""The settings of an organization that have no page of forms: what it is, integrations, keys, the audit log.

Called by `routes`. The one form is the least role for the tools of integrations that handle money, which owners set.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.connect.links import CALLBACK_PATH
from runtime.errors import InvalidRequest
from runtime.identity.roles import check_permission
from runtime.identity.signing_keys import TOKEN_SECONDS
from runtime.operations.audit_log import KINDS, AuditLog
from runtime.operations.integration_status import describe_integrations
from runtime.operations.tenant_calls import TenantCalls
from runtime.operations.tenants import Tenants
from runtime.people import ROLES
from runtime.web.person_pages import PageParts
from runtime.web.tenant_pages import SETTINGS_PATH, TenantPages, TenantPlace, lead_to, require_tenant

CHANGE_TOOLS_ROLE = "change tools role"
"""The name of the form of the page."""
LONGEST_NUMBER = 18
"""Digits of the number of an entry in an address: as many as the database counts to."""


class SettingsPages(TenantPages):
    """Shows the settings of an organization."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        self._tenants = Tenants(parts.deployment, TenantCalls(parts.deployment.stores.hot))
        self._audit = AuditLog(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(SETTINGS_PATH, self.look, methods=["GET"]),
            Route(SETTINGS_PATH + "/tools-role", self.change_tools_role, methods=["POST"]),
            Route(SETTINGS_PATH + "/integrations", self.look_at_integrations, methods=["GET"]),
            Route(SETTINGS_PATH + "/keys", self.look_at_keys, methods=["GET"]),
            Route(SETTINGS_PATH + "/audit", self.look_at_audit, methods=["GET"]),
        ]

    @require_tenant("see_companies")
    async def look(self, request: Request, place: TenantPlace) -> Response:
        """Show what an organization has, and what its tools ask of a role."""
        tenant, members = await asyncio.gather(self._tenants.look(place.tenant_id), self._list_members(place))
        return await self.show_tenant(
            request,
            place,
            "settings",
            "general",
            tenant=tenant,
            people=len(members),
            roles=ROLES,
            has_money_tools=[
                each.title for each in self._deployment.catalog().integrations.values() if each.handles_money
            ],
            done=request.query_params.get("done", ""),
        )

    @require_tenant("see_companies")
    async def change_tools_role(self, request: Request, place: TenantPlace) -> Response:
        """Set the least role for the tools of integrations that handle money."""
        check_permission(place.who, place.tenant_id, "manage_owners")
        sent = await self.check_choices(request, place, CHANGE_TOOLS_ROLE)
        role = next((each for each in ROLES if each == sent.values.get("role")), None)
        if role is None:
            raise InvalidRequest("There is no such role.", advice=f"Roles: {', '.join(ROLES)}.")
        await self._tenants.change(place.tenant_id, {}, role, actor=place.who.person.id)
        self._log("tools_role_changed", tenant=place.tenant_id, role=role, by=place.who.person.id)
        return lead_to(place, "/settings", done="role")

    @require_tenant("see_companies")
    async def look_at_integrations(self, request: Request, place: TenantPlace) -> Response:
        """Show which integrations there are, and how far each is set up."""
        settings = self._deployment.settings
        return await self.show_tenant(
            request,
            place,
            "settings_integrations",
            "integrations",
            integrations=describe_integrations(self._deployment.catalog(), settings),
            redirect_uri=settings.public_url + CALLBACK_PATH,
        )

    @require_tenant("manage_settings")
    async def look_at_keys(self, request: Request, place: TenantPlace) -> Response:
        """Show which keys there are and since when; never a key."""
        settings, now = self._deployment.settings, self._deployment.clock()
        keys = await asyncio.to_thread(self._deployment.stores.records.list_signing_keys)
        return await self.show_tenant(
            request,
            place,
            "settings_keys",
            "keys",
            keys=sorted(keys, key=lambda key: key.created_at, reverse=True),
            token_seconds=TOKEN_SECONDS,
            now=now,
            secret_key_since=await asyncio.to_thread(self._find_secret_key_age),
            is_in_file=settings.key_file is not None,
            previous_keys=len(settings.previous_secret_keys),
        )

    @require_tenant("manage_settings")
    async def look_at_audit(self, request: Request, place: TenantPlace) -> Response:
        """Show what was done in an organization, and by whom."""
        asked = request.query_params
        before = asked.get("before", "")
        number = (
            int(before) if before.isascii() and before.isdigit() and len(before) <= LONGEST_NUMBER else None
        )
        kind = asked.get("kind", "") if asked.get("kind") in KINDS else ""
        part = await self._audit.list_part(place.tenant_id, number, kind)
        return await self.show_tenant(
            request,
            place,
            "settings_audit",
            "audit",
            part=part,
            kinds=KINDS,
            kind=kind,
            is_first=number is None,
        )

    async def _list_members(self, place: TenantPlace) -> list[Any]:
        return await asyncio.to_thread(self._deployment.stores.records.list_members, place.tenant_id)

    def _find_secret_key_age(self) -> float | None:
        """Return when the file of the secret key was written; None where it is in no file, or cannot be looked at."""
        file = self._deployment.settings.key_file
        try:
            return file.stat().st_mtime if file else None
        except OSError:
            return None
