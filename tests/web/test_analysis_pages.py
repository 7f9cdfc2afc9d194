"""The pages of analyses: what opening one costs, options, results, what is missing, what does not tie, and errors."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.errors import Forbidden, RateLimited, ReadingEnded
from runtime.operations.insight_requests import list_analyses
from tests.builtin import builtin_catalog
from tests.web.analysis_answers import ANSWERS, CHANGE, FORECAST, READING, make_answer
from tests.web.analysis_company import AnalysisCalls, Desk, look

HOSTILE = "\"><script>alert(1)</script>{{7*7}}' =cmd"


def make_hostile(value: Any) -> Any:
    """A value with every text that a person or the books may write replaced by a hostile one."""
    fixed = ("kind", "status", "id", "finding", "date", "day", "due", "month", "compared_with", "start", "end", "tone",
             "start_date", "end_date", "week_end", "week_start", "tool", "by")  # fmt: skip
    if isinstance(value, dict):
        return {
            name: each if name in fixed and isinstance(each, str) else make_hostile(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [make_hostile(each) for each in value]
    return HOSTILE if isinstance(value, str) else value


def read_links(text: str) -> list[str]:
    """The addresses of the links of a page."""
    return [unescape(each) for each in re.findall(r'<a[^>]* href="([^"]*)"', text)]


def test_the_list_has_the_analyses_of_the_catalog_with_what_each_answers(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get()
        expected = list_analyses(builtin_catalog(), "quickbooks")
        assert len(expected) == len(ANSWERS)
        assert re.findall(r'/analysis/(\w+)">', page.text) == [each.name for each in expected]
        text = unescape(page.text)
        assert all(each.title in text and each.summary in text for each in expected)
        assert '<a href="/company/' in page.text and "Analysis</a>" in page.text
        assert desk.calls.asked == []

    look(tmp_path, story)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_opening_an_analysis_only_says_what_it_would_read(tmp_path: Path, name: str) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"/{name}")
        assert page.status_code == 200
        assert "<b>26 pages</b> of records from QuickBooks Online" in page.text
        assert "5,212 records" in page.text
        assert [each[1] for each in desk.calls.asked if each[0] == name] == [{"estimate": True}]
        assert "Run the analysis" in page.text

    look(tmp_path, story)


def test_both_systems_of_an_analysis_are_named_before_it_runs(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        systems = [{"integration": name, "requests": 13} for name in ("QuickBooks Online", "Desk <b>")]
        desk.calls.estimate["integrations"] = systems
        page = await desk.get("/client_profitability")
        assert "<b>26 pages</b> of records from QuickBooks Online and Desk &lt;b&gt;." in page.text

    look(tmp_path, story)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_every_analysis_is_shown_with_its_figures_records_ties_and_assumptions(
    tmp_path: Path, name: str
) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"/{name}?run=1")
        assert page.status_code == 200
        assert desk.calls.runs == [(name, {})]
        text = unescape(page.text)
        assert "12,000.00" in text and "ties</span>" in text
        assert "Amounts are as of today." in text
        assert f"/company/{desk.company}/invoices/12" in read_links(page.text)
        assert f"{desk.base}/{name}/xlsx?continue_from={READING}" in read_links(page.text)
        assert 'style="' not in page.text
        assert "<script>" not in page.text

    look(tmp_path, story)


def test_a_forecast_is_a_line_within_a_band_whose_lowest_point_is_named(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get("/cash_flow_forecast?run=1")
        assert page.text.count('<svg class="chart"') == 2
        assert page.text.count('role="img"') == 2
        assert page.text.count('class="area"') == 2
        assert page.text.count("lowest −$1.3k, Dec 9") == 2  # noqa: RUF001
        assert 'class="bad-fill"' in page.text
        assert "Show as table" in page.text
        assert "Without the change" not in page.text

    look(tmp_path, story)


def test_a_what_if_passes_on_what_was_read_and_is_drawn_beside_the_forecast(tmp_path: Path) -> None:
    changed = {"weeks": FORECAST["weeks"], "lowest": FORECAST["lowest"], "add_expense": {"amount": 900.0}}
    calls = AnalysisCalls()
    calls.answers["cash_flow_forecast"] = make_answer({**FORECAST, "what_if": changed})

    async def story(desk: Desk) -> None:
        first = await desk.get("/cash_flow_forecast?run=1")
        assert f'<input type="hidden" name="continue_from" value="{READING}">' in first.text
        asked = f"run=1&continue_from={READING}&weeks=6&add_expense.amount=900&add_expense.date=2026-12-01"
        page = await desk.get(f"/cash_flow_forecast?{asked}")
        assert calls.runs[-1] == (
            "cash_flow_forecast",
            {
                "weeks": 6,
                "add_expense": {"amount": 900.0, "date": "2026-12-01"},
                "continue_from": READING,
            },
        )
        assert 'name="add_expense.amount"' in page.text and 'value="900"' in page.text
        assert 'class="line prev"' in page.text
        assert "With the change, the lowest bank balance expected is" in page.text
        assert "Without the change" in page.text

    look(tmp_path, story, calls)


def test_a_bridge_is_drawn_step_by_step(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get("/explain_change?run=1")
        for text in (
            "Profit of September 2026",
            "Landscaping Services",
            "+400.00",
            "−1,000.00",  # noqa: RUF001
            "Profit of October 2026",
        ):
            assert f">{text}</text>" in page.text
        assert page.text.count('class="bad-fill"') == 2

    look(tmp_path, story)


def test_a_checklist_shows_items_by_status_with_records_and_the_call_that_fixes_them(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get("/month_end_checklist?run=1&month=2026-10")
        assert desk.calls.runs[0][1] == {"month": "2026-10"}
        found = [
            page.text.index(f">{each}</span></h2>")
            for each in ("Open", "Needs attention", "Not known", "Done")
        ]
        assert found == sorted(found)
        links = read_links(page.text)
        assert f"/company/{desk.company}/payments/7" in links
        assert f"/company/{desk.company}/explorer/tools/create_a_quick_books_deposit" in links
        assert "and 11 more" in page.text
        assert "Record the deposit." in page.text

    look(tmp_path, story)


def test_reminders_have_the_contact_the_invoices_and_a_letter_to_copy(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get("/collections?run=1")
        assert "red@rock.example" in page.text
        assert 'data-copy="letter-1"' in page.text
        letter = re.search(r'<pre class="letter" id="letter-1"[^>]*>(.*?)</pre>', page.text, re.DOTALL)
        assert letter is not None and unescape(letter.group(1)).count("\n\n") == 3
        assert "The first 1 of 3." in page.text

    look(tmp_path, story)


def test_spend_is_drawn_as_bars_beside_the_amounts(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get("/spend_by_vendor?run=1")
        assert 'width="100.0%"' in page.text and 'width="50.0%"' in page.text
        assert ">+750.00</td>" in page.text

    look(tmp_path, story)


def test_what_is_missing_stands_first_with_a_button_that_goes_on(tmp_path: Path) -> None:
    calls = AnalysisCalls()
    missing = [{"what": "bills", "why": "The rate limit was reached.", "records": 400}]
    calls.answers["explain_change"] = make_answer(CHANGE, complete=False, missing=missing, retry_after=42)

    async def story(desk: Desk) -> None:
        page = await desk.get("/explain_change?run=1&month=2026-10")
        text = unescape(page.text)
        assert "This analysis is not complete" in text
        assert "Missing: bills (400 records). The rate limit was reached." in text
        assert "takes calls again in 42 seconds" in text
        assert text.index("not complete") < text.index("Profit of October 2026 was")
        button = re.search(r'<form class="acts" method="get"[^>]*>(.*?)</form>', page.text, re.DOTALL)
        assert button is not None
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', button.group(1)))
        assert fields == {"month": "2026-10", "run": "1", "continue_from": READING}
        assert text.count("This analysis is not complete") == 1

    look(tmp_path, story, calls)


def test_a_figure_that_does_not_tie_is_warned_of_with_both_numbers(tmp_path: Path) -> None:
    calls = AnalysisCalls()
    tie = {"figure": "receivables", "report": "aged", "ties": False, "says": "does not tie", "ours": 1840.0,
           "report_shows": 1800.0, "difference": 40.0}  # fmt: skip
    calls.answers["collections"] = make_answer(ANSWERS["collections"], ties=[tie])

    async def story(desk: Desk) -> None:
        page = await desk.get("/collections?run=1")
        warning = re.search(r'<div class="notice warning".*?</div></div>', page.text, re.DOTALL)
        assert warning is not None
        assert "1,840.00" in warning.group() and "1,800.00" in warning.group()
        assert "does not tie</span>" in page.text

    look(tmp_path, story, calls)


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_read(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(
            "/cash_flow_forecast?run=1&weeks=99&delay_customer.customer=Amy&add_expense.amount=x"
        )
        assert page.status_code == 400
        text = unescape(page.text)
        assert "Weeks is at most 26." in text
        assert "Days is needed as well." in text
        assert "“x” is no number." in text
        assert 'value="99"' in text and 'value="Amy"' in text
        assert text.count('aria-invalid="true"') == 4
        assert desk.calls.runs == []
        others = await desk.get(
            "/find_anomalies?run=1&start_date=2026-10-31&end_date=2026-10-01&sensitivity=most"
        )
        assert "The last day is before the first one." in others.text
        assert "none of the choices of Sensitivity" in others.text
        month = await desk.get("/month_end_checklist?run=1&month=2026-13")
        assert "Write it as 2026-01." in month.text
        assert desk.calls.asked == [each for each in desk.calls.asked if each[0] not in ANSWERS]

    look(tmp_path, story)


def test_an_error_of_the_tool_stands_in_place_of_the_result_with_what_was_entered(tmp_path: Path) -> None:
    calls = AnalysisCalls()

    async def story(desk: Desk) -> None:
        calls.errors = [RateLimited("The rate limit was reached.", retry_after=17)]
        page = await desk.get("/explain_change?run=1&month=2026-10&limit=5")
        assert page.status_code == 429
        assert page.headers["retry-after"] == "17"
        assert "The rate limit was reached." in page.text
        assert "In 17 seconds." in page.text
        assert 'value="2026-10"' in page.text and 'value="5"' in page.text
        calls.errors = [Forbidden("Your role does not let you use the tools of this company.")]
        refused = await desk.get("/explain_change")
        assert refused.status_code == 403
        assert "Run the analysis" not in refused.text

    look(tmp_path, story, calls)


def test_a_reading_that_has_ended_leads_to_the_estimate_and_is_not_read_anew_unasked(tmp_path: Path) -> None:
    calls = AnalysisCalls()

    async def story(desk: Desk) -> None:
        calls.errors = [ReadingEnded("There is no reading.")]
        page = await desk.get(f"/explain_change?month=2026-10&continue_from={READING}")
        assert page.status_code == 200
        assert "What was read before is not stored any more." in page.text
        assert "<b>26 pages</b>" in page.text
        assert calls.asked[-1][1] == {"month": "2026-10", "estimate": True}
        assert READING not in page.text
        calls.errors = [ReadingEnded("There is no reading.")]
        file = await desk.get(f"/explain_change/csv?continue_from={READING}")
        assert file.status_code == 400
        assert "download the file there" in file.text

    look(tmp_path, story, calls)


@pytest.mark.parametrize("format", ["csv", "xlsx", "pdf"])
def test_a_file_is_made_of_what_was_read_for_the_page(tmp_path: Path, format: str) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get("/spend_by_vendor?run=1&limit=2")
        link = next(each for each in read_links(page.text) if f"/spend_by_vendor/{format}" in each)
        assert parse_qs(urlsplit(link).query) == {"limit": ["2"], "continue_from": [READING]}
        file = await desk.get(link.removeprefix(desk.base))
        assert file.status_code == 200
        assert f'.{format}"' in file.headers["content-disposition"]
        assert desk.calls.runs[-1][1] == {"limit": 2, "continue_from": READING}
        assert (await desk.get("/spend_by_vendor/docx")).status_code == 404

    look(tmp_path, story)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_hostile_texts_of_the_books_are_harmless(tmp_path: Path, name: str) -> None:
    calls = AnalysisCalls()
    calls.answers[name] = make_hostile(make_answer(ANSWERS[name]))
    calls.answers[name]["evidence"] = [f"invoices:{HOSTILE}", "javascript:alert(1)", HOSTILE]

    async def story(desk: Desk) -> None:
        page = await desk.get(f"/{name}?run=1")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        assert "{{7*7}}" in page.text
        assert all(not each.startswith("javascript") for each in read_links(page.text))

    look(tmp_path, story, calls)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_figures_that_lack_everything_are_a_page_too(tmp_path: Path, name: str) -> None:
    calls = AnalysisCalls()
    broken = [
        {},
        dict.fromkeys(ANSWERS[name]),
        {each: [1, "x", None, {}] for each in ANSWERS[name]},
    ]

    async def story(desk: Desk) -> None:
        for figures in broken:
            calls.answers[name] = {
                "figures": figures,
                "complete": True,
                "ties": [{}],
                "evidence": [None, {}, "x"],
            }
            page = await desk.get(f"/{name}?run=1")
            assert page.status_code == 200, (figures, json.dumps(desk.here.logged[-1:]))

    look(tmp_path, story, calls)


def test_what_is_no_analysis_is_not_there(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for path in ("/dismiss_anomaly", "/list_all_quick_books_invoices", "/none", "/none/csv"):
            assert (await desk.get(path)).status_code == 404, path
        assert desk.calls.runs == []

    look(tmp_path, story)


def test_whoever_may_not_see_the_books_sees_no_analysis(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for path in ("", "/explain_change", "/explain_change?run=1", "/explain_change/csv?run=1"):
            assert (await desk.get(path)).status_code == 403, path
        assert desk.calls.asked == []

    look(tmp_path, story, role="member")
