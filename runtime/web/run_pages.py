"""The page of something that was asked in the explorer: a query with its rows, a tool with its answer, files of both.

What reads is asked again each time the page is opened, so that it shows the books as they are; the address has only the
id of the run. What was written is shown as it was stored, and nothing is sent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.operations.explorer.history import Run
from runtime.operations.explorer.reading import (
    MOST_SHOWN,
    Reading,
    parse_answer,
)
from runtime.operations.explorer.requests import describe_requests
from runtime.operations.explorer.results import (
    ResultTable,
    choose_paths,
    make_columns,
    make_table,
)
from runtime.operations.explorer.sorting import can_be_ordered
from runtime.web.answer_view import show_answer
from runtime.web.company_pages import Place, require_company
from runtime.web.explorer_base import PATH, SECTION, describe_limits
from runtime.web.navigation import find_company_address
from runtime.web.rows import write_rows
from runtime.web.run_reading import Query, RunReading
from runtime.web.run_view import PAGE_SIZES, View, find_before, find_next, read_view

LONGEST_RAW = 40_000
"""Characters of an answer as text that a page shows; the file has all of it."""


class RunPages(RunReading):
    """Shows what was asked."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the route of a run."""
        return [
            Route(PATH + "/runs/{run}", self.look, methods=["GET"]),
        ]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """Show what was asked, and what it comes to now."""
        run = await self.find_run(request, place)
        if run.kind == "query":
            return await self._show_query(request, place, run)
        return await self._show_tool(request, place, run)

    async def _show_query(self, request: Request, place: Place, run: Run) -> Response:
        view = read_view(request.query_params)
        query = self.read_query(place, run, view)
        most = MOST_SHOWN if view.shows_all else (min(query.most, MOST_SHOWN) if query.most else 0)
        try:
            reading = await self.read_rows(place, query, view, most)
        except LedgerportError as error:
            return await self.show_explorer(
                request, place, run.query, status=error.status, error=error, run=run, entity=query.entity
            )
        formats = await self.make_formats(request, place)
        paths, others = choose_paths(
            query.entity, query.named, reading.records, shows_all=view.has_every_column
        )
        columns = make_columns(query.entity, paths, reading.records)
        table = make_table(
            query.entity, query.queryable.integration.identifier, columns, reading.records, formats
        )
        return await self.show_explorer(
            request, place, run.query, run=run, entity=query.entity,
            result=await self._make_result(place, run, query, view, reading, replace(table, others=others)),
        )  # fmt: skip

    async def _make_result(
        self, place: Place, run: Run, query: Query, view: View, reading: Reading, table: ResultTable
    ) -> dict[str, Any]:
        """Return what the template shows of a result."""
        address = find_company_address(place.account.id, f"/explorer/runs/{run.id}")
        total = reading.total if reading.total is not None else view.total
        last = view.first + len(reading.records) - 1
        tool = query.queryable.tool
        requests = await describe_requests(
            self.make_grant(place),
            self._deployment.catalog(),
            self.list_tools(place),
            tool,
            {"query": query.text},
        )
        return {
            "address": address,
            "view": view,
            "sizes": PAGE_SIZES,
            "table": table,
            "rows": write_rows(table.rows, find_company_address(place.account.id)),
            "count": reading.total if reading.is_count else None,
            "first": view.first,
            "last": last,
            "total": total if reading.next_cursor or view.cursor else last,
            "is_bounded": reading.is_bounded and view.shows_all,
            "most": MOST_SHOWN,
            "next": find_next(view, reading, total, last),
            "before": find_before(view),
            "sorts": _list_sorts(query, view, table),
            "is_sorted_here": bool(view.sort)
            and not query.is_ordered
            and (reading.is_bounded or bool(view.cursor)),
            "notes": reading.notes,
            "calls": reading.calls,
            "limits": describe_limits(reading.limits),
            "raw": _cut_raw(reading.text),
            "is_raw_cut": len(reading.text) > LONGEST_RAW or reading.calls > 1,
            "requests": requests,
            "export": view.write(
                cursor="", trail=(), first=1, total=None, shows_all=False, rows=PAGE_SIZES[0]
            ),
        }

    async def _show_tool(self, request: Request, place: Place, run: Run) -> Response:
        tool, arguments = self.find_tool(place, run), dict(run.arguments)
        view = read_view(request.query_params)
        if view.cursor:
            arguments["next_cursor"] = view.cursor
        answer = await self._answer_tool(place, run, arguments)
        formats = await self.make_formats(request, place)
        value = parse_answer(answer.text) if answer.text else None
        shown = show_answer(
            value,
            self.find_entity_of(place, tool.resource),
            self._deployment.catalog().integrations[place.account.integration].identifier,
            tuple(arguments.get("fields") or ()),
            formats,
        )
        requests = await describe_requests(
            self.make_grant(place), self._deployment.catalog(), self.list_tools(place), tool, arguments
        ) if run.kind == "tool" else ()  # fmt: skip
        return await self.show_company(
            request, place, "explorer_run", SECTION, answer.error.status if answer.error else 200,
            **self.make_values(place), tool=tool, run=run, shown=shown, error=answer.error,
            rows=write_rows(shown.table.rows, find_company_address(place.account.id)) if shown.table else "",
            file=answer.file, view=view, limits=describe_limits(answer.limits), raw=_cut_raw(answer.text),
            is_raw_cut=len(answer.text) > LONGEST_RAW, requests=requests,
            may_export=shown.is_table and run.kind == "tool",
            address=find_company_address(place.account.id, f"/explorer/runs/{run.id}"),
        )  # fmt: skip

    async def _answer_tool(self, place: Place, run: Run, arguments: dict[str, Any]) -> Answer:
        """Return the answer of a tool; of a write the one that is stored."""
        if run.kind == "write":
            return Answer(run.outcome)
        return await self.call(place, run.tool, arguments)


def _list_sorts(query: Query, view: View, table: ResultTable) -> list[tuple[str, str]]:
    """Return for each column the query of the address that sorts by it, and how it is sorted now."""
    found = []
    for each in table.columns:
        is_sorted = each.path == view.sort
        is_descending = is_sorted and not view.is_descending
        begins_anew: dict[str, Any] = {"cursor": "", "trail": (), "first": 1, "total": None}
        if not can_be_ordered(query.entity, query.statement, each.path):
            begins_anew = {}
        address = view.write(sort=each.path, is_descending=is_descending, **begins_anew)
        found.append((address, ("descending" if view.is_descending else "ascending") if is_sorted else ""))
    return found


def _cut_raw(text: str) -> str:
    return text if len(text) <= LONGEST_RAW else f"{text[:LONGEST_RAW]}…"
