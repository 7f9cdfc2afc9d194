"""What a person decides about a change: the questions, and the forms that approve, edit and refuse it.

Called by `company_routes`; `approval_pages` leads here. Each form carries the version of the change that the person
saw. A decision that cannot be made is shown on the page of the change, with what happens to it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from generator.catalog import Tool
from runtime.errors import Conflict, Forbidden, InvalidRequest, LedgerportError
from runtime.model import Grant, ServerConfig
from runtime.operations.approvals.deciding import LONGEST_REASON, Opened
from runtime.operations.approvals.edit_fields import (
    DRY_RUN,
    EditField,
    Problems,
    check_values,
    list_edit_fields,
    read_dry_run,
)
from runtime.operations.approvals.edits import apply_edits
from runtime.operations.finished_calls import Source, describe_ending
from runtime.web.approval_base import (
    CHANGE_PATH,
    SECTION,
    ApprovalBase,
    explain_choices,
    find_address,
    make_decider,
    name_form,
)
from runtime.web.company_pages import PAGE_BYTES, PAGE_CALLER, PAGE_CLIENT, Place, require_company

MOST_FIELDS = 1_000
"""Of the form that edits: an invoice with some hundred lines has three or four for each."""
LONGEST_FORM = 200_000
"""Bytes of that form; its fields have some hundred each."""
FIELD = "edit."
"""Before the place of a value in the name of its field."""
_REFUSALS = (Conflict, Forbidden, InvalidRequest)


class ApprovalDecisionPages(ApprovalBase):
    """Asks what to do with a change, and does."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(CHANGE_PATH + "/approve", self.ask_approve, methods=["GET"]),
            Route(CHANGE_PATH + "/approve", self.approve, methods=["POST"]),
            Route(CHANGE_PATH + "/refuse", self.ask_refuse, methods=["GET"]),
            Route(CHANGE_PATH + "/refuse", self.refuse_change, methods=["POST"]),
            Route(CHANGE_PATH + "/edit", self.ask_edit, methods=["GET"]),
            Route(CHANGE_PATH + "/edit", self.edit, methods=["POST"]),
        ]

    @require_company("see_companies")
    async def ask_approve(self, request: Request, place: Place) -> Response:
        """Ask whether to approve a change."""
        return await self._ask(request, place, "approve")

    @require_company("see_companies")
    async def ask_refuse(self, request: Request, place: Place) -> Response:
        """Ask why to refuse a change."""
        return await self._ask(request, place, "refuse")

    async def _ask(self, request: Request, place: Place, act: str) -> Response:
        """Show a question; the page of the change in its place where it cannot be answered."""
        opened = await self.find_change(request, place)
        if not self._is_open(opened):
            return RedirectResponse(find_address(place, opened.change.id), 303)
        return await self.show_company(
            request,
            place,
            "approval_question",
            SECTION,
            act=act,
            in_dialog=False,
            reason="",
            vendor=self._deployment.catalog().integrations[place.account.integration].title,
            **self.describe_standing(place, opened),
        )

    @require_company("see_companies")
    async def approve(self, request: Request, place: Place) -> Response:
        """Approve a change in the state that the person saw."""
        opened = await self.find_change(request, place)
        change_id = opened.change.id
        form = await self.check_form(request, name_form("approve", change_id))
        try:
            await self._decisions.approve(place.account, change_id, read_version(form), make_decider(place))
        except _REFUSALS as problem:
            return await self._refuse_form(request, place, problem)
        return self._lead_back(place, change_id, "approved")

    @require_company("see_companies")
    async def refuse_change(self, request: Request, place: Place) -> Response:
        """Refuse a change, with a reason that the agent reads."""
        opened = await self.find_change(request, place)
        change_id = opened.change.id
        form = await self.check_form(request, name_form("refuse", change_id))
        reason = form.get("reason", "").strip()
        try:
            await self._decisions.refuse(
                place.account, change_id, read_version(form), make_decider(place), reason
            )
        except _REFUSALS as problem:
            return await self._refuse_form(request, place, problem, reason[: 2 * LONGEST_REASON])
        return self._lead_back(place, change_id, "refused")

    @require_company("see_companies")
    async def ask_edit(self, request: Request, place: Place) -> Response:
        """Show the amounts and dates of a change in fields."""
        opened = await self.find_change(request, place)
        refusal, _ = explain_choices(place, opened)
        tool, fields = self._list_fields(opened)
        if refusal or tool is None or not fields or not self._is_open(opened):
            return RedirectResponse(find_address(place, opened.change.id), 303)
        return await self._show_edit(request, place, opened, fields, {}, Problems({}))

    @require_company("see_companies")
    async def edit(self, request: Request, place: Place) -> Response:
        """Approve a change with corrected amounts and dates, once a dry run has found nothing wrong with them."""
        opened = await self.find_change(request, place)
        change_id = opened.change.id
        form = await self.check_form(request, name_form("edit", change_id), MOST_FIELDS, LONGEST_FORM)
        tool, fields = self._list_fields(opened)
        known = {each.path for each in fields}
        values = {path: form[FIELD + path].strip() for path in known if FIELD + path in form}
        version, is_same = read_version(form), opened.change.version == read_version(form)
        if tool is not None and is_same and self._is_open(opened) and not explain_choices(place, opened)[0]:
            problems = check_values(tool, opened.proposal.arguments, values)
            problems = problems or await self._try_out(place, tool, opened, fields, values)
            if problems:
                return await self._show_edit(request, place, opened, fields, values, problems)
        try:
            await self._decisions.approve(place.account, change_id, version, make_decider(place), values)
        except _REFUSALS as problem:
            return await self._refuse_form(request, place, problem)
        return self._lead_back(place, change_id, "edited")

    async def _try_out(
        self, place: Place, tool: Tool, opened: Opened, fields: list[EditField], values: Mapping[str, str]
    ) -> Problems:
        """Return what a dry run finds wrong with corrected values; nothing where the tool has no dry runs."""
        edited = apply_edits(tool, opened.proposal.arguments, values)
        if edited is None or DRY_RUN not in tool.options or place.account.status != "active":
            return Problems({})
        grant = Grant(
            place.account,
            ServerConfig(max_answer_bytes=PAGE_BYTES),
            client=PAGE_CLIENT,
            person_id=place.who.person.id,
        )
        began = time.perf_counter()
        arguments: dict[str, Any] = {**edited.arguments, DRY_RUN: True}
        answer = await self._services.calls.call(grant, self.list_tools(place), tool.name, arguments)
        source = Source("page", place.who.person.id, place.account, place.account.integration)
        self._services.finished.note(source, tool.name, began, describe_ending(answer), PAGE_CALLER)
        return read_dry_run(answer, fields)

    async def _show_edit(
        self,
        request: Request,
        place: Place,
        opened: Opened,
        fields: list[EditField],
        values: Mapping[str, str],
        problems: Problems,
    ) -> Response:
        return await self.show_company(
            request,
            place,
            "approval_edit",
            SECTION,
            422 if problems else 200,
            fields=fields,
            groups=[(group, list(those)) for group, those in groupby(fields, attrgetter("group"))],
            values=values,
            problems=problems,
            prefix=FIELD,
            **self.describe_standing(place, opened),
        )

    def _list_fields(self, opened: Opened) -> tuple[Tool | None, list[EditField]]:
        """Return the tool of a change and the fields that may be corrected; none for a tool that is not there."""
        catalog, proposal = self._deployment.catalog(), opened.proposal
        tool = catalog.by_name.get(opened.change.tool)
        if tool is None or proposal.called != tool.name:
            return None, []
        return tool, list_edit_fields(tool, catalog.integrations[tool.integration], proposal.arguments)

    async def _refuse_form(
        self, request: Request, place: Place, problem: LedgerportError, reason: str = ""
    ) -> Response:
        """Return the page of the change as it is now, with why it was not decided."""
        opened = await self.find_change(request, place)
        return await self.show_change(request, place, opened, problem=problem, reason=reason)

    def _lead_back(self, place: Place, change_id: str, done: str) -> Response:
        self._log("pending_change_decided", change=change_id, decision=done, by=place.who.person.id)
        return RedirectResponse(f"{find_address(place, change_id)}?done={done}", 303)

    def _is_open(self, opened: Opened) -> bool:
        change = opened.change
        return change.status == "waiting" and change.expires_at > self._deployment.clock()


def read_version(form: Mapping[str, str]) -> int:
    """Return the version of the change that a form was made for; 0, which none has, where it says none."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
