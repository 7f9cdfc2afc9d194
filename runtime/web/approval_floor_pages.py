"""The page of an organization's approval rule: which writes of its agents wait whatever an MCP server says.

Called by `routes`. Whoever may manage settings sets it; before that the page shows what it would do to each server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.approval import NO_APPROVAL, Approval, ApprovalRule
from runtime.errors import InvalidRequest
from runtime.identity.roles import check_permission
from runtime.operations.approval_config import read_approval_rule
from runtime.operations.approval_effects import MOST_SHOWN, list_effects
from runtime.operations.tenant_calls import TenantCalls
from runtime.operations.tenants import Tenants
from runtime.web.approval_form import (
    ApprovalContext,
    ApprovalDraft,
    fill_approval,
    has_second,
    make_context,
    read_approval,
)
from runtime.web.approval_words import list_facts
from runtime.web.form_fields import FormFields, read_fields
from runtime.web.person_pages import PageParts
from runtime.web.server_views import RISK_WORDS
from runtime.web.signing_in import find_sessions, read_cookie
from runtime.web.tenant_pages import (
    SETTINGS_PATH,
    TenantPages,
    TenantPlace,
    lead_to,
    name_form,
    require_tenant,
)

APPROVALS_PATH = SETTINGS_PATH + "/approvals"
CHANGE = "change approval rule"
"""The name of the form of the page."""
SHOW = "show"
"""What the button sends by which the page is shown with what a rule would do."""
FOUR_EYES = "That is the person who let the agent in, or who made its MCP server."
"""Who the person whose agent asks is."""
DONE: Mapping[str, str] = {
    "set": "The rule is set. It holds from the next call of every agent on.",
    "cleared": "The organization has no rule any more. Those of its MCP servers hold as before.",
}


class ApprovalFloorPages(TenantPages):
    """Shows and sets the approval rule of an organization."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        self._tenants = Tenants(parts.deployment, TenantCalls(parts.deployment.stores.hot))

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of this page."""
        return [
            Route(APPROVALS_PATH, self.look, methods=["GET"]),
            Route(APPROVALS_PATH + "/change", self.change, methods=["POST"]),
        ]

    @require_tenant("see_companies")
    async def look(self, request: Request, place: TenantPlace) -> Response:
        """Show the rule, and what it does."""
        return await self._show(request, place, await self._make_context(place))

    @require_tenant("see_companies")
    async def change(self, request: Request, place: TenantPlace) -> Response:
        """Set the rule, or show what it would do, or what is wrong with it."""
        check_permission(place.who, place.tenant_id, "manage_settings")
        fields = await read_fields(request)
        form = name_form(CHANGE, place.tenant_id)
        find_sessions(request).check_proof(read_cookie(request), form, fields.read("proof"))
        context = await self._make_context(place)
        draft = read_approval(fields, context)
        if draft.errors or fields.read("action") == SHOW:
            return await self._show(request, place, context, fields, draft)
        actor = place.who.person.id
        try:
            await self._tenants.change(place.tenant_id, {}, None, draft.values, actor=actor)
        except InvalidRequest as problem:
            wrong = ApprovalDraft(None, {"approval_risks": problem.message})
            return await self._show(request, place, context, fields, wrong)
        self._log("approval_rule_changed", tenant=place.tenant_id, by=actor)
        return lead_to(place, "/settings/approvals", done="set" if draft.values else "cleared")

    async def _make_context(self, place: TenantPlace) -> ApprovalContext:
        records, tenant_id = self._deployment.stores.records, place.tenant_id
        tenant, members = await asyncio.gather(
            asyncio.to_thread(records.find_tenant, tenant_id),
            asyncio.to_thread(records.list_members, tenant_id),
        )
        rules = tenant.limits.approval if tenant else NO_APPROVAL
        return make_context(tuple(self._deployment.catalog().by_name.values()), members, rules, "tenant")

    async def _show(
        self,
        request: Request,
        place: TenantPlace,
        context: ApprovalContext,
        fields: FormFields | None = None,
        draft: ApprovalDraft | None = None,
    ) -> Response:
        """Show the page with what its form held; only what a rule would do where a script asks for that."""
        shown = self._find_shown(context, draft)
        effects = await asyncio.to_thread(list_effects, self._deployment, place.tenant_id, shown)
        errors = draft.errors if draft else {}
        values: dict[str, Any] = {
            "effects": effects,
            "is_stored": draft is None or bool(errors),
            "most": MOST_SHOWN,
            "amount": shown[0].above_amount if shown else None,
            "errors": errors,
            "is_part": False,
        }
        if request.headers.get("hx-request") and fields is not None:
            values |= {"place": place, "formats": self.make_plain_formats(request), "is_part": True}
            return self._parts.show("settings_approvals_effect", **values)
        return await self.show_tenant(
            request,
            place,
            "settings_approvals",
            "approvals",
            422 if errors and fields is not None and fields.read("action") != SHOW else 200,
            facts=[] if context.stored.is_empty else list_facts(context.stored),
            approval=context,
            fields=fields or FormFields(fill_approval(_suggest(context))),
            risk_words=RISK_WORDS,
            amount_unit="home currency of the company",
            four_eyes_about=FOUR_EYES,
            address=place.find_address("/settings/approvals/change"),
            done=DONE.get(request.query_params.get("done", ""), ""),
            **values,
        )

    def _find_shown(self, context: ApprovalContext, draft: ApprovalDraft | None) -> Approval:
        """Return the rule whose effect is shown: that of the form where it is right, otherwise the stored one."""
        if draft is not None and not draft.errors:
            tools = self._deployment.catalog().by_name.values()
            return read_approval_rule(draft.values, "approval", "tenant", tools)
        return NO_APPROVAL if context.stored.is_empty else (context.stored,)


def _suggest(context: ApprovalContext) -> ApprovalRule:
    """Return the rule that the form shows: the stored one, or an empty one."""
    if context.stored.is_empty:
        return ApprovalRule("tenant", four_eyes=has_second(context))
    return context.stored
