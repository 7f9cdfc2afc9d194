"""What the pages of the explorer share: what can be asked of a company, what its viewer may do, and the history.

`explorer_pages`, `run_pages` and `tool_pages` inherit from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from generator.catalog import Catalog, Tool
from runtime.model import Grant, ServerConfig
from runtime.operations.explorer.checks import Diagnosis
from runtime.operations.explorer.history import History
from runtime.operations.explorer.language import Entity, Queryable, find_queryable
from runtime.upstream.limits import Limits
from runtime.web.company_pages import PAGE_CLIENT, CompanyPages, CompanyServices, Place
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts

PATH = "/company/{account_id}/explorer"
SECTION = "explorer"
LONGEST_FORM = 200_000
"""Bytes of a form: a query of 8,000 characters, or the JSON of an invoice with some hundred lines."""
RUN, SAVE, DELETE, FORGET = "run query", "save query", "delete query", "forget history"
"""The names of forms; each goes with the company."""


class ExplorerBase(CompanyPages):
    """Shows pages of the explorer."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._history = History(self._deployment)
        self._found: tuple[Catalog | None, dict[str, Queryable | None]] = (None, {})

    def find_queryable(self, place: Place) -> Queryable | None:
        """Return what can be asked of a company by queries; it is looked for once for each catalog."""
        catalog, integration = self._deployment.catalog(), place.account.integration
        if self._found[0] is not catalog:
            self._found = (catalog, {})
        if integration not in self._found[1]:
            self._found[1][integration] = find_queryable(catalog, integration)
        return self._found[1][integration]

    def find_entity_of(self, place: Place, resource: str) -> Entity | None:
        """Return the kind of record that a resource has, as far as queries know it."""
        queryable = self.find_queryable(place)
        every = queryable.entities if queryable else ()
        return next((each for each in every if each.resource == resource), None)

    async def check_own_form(self, request: Request, place: Place, form: str) -> dict[str, str]:
        """Return the fields of a form of this company. Raises Forbidden without its proof."""
        return await self.check_form(request, name_form(place, form), longest=LONGEST_FORM)

    def list_usable(self, place: Place) -> dict[str, Tool]:
        """Return the tools that there are for the viewer, by name: those that read where nothing may be written."""
        tools = self.list_tools(place)
        return list_readers(tools) if place.account.is_read_only else tools

    def make_grant(self, place: Place) -> Grant:
        """Return the grant of the viewer, to work out what would be sent."""
        return Grant(
            place.account,
            ServerConfig(hides_money=place.hides_money),
            client=PAGE_CLIENT,
            person_id=place.who.person.id,
        )

    async def show_explorer(
        self,
        request: Request,
        place: Place,
        query: str = "",
        diagnosis: Diagnosis | None = None,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """Return the page of queries, with a query in its box, what is wrong with it, and what it came to."""
        queryable = self.find_queryable(place)
        entity = queryable.find(request.query_params.get("entity", "")) if queryable else None
        shown: Mapping[str, Any] = {
            "entity": entity,
            "result": None,
            "error": None,
            "run": None,
            "notice": "",
        }
        return await self.show_company(
            request,
            place,
            "explorer",
            SECTION,
            status,
            **{**self.make_values(place), **shown, **values},
            queryable=queryable,
            query=query,
            diagnosis=diagnosis,
        )

    def make_values(self, place: Place) -> dict[str, Any]:
        """Return what every template of the explorer is given."""
        return {
            "base": find_company_address(place.account.id, "/explorer"),
            "integration": self._deployment.catalog().integrations[place.account.integration],
            "name_form": lambda form: name_form(place, form),
        }


def name_form(place: Place, form: str) -> str:
    """Return the name of a form of a company, which its proof is for."""
    return f"{form} {place.account.id}"


def describe_limits(limits: Limits) -> str:
    """Return how much of the vendor's quota is used, as a page says it; empty where nobody counts."""
    if not limits.windows:
        return ""
    window, left = max(zip(limits.windows, limits.remaining, strict=True), key=lambda each: each[0].seconds)
    span = "this minute" if window.seconds == 60 else f"in {window.seconds} seconds"
    return f"{window.limit - left:,} of {window.limit:,} requests {span}"


def list_readers(tools: Mapping[str, Tool]) -> dict[str, Tool]:
    """Return the tools that read, by name."""
    return {name: tool for name, tool in tools.items() if tool.is_read_only}
