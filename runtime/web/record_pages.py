"""The page of one record of the books, which the answers of tools link to: its facts and lines, as they are now.

Called by `routes`. Reads the record by the tool that an agent would read it by, with what is sensitive hidden. Whoever
may not see the books of its tenant is shown what a record that is not there would be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.errors import NotFound
from runtime.operations.record_facts import LONGEST_ID, RecordReferences, find_currency, list_states
from runtime.operations.record_urls import make_record_url
from runtime.operations.value_texts import make_writer
from runtime.web.company_pages import CompanyPages, Place, require_company
from runtime.web.record_view import Look, show_record, split_name

RECORD_PATH = "/company/{account_id}/{resource}/{record_id}"


class RecordPages(CompanyPages):
    """Shows records to people who may see the books."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the route of the page."""
        return [Route(RECORD_PATH, self.look, methods=["GET"])]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """Show one record."""
        named = request.path_params
        tools = [each for each in self.list_tools(place).values() if each.method == "get" and each.reads_one]
        tool = next((each for each in tools if each.resource == named["resource"]), None)
        if tool is None or len(named["record_id"]) > LONGEST_ID:
            raise _refuse_record()
        answer = await self.call(place, tool.name, {"id": named["record_id"]})
        if answer.error is not None:
            raise answer.error
        record: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        formats = await self.make_formats(request, place)
        integration = self._deployment.catalog().integrations[place.account.integration]
        listing = self._deployment.catalog().listings.get((tool.integration, tool.resource))
        return await self.show_company(
            request,
            place,
            "record",
            "",
            company=place.account.name,
            kind=self._describe_kind(tool),
            record_id=named["record_id"],
            number=_find_number(integration, tool.resource, record),
            states=list_states(listing.listing if listing else None, record, formats.today),
            currency=find_currency(integration, record) or formats.currency,
            view=show_record(record, Look(make_writer(formats), self._make_links(place, tool.resource))),
            text=answer.text,
            reference=f"/docs/{tool.integration}/{tool.resource}",
        )

    def _make_links(
        self, place: Place, resource: str
    ) -> Callable[[tuple[str, ...], object, Mapping[str, Any]], str]:
        """Return what finds the address of the record that a value refers to."""
        integration = self._deployment.catalog().integrations[place.account.integration]
        references = RecordReferences(integration, self.list_tools(place).values(), resource)

        def find(path: tuple[str, ...], value: object, beside: Mapping[str, Any]) -> str:
            target = references.find(path, value, beside)
            return make_record_url("", place.account.id, *target) if target else ""

        return find

    def _describe_kind(self, tool: Tool) -> str:
        resources = self._deployment.catalog().resources
        found = (
            each.entity
            for each in resources
            if (each.integration, each.resource) == (tool.integration, tool.resource)
        )
        return split_name(next(found, tool.resource))


def _find_number(integration: Integration, resource: str, record: Mapping[str, Any]) -> str:
    """Return what people know a record by: its number or name; empty where it has none."""
    for name in integration.display_fields.get(resource, ()):
        if isinstance(found := record.get(name), str | int) and not isinstance(found, bool) and str(found):
            return str(found)
    return ""


def _refuse_record() -> NotFound:
    return NotFound(
        "There is no such record.", advice="Look for it in the explorer: it may have been deleted."
    )
