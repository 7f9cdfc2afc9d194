"""A provider connects its work system by keys, maps its clients, and reads what a client earns, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.books import WIDTHS, Books, open_page
from tests.browser.provider import MAPPING, VENDOR, connect, fill_keys, serving_provider


@pytest.fixture
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with serving_provider(tmp_path_factory.mktemp("provider")) as made:
        yield made


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, books: Books, browser: Browser) -> Iterator[Page]:
    size = {"width": request.param, "height": 860}
    made = open_page(browser, books, "anna@example.com", "owner", base_url=books.origin, viewport=size)
    yield made
    made.context.close()


def find_section(page: Page, title: str) -> tuple[object, int]:
    """A part of the page of a mapping, and how many it says that there are."""
    section = page.locator("section.card").filter(has=page.get_by_role("heading", name=title, exact=True))
    return section, int(section.locator(".card-head .small").inner_text().replace(",", ""))


def count_rows(page: Page, title: str) -> int:
    return find_section(page, title)[1]


def test_a_work_system_is_connected_by_keys_and_its_clients_are_mapped(books: Books, page: Page) -> None:
    fill_keys(page, "not the private key")
    page.get_by_role("button", name="Connect the company").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Private key")).to_have_value("")
    expect(page.get_by_label("Public key")).to_have_value("sandbox-public")
    desk = connect(page)

    page.goto(MAPPING)
    page.get_by_role("button", name="Link what is certain").click()
    expect(page.get_by_text("What is certain is linked.")).to_be_visible()
    decided, likely = count_rows(page, "Decided"), count_rows(page, "Suggestions")
    assert decided >= 15 and likely >= 3

    page.get_by_role("button", name=re.compile("^Confirm that")).first.click()
    expect(page.get_by_text("The mapping is changed.")).to_be_visible()
    assert count_rows(page, "Decided") == decided + 1
    left = count_rows(page, "Suggestions")
    page.get_by_role("button", name=re.compile("^Refuse that")).first.click()
    expect(page.get_by_text("The mapping is changed.")).to_be_visible()
    assert count_rows(page, "Suggestions") == left - 1
    own = page.get_by_role("button", name=re.compile("^Not a client"))
    own.first.click()
    expect(page.get_by_text("not a client", exact=True).first).to_be_visible()
    assert count_rows(page, "Decided") == decided + 2
    with page.expect_download() as download:
        page.get_by_role("main").get_by_role("link", name="CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.count(",not a client,") == 1

    page.goto(f"{books.company}/analysis")
    page.get_by_role("link", name="Client profitability").click()
    page.get_by_role("button", name="Run the analysis").click()
    expect(page.get_by_role("heading", name=re.compile("earned a gross margin of"))).to_be_visible()
    page.get_by_text(re.compile(r"records that matter most$")).click()
    page.locator(f'.records.many a[href^="{desk}/"]').first.click()
    expect(page).to_have_url(re.compile(re.escape(desk)))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(desk)
    expect(page.get_by_text(f"{VENDOR} has no figures for a dashboard.")).to_be_visible()
