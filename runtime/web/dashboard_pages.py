"""The page of a company: its figures today and over time, what needs attention, and what agents did last.

Called by `company_routes`. It waits for its reads up to a bound, and shows what is there; what failed or is late says
so in its own place. Refresh is a form, because it costs calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from generator.company_rules import Dashboard
from runtime.exchange.tool_answer import Answer
from runtime.journal_filter import JournalFilter
from runtime.model import JournalEntry, McpServer
from runtime.operations.dashboard.attention import list_attention
from runtime.operations.dashboard.company_reads import CompanyReads, Reading
from runtime.operations.dashboard.panels import Panels, list_asked, make_panels
from runtime.operations.dashboard.periods import PERIODS, find_period
from runtime.operations.formats import Formats
from runtime.operations.journal_views import JournalViews, Row
from runtime.web.company_pages import CompanyPages, CompanyServices, Place, require_company
from runtime.web.dashboard_tiles import list_tiles
from runtime.web.dashboard_view import (
    Looked,
    count_calls,
    make_cash_card,
    make_overdue_card,
    make_owed_card,
    make_profit_card,
    make_ranking_card,
)
from runtime.web.navigation import COMPANY_PATH, find_company_address
from runtime.web.person_pages import PageParts

REFRESH = "refresh figures"
MOST_SERVERS = 50
"""MCP servers of an account that are looked at; the page of all of them has the others."""
MOST_UNCLEAR = 10
"""Writes with an unclear outcome that are counted; the journal has all."""
MOST_WRITES = 6
"""Writes that are shown, as the design reference has them; the journal has all."""
NO_DASHBOARD = Dashboard()


@dataclass(frozen=True, slots=True)
class _Own:
    """What the page shows of our own records."""

    servers: Sequence[McpServer]
    writes: Sequence[Row]
    unclear: Sequence[JournalEntry]


class DashboardPages(CompanyPages):
    """Shows dashboards to people who may see the books."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts, services)
        self._reads = CompanyReads(self._deployment.clock)
        self._views = JournalViews(self._deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the page and its form."""
        return [
            Route(COMPANY_PATH, self.look, methods=["GET"]),
            Route(f"{COMPANY_PATH}/refresh", self.refresh, methods=["POST"]),
        ]

    @require_company("see_journal")
    async def look(self, request: Request, place: Place) -> Response:
        """Show the dashboard."""
        integration = self._deployment.catalog().integrations[place.account.integration]
        dashboard = integration.company.dashboard or NO_DASHBOARD
        formats = await self.make_formats(request, place)
        period = find_period(request.query_params.get("period", ""))
        looked = Looked(place.account.id, dashboard, period, formats.today, formats)
        readings, own = await asyncio.gather(
            self._read_figures(place, looked), asyncio.to_thread(self._read_own, place)
        )
        panels = make_panels(integration, dashboard, readings, looked.today) if readings else Panels()
        return await self.show_company(
            request,
            place,
            "dashboard",
            "dashboard",
            integration=integration.title,
            has_figures=integration.company.dashboard is not None,
            periods=PERIODS,
            period=period,
            tiles=list_tiles(panels, looked),
            cards=_make_cards(panels, looked),
            attention=list_attention(
                place.account, panels, own.servers, own.unclear, formats, await self.count_waiting(place)
            ),
            writes=own.writes,
            **_describe_reads(list(readings.values()), formats),
        )

    @require_company("see_journal")
    async def refresh(self, request: Request, place: Place) -> Response:
        """Have the figures read anew, and lead back to the page."""
        form = await self.check_form(request, REFRESH)
        self._reads.forget(place.account.id)
        period = find_period(form.get("period", ""))
        return RedirectResponse(f"{find_company_address(place.account.id)}?period={quote(period.key)}", 303)

    async def _read_figures(self, place: Place, looked: Looked) -> dict[str, Reading]:
        """Return what the reads of a dashboard come to; nothing for a company that is not connected."""
        if place.account.status != "active":
            return {}

        async def call(tool: str, arguments: dict[str, Any]) -> Answer:
            return await self.call(place, tool, arguments)

        asked = list_asked(looked.dashboard, looked.period, looked.today)
        return await self._reads.read(place.account.id, asked, call)

    def _read_own(self, place: Place) -> _Own:
        account, now = place.account, self._deployment.clock()
        journal, unclear = self._views.journal, JournalFilter(outcomes=frozenset({"indeterminate"}))
        return _Own(
            self._deployment.stores.records.list_mcp_servers(account.id, None, MOST_SERVERS, now),
            self._views.describe(account, journal.read(account.id, JournalFilter(), MOST_WRITES, "")),
            journal.read(account.id, unclear, MOST_UNCLEAR, ""),
        )


def _make_cards(panels: Panels, looked: Looked) -> dict[str, Any]:
    """Return the parts of the page that the integration has, by their keys."""
    return {
        "cash": make_cash_card(panels.cash, looked) if panels.cash else None,
        "receivables": make_owed_card("receivables", panels.receivables, looked)
        if panels.receivables
        else None,
        "payables": make_owed_card("payables", panels.payables, looked) if panels.payables else None,
        "profit": make_profit_card(panels.profit, looked) if panels.profit else None,
        "ranking": make_ranking_card(panels.ranking, looked) if panels.ranking else None,
        "overdue": make_overdue_card(panels.overdue, looked) if panels.overdue else None,
    }


def _describe_reads(readings: Sequence[Reading], formats: Formats) -> dict[str, Any]:
    """Return when the figures are from, on which basis, and what they cost."""
    calls, new = count_calls(readings)
    answered = [each for each in readings if each.answer is not None]
    bases = [str(each.answer["basis"]) for each in answered if each.answer and each.answer.get("basis")]
    return {
        "as_of": min((each.as_of for each in answered), default=formats.now),
        "basis": bases[0].lower() if bases else "",
        "calls": calls,
        "new_calls": new,
        "is_late": any(each.answer is None and each.error is None for each in readings),
    }
