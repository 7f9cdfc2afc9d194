"""The schedules of a company: the list of them, and one with its runs and their files.

Called by `company_routes`. `schedule_form_pages` has the form that makes and changes one; `operations.schedules` does
what is asked for here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import NotFound
from runtime.operations.schedules.managing import Schedules
from runtime.operations.schedules.messages import explain_catching_up
from runtime.operations.schedules.saving import SavedReports
from runtime.operations.schedules.timing import list_due_times
from runtime.operations.schedules.wording import explain_cron
from runtime.schedules import FORMATS, ReportRun, RunFile, Schedule, name_file_owner
from runtime.web.company_pages import CompanyPages, CompanyServices, Place, require_company
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts
from runtime.web.saved_report_pages import SECTION

SCHEDULES_PATH = "/company/{account_id}/schedules"
SCHEDULE_PATH = SCHEDULES_PATH + "/{schedule_id}"
SCHEDULE_FORM = "schedule"
"""The name of the forms that act on a schedule, which their proofs are for."""
MOST_RUNS = 50
"""Newest runs on the page of a schedule: seven weeks of daily ones."""


class SchedulePages(CompanyPages):
    """Shows schedules to people who may see the books, and does with them what they ask for."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._saved, self._schedules = SavedReports(self._deployment), Schedules(self._deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the pages."""
        return [
            Route(SCHEDULES_PATH, self.list_all, methods=["GET"]),
            Route(SCHEDULE_PATH, self.look, methods=["GET"]),
            Route(SCHEDULE_PATH + "/pause", self.pause, methods=["POST"]),
            Route(SCHEDULE_PATH + "/resume", self.resume, methods=["POST"]),
            Route(SCHEDULE_PATH + "/run", self.run_now, methods=["POST"]),
            Route(SCHEDULE_PATH + "/secret", self.rotate_secret, methods=["POST"]),
            Route(SCHEDULE_PATH + "/delete", self.delete, methods=["POST"]),
            Route(SCHEDULE_PATH + "/runs/{run_id}/{file_id}", self.download, methods=["GET"]),
        ]

    @require_company("see_journal")
    async def list_all(self, request: Request, place: Place) -> Response:
        """Show the schedules of a company, with when each runs next and what became of its last run."""
        records = self._deployment.stores.records
        schedules = await self._schedules.list(place.account)
        saved = await asyncio.to_thread(records.list_scheduled_reports, place.account.id)
        names = {each.id: each.name for each in saved}
        last = await asyncio.to_thread(records.list_last_runs, place.account.id)
        rows = [
            (each, names.get(each.saved_report_id, ""), explain_cron(each.cron), last.get(each.id))
            for each in schedules
        ]
        own = await self._saved.list(place.account, place.who.person.id)
        return await self.show_company(
            request, place, "schedules", SECTION, rows=rows, has_saved=bool(own), show_run=show_run
        )

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """Show a schedule and its runs; to htmx the runs alone."""
        schedule = await self._find(request, place)
        if request.headers.get("hx-request"):
            return await self.show_company(
                request, place, "schedule_runs", SECTION, **await self._read_runs(schedule)
            )
        return await self.show_schedule(request, place, schedule)

    @require_company("see_journal")
    async def pause(self, request: Request, place: Place) -> Response:
        """Have a schedule not run until it is resumed."""
        schedule = await self._read_form(request, place)
        await self._schedules.pause(place.account, schedule.id, place.who.person.id)
        return self._lead_to(place, schedule)

    @require_company("see_journal")
    async def resume(self, request: Request, place: Place) -> Response:
        """Have a schedule run again, as the viewer."""
        schedule = await self._read_form(request, place)
        await self._schedules.start(place.account, schedule.id, place.who.person.id)
        return self._lead_to(place, schedule)

    @require_company("see_journal")
    async def run_now(self, request: Request, place: Place) -> Response:
        """Have a schedule run once, now."""
        schedule = await self._read_form(request, place)
        run = await self._schedules.run_now(place.account, schedule.id)
        self._log("schedule_run_now", schedule=schedule.id, run=run.id, by=place.who.person.id)
        return self._lead_to(place, schedule)

    @require_company("see_journal")
    async def rotate_secret(self, request: Request, place: Place) -> Response:
        """Give the webhook of a schedule a new secret, and show it this once."""
        schedule = await self._read_form(request, place)
        secret = await self._schedules.rotate_secret(place.account, schedule.id, place.who.person.id)
        return await self.show_schedule(request, place, schedule, secret)

    @require_company("see_journal")
    async def delete(self, request: Request, place: Place) -> Response:
        """Delete a schedule with its runs."""
        schedule = await self._read_form(request, place)
        await self._schedules.delete(place.account, schedule.id, place.who.person.id)
        self._log("schedule_deleted", schedule=schedule.id, by=place.who.person.id)
        return RedirectResponse(find_company_address(place.account.id, "/schedules"), 303)

    @require_company("see_journal")
    async def download(self, request: Request, place: Place) -> Response:
        """Answer a file of a run."""
        run_id, file_id = request.path_params["run_id"], request.path_params["file_id"]
        found = await asyncio.to_thread(
            self._deployment.stores.records.find_run_file, place.account.id, run_id, file_id
        )
        if found is None:
            raise NotFound("There is no such file any more.", advice="Run the schedule now for a new one.")
        content = self._deployment.keys.open(found.sealed, name_file_owner(file_id))
        headers = {
            "Content-Disposition": f'attachment; filename="{found.file.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, 200, headers, found.file.media_type)

    async def show_schedule(
        self, request: Request, place: Place, schedule: Schedule, secret: str = ""
    ) -> Response:
        """Return the page of a schedule; `secret` is that of its webhook where it was just made."""
        records = self._deployment.stores.records
        saved = await asyncio.to_thread(records.find_saved_report, place.account.id, schedule.saved_report_id)
        owner = await asyncio.to_thread(records.find_person, schedule.person_id)
        due_times = (
            list_due_times(schedule.cron, schedule.zone, self._deployment.clock())
            if not schedule.is_paused
            else []
        )
        return await self.show_company(
            request,
            place,
            "schedule",
            SECTION,
            saved=saved,
            owner=owner,
            words=explain_cron(schedule.cron),
            due_times=due_times,
            titles=FORMATS,
            secret=secret,
            **await self._read_runs(schedule),
        )

    async def _read_runs(self, schedule: Schedule) -> dict[str, Any]:
        """Return the runs of a schedule as the page shows them."""
        records = self._deployment.stores.records
        runs = await asyncio.to_thread(records.list_runs, schedule.id, MOST_RUNS)
        files: dict[str, list[RunFile]] = {}
        for file in await asyncio.to_thread(records.list_run_files, [run.id for run in runs]):
            files.setdefault(file.run_id, []).append(file)
        return {
            "schedule": schedule,
            "runs": runs,
            "files": files,
            "is_under_way": any(not run.is_over for run in runs),
            "show_run": show_run,
            "explain": explain_catching_up,
        }

    async def _find(self, request: Request, place: Place) -> Schedule:
        return await self._schedules.find(place.account, request.path_params["schedule_id"])

    async def _read_form(self, request: Request, place: Place) -> Schedule:
        """Return the schedule that a form acts on. Raises Forbidden without its proof, and NotFound."""
        await self.check_form(request, SCHEDULE_FORM)
        return await self._find(request, place)

    def _lead_to(self, place: Place, schedule: Schedule) -> Response:
        return RedirectResponse(find_company_address(place.account.id, f"/schedules/{schedule.id}"), 303)


def show_run(run: ReportRun) -> tuple[str, str]:
    """Return the kind of status of a run, and what it is called."""
    if run.status == "done":
        return ("wait", "partly delivered") if run.error else ("ok", "done")
    if run.status == "failed":
        return "fail", "failed"
    if run.next_at is not None:
        return "wait", "will be tried again"
    return ("wait", "being delivered") if run.status == "made" else ("wait", "under way")
