"""Saved and scheduled analyses on the pages of reports: listed by their titles, opened, scheduled, and run by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.operations.insight_answers import FIGURES, make_answer
from tests.web.test_schedule_pages import HOSTILE, SCHEDULE, Browser, run

FORECAST = {"weeks": 9, "delay_customer": {"customer": "24", "days": 30}}


def choose(tool: str, arguments: dict[str, Any]) -> str:
    return json.dumps({"tool_name": tool, "arguments": arguments, "compare": ""})


async def schedule(browser: Browser, tool: str, **arguments: Any) -> str:
    """Save and schedule an analysis, and return the path of the schedule."""
    saved = await browser.save(HOSTILE, choice=choose(tool, arguments), schedule="1")
    form = await browser.get(saved.headers["location"].removeprefix(browser.base))
    report = saved.headers["location"].rpartition("=")[2]
    made = await browser.submit(form, "/schedules/new", report=report, **SCHEDULE)
    assert made.status_code == 303, made.text
    return made.headers["location"].removeprefix(browser.base)


def test_a_saved_analysis_is_listed_by_its_title_and_opens_with_what_was_asked(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        assert (await browser.save(HOSTILE, choice=choose("cash_flow_forecast", FORECAST))).status_code == 303

        page = await browser.get("/reports/saved")

        assert "Forecast the cash flow" in page.text and "<script>alert" not in page.text
        path = page.text.partition("/reports/saved/rep_")[2].partition('"')[0]
        opened = await browser.get(f"/reports/saved/rep_{path}")
        assert opened.headers["location"] == (
            f"{browser.base}/analysis/cash_flow_forecast"
            "?delay_customer.customer=24&delay_customer.days=30&weeks=9"
        )

    run(tmp_path, story)


def test_what_is_no_analysis_with_its_options_is_not_saved(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        for tool, arguments in (
            ("dismiss_anomaly", {"finding": "dup-1", "reason": "Right."}),
            ("month_end_checklist", {"continue_from": "rd_1"}),
            ("month_end_checklist", {"customer": "1"}),
        ):
            refused = await browser.save("Checklist", choice=choose(tool, arguments))
            assert refused.status_code in (400, 404), tool

    run(tmp_path, story)


def test_the_page_of_a_schedule_says_what_a_run_is_missing_and_until_when_it_waits(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        place = browser.place
        path = await schedule(browser, "month_end_checklist")
        part = {
            "complete": False,
            "missing": [{"what": HOSTILE, "why": "The limit is reached."}],
            "continue_from": "rd_1",
            "retry_after": 60,
        }
        figures = FIGURES["month_end_checklist"]
        place.reports.answers["month_end_checklist"] = [make_answer(figures, **part), make_answer(figures)]
        assert (await browser.submit(await browser.get(path), f"{path}/run")).status_code == 303

        place.set_status("active")  # the pages have found out that there are no credentials
        await place.work()
        waiting = await browser.get(path)
        assert (
            "will be tried again" in waiting.text and "Not complete, from what could be read" in waiting.text
        )
        assert "Missing: &lt;script&gt;" in waiting.text and "<script>alert" not in waiting.text

        place.clock.now += 61
        place.set_status("active")
        await place.work()
        done = await browser.get(path)
        assert "is not ready to be closed" in done.text and "Not complete" not in done.text
        assert done.text.count("download>CSV") == 1

    run(tmp_path, story)
