"""The journal of a company for people: its writes with filters, one with what it changed, undoing it, files, the check.

Called by `company_routes`. What is said of an entry comes from `operations.journal_views`. A page that htmx asks for is
answered by its changing part alone.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import Forbidden, InternalError, LedgerportError
from runtime.identity.oauth_scopes import EVERY_SCOPE, list_possible_scopes
from runtime.model import Grant, ServerConfig
from runtime.operations.exports.csv_file import CSV_TYPE, write_csv
from runtime.operations.exports.sheet import Sheet
from runtime.operations.exports.xlsx_file import XLSX_TYPE, write_xlsx
from runtime.operations.finished_calls import Ending, Source
from runtime.operations.formats import Formats
from runtime.operations.journal_check import check_journal
from runtime.operations.journal_filters import STATES
from runtime.operations.journal_sheet import make_journal_sheet
from runtime.operations.journal_views import JournalViews, Part, Row, WholeEntry
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
from runtime.web.journal_query import Query, read_journal_query
from runtime.web.navigation import find_company_address, find_record_address
from runtime.web.person_pages import PageParts

JOURNAL_PATH = "/company/{account_id}/journal"
ENTRY_PATH = JOURNAL_PATH + "/{entry_id}"
SECTION = "journal"
LONGEST_HEADS = 20_000
"""Characters of heads that were exported before: a hundred lines."""
_WRITERS: dict[str, tuple[Callable[[Sheet], bytes], str]] = {
    "csv": (write_csv, CSV_TYPE),
    "xlsx": (write_xlsx, XLSX_TYPE),
}


class JournalPages(CompanyPages):
    """Shows the journal to people who may see it."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._views = JournalViews(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages; those with a name of their own come before that of an entry."""
        return [
            Route(JOURNAL_PATH, self.look, methods=["GET"]),
            Route(JOURNAL_PATH + "/export.csv", self.export_csv, methods=["GET"]),
            Route(JOURNAL_PATH + "/export.xlsx", self.export_xlsx, methods=["GET"]),
            Route(JOURNAL_PATH + "/check", self.check, methods=["GET"]),
            Route(JOURNAL_PATH + "/heads", self.export_heads, methods=["GET"]),
            Route(ENTRY_PATH, self.look_at_entry, methods=["GET"]),
            Route(ENTRY_PATH + "/undo", self.ask_undo, methods=["GET"]),
            Route(ENTRY_PATH + "/undo", self.revert, methods=["POST"]),
        ]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """List the writes that are asked for."""
        formats = await self.make_formats(request, place)
        query, wanted = read_journal_query(request, formats.zone)
        account, is_part = place.account, wants_part(request)
        part = Part((), "", 0)
        if not query.errors:
            part = await asyncio.to_thread(self._views.list_part, account, wanted, query.cursor)
        return await self.show_company(
            request,
            place,
            "journal_list" if is_part else "journal",
            SECTION,
            is_part=is_part,
            query=query,
            part=part,
            days=split_by_day(part, query, formats),
            states=STATES,
            base=find_company_address(account.id, "/journal"),
            choices=None if is_part else await asyncio.to_thread(self._views.list_choices, account),
        )

    @require_company("see_journal")
    async def look_at_entry(self, request: Request, place: Place) -> Response:
        """Show one write with everything of it, or what it changed alone where htmx asks."""
        entry = await self._open(request, place)
        is_part = wants_part(request)
        return await self.show_company(
            request,
            place,
            "journal_change" if is_part else "journal_entry",
            SECTION,
            whole=entry,
            raw=[(title, _write_json(entry.states[name])) for name, title in _RAW if name in entry.states],
            record_link=self._find_record(place, entry.row),
            base=find_company_address(place.account.id, "/journal"),
            vendor=self._deployment.catalog().integrations[place.account.integration].title,
            may_undo=await self._may_write(place),
            is_new="done" in request.query_params,
        )

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

    @require_company("see_journal")
    async def export_csv(self, request: Request, place: Place) -> Response:
        """Answer the writes that are asked for as CSV."""
        return await self._export(request, place, "csv")

    @require_company("see_journal")
    async def export_xlsx(self, request: Request, place: Place) -> Response:
        """Answer the writes that are asked for as a workbook."""
        return await self._export(request, place, "xlsx")

    @require_company("see_journal")
    async def check(self, request: Request, place: Place) -> Response:
        """Verify the chain of the journal, against heads that were exported before where some are given."""
        given, problem, result = request.query_params.get("heads", "")[:LONGEST_HEADS], "", None
        if "run" in request.query_params:
            try:
                result = await asyncio.to_thread(check_journal, self._views.journal, place.account.id, given)
            except LedgerportError as error:
                problem = error.message
        base = find_company_address(place.account.id, "/journal")
        return await self.show_company(
            request, place, "journal_check", SECTION, result=result, given=given, problem=problem, base=base
        )

    @require_company("see_journal")
    async def export_heads(self, _request: Request, place: Place) -> Response:
        """Answer the last link of the chain, to be stored elsewhere."""
        text = await asyncio.to_thread(self._views.journal.export_heads, place.account.id)
        return make_file(text.encode(), "application/jsonl; charset=utf-8", "journal-head.jsonl")

    async def _export(self, request: Request, place: Place, kind: str) -> Response:
        formats = await self.make_formats(request, place)
        query, wanted = read_journal_query(request, formats.zone)
        if query.errors:
            address = find_company_address(place.account.id, "/journal") + query.make_query()
            return RedirectResponse(address, 303)
        write, media_type = _WRITERS[kind]
        content = await asyncio.to_thread(
            lambda: write(make_journal_sheet(self._views, place.account, wanted, formats))
        )
        return make_file(content, media_type, f"journal-{formats.today}.{kind}")

    async def _open(self, request: Request, place: Place) -> WholeEntry:
        write = make_writer(await self.make_formats(request, place))
        entry_id = request.path_params["entry_id"]
        return await asyncio.to_thread(self._views.open_entry, place.account, entry_id, write)

    async def _show_undo(
        self, request: Request, place: Place, problem: LedgerportError | None = None
    ) -> Response:
        """Show the question, with what would be sent; or why it cannot be done."""
        entry = await self._open(request, place)
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
            sent=_write_json(preview["arguments"]) if preview else "",
            problem=problem,
            form=name_form(entry.row.entry.id),
            base=find_company_address(place.account.id, "/journal"),
        )

    async def _may_write(self, place: Place) -> bool:
        """Whether the viewer's role lets him or her use tools that write, as it would let a program."""
        records, account = self._deployment.stores.records, place.account
        tenant = await asyncio.to_thread(records.find_tenant, account.tenant_id)
        integration = self._deployment.catalog().integrations[account.integration]
        least: Any = tenant.tools_role if tenant is not None else None
        scopes = list_possible_scopes(place.role, least, handles_money=integration.handles_money)
        return scopes >= EVERY_SCOPE and not account.is_read_only

    async def _check_write(self, place: Place) -> None:
        if not await self._may_write(place):
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

    def _find_record(self, place: Place, row: Row) -> str:
        """Return the address of the page of a record; empty where no tool reads it by its Id."""
        is_read = any(
            tool.resource == row.entry.resource and tool.method == "get" and tool.reads_one
            for tool in self.list_tools(place).values()
        )
        if not is_read or not row.record_id:
            return ""
        return find_record_address(place.account.id, row.entry.resource, row.record_id)


