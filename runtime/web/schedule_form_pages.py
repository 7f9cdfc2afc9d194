"""The form of a schedule: a new one, a changed one, and what its words mean while they are written.

Called by `company_routes`. What is wrong is shown beside its field, with everything that was entered.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest
from runtime.operations.formats import Formats, find_zone
from runtime.operations.schedules.drafts import Checked, Draft, check_draft
from runtime.operations.schedules.timing import check_zone, list_due_times, list_zones, parse_when, write_when
from runtime.operations.schedules.wording import explain_cron
from runtime.schedules import FORMATS, Schedule
from runtime.web.company_pages import Place, require_company
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import read_zone
from runtime.web.saved_report_pages import SECTION
from runtime.web.schedule_pages import SCHEDULE_FORM, SCHEDULE_PATH, SCHEDULES_PATH, SchedulePages

USUAL_WHEN = "every Monday at 8"
_USUAL_FORMATS = ("pdf", "xlsx")


class ScheduleFormPages(SchedulePages):
    """Makes and changes schedules, for people who may see the books."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the pages."""
        return [
            Route(SCHEDULES_PATH + "/new", self.begin, methods=["GET"]),
            Route(SCHEDULES_PATH + "/new", self.create, methods=["POST"]),
            Route(SCHEDULES_PATH + "/preview", self.preview, methods=["GET"]),
            Route(SCHEDULE_PATH + "/change", self.edit, methods=["GET"]),
            Route(SCHEDULE_PATH + "/change", self.change, methods=["POST"]),
        ]

    @require_company("see_journal")
    async def begin(self, request: Request, place: Place) -> Response:
        """Show the form of a new schedule."""
        chosen = request.query_params.get("report", "")
        zone = str(getattr(read_zone(request), "key", "UTC"))
        return await self._show_form(request, place, Draft(chosen, USUAL_WHEN, zone, _USUAL_FORMATS), {})

    @require_company("see_journal")
    async def create(self, request: Request, place: Place) -> Response:
        """Make a schedule; the secret of its webhook is shown this once."""
        draft, checked = await self._check(request, place)
        if checked.errors:
            return await self._show_form(request, place, draft, checked.errors)
        schedule, secret = await self._schedules.create(place.account, place.who.person.id, checked)
        self._log("schedule_created", schedule=schedule.id, by=place.who.person.id)
        return await self._lead_on(request, place, schedule, secret)

    @require_company("see_journal")
    async def edit(self, request: Request, place: Place) -> Response:
        """Show the form of a schedule as it is."""
        schedule = await self._find(request, place)
        draft = Draft(
            schedule.saved_report_id,
            write_when(schedule.cron),
            schedule.zone,
            schedule.formats,
            "\n".join(schedule.emails),
            schedule.webhook_url,
        )
        return await self._show_form(request, place, draft, {}, schedule)

    @require_company("see_journal")
    async def change(self, request: Request, place: Place) -> Response:
        """Set a schedule anew, as the viewer."""
        schedule = await self._find(request, place)
        draft, checked = await self._check(request, place)
        if checked.errors:
            return await self._show_form(request, place, draft, checked.errors, schedule)
        changed, secret = await self._schedules.change(
            place.account, schedule.id, place.who.person.id, checked
        )
        return await self._lead_on(request, place, changed, secret)

    @require_company("see_journal")
    async def preview(self, request: Request, place: Place) -> Response:
        """Show what words mean, and the next three times; the part of the form alone."""
        when, zone = request.query_params.get("when", ""), request.query_params.get("zone", "UTC")
        return await self.show_company(
            request, place, "schedule_preview", SECTION, preview=self._make_preview(when, zone)
        )

    def _make_preview(self, when: str, zone: str) -> Mapping[str, object]:
        try:
            cron, name = parse_when(when), check_zone(zone.strip())
        except InvalidRequest as wrong:
            return {"error": wrong, "words": "", "cron": "", "times": (), "formats": None}
        now = self._deployment.clock()
        formats = Formats(zone=find_zone(name), now=now)
        times = list_due_times(cron, name, now)
        return {"error": None, "words": explain_cron(cron), "cron": cron, "times": times, "formats": formats}

    async def _check(self, request: Request, place: Place) -> tuple[Draft, Checked]:
        values = await self.check_form(request, SCHEDULE_FORM)
        draft = Draft(
            values.get("report", ""),
            values.get("when", ""),
            values.get("zone", ""),
            tuple(each for each in FORMATS if f"format_{each}" in values),
            values.get("emails", ""),
            values.get("webhook", ""),
        )
        return draft, await check_draft(self._deployment, place.account, place.who.person.id, draft)

    async def _show_form(
        self,
        request: Request,
        place: Place,
        draft: Draft,
        errors: Mapping[str, InvalidRequest],
        schedule: Schedule | None = None,
    ) -> Response:
        return await self.show_company(
            request,
            place,
            "schedule_form",
            SECTION,
            400 if errors else 200,
            draft=draft,
            errors=errors,
            schedule=schedule,
            saved=await self._saved.list(place.account, place.who.person.id),
            zones=list_zones(),
            titles=FORMATS,
            preview=self._make_preview(draft.when, draft.zone),
            has_mail=self._deployment.settings.smtp is not None,
        )

    async def _lead_on(self, request: Request, place: Place, schedule: Schedule, secret: str) -> Response:
        """Lead to the page of a schedule; where a secret was made, show it at once, since it is not stored readable."""
        if secret:
            return await self.show_schedule(request, place, schedule, secret)
        return RedirectResponse(find_company_address(place.account.id, f"/schedules/{schedule.id}"), 303)
