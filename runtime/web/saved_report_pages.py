"""The saved reports and analyses of a company: the list of them, and the forms that save, rename, share and delete one.

Called by `company_routes`. `save_report.html` is the form that the page of a report, or of an analysis, includes.
`operations.schedules` saves; `schedule_pages` has what is run by itself.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import NotFound
from runtime.operations.insight_requests import AnalysisTool
from runtime.operations.schedules.choices import find_chosen, list_fields, read_choice
from runtime.operations.schedules.managing import Schedules
from runtime.operations.schedules.saving import SavedReports
from runtime.schedules import SavedReport
from runtime.web.company_pages import CompanyPages, CompanyServices, Place, require_company
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts
from runtime.web.report_links import ReportLinks

SECTION = "reports"
SAVED_PATH = "/company/{account_id}/reports/saved"
SAVE_FORM, CHANGE_FORM = "save report", "change saved report"
"""The names of the forms, which their proofs are for."""


class SavedReportPages(CompanyPages):
    """Shows and changes saved reports, for people who may see the books."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._saved, self._schedules = SavedReports(self._deployment), Schedules(self._deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the pages."""
        return [
            Route(SAVED_PATH, self.list_all, methods=["GET"]),
            Route(SAVED_PATH, self.save, methods=["POST"]),
            Route(SAVED_PATH + "/{saved_id}", self.open, methods=["GET"]),
            Route(SAVED_PATH + "/{saved_id}/change", self.change, methods=["POST"]),
            Route(SAVED_PATH + "/{saved_id}/delete", self.delete, methods=["POST"]),
        ]

    @require_company("see_journal")
    async def list_all(self, request: Request, place: Place) -> Response:
        """Show the saved reports that the viewer sees."""
        saved = await self._saved.list(place.account, place.who.person.id)
        schedules = await self._schedules.list(place.account)
        return await self.show_company(
            request,
            place,
            "saved_reports",
            SECTION,
            saved=[(each, self._name_report(place, each)) for each in saved],
            counts={
                each.id: sum(schedule.saved_report_id == each.id for schedule in schedules) for each in saved
            },
            manages=place.may("manage_servers"),
        )

    @require_company("see_journal")
    async def save(self, request: Request, place: Place) -> Response:
        """Save a report with the options that its page was shown with."""
        values = await self.check_form(request, SAVE_FORM)
        saved = await self._saved.save(
            place.account,
            place.who.person.id,
            values.get("name", ""),
            values.get("choice", ""),
            is_shared="is_shared" in values,
        )
        self._log("report_saved", account=place.account.id, by=place.who.person.id)
        after = (
            f"/schedules/new?{urlencode({'report': saved.id})}" if "schedule" in values else "/reports/saved"
        )
        return RedirectResponse(find_company_address(place.account.id, after), 303)

    @require_company("see_journal")
    async def open(self, request: Request, place: Place) -> Response:
        """Lead to the page of the report, with the options that were saved."""
        id_ = request.path_params["saved_id"]
        saved = await self._saved.find(place.account, place.who.person.id, id_)
        return RedirectResponse(self._find_report_address(place, saved), 303)

    @require_company("see_journal")
    async def change(self, request: Request, place: Place) -> Response:
        """Give a saved report another name, and share it or not."""
        values = await self.check_form(request, CHANGE_FORM)
        await self._saved.change(
            place.account,
            place.who.person.id,
            request.path_params["saved_id"],
            values.get("name", ""),
            shares="is_shared" in values,
            manages=place.may("manage_servers"),
        )
        return RedirectResponse(find_company_address(place.account.id, "/reports/saved"), 303)

    @require_company("see_journal")
    async def delete(self, request: Request, place: Place) -> Response:
        """Delete a saved report, with its schedules."""
        await self.check_form(request, CHANGE_FORM)
        id_, manages = request.path_params["saved_id"], place.may("manage_servers")
        await self._saved.delete(place.account, place.who.person.id, id_, manages=manages)
        self._log("report_deleted", account=place.account.id, by=place.who.person.id)
        return RedirectResponse(find_company_address(place.account.id, "/reports/saved"), 303)

    def _name_report(self, place: Place, saved: SavedReport) -> str:
        """Return what the report of a saved one is called; empty where the definitions have it no more."""
        try:
            tool_name = str(saved.choice["tool_name"])
            return find_chosen(self._deployment.catalog(), place.account.integration, tool_name).title
        except NotFound:
            return ""

    def _find_report_address(self, place: Place, saved: SavedReport) -> str:
        choice = read_choice(saved)
        catalog, integration = self._deployment.catalog(), place.account.integration
        chosen = find_chosen(catalog, integration, choice.tool_name)
        if isinstance(chosen, AnalysisTool):
            asked = urlencode(list_fields(choice.arguments))
            path = f"/analysis/{chosen.name}"
            return find_company_address(place.account.id, f"{path}?{asked}" if asked else path)
        return ReportLinks(catalog, integration, place.account.id).find_report_address(chosen, choice)