_RAW = (
    ("arguments", "Arguments, as they were sent"),
    ("before", "Record before"),
    ("after", "Record after"),
    ("error", "Error"),
)


def wants_part(request: Request) -> bool:
    """Whether htmx asks for the part of a page that changes; a page that it restores is asked for whole."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def name_form(entry_id: str) -> str:
    """Return the name of the form that undoes an entry, which its proof is for."""
    return f"undo {entry_id}"


def split_by_day(part: Part, query: Query, formats: Formats) -> list[tuple[str, int | None, list[Row]]]:
    """Return the entries of a part by day in the viewer's zone: the day, how many it has, and they themselves.

    The number is None where the part may not have the whole day.
    """
    days: dict[Any, list[Row]] = {}
    for row in part.rows:
        day = datetime.fromtimestamp(row.entry.begun_at, formats.zone).date()
        days.setdefault(day, []).append(row)
    last = next(reversed(days), None)
    first = next(iter(days), None)
    return [
        (
            f"{day:%A}, {formats.write_day(day)}",
            None if (day == last and part.next_cursor) or (day == first and query.cursor) else len(rows),
            rows,
        )
        for day, rows in days.items()
    ]


def make_file(content: bytes, media_type: str, name: str) -> Response:
    """Return a file that a browser stores."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, 200, headers, media_type)


def _write_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
