"""The MCP servers of a company: all of them with how they are used, and one with its tools, limits and a try of a tool.

Called by `company_routes`. `server_form_pages` makes and changes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Tool, select
from runtime.errors import InvalidRequest
from runtime.model import AccountId, McpServer
from runtime.operations.own_tools import WORST_LAST
from runtime.operations.server_preview import Preview
from runtime.watching.calls import CallerDays, ToolCount
from runtime.web.company_pages import Place, require_company
from runtime.web.managed_servers import (
    EXPIRE,
    REVOKE,
    ROTATE,
    RUN,
    SECTION,
    SERVERS_PATH,
    ManagedServers,
    find_server_address,
    name_form,
)
from runtime.web.server_form_pages import OVERLAPS
from runtime.web.server_trials import Trial, begin_trial, carry_out, list_testable
from runtime.web.server_views import (
    EXPOSURES,
    ServerRow,
    describe_floor,
    describe_rule,
    list_day_bounds,
    list_limits,
    make_row,
)

MOST_SERVERS = 500
"""Servers of one company that the list looks through: each takes its tools to be found, some 50 µs."""
SHOWN = 50
"""Servers of one page."""
LONGEST_SEARCH = 200
"""Characters of a search, as many as a name has."""
GROUPS: Mapping[str, str] = {"": "Open", "soon": "Ending soon", "ended": "Ended", "all": "All"}
"""The tabs of the list: what their address says, and their title."""
DONE: Mapping[str, str] = {
    "changed": "The MCP server was changed. Its URL is the same.",
    "expired": "The MCP server has ended. Its URL answers as one that does not exist.",
    "revoked": "The MCP server was revoked. Its URL answers as one that does not exist.",
}
"""What a page says after a form that led to it."""


class ServerPages(ManagedServers):
    """Shows MCP servers, ends them, and tries their tools."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages; none where nothing says what a server lists."""
        if self._services.listing is None:
            return []
        one = SERVERS_PATH + "/{server_id}"
        return [
            Route(SERVERS_PATH, self.list_all, methods=["GET"]),
            Route(one, self.look, methods=["GET"]),
            Route(one + "/run", self.run_tool, methods=["POST"]),
            Route(one + "/expire", self.expire, methods=["POST"]),
            Route(one + "/revoke", self.revoke, methods=["POST"]),
        ]

    @require_company("see_companies")
    async def list_all(self, request: Request, place: Place) -> Response:
        """Show the MCP servers of a company."""
        rows = await self._list_rows(request, place)
        group, wanted = (
            request.query_params.get("show", ""),
            request.query_params.get("q", "")[:LONGEST_SEARCH],
        )
        group = group if group in GROUPS else ""
        found = [
            row for row in rows if _is_in(row, group) and wanted.strip().lower() in row.server.name.lower()
        ]
        page = _read_page(request, len(found))
        return await self.show_company(
            request,
            place,
            "servers",
            SECTION,
            rows=found[page * SHOWN : (page + 1) * SHOWN],
            found=len(found),
            total=len(rows),
            has_more=len(rows) >= MOST_SERVERS,
            at=page,
            pages=-(-len(found) // SHOWN),
            group=group,
            groups=[(key, title, sum(_is_in(row, key) for row in rows)) for key, title in GROUPS.items()],
            q=wanted,
            calls=sum(row.use.calls for row in rows),
            exposures=EXPOSURES,
            done=DONE.get(request.query_params.get("done", ""), ""),
            address=find_server_address(place),
            may_manage=place.may("manage_servers"),
        )

    async def _list_rows(self, request: Request, place: Place) -> list[ServerRow]:
        """Return all servers of a company with their use, the newest first."""
        if self._services.uses is not None:
            await self._services.uses.flush()
        formats = await self.make_formats(request, place)
        servers, granted = await asyncio.to_thread(self._read_servers, place.account.id)
        use = await self._count_use(place, list_day_bounds(formats))
        ordered = sorted(servers, key=lambda each: each.created_at, reverse=True)
        tools = _ToolsOf(self._deployment.catalog().list_tools(place.account.integration), place)
        return [
            make_row(each, tools.find(each), use.get(each.id), granted.get(each.id), formats)
            for each in ordered
        ]

    def _read_servers(self, account_id: AccountId) -> tuple[list[McpServer], Mapping[str, dict[str, str]]]:
        """Return all MCP servers of a company, and who granted those that are part of a grant."""
        servers = self._records.list_mcp_servers(account_id, None, MOST_SERVERS, self._deployment.clock())
        servers = [*servers, *self._endings.list_expired(account_id)]
        return servers, self._records.find_granted_by([each.id for each in servers])

    @property
    def _records(self) -> Any:
        return self._deployment.stores.records

    async def _count_use(self, place: Place, bounds: Sequence[float]) -> dict[str, CallerDays]:
        log = self._services.finished.call_log
        return await log.count_by_server(place.account.id, bounds) if log else {}

    @require_company("see_companies")
    async def look(self, request: Request, place: Place) -> Response:
        """Show one MCP server."""
        server = await self.find_server(place, request.path_params["server_id"])
        trial = begin_trial(self._list_testable(place, server), request.query_params.get("tool", ""))
        return await self._show(request, place, server, trial)

    @require_company("manage_servers")
    async def run_tool(self, request: Request, place: Place) -> Response:
        """Run a tool that reads, as far as this MCP server lets it through, and show what it answered."""
        server = await self.find_server(place, request.path_params["server_id"])
        fields = await self.check_fields(request, name_form(RUN, place, server.id))
        tools = self._list_testable(place, server)
        trial = begin_trial(tools, fields.read("tool"), fields.read("arguments"))
        if trial is not None and fields.read("tool") == trial.tool.name:
            trial = await carry_out(trial, tools, server, place, self._services)
        return await self._show(request, place, server, trial)

    @require_company("manage_servers")
    async def expire(self, request: Request, place: Place) -> Response:
        """End an MCP server now; it is listed as one that has ended."""
        server_id = request.path_params["server_id"]
        await self.check_fields(request, name_form(EXPIRE, place, server_id))
        account_id, actor = place.account.id, place.who.person.id
        await self._deployment.stores.write(lambda: self._endings.expire(account_id, server_id, actor=actor))
        self._log("mcp_server_expired", account=account_id, server=server_id, by=actor)
        return RedirectResponse(f"{find_server_address(place)}?show=ended&done=expired", 303)

    @require_company("manage_servers")
    async def revoke(self, request: Request, place: Place) -> Response:
        """Revoke an MCP server: it is gone."""
        server_id = request.path_params["server_id"]
        await self.check_fields(request, name_form(REVOKE, place, server_id))
        account_id, actor = place.account.id, place.who.person.id
        await self._deployment.stores.write(lambda: self._servers.delete(account_id, server_id, actor=actor))
        self._log("mcp_server_revoked", account=account_id, server=server_id, by=actor)
        return RedirectResponse(f"{find_server_address(place)}?done=revoked", 303)

    def _list_testable(self, place: Place, server: McpServer) -> dict[str, Tool]:
        return list_testable(self._deployment.catalog().list_tools(place.account.integration), server.config)

    async def _show(self, request: Request, place: Place, server: McpServer, trial: Trial | None) -> Response:
        formats, may_manage = await self.make_formats(request, place), place.may("manage_servers")
        trial_values: dict[str, Any] = {
            "trial": trial if may_manage else None,
            "testable": [*self._list_testable(place, server)] if may_manage else [],
            "server": server,
            "address": find_server_address(place, server.id),
            "form_of": lambda form: name_form(form, place, server.id),
        }
        if request.headers.get("hx-request"):
            return await self.show_company(request, place, "server_trial", SECTION, **trial_values)
        preview, bounds = await self._preview(place, server), list_day_bounds(formats)
        use = (await self._count_use(place, bounds)).get(server.id)
        granted = await self._deployment.stores.read(lambda: self._records.find_granted_by([server.id]))
        row = make_row(server, preview.tools if preview else (), use, granted.get(server.id), formats)
        return await self.show_company(
            request,
            place,
            "server",
            SECTION,
            row=row,
            preview=preview,
            resources=_list_resources(preview.tools if preview else ()),
            risks=WORST_LAST,
            used=await self._count_tools(place, server, bounds[0]),
            limits=list_limits(server.config, formats),
            waits=describe_rule(server.config, formats),
            floor=describe_floor(place, formats),
            may_write=any(not tool.is_read_only for tool in preview.tools) if preview else False,
            exposures=EXPOSURES,
            overlaps=OVERLAPS,
            done=DONE.get(request.query_params.get("done", ""), ""),
            list_address=find_server_address(place),
            may_manage=may_manage,
            forms={"rotate": ROTATE, "expire": EXPIRE, "revoke": REVOKE, "run": RUN},
            **trial_values,
        )

    async def _preview(self, place: Place, server: McpServer) -> Preview | None:
        """Return what a server has; None where its filter leaves nothing any more."""
        try:
            return await self.preview(place, server.config)
        except InvalidRequest:
            return None

    async def _count_tools(self, place: Place, server: McpServer, since: float) -> Sequence[ToolCount]:
        log = self._services.finished.call_log
        return await log.count_by_tool(place.account.id, server.id, since) if log else ()


class _ToolsOf:
    """Finds the tools of servers, once for each filter."""

    def __init__(self, tools: tuple[Tool, ...], place: Place) -> None:
        self._tools = tuple(t for t in tools if t.is_read_only or not place.account.is_read_only)
        self._found: dict[tuple[object, ...], tuple[Tool, ...]] = {}

    def find(self, server: McpServer) -> tuple[Tool, ...]:
        """Return the tools that the filter of a server leaves."""
        key = (server.config.methods, server.config.tags)
        if key not in self._found:
            self._found[key] = select(self._tools, *key)
        return self._found[key]


def _is_in(row: ServerRow, group: str) -> bool:
    """Whether a server is under a tab."""
    own = row.standing.group
    return group in ("all", own) or (group == "" and own == "soon")


def _read_page(request: Request, found: int) -> int:
    """Return the number of the page that is asked for, from 0 on; the last one where there are fewer."""
    text = request.query_params.get("page", "")
    wanted = int(text) - 1 if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return max(0, min(wanted, (found - 1) // SHOWN))


def _list_resources(tools: Sequence[Tool]) -> list[tuple[str, dict[str, str]]]:
    """Return each resource with its methods by risk."""
    ordered = sorted(tools, key=lambda tool: tool.resource)
    return [
        (name.replace("_", " "), _list_methods([*group]))
        for name, group in groupby(ordered, key=lambda tool: tool.resource)
    ]


def _list_methods(tools: Sequence[Tool]) -> dict[str, str]:
    return {
        risk: ", ".join(sorted(tool.method for tool in tools if tool.risk == risk))
        for risk in WORST_LAST
        if any(tool.risk == risk for tool in tools)
    }
