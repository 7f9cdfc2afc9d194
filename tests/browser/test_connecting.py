"""A person connects a company at the vendor and comes back, tests it, renames it and disconnects it, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.books import Books, open_page, serving_books
from tests.browser.conftest import check_fits


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with serving_books(tmp_path_factory.mktemp("books")) as made:
        yield made


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def sign_in_at_vendor(page: Page, simulator: str) -> None:
    """What a person does there: choose the company that is offered, and agree."""
    expect(page).to_have_url(re.compile(re.escape(simulator)))
    page.locator("button[value=connect]").click()


@pytest.mark.parametrize("has_script", [True, False])
def test_a_company_is_connected_tested_renamed_and_disconnected(
    books: Books, browser: Browser, has_script: bool
) -> None:
    page = open_page(
        browser, books, f"anna-{has_script}@example.com", "admin",
        base_url=books.origin, viewport={"width": 390, "height": 844}, java_script_enabled=has_script,
    )  # fmt: skip
    page.goto("/accounts")
    page.get_by_role("link", name="Connect a company").click()
    page.get_by_role("link", name="Connect QuickBooks Online").click()
    page.get_by_label("Name").fill("<b>Nursery</b>")
    press(page, "Continue to QuickBooks Online")
    page.get_by_role("button", name="Continue to connect <b>Nursery</b>").click()
    sign_in_at_vendor(page, books.simulator)
    expect(page.get_by_text("The company is connected.")).to_be_visible()
    press(page, "Test the connection")
    expect(page.get_by_text("QuickBooks Online answers: this is the company")).to_be_visible()
    page.get_by_label("What people and agents call it here").fill("Farm")
    press(page, "Rename")
    expect(page.get_by_role("heading", name="Farm", level=1)).to_be_visible()
    page.get_by_text("Disconnect…").click()
    press(page, "Disconnect Farm")
    expect(page.get_by_text("The company is disconnected.")).to_be_visible()
    if has_script:
        check_fits(page)
    page.context.close()


def test_a_button_that_is_pressed_twice_makes_one_account(books: Books, browser: Browser) -> None:
    page = open_page(browser, books, "anna-twice@example.com", "admin", base_url=books.origin)
    waiting = list[Route]()
    page.goto("/accounts/connect?integration=quickbooks")
    page.get_by_label("Name").fill("Pressed Twice")
    page.route("**/accounts/connect", lambda route: waiting.append(route))
    button = page.get_by_role("main").get_by_role("button", name="Continue to QuickBooks Online")
    place = button.bounding_box()
    assert place is not None
    for _ in range(2):
        page.mouse.click(place["x"] + 5, place["y"] + 5)
        page.wait_for_timeout(200)
    assert [each.request.method for each in waiting] == ["POST"]
    waiting[0].continue_()
    expect(page.get_by_role("button", name="Continue to connect Pressed Twice")).to_be_visible()
    page.context.close()
