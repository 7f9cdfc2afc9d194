"""The call log for people: each call with who made it, errors in sentences, filters, totals by day, a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime.operations.call_views import CallViews
from runtime.operations.finished_calls import Ending, Source
from runtime.operations.formats import Formats
from runtime.watching.calls import Caller, CallFilter
from runtime.web.call_log_pages import make_bars
from tests.web.books_site import BooksSite
from tests.web.test_journal_pages import look, read

DAY = 86_400
LIST, CREATE = "list_all_quick_books_invoices", "create_a_quick_books_bill"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BooksSite]:
    found = BooksSite(tmp_path)
    yield found
    found.end()


def note(site: BooksSite, tool: str = LIST, error: str = "", **more: Any) -> None:
    """A call that has ended."""
    caller_id, kind = more.get("caller", site.server_id), more.get("kind", "mcp")
    account = more.get("account", site.account)
    client = Caller(more.get("client", "Claude"), more.get("version", "1.9"))
    source = Source(kind, caller_id, account, "quickbooks")
    site.finished.note(source, tool, 0.0, Ending(200, error, 1_500), client)


def test_a_call_is_listed_with_who_made_it_and_an_error_in_a_sentence(site: BooksSite) -> None:
    note(site)
    note(site, CREATE, "rate_limited", client="Cursor")
    note(site, CREATE, "cancelled")
    page = look(site, "/calls")
    shown = read(page)
    for said in ("Month-end MCP · Claude 1.9", "Rate limited The rate limit of the vendor is reached.", "1,500",
                 "The program that called did not wait for the answer.", "3 of 3 calls", "2 errors"):  # fmt: skip
        assert said in shown, said
    assert "<html" not in look(site, "/calls", **{"hx-request": "true"}).text


def test_filters_narrow_the_list_the_totals_and_the_file(site: BooksSite) -> None:
    anna = site.run(site.visit()) and site.run(site.find("anna@shop.example"))
    note(site)
    note(site, CREATE, "duplicate", client="Cursor")
    note(site, kind="page", caller=anna.id, client="page", version="")
    note(site, account=replace(site.account, id="another"))
    day = datetime.fromtimestamp(site.clock(), UTC).date()
    wanted = {
        "": 3,
        "?type=page": 1,
        f"?caller=person:{anna.id}": 1,
        f"?caller=mcp_server:{site.server_id}": 2,
        f"?tool={CREATE}": 1,
        "?client=Cursor": 1,
        "?status=error": 1,
        "?status=ok": 2,
        "?error=duplicate": 1,
        "?error=rate_limited": 0,
        f"?from={day}&to={day}": 3,
        f"?to={day - timedelta(days=1)}": 0,
    }
    for query, count in wanted.items():
        page = look(site, f"/calls{query}")
        content = look(site, f"/calls/export.csv{query}").content.decode("utf-8-sig")
        table = list(csv.DictReader(io.StringIO(content)))
        assert (page.text.count('<td class="tool">'), len(table)) == (count, count), query
        if count:
            assert f"{count} of {count} call" in read(page), query


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?from=yesterday", "Give it as a date"),
        ("?from=2026-01-01&to=2026-03-01", "more than 31 days"),
        ("?from=2026-03-02&to=2026-03-01", "before the first day"),
        ("?type=telegram", "Choose a type"),
        ("?status=odd", "Choose a status"),
    ],
)
def test_a_filter_that_cannot_be_read_is_said_and_no_file_is_made(
    site: BooksSite, query: str, said: str
) -> None:
    note(site)
    assert said in look(site, f"/calls{query}").text
    assert look(site, f"/calls/export.csv{query}").status_code == 303


def test_totals_are_those_of_each_day_and_the_bars_are_as_high(site: BooksSite) -> None:
    site.clock.pass_(-2 * DAY)
    for _ in range(3):
        note(site)
    site.clock.pass_(DAY)
    note(site, error="invalid")
    site.clock.pass_(DAY)
    views = CallViews(site.parts, site.call_log)
    begin = site.clock() - site.clock() % DAY
    days = [(datetime.fromtimestamp(at, UTC).date(), at) for at in (begin - 2 * DAY, begin - DAY, begin)]
    site.run(site.call_log.flush())
    totals = views.count_by_day(CallFilter(begin - 2 * DAY, begin + DAY), days)
    assert [(each.calls, each.errors) for each in totals.days] == [(3, 0), (1, 1), (0, 0)]
    assert (totals.calls, totals.errors, totals.is_cut) == (4, 1, False)
    bars = make_bars(totals, Formats())
    assert [(bar.height, bar.errors) for bar in bars] == [(56.0, 0.0), (18.7, 18.7), (0.0, 0.0)]


def test_pages_lead_to_the_oldest_call(site: BooksSite) -> None:
    for _ in range(60):
        site.clock.pass_(1)
        note(site)
    seen, cursor = 0, ""
    views = CallViews(site.parts, site.call_log)
    for _ in range(3):
        rows, cursor = site.run(views.list_part(CallFilter(0, site.clock() + 1), cursor))
        seen += len(rows)
    assert (seen, cursor) == (60, "")
    assert "25 of 60 calls" in look(site, "/calls").text


def test_hostile_names_of_tools_and_programs_are_harmless_on_the_page_and_in_the_file(
    site: BooksSite,
) -> None:
    note(site, "=cmd|<script>alert(1)</script>", client="=HYPERLINK(1)<img src=x>")
    page = look(site, "/calls")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src" not in page.text
    table = list(csv.reader(io.StringIO(look(site, "/calls/export.csv").content.decode("utf-8-sig"))))
    assert not [cell for row in table for cell in row if cell.startswith(("=", "@", "+"))]


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_may_not_see_the_journal_sees_no_calls(site: BooksSite, role: str) -> None:
    for path in ("/calls", "/calls/export.csv"):
        assert look(site, path, role).status_code == 403


def test_a_time_without_calls_says_what_will_be_there(site: BooksSite) -> None:
    assert "No calls in these days" in look(site, "/calls").text
