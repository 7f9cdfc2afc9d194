"""What the pages of approvals share: who looks, as somebody who decides, and the change that an address names.

`approval_pages`, `approval_decision_pages` and `approval_together_pages` inherit from it. Whoever may neither see the
books nor is named by the rules of a change is told of none: it is refused as one that is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from runtime.approval import PendingStatus
from runtime.errors import LedgerportError
from runtime.operations.approvals.deciding import (
    Decider,
    Opened,
    explain_not_allowed,
    may_see,
    refuse_unknown_change,
)
from runtime.operations.approvals.edits import list_editable
from runtime.operations.approvals.views import ApprovalViews, WholeChange
from runtime.safety.journal.undo import find_undo
from runtime.web.company_pages import CompanyPages, CompanyServices, Place
from runtime.web.navigation import find_company_address, find_record_address
from runtime.web.person_pages import PageParts

APPROVALS_PATH = "/company/{account_id}/approvals"
CHANGE_PATH = APPROVALS_PATH + "/{change_id}"
SECTION = "approvals"
LONGEST_ID = 80
"""Characters of the id of a change; ours have 36."""

STATUS_WORDS: Mapping[PendingStatus, tuple[str, str]] = {
    "waiting": ("wait", "Waits for approval"),
    "approved": ("wait", "Approved, under way"),
    "committed": ("ok", "Carried out"),
    "refused": ("off", "Refused"),
    "expired": ("off", "Expired"),
    "failed": ("fail", "Failed"),
    "unclear": ("fail", "Outcome unknown"),
}
"""How each status is shown: its shape and its word."""


class ApprovalBase(CompanyPages):
    """Shows pending changes to people who may see them."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._views = ApprovalViews(self._deployment)

    async def find_change(self, request: Request, place: Place) -> Opened:
        """Return the change that the address names. Raises NotFound, also where the viewer may not see it."""
        return await self.find_one(place, str(request.path_params["change_id"]))

    async def find_one(self, place: Place, change_id: str) -> Opened:
        """Return a change of the company. Raises NotFound, also where the viewer may not see it."""
        if len(change_id) > LONGEST_ID:
            raise refuse_unknown_change()
        opened = await self._decisions.find(place.account, change_id)
        if not may_see(make_decider(place), opened, sees_books=place.may("see_journal")):
            raise refuse_unknown_change()
        return opened

    async def show_change(
        self,
        request: Request,
        place: Place,
        opened: Opened,
        *,
        done: str = "",
        problem: LedgerportError | None = None,
        reason: str = "",
    ) -> Response:
        """Return the page of a change, with what came of a form where one was sent."""
        formats, sees_books = await self.make_formats(request, place), place.may("see_journal")
        whole = await asyncio.to_thread(
            lambda: self._views.look(place.account, opened, formats, sees_books=sees_books)
        )
        return await self.show_company(
            request,
            place,
            "approval",
            SECTION,
            problem.status if problem is not None else 200,
            whole=whole,
            is_open=opened.change.status == "waiting" and opened.change.expires_at > formats.now,
            problem=problem,
            done=done,
            reason=reason,
            can_edit=can_edit(whole, opened),
            undo=self._describe_undo(whole),
            vendor=self._deployment.catalog().integrations[place.account.integration].title,
            sees_books=sees_books,
            **self.describe_standing(place, opened),
        )

    def describe_standing(self, place: Place, opened: Opened) -> dict[str, Any]:
        """Return what the pages say of how a change stands and what the viewer may do about it."""
        change, company = opened.change, place.account.id
        refusal, may_refuse = explain_choices(place, opened)
        server = find_company_address(company, f"/servers/{change.server_id}") if change.server_id else ""
        return {
            "change": change,
            "proposal": opened.proposal,
            "standing": STATUS_WORDS[change.status],
            "refusal": refusal,
            "may_refuse": may_refuse,
            "address": find_address(place, change.id),
            "base": find_address(place),
            "server": server,
            "name_form": name_form,
            "entry": find_company_address(company, f"/journal/{change.entry_id}") if change.entry_id else "",
            "record": self._find_record(place, opened),
            "STATUS_WORDS": STATUS_WORDS,
            "write_rule": write_rule,
        }

    def _find_record(self, place: Place, opened: Opened) -> str:
        """Return the address of the page of its record; empty where there is none, or nobody shows it."""
        change = opened.change
        is_gone = change.status == "committed" and change.risk == "destroy"
        is_read = any(
            tool.resource == change.resource and tool.method == "get" and tool.reads_one
            for tool in self.list_tools(place).values()
        )
        if not change.record_id or is_gone or not is_read or not place.may("see_journal"):
            return ""
        return find_record_address(place.account.id, change.resource, change.record_id)

    def _describe_undo(self, whole: WholeChange) -> str:
        """Return whether what is approved can be undone later."""
        tool, catalog = whole.tool, self._deployment.catalog()
        if tool is None:
            return "The tool is no longer there."
        found = find_undo(tool, catalog.integrations[tool.integration], catalog.list_tools(tool.integration))
        return "Possible until the record changes again" if found is not None else "Not possible"


def make_decider(place: Place) -> Decider:
    """Return the viewer as somebody who may decide."""
    person = place.who.person
    return Decider(person.id, person.email, place.role, place.may("approve_changes"))


def find_address(place: Place, change_id: str = "") -> str:
    """Return the address of the list of a company, or of one of its changes."""
    return find_company_address(place.account.id, "/approvals" + (f"/{change_id}" if change_id else ""))


def explain_choices(place: Place, opened: Opened) -> tuple[str, bool]:
    """Return why the viewer may not approve a change, empty where they may, and whether they may refuse it."""
    decider = make_decider(place)
    refusal = explain_not_allowed(decider, opened)
    return refusal, not refusal or opened.change.requested_by == decider.person_id


def name_form(act: str, change_id: str) -> str:
    """Return the name of a form that decides, which its proof is for."""
    return f"{act} {change_id}"


def can_edit(whole: WholeChange, opened: Opened) -> bool:
    """Return whether a change has amounts or dates that a person may correct."""
    tool, proposal = whole.tool, opened.proposal
    return tool is not None and proposal.called == tool.name and bool(list_editable(tool, proposal.arguments))


def write_rule(rule: str) -> str:
    """Return why a change waits, in words: `mcp_server: risk overwrite` is `MCP server: risk overwrite`."""
    source, _, text = rule.partition(": ")
    return f"{_SOURCES.get(source, source)}: {text}" if text else rule


_SOURCES = {"tenant": "Organization", "mcp_server": "MCP server", "request": "Request"}
