"""The pages of analyses over the books of a simulator: figures that tie, what-ifs, limits, dismissed findings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import httpx2

from generator.catalog import Tool
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.company import NOON, Company, copy_books, make_landscaper
from tests.deployment import HandClock
from tests.identity.authorization import opened
from tests.web.analysis_answers import ANSWERS
from tests.web.analysis_company import OWNER, AnalysisCalls, Desk
from tests.web.visitors import read_forms

TOO_MANY = VendorResponse(429, {"retry-after": "37"}, b"{}")


class RealCalls(AnalysisCalls):
    """Calls of the tools of a company in the simulator, for the account of the desk."""

    def __init__(self, company: Company) -> None:
        super().__init__()
        self.company, self.refused_after = company, -1
        self._send, company.client.send = company.client.send, self._send_or_refuse  # type: ignore[method-assign]

    async def call(
        self, grant: Grant, tools: Mapping[str, Tool], name: str, arguments: dict[str, Any], **more: Any
    ) -> Answer:
        self.asked.append((name, arguments))
        fields = self.company.grant.account.fields
        own = replace(grant, account=replace(grant.account, fields=fields, status="active"))
        return await self.company.calls.call(own, tools, name, arguments, **more)

    async def _send_or_refuse(self, request: VendorRequest, account: str) -> VendorResponse:
        if self.refused_after == 0:
            return TOO_MANY
        self.refused_after -= 1
        return await self._send(request, account)

    @property
    def sent(self) -> int:
        """The requests that the simulator received."""
        return len(self.company.client.requests)


def look(data: Path, story: Callable[[Desk, RealCalls], Awaitable[None]]) -> None:
    """Run a story at a desk of the demo company."""

    async def run() -> None:
        async with opened(data, HandClock(NOON)) as here:
            company = Company(copy_books(make_landscaper()), deployment=here.runtime.deployment)
            calls = RealCalls(company)
            here.runtime.calls = calls  # type: ignore[assignment]
            account, person = here.add_company("Shop"), here.add_person(OWNER)
            await story(Desk(here, calls, account, await here.sign_in(person), person), calls)
            await company.client.http.aclose()

    asyncio.run(run())


def read_hidden(page: httpx2.Response, form: str) -> dict[str, str]:
    """The fields of a form that is found by its beginning."""
    found = re.search(re.escape(form) + r".*?</form>", page.text, re.DOTALL)
    assert found is not None, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found.group())
    return {name: unescape(value) for name, value in hidden}


def test_every_analysis_of_the_demo_company_is_shown_and_ties(tmp_path: Path) -> None:
    async def story(desk: Desk, calls: RealCalls) -> None:
        wrong = {}
        for name in ANSWERS:
            estimate = await desk.get(f"/{name}")
            said = re.search(r"<b>(\d+) pages?</b>", estimate.text)
            before = calls.sent
            page = await desk.get(f"/{name}?run=1")
            used = calls.sent - before
            is_estimated = said is not None and int(said.group(1)) in (used, used - 1)
            if page.status_code != 200 or "does not tie" in page.text or not is_estimated:
                wrong[name] = (page.status_code, said and said.group(1), used)
            warns = 'class="notice warning"' in page.text or 'role="alert"' in page.text
            if warns is not (name == "client_profitability"):  # this company has no work system
                wrong[name] = (name, "a warning" if warns else "no warning", 0)
        assert wrong == {}

    look(tmp_path, story)


def test_a_what_if_reads_nothing_again(tmp_path: Path) -> None:
    async def story(desk: Desk, calls: RealCalls) -> None:
        first = await desk.get("/cash_flow_forecast?run=1")
        hidden = read_hidden(first, '<form class="report-form')
        assert hidden["run"] == "1" and hidden["continue_from"].startswith("rd_")
        before = calls.sent
        query = f"run=1&continue_from={hidden['continue_from']}&add_expense.amount=90000"
        page = await desk.get(f"/cash_flow_forecast?{query}&add_expense.date=2026-12-01")
        assert page.status_code == 200
        assert "Without the change" in page.text
        assert 'class="bad-fill"' in page.text
        assert calls.sent == before

    look(tmp_path, story)


def test_a_limit_leaves_a_part_out_and_going_on_reads_the_rest(tmp_path: Path) -> None:
    async def story(desk: Desk, calls: RealCalls) -> None:
        calls.refused_after = 2
        part = await desk.get("/explain_change?run=1&month=2026-10")
        text = unescape(part.text)
        assert part.status_code == 200
        assert "This analysis is not complete" in text and "in 37 seconds" in text
        fields = read_hidden(part, '<form class="acts" method="get"')
        assert fields["month"] == "2026-10"
        calls.refused_after = -1
        query = "&".join(f"{name}={value}" for name, value in fields.items())
        whole = await desk.get(f"/explain_change?{query}")
        assert "This analysis is not complete" not in whole.text
        assert "ties</span>" in whole.text
        calls.refused_after = 0
        refused = await desk.get("/explain_change?run=1")
        assert refused.status_code == 429 and refused.headers["retry-after"] == "37"
        assert "In 37 seconds." in refused.text

    look(tmp_path, story)


def test_what_is_dismissed_is_gone_from_the_findings_until_that_is_undone(tmp_path: Path) -> None:
    async def story(desk: Desk, calls: RealCalls) -> None:
        page = await desk.get("/find_anomalies?run=1")
        found = [hidden["finding"] for action, hidden in read_forms(page) if action.endswith("/dismiss")]
        assert found
        before = calls.sent
        answer = await desk.send(page, "/find_anomalies/dismiss", {"reason": "Two offices."})
        back = await desk.follow(answer)
        left = [hidden["finding"] for action, hidden in read_forms(back) if action.endswith("/dismiss")]
        assert left == found[1:]
        assert "Two offices." in back.text
        again = await desk.follow(await desk.send(back, "/find_anomalies/restore", {}))
        shown = [hidden["finding"] for action, hidden in read_forms(again) if action.endswith("/dismiss")]
        assert shown == found
        assert calls.sent == before

    look(tmp_path, story)


def test_a_reading_ends_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    async def story(desk: Desk, calls: RealCalls) -> None:
        page = await desk.get("/spend_by_vendor?run=1")
        reading = read_hidden(page, '<form class="report-form')["continue_from"]
        desk.here.clock.pass_(901)
        ended = await desk.get(f"/spend_by_vendor?continue_from={reading}")
        assert ended.status_code == 200
        assert "What was read before is not stored any more." in ended.text
        assert "Run the analysis" in ended.text

    look(tmp_path, story)
