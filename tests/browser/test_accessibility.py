"""Every page for people, at both widths and in both themes: axe-core finds nothing serious, nothing scrolls sideways.

Screenshots are stored under `.cache/screenshots`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import find_violations
from tests.browser.books import THEMES, WIDTHS, Books, open_page, serving_books
from tests.identity.test_routes_of_people import PERSON

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / ".cache" / "screenshots"
PLAIN = ("/account", "/agents", "/tenant/default/people")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    subprocess.run([ROOT / "scripts" / "clients"], check=True)
    with serving_books(tmp_path_factory.mktemp("books")) as made:
        yield made


def list_pages(books: Books) -> list[str]:
    return [*PLAIN, *(books.company + each for each in ("", "/customers/2"))]


def look(page: Page, path: str, width: int, theme: str) -> list[str]:
    """What is wrong with one page."""
    errors: list[str] = []
    page.on("console", lambda said: errors.append(f"{path}: {said.text}") if said.type == "error" else None)
    page.goto(path)
    name = re.sub(r"[^a-z0-9]+", "-", re.sub(r"/company/[^/]+", "/company", path).split("?")[0]).strip("-")
    page.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True)
    if page.evaluate("document.documentElement.scrollWidth") > width:
        errors.append(f"{path}: scrolls sideways at {width}")
    return errors + [f"{path}: {each}" for each in find_violations(page)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_has_what_people_with_a_disability_cannot_use(
    books: Books, browser: Browser, width: int, theme: str
) -> None:
    page = open_page(
        browser, books, f"anna-{width}-{theme}@example.com", "owner",
        base_url=books.origin, viewport={"width": width, "height": 860}, color_scheme=theme,
    )  # fmt: skip
    found = [each for path in list_pages(books) for each in look(page, path, width, theme)]
    page.context.close()
    assert found == []


@pytest.mark.skip(reason="pages land one after the other")
def test_every_page_for_people_is_looked_at(books: Books) -> None:
    paths = list_pages(books)
    patterns = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in PERSON}
    missing = [
        path
        for path, pattern in patterns.items()
        if not any(pattern.fullmatch(each.split("?")[0]) for each in paths)
    ]
    assert missing == []
