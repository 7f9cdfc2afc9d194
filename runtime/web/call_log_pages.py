"""The call log of a company for people: its calls with filters, totals of a time by day, a file.

Called by `company_routes`. What is shown comes from `operations.call_views`. Without a call log there is a page as
well, which says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import NotFound
from runtime.operations.call_views import TYPES, CallRow, CallViews, Totals
from runtime.operations.companies import show_name
from runtime.operations.exports.csv_file import CSV_TYPE, write_csv
from runtime.operations.formats import Formats
from runtime.watching.calls import CallFilter, CallStatus
from runtime.web.company_pages import CompanyPages, CompanyServices, Place, require_company
from runtime.web.journal_pages import make_file, wants_part
from runtime.web.journal_query import Query, make_time, read_dates, read_query
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts

CALLS_PATH = "/company/{account_id}/calls"
SECTION = "calls"
STATUSES: tuple[CallStatus, ...] = get_args(CallStatus)
FIELDS = ("caller", "client", "tool", "type", "status", "error", "from", "to")
USUAL_DAYS = 7
"""Days that are shown where nobody asks for others: a week, as the list of MCP servers has it."""
MOST_DAYS = 31
"""Days of one page, as one list of the management API looks through."""
BAR_HEIGHT, BAR_STEP, BAR_WIDTH = 56, 30, 22
"""Of the chart, in units of its drawing: 31 bars fit a page, and a bar is as wide as a finger."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the chart. `errors` is the height of its part that ended in errors."""

    x: int
    y: float
    height: float
    errors: float
    label: str
    day: str


class CallLogPages(CompanyPages):
    """Shows the call log to people who may see the journal."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        log = services.finished.call_log
        self._views = CallViews(parts.deployment, log) if log is not None else None

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(CALLS_PATH, self.look, methods=["GET"]),
            Route(CALLS_PATH + "/export.csv", self.export, methods=["GET"]),
        ]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """List the calls that are asked for, with the totals of their time."""
        formats, views = await self.make_formats(request, place), self._views
        query, wanted, days = read_calls_query(request, place, formats)
        rows: Sequence[CallRow] = ()
        cursor, totals, choices = "", Totals(()), None
        if views is not None and not wants_part(request):
            choices = await asyncio.to_thread(views.list_choices, wanted)
        if views is not None and not query.errors:
            rows, cursor = await views.list_part(
                wanted, query.cursor, known=choices.callers if choices else ()
            )
            totals = await asyncio.to_thread(views.count_by_day, wanted, days)
        return await self.show_company(
            request,
            place,
            "calls_part" if wants_part(request) else "calls",
            SECTION,
            query=query,
            rows=rows,
            next_cursor=cursor,
            totals=totals,
            bars=make_bars(totals, formats),
            choices=choices,
            types=TYPES,
            days=days,
            base=find_company_address(place.account.id, "/calls"),
            stored_days=self._deployment.settings.log_days,
        )

    @require_company("see_journal")
    async def export(self, request: Request, place: Place) -> Response:
        """Answer the calls that are asked for as CSV."""
        formats = await self.make_formats(request, place)
        query, wanted, _ = read_calls_query(request, place, formats)
        if self._views is None:
            raise NotFound("There is no call log here.")
        if query.errors:
            address = find_company_address(place.account.id, "/calls") + query.make_query()
            return RedirectResponse(address, 303)
        sheet = await self._views.make_sheet(wanted, f"Calls of {show_name(place.account)}", formats)
        return make_file(await asyncio.to_thread(write_csv, sheet), CSV_TYPE, f"calls-{formats.today}.csv")


def read_calls_query(
    request: Request, place: Place, formats: Formats
) -> tuple[Query, CallFilter, Sequence[tuple[date, float]]]:
    """Return the filters of the log, the calls that they mean, and the days of their time."""
    query, _, _ = read_dates(read_query(request, FIELDS), formats.zone)
    first, last = _find_days(query, formats.today)
    errors = dict(query.errors)
    if not errors and (last - first).days >= MOST_DAYS:
        errors["to"] = f"That is more than {MOST_DAYS} days."
    for name, known in (("type", tuple(TYPES)), ("status", STATUSES)):
        if query.values[name] not in ("", *known):
            errors[name] = f"Choose a {name} of the list."
    days = [first + timedelta(days=each) for each in range(min((last - first).days + 1, MOST_DAYS))]
    begins = [(day, make_time(day, formats.zone)) for day in days]
    values = query.values
    wanted = CallFilter(
        begins[0][1],
        make_time(days[-1] + timedelta(days=1), formats.zone),
        next((each for each in TYPES if each == values["type"]), None),
        account_id=place.account.id,
        caller_id=values["caller"].rpartition(":")[2],
        tool=values["tool"],
        client_name=values["client"],
        status=next((each for each in STATUSES if each == values["status"]), None),
        error_code=values["error"],
    )
    return replace(query, errors=errors), wanted, begins


def _find_days(query: Query, today: date) -> tuple[date, date]:
    """Return the first and the last day of a page: a week up to its end where only that is said, or nothing."""
    if query.errors:
        return today, today
    given = {name: date.fromisoformat(query.values[name]) for name in ("from", "to") if query.values[name]}
    first, last = given.get("from"), given.get("to")
    if first is not None:
        usual = min(today, first + timedelta(days=USUAL_DAYS - 1)) if first <= today else first
        return first, last or usual
    end = last or today
    return end - timedelta(days=USUAL_DAYS - 1), end


def make_bars(totals: Totals, formats: Formats) -> list[Bar]:
    """Return the bars of the chart, one for each day, with what a hover says."""
    most = max((each.calls for each in totals.days), default=0) or 1
    return [
        Bar(
            place * BAR_STEP,
            round(BAR_HEIGHT - each.calls / most * BAR_HEIGHT, 1),
            round(each.calls / most * BAR_HEIGHT, 1),
            round(each.errors / most * BAR_HEIGHT, 1),
            f"{formats.write_day(each.day)}: {each.calls:,} calls, {each.errors:,} errors",
            formats.write_day(each.day),
        )
        for place, each in enumerate(totals.days)
    ]
