"""The form of an MCP server: a new one, a change of one, what remains while a person chooses, and a new URL.

Called by `company_routes`. Makes and changes servers by the same code as the management API. A URL is shown once, in
the answer to the form that made it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.approval import NO_APPROVAL
from runtime.errors import InvalidRequest, LedgerportError
from runtime.model import McpServer, McpServerId, ServerConfig
from runtime.operations.server_preview import Preview
from runtime.operations.server_snippets import make_snippets
from runtime.tenancy import TenantId
from runtime.web.approval_form import choose_rule, make_context
from runtime.web.company_pages import Place, require_company
from runtime.web.form_fields import FormFields
from runtime.web.managed_servers import (
    CHANGE,
    CREATE,
    ROTATE,
    SECTION,
    SERVERS_PATH,
    ManagedServers,
    find_server_address,
    name_form,
)
from runtime.web.person_pages import read_zone
from runtime.web.qr_codes import make_qr_code
from runtime.web.server_form import (
    AS_IT_IS,
    ENDS,
    FormContext,
    ServerDraft,
    fill_fields,
    read_draft,
    read_filter_only,
)
from runtime.web.server_picks import count_tags, make_picks
from runtime.web.server_views import EXPOSURES, RISK_WORDS, describe_floor

USUAL_END = "90d"
"""Of a new server: an agent that is used is given another URL before, one that is not loses it."""
OVERLAPS: Mapping[str, tuple[int, str]] = {
    "none": (0, "ends at once"),
    "hour": (3_600, "works for another hour"),
    "day": (86_400, "works for another day"),
    "week": (7 * 86_400, "works for another week"),
}
"""How long a URL works beside the one that replaces it, in seconds and in words."""
FOUR_EYES = "That is the person who let the agent in, or who made this server."
"""Who the person whose agent asks is."""
SHOW = "show"
"""What the button sends by which a form is shown again with what remains."""


class ServerFormPages(ManagedServers):
    """Makes MCP servers, changes them, and gives them new URLs."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages; none where nothing says what a server would list."""
        if self._services.listing is None:
            return []
        one = SERVERS_PATH + "/{server_id}"
        return [
            Route(SERVERS_PATH + "/new", self.begin, methods=["GET"]),
            Route(SERVERS_PATH + "/new", self.create, methods=["POST"]),
            Route(one + "/change", self.begin_change, methods=["GET"]),
            Route(one + "/change", self.change, methods=["POST"]),
            Route(one + "/rotate", self.rotate, methods=["POST"]),
        ]

    @require_company("manage_servers")
    async def begin(self, request: Request, place: Place) -> Response:
        """Show the form of a new server, which reads and nothing else until more is chosen."""
        usual = ServerConfig(methods=("read",), time_zone=str(read_zone(request)))
        context = await self._make_context(request, place)
        fields = fill_fields(usual, choose_rule(usual, context.approval), ends=USUAL_END)
        return await self._show_form(request, place, fields)

    @require_company("manage_servers")
    async def create(self, request: Request, place: Place) -> Response:
        """Make a server, and show its URL this once; or show what remains of the tools, or what is wrong."""
        fields = await self.check_fields(request, name_form(CREATE, place))
        if fields.read("action") == SHOW:
            return await self._show_form(request, place, fields)
        draft = read_draft(fields, await self._make_context(request, place))
        if draft.errors:
            return await self._show_form(request, place, fields, draft=draft)
        assert draft.expires_at is None or isinstance(draft.expires_at, str)
        ends, account_id, actor = draft.expires_at, place.account.id, place.who.person.id
        try:
            made = await self._deployment.stores.write_together(
                lambda: self._servers.create(account_id, draft.name, draft.config, ends, actor=actor)
            )
        except LedgerportError as problem:
            return await self._show_form(request, place, fields, draft=draft, problem=problem)
        self._log("mcp_server_made", account=account_id, server=made["id"], by=actor)
        return await self._show_made(request, place, made, "created")

    @require_company("manage_servers")
    async def begin_change(self, request: Request, place: Place) -> Response:
        """Show the form of a server that is there."""
        server = await self.find_server(place, request.path_params["server_id"])
        context = await self._make_context(request, place, server)
        fields = fill_fields(server.config, choose_rule(server.config, context.approval), server=server)
        return await self._show_form(request, place, fields, server)

    @require_company("manage_servers")
    async def change(self, request: Request, place: Place) -> Response:
        """Change a server; its URL stays."""
        server = await self.find_server(place, request.path_params["server_id"])
        fields = await self.check_fields(request, name_form(CHANGE, place, server.id))
        if fields.read("action") == SHOW:
            return await self._show_form(request, place, fields, server)
        draft = read_draft(fields, await self._make_context(request, place, server))
        if draft.errors:
            return await self._show_form(request, place, fields, server, draft)
        try:
            await self._change(place, server.id, draft)
        except LedgerportError as problem:
            return await self._show_form(request, place, fields, server, draft, problem)
        self._log("mcp_server_changed", account=place.account.id, server=server.id, by=place.who.person.id)
        return RedirectResponse(f"{find_server_address(place, server.id)}?done=changed", 303)

    async def _change(self, place: Place, server_id: McpServerId, draft: ServerDraft) -> None:
        await self._deployment.stores.write(
            lambda: self._servers.change(
                place.account.id,
                server_id,
                name=draft.name,
                config=draft.config,
                expires_at=draft.expires_at,
                actor=place.who.person.id,
            )
        )

    @require_company("manage_servers")
    async def rotate(self, request: Request, place: Place) -> Response:
        """Give a server another URL, and show it this once."""
        server_id = request.path_params["server_id"]
        fields = await self.check_fields(request, name_form(ROTATE, place, server_id))
        seconds, words = OVERLAPS.get(fields.read("overlap"), OVERLAPS["none"])
        account_id, actor = place.account.id, place.who.person.id
        made = await self._deployment.stores.write_together(
            lambda: self._tokens.rotate(account_id, server_id, seconds, actor=actor)
        )
        self._log("mcp_server_rotated", account=account_id, server=server_id, by=actor)
        return await self._show_made(request, place, made, f"replaced: the URL before it {words}")

    async def _show_made(self, request: Request, place: Place, made: dict[str, Any], what: str) -> Response:
        """Show a URL that is not shown again, with how each program is given it."""
        integration = self._deployment.catalog().integrations[place.account.integration]
        needs_api_token = made["config"]["require_api_token_auth"]
        server = await self.find_server(place, made["id"])
        preview = await self.preview(place, server.config)
        return await self.show_company(
            request,
            place,
            "server_made",
            SECTION,
            server=server,
            what=what,
            url=made["url"],
            qr=make_qr_code(made["url"]),
            snippets=make_snippets(integration.name, made["url"], needs_api_token=needs_api_token),
            preview=preview,
            address=find_server_address(place, server.id),
            list_address=find_server_address(place),
        )

    async def _make_context(
        self, request: Request, place: Place, server: McpServer | None = None
    ) -> FormContext:
        catalog, account = self._deployment.catalog(), place.account
        integration = catalog.integrations[account.integration]
        tools, approval = catalog.list_tools(integration.name), None
        if not account.is_read_only:
            members = await asyncio.to_thread(
                self._deployment.stores.records.list_members, TenantId(account.tenant_id)
            )
            own = server.config.approval if server else NO_APPROVAL
            approval = make_context(tools, members, own, "mcp_server")
        return FormContext(integration, tools, read_zone(request), self._deployment.clock(), approval)

    async def _show_form(
        self,
        request: Request,
        place: Place,
        fields: FormFields,
        server: McpServer | None = None,
        draft: ServerDraft | None = None,
        problem: LedgerportError | None = None,
    ) -> Response:
        """Show the form with what it held; only what remains of the tools where a script asks for that."""
        preview, refused = await self._preview_fields(place, fields)
        values: dict[str, Any] = {"preview": preview, "refused": refused}
        formats = await self.make_formats(request, place)
        if request.headers.get("hx-request") and fields.read("action") == SHOW:
            return self._parts.show("server_preview", place=place, formats=formats, **values)
        context = await self._make_context(request, place, server)
        errors = draft.errors if draft else {}
        return await self.show_company(
            request,
            place,
            "server_form",
            SECTION,
            problem.status if problem else 422 if errors else 200,
            server=server,
            fields=fields,
            errors=errors,
            problem=problem,
            picks=make_picks(context.tools, is_read_only=place.account.is_read_only),
            tags=count_tags(context.tools, context.integration),
            exposures=self._list_exposures(place),
            ends=({AS_IT_IS: "As it is"} if server else {}) | dict(ENDS),
            integration=context.integration,
            approval=context.approval,
            risk_words=RISK_WORDS,
            amount_unit=formats.currency,
            four_eyes_about=FOUR_EYES,
            floor=describe_floor(place, formats),
            form_name=name_form(CHANGE if server else CREATE, place, server.id if server else ""),
            address=request.url.path,
            back=find_server_address(place, server.id if server else ""),
            list_address=find_server_address(place),
            **values,
        )

    async def _preview_fields(
        self, place: Place, fields: FormFields
    ) -> tuple[Preview | None, InvalidRequest | None]:
        """Return what the fields of a form leave; or why that is nothing."""
        config = read_filter_only(fields, is_read_only=place.account.is_read_only)
        try:
            return await self.preview(place, config), None
        except InvalidRequest as problem:
            return None, problem

    def _list_exposures(self, place: Place) -> dict[str, tuple[str, str]]:
        has_short = self._deployment.catalog().has_short_tools(place.account.integration)
        return {key: value for key, value in EXPOSURES.items() if key != "short" or has_short}
