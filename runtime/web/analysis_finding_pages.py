"""Findings of an analysis that a person says are right: dismissing one, undoing that, and who dismissed what.

Called by `company_routes`; the page of the analysis leads here. Nothing in the books changes, so that the role which
decides about changes is asked for, and not the one that writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidArguments, NotFound
from runtime.operations.insight_requests import CONTINUE, AnalysisTool, Request, read_request, write_request
from runtime.operations.insight_views.answer_values import make_line, write_title
from runtime.operations.insights.dismissals import LONGEST_REASON, Dismissals, Dismisser, check_finding
from runtime.web.analysis_pages import ANALYSIS_PATH, RUN, AnalysisPages, Outcome
from runtime.web.company_pages import CompanyServices, Place, require_company
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts

DISMISS, RESTORE = "dismiss finding", "restore finding"
"""The names of the forms."""
DISMISSED, RESTORED = "dismissed", "restored"
"""Fields of an address that say what was just done."""
FINDS = "find_anomalies"
"""The analysis whose findings can be dismissed."""
MOST_FIELDS, LONGEST_BACK = 60, 4_000
"""Fields of an address to return to, and its characters: twenty choices and some days."""


@dataclass(frozen=True, slots=True)
class Toast:
    """What was just done. `finding` is what can be undone; empty where nothing can."""

    text: str
    finding: str = ""


class AnalysisFindingPages(AnalysisPages):
    """Dismisses findings, and shows them with those that were dismissed."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._dismissals = Dismissals(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the forms, and of the page of an analysis."""
        return [
            *super().make_routes(),
            Route(ANALYSIS_PATH + "/dismiss", self.dismiss, methods=["POST"]),
            Route(ANALYSIS_PATH + "/restore", self.restore, methods=["POST"]),
        ]

    @require_company("approve_changes")
    async def dismiss(self, request: HttpRequest, place: Place) -> Response:
        """Dismiss a finding for the viewer, and lead back to the findings; a bad reason is shown beside its field."""
        values = await self.check_form(request, DISMISS)
        analysis = self._find_findings(request, place)
        asked = read_back(analysis, values.get("back", ""))
        finding, says = (
            check_finding(values.get("finding", "")),
            make_line(values.get("says", ""))[:LONGEST_REASON],
        )
        who = Dismisser(f"person:{place.who.person.id}")
        try:
            await self._dismissals.dismiss(place.account.id, finding, values.get("reason", ""), who, says)
        except InvalidArguments as problem:
            return await self._show_refused(request, place, analysis, asked, values, problem)
        self._log("finding_dismissed", account=place.account.id, finding=finding, by=place.who.person.id)
        return self._lead_back(place, analysis, asked, DISMISSED, finding)

    @require_company("approve_changes")
    async def restore(self, request: HttpRequest, place: Place) -> Response:
        """Have a finding be found again, and lead back to the findings."""
        values = await self.check_form(request, RESTORE)
        analysis = self._find_findings(request, place)
        asked, finding = read_back(analysis, values.get("back", "")), values.get("finding", "")
        await self._dismissals.undo(place.account.id, finding, Dismisser(f"person:{place.who.person.id}"))
        self._log("finding_restored", account=place.account.id, finding=finding, by=place.who.person.id)
        return self._lead_back(place, analysis, asked, RESTORED, finding)

    async def show_outcome(
        self,
        request: HttpRequest,
        place: Place,
        analysis: AnalysisTool,
        asked: Request,
        outcome: Outcome | None,
        **values: Any,
    ) -> Response:
        """Return the page of an analysis; that of findings has those that were dismissed, and what was just done."""
        if analysis.computed == FINDS:
            dismissed = await self._list_dismissed(place)
            ids = frozenset(str(each["finding"]) for each in dismissed)
            values = {"dismissed": dismissed, "toast": _read_toast(request, ids), **values}
        return await super().show_outcome(request, place, analysis, asked, outcome, **values)

    async def _list_dismissed(self, place: Place) -> list[dict[str, Any]]:
        listed = await self._dismissals.list_all(place.account.id)
        return [
            {
                **each,
                "kind": write_title(str(each["kind"])),
                "at": datetime.fromisoformat(each["at"]).timestamp(),
            }
            for each in listed
        ]

    async def _show_refused(
        self,
        request: HttpRequest,
        place: Place,
        analysis: AnalysisTool,
        asked: Request,
        values: dict[str, str],
        problem: InvalidArguments,
    ) -> Response:
        """Show the findings as they were, with what is wrong beside the field and what was entered."""
        outcome = await self.run(request, place, analysis, asked)
        shown = await self.show_outcome(
            request, place, analysis, asked, outcome, dismiss_problem=problem, entered=values
        )
        shown.status_code = problem.status
        return shown

    def _find_findings(self, request: HttpRequest, place: Place) -> AnalysisTool:
        """Return the analysis of an address. Raises NotFound for one that has no findings."""
        analysis = self.find(request, place)
        if analysis.computed != FINDS:
            raise NotFound(
                "This analysis has no findings that can be dismissed.",
                advice="Open it from the list of analyses.",
            )
        return analysis

    def _lead_back(
        self, place: Place, analysis: AnalysisTool, asked: Request, done: str, finding: str
    ) -> Response:
        pairs = write_request(asked)
        pairs.append((CONTINUE, asked.continue_from) if asked.continue_from else (RUN, "1"))
        path = find_company_address(place.account.id, f"/analysis/{analysis.name}")
        return RedirectResponse(f"{path}?{urlencode([*pairs, (done, finding)])}", 303)


def read_back(analysis: AnalysisTool, query: str) -> Request:
    """Return what the address that a form leads back to asks; what is no option of the analysis is ignored."""
    pairs = parse_qsl(query[:LONGEST_BACK])[:MOST_FIELDS]
    return read_request(analysis.tool, pairs)


def _read_toast(request: HttpRequest, dismissed: frozenset[str]) -> Toast | None:
    """Return what an address says was just done, where it is so."""
    done, undone = (request.query_params.get(each, "") for each in (DISMISSED, RESTORED))
    if done in dismissed:
        return Toast("The finding is dismissed. It is not found again.", done)
    if undone and undone not in dismissed:
        return Toast("The finding is not dismissed any more. It is found again.")
    return None
