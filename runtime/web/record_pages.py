"""The page of one record of the books, which the answers of tools link to: its facts and lines, as they are now.

Called by `routes`. Reads the record by the tool that an agent would read it by, with what is sensitive hidden. Whoever
may not see the books of its tenant is shown what a record that is not there would be.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Tool
from runtime.errors import NotFound
from runtime.identity.roles import may
from runtime.model import Account, AccountId, Grant, ServerConfig
from runtime.operations.call_protocol import CallProtocol
from runtime.people import SignedIn
from runtime.web.person_pages import PageParts, PersonPages, require_person
from runtime.web.record_view import show_record, split_name

RECORD_PATH = "/company/{account_id}/{resource}/{record_id}"
LONGEST_ID = 200
"""Characters of the Id of a record."""
_READ_ONLY = ServerConfig(methods=("read",))


class RecordPages(PersonPages):
    """Shows records to people who may see the books."""

    def __init__(self, parts: PageParts, calls: CallProtocol) -> None:
        super().__init__(parts)
        self._calls, self._stores = calls, parts.deployment.stores

    def make_routes(self) -> list[BaseRoute]:
        """Return the route of the page."""
        return [Route(RECORD_PATH, self.look, methods=["GET"])]

    @require_person
    async def look(self, request: Request, who: SignedIn) -> Response:
        """Show one record."""
        named = request.path_params
        account = await self._stores.look_up.find_account(AccountId(named["account_id"]))
        if account is None or not may(who.find_role(account.tenant_id), "see_journal"):
            raise _refuse_record()
        tools = {tool.name: tool for tool in self._list_tools(account)}
        tool = next((each for each in tools.values() if each.resource == named["resource"]), None)
        if tool is None or len(named["record_id"]) > LONGEST_ID:
            raise _refuse_record()
        grant = Grant(account, _READ_ONLY, client="page")
        answer = await self._calls.call(grant, tools, tool.name, {"id": named["record_id"]})
        if answer.error is not None:
            raise answer.error
        record: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        return self.show(
            request,
            who,
            "record",
            company=account.name,
            kind=self._describe_kind(tool),
            record_id=named["record_id"],
            view=show_record(record),
            text=answer.text,
        )

    def _list_tools(self, account: Account) -> list[Tool]:
        every = self._deployment.catalog().list_tools(account.integration)
        return [tool for tool in every if tool.method == "get" and tool.reads_one]

    def _describe_kind(self, tool: Tool) -> str:
        resources = self._deployment.catalog().resources
        found = (
            each.entity
            for each in resources
            if (each.integration, each.resource) == (tool.integration, tool.resource)
        )
        return split_name(next(found, tool.resource))


def _refuse_record() -> NotFound:
    return NotFound(
        "There is no such record, or you may not see it.",
        advice="Sign in as somebody who may see the books of the organization: a billing admin, an admin or an owner.",
    )
