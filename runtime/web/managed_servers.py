"""What the pages of MCP servers share: finding one, what its config leaves, and the names of their forms.

Called by `server_pages` and `server_form_pages`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import Request

from runtime.model import McpServer, McpServerId, ServerConfig
from runtime.operations.mcp_servers import McpServers, refuse_unknown_server
from runtime.operations.server_endings import ServerEndings
from runtime.operations.server_preview import Preview, preview_server
from runtime.operations.server_tokens import ServerTokens
from runtime.web.company_pages import CompanyPages, CompanyServices, Place
from runtime.web.form_fields import FormFields, read_fields
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts
from runtime.web.signing_in import find_sessions, read_cookie

if TYPE_CHECKING:
    from runtime.operations.exposure import ListingOf

SERVERS_PATH = "/company/{account_id}/servers"
SECTION = "servers"
CREATE, CHANGE, ROTATE, EXPIRE, REVOKE, RUN = "create", "change", "rotate", "expire", "revoke", "run"
"""The names of the forms; each goes with its account and its MCP server."""


class ManagedServers(CompanyPages):
    """The MCP servers of a company, for people."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._servers = McpServers(parts.deployment, listing=services.listing)
        self._tokens = ServerTokens(parts.deployment, self._servers)
        self._endings = ServerEndings(parts.deployment)

    @property
    def _listing(self) -> ListingOf:
        """What finds the list of a config; there are no routes without it."""
        assert self._services.listing is not None
        return self._services.listing

    async def find_server(self, place: Place, server_id: str) -> McpServer:
        """Return an MCP server of the company that is shown. Raises NotFound, also for one that has expired."""
        if self._services.uses is not None:
            await self._services.uses.flush()
        found = await asyncio.to_thread(
            self._deployment.stores.records.find_mcp_server,
            place.account.id,
            McpServerId(server_id),
            self._deployment.clock(),
        )
        if found is None:
            raise refuse_unknown_server()
        return found

    async def preview(self, place: Place, config: ServerConfig) -> Preview:
        """Return what a config leaves of the company's tools. Raises InvalidRequest where that is none."""
        account = place.account
        approval = account.tenant_limits.approval + config.approval
        bound = replace(config, is_read_only=account.is_read_only, approval=approval)
        return await asyncio.to_thread(
            preview_server, self._deployment.catalog(), account.integration, bound, self._listing
        )

    async def check_fields(self, request: Request, form: str) -> FormFields:
        """Return the fields of a large form of somebody who is signed in. Raises Forbidden without its proof."""
        fields = await read_fields(request)
        find_sessions(request).check_proof(read_cookie(request), form, fields.read("proof"))
        return fields


def name_form(form: str, place: Place, server_id: str = "") -> str:
    """Return the name of a form, which its proof is for."""
    return f"{form} mcp server {place.account.id} {server_id}".rstrip()


def find_server_address(place: Place, server_id: str = "", action: str = "") -> str:
    """Return the address of a page of an MCP server; that of all of them without one."""
    return find_company_address(
        place.account.id, "/".join(["/servers", *(each for each in (server_id, action) if each)])
    )
