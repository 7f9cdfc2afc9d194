"""Undoing a write of the journal, by a person: the question with what would be sent, and the form that does it.

Called by `company_routes`; `journal_pages` leads here. An undo is a call of a tool, so it needs the role that the
organization asks for its tools, beside the one that sees the journal.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import Forbidden, InternalError, LedgerportError
from runtime.model import Grant, ServerConfig
from runtime.operations.finished_calls import Ending, Source
from runtime.operations.journal_views import JournalViews
from runtime.operations.undo import Asked, Undo
from runtime.operations.value_texts import make_writer
from runtime.web.company_pages import (
    PAGE_CALLER,
    PAGE_CLIENT,
    CompanyPages,
    CompanyServices,
    Place,
    require_company,
)
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts

JOURNAL_PATH = "/company/{account_id}/journal"
ENTRY_PATH = JOURNAL_PATH + "/{entry_id}"
SECTION = "journal"


class JournalUndoPages(CompanyPages):
    """Asks whether to undo a write, and does."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._views = JournalViews(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(ENTRY_PATH + "/undo", self.ask_undo, methods=["GET"]),
            Route(ENTRY_PATH + "/undo", self.revert, methods=["POST"]),
        ]

    @require_company("see_journal")
    async def ask_undo(self, request: Request, place: Place) -> Response:
        """Show what undoing a write would send, and ask whether to do it."""
        await self._check_write(place)
        return await self._show_undo(request, place)

    @require_company("see_journal")
    async def revert(self, request: Request, place: Place) -> Response:
        """Undo a write for the viewer, and lead to the entry of the undo."""
        entry_id = request.path_params["entry_id"]
        await self.check_form(request, name_form(entry_id))
        await self._check_write(place)
        began = time.perf_counter()
        try:
            done = await self._find_undo().revert(self._ask(place), entry_id)
        except LedgerportError as problem:
            self._note(place, "revert_change", began, Ending(error=problem.code))
            return await self._show_undo(request, place, problem)
        self._note(place, done["tool"], began, Ending(200, size=len(json.dumps(done))))
        reverts = await asyncio.to_thread(self._views.list_reverts, place.account, entry_id)
        self._log("write_undone", account=place.account.id, entry=entry_id, by=place.who.person.id)
        shown = reverts[-1] if reverts else entry_id
        return RedirectResponse(find_company_address(place.account.id, f"/journal/{shown}?done=1"), 303)

    async def _show_undo(
        self, request: Request, place: Place, problem: LedgerportError | None = None
    ) -> Response:
        """Show the question, with what would be sent; or why it cannot be done."""
        write, entry_id = (
            make_writer(await self.make_formats(request, place)),
            request.path_params["entry_id"],
        )
        entry = await asyncio.to_thread(self._views.open_entry, place.account, entry_id, write)
        preview: dict[str, Any] | None = None
        if problem is None and entry.row.said.can_undo:
            try:
                preview = await self._find_undo().revert(
                    self._ask(place), entry.row.entry.id, is_preview=True
                )
            except LedgerportError as error:
                problem = error
        tool = self._deployment.catalog().by_name.get(preview["tool"]) if preview else None
        return await self.show_company(
            request,
            place,
            "journal_undo",
            SECTION,
            problem.status if problem is not None else 200,
            whole=entry,
            tool=tool,
            back=entry.back,
            sent=write_json(preview["arguments"]) if preview else "",
            problem=problem,
            form=name_form(entry.row.entry.id),
            base=find_company_address(place.account.id, "/journal"),
        )

    async def _check_write(self, place: Place) -> None:
        if not place.may_write:
            raise Forbidden(
                "No tool that writes may be used here: the company is connected for reading, or your role is too low.",
                advice="An owner or an admin of the organization can change your role.",
            )

    def _ask(self, place: Place) -> Asked:
        grant = Grant(place.account, ServerConfig(), client=PAGE_CLIENT, person_id=place.who.person.id)
        return Asked(grant, self.list_tools(place))

    def _find_undo(self) -> Undo:
        if self._services.undo is None:
            raise InternalError
        return self._services.undo

    def _note(self, place: Place, tool: str, began: float, ending: Ending) -> None:
        source = Source("page", place.who.person.id, place.account, place.account.integration)
        self._services.finished.note(source, tool, began, ending, PAGE_CALLER)


def name_form(entry_id: str) -> str:
    """Return the name of the form that undoes an entry, which its proof is for."""
    return f"undo {entry_id}"


def write_json(value: Any) -> str:
    """Return a value as JSON that people read."""
    return json.dumps(value, indent=2, ensure_ascii=False)
