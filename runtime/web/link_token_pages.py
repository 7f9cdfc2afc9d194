"""The page of the links at which customers connect their own companies: made, listed and ended.

Called by `routes`. A link is shown once, when it is made; `customer_links` is the page behind it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import LedgerportError
from runtime.identity.roles import check_permission
from runtime.operations.accounts import Accounts
from runtime.operations.link_tokens import LinkTokens, WantedLink
from runtime.operations.names import LONGEST_NAME
from runtime.people import SignedIn
from runtime.tenancy import Reach, TenantId
from runtime.web.account_list_pages import list_connectable
from runtime.web.account_view import list_vendors
from runtime.web.connect_company_pages import check_connectable
from runtime.web.landing import ACCOUNTS_PATH
from runtime.web.person_pages import PageParts, PersonPages, require_person

PATH = ACCOUNTS_PATH + "/links"
MAKE, END = "make link", "end link"
"""The names of the forms of the page."""
MOST_LINKS = 50
"""Open links of one organization on the page; they end within a week."""


class LinkTokenPages(PersonPages):
    """The links for customers of a person's organizations."""

    def __init__(self, parts: PageParts, accounts: Accounts) -> None:
        super().__init__(parts)
        self._accounts, self._links = accounts, LinkTokens(accounts)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the page."""
        return [
            Route(PATH, self.look, methods=["GET"]),
            Route(PATH, self.make_link, methods=["POST"]),
            Route(PATH + "/end", self.end_link, methods=["POST"]),
        ]

    @require_person
    async def look(self, request: Request, who: SignedIn) -> Response:
        """Show the links that still work."""
        check_connectable(who)
        return await self._show(request, who, done=request.query_params.get("done", "") == "link-ended")

    @require_person
    async def make_link(self, request: Request, who: SignedIn) -> Response:
        """Make a link for a new company, and show it this once."""
        values = await self.check_form(request, MAKE)
        tenant = TenantId(values.get("tenant", ""))
        check_permission(who, tenant, "connect_companies")
        wanted = WantedLink(
            tenant,
            values.get("integration", ""),
            name=values.get("name", ""),
            read_only=values.get("read_only") == "yes",
        )
        try:
            made = await self._deployment.stores.write(
                lambda: self._links.create(wanted, reach=Reach(tenant), actor=who.person.id)
            )
        except LedgerportError as problem:
            if problem.status >= 500:
                raise
            return await self._show(request, who, problem.status, problem=problem, values=values)
        return await self._show(request, who, made=made)

    @require_person
    async def end_link(self, request: Request, who: SignedIn) -> Response:
        """End a link before it is used."""
        values = await self.check_form(request, END)
        tenant = TenantId(values.get("tenant", ""))
        check_permission(who, tenant, "connect_companies")
        await self._deployment.stores.write(
            lambda: self._links.revoke(values.get("link", ""), reach=Reach(tenant), actor=who.person.id)
        )
        return RedirectResponse(f"{PATH}?done=link-ended", 303)

    async def _show(self, request: Request, who: SignedIn, status: int = 200, **given: Any) -> Response:
        records, now = self._deployment.stores.records, self._deployment.clock()
        tenants = list_connectable(who)
        links = [
            each
            for tenant in tenants
            for each in await asyncio.to_thread(records.list_open_links, Reach(tenant), now, MOST_LINKS)
        ]
        vendors = [each for each, fault in list_vendors(self._accounts) if not fault]
        return await self.show(
            request,
            who,
            "customer_links",
            status,
            section="accounts",
            tenants=tenants,
            vendors=[each for each in vendors if each.auth.type == "oauth2"],
            titles={each.name: each.title for each in self._deployment.catalog().integrations.values()},
            links=links,
            longest_name=LONGEST_NAME,
            forms={"make": MAKE, "end": END},
            **{"made": None, "done": False, "problem": None, "values": {}, **given},
        )
