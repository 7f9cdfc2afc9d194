"""The reports of a company: the list of them, one with its options and its table, and its files.

Called by `company_routes`. What a report is asked for stands in its address, so that it can be bookmarked, and the
addresses of its files have the same. `operations.report_runs` runs it and writes the files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest, LedgerportError, NotFound
from runtime.exchange.tool_answer import Answer
from runtime.operations.companies import show_name
from runtime.operations.report_runs import (
    FORMATS,
    Entered,
    Option,
    Report,
    ReportGroup,
    ReportView,
    find_report,
    list_options,
    list_reports,
    make_report_file,
    read_options,
    run_report,
    write_options,
)
from runtime.web.company_pages import CompanyPages, Place, require_company
from runtime.web.record_view import show_record
from runtime.web.report_chart import make_chart
from runtime.web.report_links import ReportLinks
from runtime.web.report_rows import write_report_rows
from runtime.web.report_view import show_table

SECTION = "reports"
LIST_PATH = "/company/{account_id}/reports"
REPORT_PATH = LIST_PATH + "/{report}"
FILE_PATH = REPORT_PATH + "/{format}"
Choices = tuple[tuple[str, str], ...]
MOST_OFFERED = 100
"""Records that a report is offered for; a company has some tax agencies."""
LONGEST_SEARCH = 100
"""Characters of a search in the list."""
_NOTHING: Mapping[str, Any] = {
    "view": None, "record": None, "problem": None, "facts": (), "detail": "", "chart": None,
}  # fmt: skip
"""What the page of a report that was not read yet shows of it."""
_MAIN_KINDS = ("choice", "number", "yes or no")
"""Kinds of options that stand above the table; the others are folded."""


class ReportPages(CompanyPages):
    """Shows reports to people who may see the books."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the pages."""
        return [
            Route(LIST_PATH, self.list_all, methods=["GET"]),
            Route(REPORT_PATH, self.look, methods=["GET"]),
            Route(FILE_PATH, self.send_file, methods=["GET"]),
        ]

    @require_company("see_journal")
    async def list_all(self, request: Request, place: Place) -> Response:
        """Show every report, or those that a search finds; to htmx the list alone."""
        search = request.query_params.get("q", "").strip()[:LONGEST_SEARCH]
        groups = list_reports(self._deployment.catalog(), place.account.integration)
        page = "report_list" if request.headers.get("hx-request") else "reports"
        found = _search(groups, search)
        return await self.show_company(
            request,
            place,
            page,
            SECTION,
            groups=found,
            search=search,
            count=sum(len(group.reports) for group in found),
            count_in_all=sum(len(group.reports) for group in groups),
            company=show_name(place.account),
        )

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """Show one report, run with the options of the address."""
        report = self._find_report(request, place)
        entered = read_options(report, request.query_params.multi_items())
        if entered.errors:
            is_new = not request.query_params
            status, offered = 200 if is_new else 400, await self._offer(place, report)
            return await self._show(request, place, report, entered, status, offered=offered)
        try:
            if not report.has_rows:
                record = await self.read(place, report.tool.name, dict(entered.choice.arguments))
                return await self._show(request, place, report, entered, record=show_record(record))
            view = await self._run(place, report, entered)
        except LedgerportError as problem:
            return await self._refuse_run(request, place, report, entered, problem)
        return await self._show_view(request, place, view, entered)

    @require_company("see_journal")
    async def send_file(self, request: Request, place: Place) -> Response:
        """Answer a report as a file."""
        report = self._find_report(request, place)
        format = next((each for each in FORMATS if each == request.path_params["format"]), None)
        if format is None or not report.has_rows:
            raise NotFound(
                "There is no such file of a report.", advice="Choose CSV, XLSX or PDF on its page."
            )
        entered = read_options(report, request.query_params.multi_items())
        if entered.errors:
            said = " ".join(entered.errors.values())
            raise InvalidRequest(said, advice="Open the report again, and choose its options there.")
        view = await self._run(place, report, entered)
        formats, company = await self.make_formats(request, place), show_name(place.account)
        made = await asyncio.to_thread(make_report_file, view, format, formats, company)
        headers = {
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(made.content, 200, headers, made.media_type)

    async def _offer(self, place: Place, report: Report) -> Mapping[str, Choices]:
        """Return the records that options without which a report cannot be run may name, by the names of options."""
        offered: dict[str, Choices] = {}
        for option in list_options(report):
            if option.is_required and option.resource:
                offered[option.name] = await self._list_records(place, option.resource)
        return offered

    async def _list_records(self, place: Place, resource: str) -> Choices:
        """Return the first records of a resource, each with its Id and name; none where they cannot be read."""
        catalog = self._deployment.catalog()
        tool = catalog.listings.get((place.account.integration, resource))
        answer = await self.call(place, tool.name, {"limit": MOST_OFFERED}) if tool else None
        if answer is None or answer.error is not None:
            return ()
        vendor = catalog.integrations[place.account.integration]
        key, fields = vendor.identifier, vendor.display_fields.get(resource, ())
        records = [each for each in orjson.loads(answer.text).get("records", ()) if each.get(key)]
        names = (next((str(each[name]) for name in fields if each.get(name)), "") for each in records)
        return tuple(
            (str(each[key]), name or str(each[key])) for each, name in zip(records, names, strict=True)
        )

    def _find_report(self, request: Request, place: Place) -> Report:
        name = request.path_params["report"]
        return find_report(self._deployment.catalog(), place.account.integration, name)

    async def _run(self, place: Place, report: Report, entered: Entered) -> ReportView:
        async def call(name: str, arguments: dict[str, Any]) -> Answer:
            return await self.call(place, name, arguments)

        return await run_report(call, report, entered.choice)

    async def _show_view(
        self, request: Request, place: Place, view: ReportView, entered: Entered
    ) -> Response:
        formats = await self.make_formats(request, place)
        catalog = self._deployment.catalog()
        links = ReportLinks(catalog, place.account.integration, place.account.id)
        detail, table = links.find_detail(view), show_table(view, formats, links)
        return await self._show(
            request,
            place,
            view.report,
            entered,
            view=view,
            table=table,
            rows=write_report_rows(table.rows),
            facts=view.list_facts(formats),
            detail=detail.title if detail else "",
            chart=make_chart(view, formats),
        )

    async def _refuse_run(
        self, request: Request, place: Place, report: Report, entered: Entered, problem: LedgerportError
    ) -> Response:
        """Return the page with the error in the place of the table, and everything that was entered."""
        self._log("page_refused", page="look", code=problem.code)
        shown = await self._show(request, place, report, entered, status=problem.status, problem=problem)
        if wait := getattr(problem, "retry_after", None):
            shown.headers["Retry-After"] = str(wait)
        return shown

    async def _show(
        self,
        request: Request,
        place: Place,
        report: Report,
        entered: Entered,
        status: int = 200,
        **values: Any,
    ) -> Response:
        offered: Mapping[str, Choices] = values.pop("offered", {})
        options = [_offer_choices(each, offered.get(each.name, ())) for each in list_options(report)]
        return await self.show_company(
            request,
            place,
            "report",
            SECTION,
            status,
            report=report,
            entered=entered,
            main=[each for each in options if _is_main(each)],
            filters=[each for each in options if not _is_main(each) and not each.is_rare],
            rare=[each for each in options if not _is_main(each) and each.is_rare],
            query=urlencode(write_options(report, entered.choice)),
            company=show_name(place.account),
            **{**_NOTHING, **values},
        )


def _offer_choices(option: Option, offered: Choices) -> Option:
    """Return an option as a choice among records, where some are offered."""
    return replace(option, kind="choice", choices=offered) if offered else option


def _is_main(option: Option) -> bool:
    """Whether an option stands above the table: those of the period, what is needed, and what is chosen at a glance."""
    return not option.is_rare and (option.is_period or option.is_required or option.kind in _MAIN_KINDS)


def _search(groups: Sequence[ReportGroup], search: str) -> list[ReportGroup]:
    """Return the groups with the reports that have every part of a search in their titles and summaries."""
    parts = search.casefold().split()
    found = []
    for group in groups:
        matching = tuple(
            each
            for each in group.reports
            if all(part in f"{each.title} {each.summary} {group.title}".casefold() for part in parts)
        )
        if matching:
            found.append(ReportGroup(group.key, group.title, matching))
    return found
