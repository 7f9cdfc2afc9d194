"""The journal of a company for people: its writes with filters, one with what it changed, undoing it, files, the check.

Called by `company_routes`. What is said of an entry comes from `operations.journal_views`. A page that htmx asks for is
answered by its changing part alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import LedgerportError
from runtime.operations.exports.csv_file import CSV_TYPE, write_csv
from runtime.operations.exports.sheet import Sheet
from runtime.operations.exports.xlsx_file import XLSX_TYPE, write_xlsx
from runtime.operations.formats import Formats
from runtime.operations.journal_check import check_journal
from runtime.operations.journal_filters import STATES
from runtime.operations.journal_sheet import make_journal_sheet
from runtime.operations.journal_views import JournalViews, Part, Row, WholeEntry
from runtime.operations.value_texts import make_writer
from runtime.web.company_pages import (
    CompanyPages,
    CompanyServices,
    Place,
    require_company,
)
from runtime.web.journal_query import Query, read_journal_query
from runtime.web.journal_undo_pages import ENTRY_PATH, JOURNAL_PATH, SECTION, write_json
from runtime.web.navigation import find_company_address, find_record_address
from runtime.web.person_pages import PageParts

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
        ]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """List the writes that are asked for."""
        formats = await self.make_formats(request, place)
        query, wanted = read_journal_query(request, formats.zone)
        account, is_part = place.account, wants_part(request)
        part, choices = (
            Part((), "", 0),
            None if is_part else await asyncio.to_thread(self._views.list_choices, account),
        )
        if not query.errors:
            known = choices.callers if choices else ()
            part = await asyncio.to_thread(self._views.list_part, account, wanted, query.cursor, known=known)
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
            choices=choices,
        )

    @require_company("see_journal")
    async def look_at_entry(self, request: Request, place: Place) -> Response:
        """Show one write with everything of it, or what it changed and what to do with it where htmx asks."""
        entry = await self._open(request, place)
        is_part = wants_part(request)
        return await self.show_company(
            request,
            place,
            "journal_part" if is_part else "journal_entry",
            SECTION,
            whole=entry,
            raw=[(title, write_json(entry.states[name])) for name, title in _RAW if name in entry.states],
            record_link=self._find_record(place, entry.row),
            base=find_company_address(place.account.id, "/journal"),
            approvals=find_company_address(place.account.id, "/approvals"),
            vendor=self._deployment.catalog().integrations[place.account.integration].title,
            may_undo=place.may_write,
            is_new="done" in request.query_params,
        )

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
