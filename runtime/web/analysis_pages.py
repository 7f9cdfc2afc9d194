"""The analyses of a company: the list of them, and one with its options, its figures and the records behind them.

Called by `company_routes`. What is asked stands in the address, so that it can be bookmarked. An analysis takes many
calls: opening its page says how many, and `run=1` makes them. What was read is passed on in `continue_from`, so that a
changed question reads nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest, LedgerportError, NotFound, ReadingEnded
from runtime.identity.oauth_scopes import READ, list_possible_scopes
from runtime.model import Account
from runtime.operations.companies import show_name
from runtime.operations.company_mapping.mapped_pairs import MappedPairs
from runtime.operations.insight_requests import (
    CONTINUE,
    AnalysisTool,
    Request,
    find_analysis,
    list_analyses,
    list_option_groups,
    read_request,
    write_request,
)
from runtime.operations.insight_requests.option_values import Option
from runtime.operations.insight_views import (
    InsightView,
    list_titles,
    make_insight_file,
    make_view,
    parse_answer,
)
from runtime.operations.insight_views.answer_values import read_count
from runtime.operations.report_runs import FORMATS
from runtime.web.analysis_links import RecordLinks
from runtime.web.analysis_view import ShownAnalysis, show_analysis
from runtime.web.company_pages import CompanyPages, CompanyServices, Place, require_company
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts

SECTION = "analysis"
LIST_PATH = "/company/{account_id}/analysis"
ANALYSIS_PATH = LIST_PATH + "/{analysis}"
FILE_PATH = ANALYSIS_PATH + "/{format}"
RUN = "run"
"""The field that has an analysis run."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an analysis would read: requests, records as far as they were counted, and the systems they are of."""

    calls: int
    records: int
    systems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a page shows of an analysis: its figures, what it would read, or why neither is there."""

    shown: ShownAnalysis | None = None
    estimate: Estimate | None = None
    problem: LedgerportError | None = None
    is_ended: bool = False
    """Whether what was read before is not stored any more."""
    can_run: bool = True

    @property
    def status(self) -> int:
        """The status of the page."""
        return self.problem.status if self.problem is not None else 200


class AnalysisPages(CompanyPages):
    """Shows analyses to people who may see the books."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._pairs = MappedPairs(self._deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the pages."""
        return [
            Route(LIST_PATH, self.list_all, methods=["GET"]),
            Route(ANALYSIS_PATH, self.look, methods=["GET"]),
            Route(FILE_PATH, self.send_file, methods=["GET"]),
        ]

    @require_company("see_journal")
    async def list_all(self, request: HttpRequest, place: Place) -> Response:
        """Show every analysis with what it answers."""
        found = list_analyses(self._deployment.catalog(), place.account.integration)
        return await self.show_company(
            request, place, "analyses", SECTION, analyses=found, company=show_name(place.account)
        )

    @require_company("see_journal")
    async def look(self, request: HttpRequest, place: Place) -> Response:
        """Show one analysis: what it would read, or what it comes to."""
        analysis, asked = self.find(request, place), self.read_asked(request, place)
        if asked.errors:
            return await self.show_outcome(request, place, analysis, asked, None)
        is_run = RUN in request.query_params or bool(asked.continue_from)
        found = (
            self.run(request, place, analysis, asked) if is_run else self._estimate(place, analysis, asked)
        )
        return await self.show_outcome(request, place, analysis, asked, await found)

    @require_company("see_journal")
    async def send_file(self, request: HttpRequest, place: Place) -> Response:
        """Answer an analysis as a file, of what was read for its page."""
        analysis, asked = self.find(request, place), self.read_asked(request, place)
        format = next((each for each in FORMATS if each == request.path_params["format"]), None)
        if format is None:
            raise NotFound(
                "There is no such file of an analysis.", advice="Choose CSV, XLSX or PDF on its page."
            )
        if asked.errors:
            raise InvalidRequest(" ".join(asked.errors.values()), advice="Correct the options on its page.")
        try:
            _, view = await self.call_analysis(request, place, analysis, asked.call_arguments)
        except ReadingEnded as ended:
            raise InvalidRequest(
                "What was read for this analysis is not stored any more.",
                advice="Run the analysis again on its page, and download the file there.",
            ) from ended
        formats, company = await self.make_formats(request, place), show_name(place.account)
        made = await asyncio.to_thread(make_insight_file, view, format, formats, company)
        headers = {
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(made.content, 200, headers, made.media_type)

    def find(self, request: HttpRequest, place: Place) -> AnalysisTool:
        """Return the analysis that an address names. Raises NotFound."""
        return find_analysis(
            self._deployment.catalog(), place.account.integration, request.path_params["analysis"]
        )

    def read_asked(self, request: HttpRequest, place: Place) -> Request:
        """Return what an address asks of its analysis."""
        return read_request(self.find(request, place).tool, request.query_params.multi_items())

    async def call_analysis(
        self, request: HttpRequest, place: Place, analysis: AnalysisTool, arguments: dict[str, Any]
    ) -> tuple[Mapping[str, Any], InsightView]:
        """Return the answer of an analysis, and what people see of it. Raises the error of the call."""
        answer = await self.call(place, analysis.name, arguments)
        if answer.error is not None:
            raise answer.error
        found = parse_answer(answer.text)
        titles = list_titles(self._deployment.catalog(), place.account.integration)
        formats = await self.make_formats(request, place)
        return found, make_view(analysis.computed, found, formats, titles)

    async def run(
        self, request: HttpRequest, place: Place, analysis: AnalysisTool, asked: Request
    ) -> Outcome:
        """Return what an analysis comes to for the viewer; the error in its place where there is one."""
        try:
            answer, view = await self.call_analysis(request, place, analysis, asked.call_arguments)
        except ReadingEnded:
            estimated = await self._estimate(place, analysis, asked.forget_reading())
            return Outcome(
                None, estimated.estimate, estimated.problem, is_ended=True, can_run=estimated.can_run
            )
        except LedgerportError as problem:
            self._log("page_refused", page="look", code=problem.code)
            return Outcome(problem=problem)
        formats = await self.make_formats(request, place)
        shown = show_analysis(
            view,
            answer,
            formats,
            RecordLinks(self._deployment.catalog(), place.account, await self._find_work(place)),
            self._list_tool_addresses(place),
        )
        return Outcome(shown)

    async def _estimate(self, place: Place, analysis: AnalysisTool, asked: Request) -> Outcome:
        answer = await self.call(place, analysis.name, {**asked.arguments, "estimate": True})
        if answer.error is not None:
            self._log("page_refused", page="look", code=answer.error.code)
            return Outcome(problem=answer.error, can_run=answer.error.status != 403)
        found = parse_answer(answer.text)
        systems = tuple(str(each["integration"]) for each in found.get("integrations", ()))
        calls, records = max(read_count(found, "estimate"), 1), read_count(found, "records")
        return Outcome(estimate=Estimate(calls, records, systems))

    async def _find_work(self, place: Place) -> Account | None:
        """Return the work system that is mapped with these books, where the viewer may see its records."""
        pair = await self._pairs.find(place.account)
        if pair is None or pair.account.tenant_id != place.account.tenant_id:
            return None
        integration = self._deployment.catalog().integrations.get(pair.account.integration)
        if integration is None or pair.account.status != "active":
            return None
        scopes = list_possible_scopes(place.role, place.tools_role, handles_money=integration.handles_money)
        return pair.account if READ in scopes and place.may("see_journal") else None

    def _list_tool_addresses(self, place: Place) -> dict[str, tuple[str, str]]:
        """Return the title of each tool of a company, and where it can be run."""
        base = find_company_address(place.account.id, "/explorer/tools/")
        return {name: (tool.title, f"{base}{name}") for name, tool in self.list_tools(place).items()}

    async def show_outcome(
        self,
        request: HttpRequest,
        place: Place,
        analysis: AnalysisTool,
        asked: Request,
        outcome: Outcome | None,
        **values: Any,
    ) -> Response:
        """Return the page of an analysis. `outcome` is None where what was entered cannot be asked."""
        pairs, found = write_request(asked), outcome or Outcome()
        reading = found.shown.reading if found.shown else ""
        plain, *groups = list_option_groups(analysis.tool)
        integration = self._deployment.catalog().integrations[place.account.integration]
        shown = await self.show_company(
            request,
            place,
            "analysis",
            SECTION,
            400 if outcome is None else found.status,
            analysis=analysis,
            asked=asked,
            plain=_offer(plain.options, found.shown),
            groups=groups,
            outcome=found,
            shown=found.shown,
            reading=reading,
            fields=[*pairs, (RUN, "1")],
            query=_write_query([*pairs, (CONTINUE, reading)] if reading else [*pairs, (RUN, "1")]),
            vendor=integration.title,
            company=show_name(place.account),
            choice={"tool_name": analysis.name, "arguments": dict(asked.arguments), "compare": ""},
            title=analysis.title,
            noun="analysis",
            may_dismiss=place.may("approve_changes"),
            **{"toast": None, "dismissed": (), "dismiss_problem": None, "entered": {}, **values},
        )
        if wait := getattr(found.problem, "retry_after", None):
            shown.headers["Retry-After"] = str(wait)
        return shown


def _offer(options: Sequence[Option], shown: ShownAnalysis | None) -> list[Option]:
    """Return the options, where figures are shown with what they offer to be chosen."""
    offered = shown.offered if shown is not None else {}
    return [
        replace(each, kind="several", choices=offered[each.name]) if each.name in offered else each
        for each in options
    ]


def _write_query(pairs: Sequence[tuple[str, str]]) -> str:
    return urlencode(list(pairs))
