"""The page of budgets and limits: what each company has sent to its vendor this month, and how much it may.

Called by `routes`. Budgets of companies are set here; the limits of an organization are the operator's to set.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest
from runtime.identity.roles import check_permission
from runtime.operations.budgets import Budgets, read_count
from runtime.operations.tenant_calls import TenantCalls
from runtime.operations.tenants import Tenants
from runtime.web.person_pages import PageParts
from runtime.web.tenant_pages import SETTINGS_PATH, Sent, TenantPages, TenantPlace, lead_to, require_tenant

BUDGETS_PATH = SETTINGS_PATH + "/budgets"
CHANGE = "change budget"
"""The name of the form of the page."""


class BudgetPages(TenantPages):
    """Shows and sets budgets."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        self._budgets = Budgets(parts.deployment)
        self._tenants = Tenants(parts.deployment, TenantCalls(parts.deployment.stores.hot))

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of this page."""
        return [
            Route(BUDGETS_PATH, self.look, methods=["GET"]),
            Route(BUDGETS_PATH + "/change", self.change, methods=["POST"]),
        ]

    @require_tenant("see_companies")
    async def look(self, request: Request, place: TenantPlace) -> Response:
        """Show what was used, and the limits."""
        return await self._show(request, place)

    @require_tenant("see_companies")
    async def change(self, request: Request, place: TenantPlace) -> Response:
        """Set the budget of a company."""
        check_permission(place.who, place.tenant_id, "manage_settings")
        sent = await self.check_choices(request, place, CHANGE)
        account, actor = sent.values.get("account", ""), place.who.person.id
        try:
            wanted = {
                f"{kind}_per_month": read_count(sent.values.get(kind, ""), kind)
                for kind in ("reads", "writes")
            }
            await self._budgets.change(account, wanted, reach=place.reach, actor=actor)
        except InvalidRequest as problem:
            name = str(problem.details.get("of") or ("reads" if "reads" in problem.message else "writes"))
            error = {name: f"{problem.message} {problem.advice or ''}".strip()}
            return await self._show(request, place, 422, sent, error)
        self._log("budget_changed", tenant=place.tenant_id, account=account, by=actor)
        return lead_to(place, "/settings/budgets", done="changed")

    async def _show(
        self,
        request: Request,
        place: TenantPlace,
        status: int = 200,
        sent: Sent | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        part = await self._budgets.list_usage(place.reach, request.query_params.get("after", ""))
        return await self.show_tenant(
            request,
            place,
            "settings_budgets",
            "budgets",
            status,
            tenant=await self._tenants.look(place.tenant_id),
            part=part,
            entered=sent.values if sent else {},
            errors=errors or {},
            done=request.query_params.get("done", ""),
        )
