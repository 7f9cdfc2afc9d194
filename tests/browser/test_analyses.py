"""An owner runs analyses in a real browser at both widths: a forecast with a what-if, and a finding that is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.books import WIDTHS, Books, open_page, serving_books


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with serving_books(tmp_path_factory.mktemp("analyses")) as made:
        yield made


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, books: Books, browser: Browser) -> Iterator[Page]:
    """A browser of one width, in which the owner has signed in."""
    email = f"owner-{request.param}-{request.node.function.__name__[5:15]}@example.com"
    size = {"width": request.param, "height": 860}
    made = open_page(browser, books, email, "owner", base_url=books.origin, viewport=size)
    yield made
    made.context.close()


def find_day(books: Books, ahead: int) -> str:
    """A day ahead of the one that it is for the server."""
    return datetime.fromtimestamp(books.runtime.deployment.clock() + ahead * 86_400, UTC).date().isoformat()


def run_analysis(page: Page, books: Books, title: str) -> None:
    """Open an analysis from the list, and run it as its page offers."""
    page.goto(f"{books.company}/analysis")
    page.get_by_role("link", name=title).click()
    expect(page.get_by_text(re.compile(r"This reads about \d+ pages?"))).to_be_visible()
    page.get_by_role("button", name="Run the analysis").click()


def test_a_forecast_is_run_and_asked_what_an_expense_changes(books: Books, page: Page) -> None:
    run_analysis(page, books, "Forecast the cash flow")
    expect(page.locator("svg.chart:visible")).to_have_count(1)
    expect(page.get_by_text("ties", exact=True).first).to_be_visible()

    page.locator("summary", has_text="What if: add expense").click()
    page.get_by_label("Amount", exact=True).fill("250000")
    page.get_by_label("Date", exact=True).fill(find_day(books, 14))
    page.get_by_role("button", name="Show what follows").last.click()

    expect(page.get_by_text("Without the change").first).to_be_visible()
    expect(page.locator("svg.chart:visible .bad-fill")).to_have_count(1)
    expect(page).to_have_url(re.compile("continue_from=rd_"))
    page.get_by_text("Show as table").click()
    expect(page.get_by_role("region", name=re.compile("^With the change"))).to_be_visible()


def test_a_finding_is_dismissed_and_found_again(books: Books, page: Page) -> None:
    run_analysis(page, books, "Find anomalies")
    findings = page.locator(".checks > li")
    count = findings.count()
    assert count

    page.locator("summary", has_text="Dismiss").first.click()
    page.get_by_label("Why it is right as it is").first.fill("Two offices <b>")
    page.get_by_role("button", name="Dismiss this finding").first.click()
    expect(page.get_by_text("The finding is dismissed.")).to_be_visible()
    expect(findings).to_have_count(count - 1)
    page.get_by_role("button", name="Undo").first.click()

    expect(page.get_by_text("It is found again.")).to_be_visible()
    expect(findings).to_have_count(count)
