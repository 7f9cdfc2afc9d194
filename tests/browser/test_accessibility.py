"""Every page for people, at both widths and in both themes: axe-core finds nothing serious, nothing scrolls sideways.

Screenshots are stored under `.cache/screenshots`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import AXE, find_violations
from tests.browser.books import THEMES, WIDTHS, open_page, serving_books
from tests.browser.every_page import CUSTOMER, UPDATE, Visit, prepare_visit
from tests.browser.provider import MAPPING, connect, serving_provider

ROOT = Path(__file__).resolve().parents[2]
LONG_PAGES = ("/docs",)
"""Pages with hundreds of links of one kind, whose like is walked through elsewhere."""
OF_PROVIDERS = ("client_profitability", "margin_check", "valuation")
OF_DESK = ("", "/reports", "/analysis", "/explorer", "/servers/new", "/connection", "/explorer/tools")
"""Pages that look otherwise with a work system beside the books, and those of an account of one."""
PAGE = {"accept": "text/html"}
SHOTS = ROOT / ".cache" / "screenshots"


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    if not AXE.is_file():
        subprocess.run([ROOT / "scripts" / "clients"], check=True)
    with serving_books(tmp_path_factory.mktemp("books")) as books:
        yield prepare_visit(books)


def name_shot(path: str) -> str:
    """A name of a file for a page, without the ids in its address."""
    path = re.sub(r"^/company/[^/]+", "/company", path)
    path = re.sub(r"client_id=.*|(whk_|entry_)?(?!(.)\2{9})[0-9a-f-]{30,}", "id", path)
    return re.sub(r"[^a-z0-9]+", "-", path).strip("-")


def look(page: Page, path: str, width: int) -> list[str]:
    """What is wrong with one page, in either theme."""
    page.emulate_media(color_scheme=THEMES[0])  # type: ignore[arg-type]
    answer = page.goto(path)
    assert answer is not None and answer.status < 500, path
    return judge(page, name_shot(path), path, width)


def judge(page: Page, name: str, path: str, width: int) -> list[str]:
    """What is wrong with the page that is shown, in either theme."""
    errors, noted = list[str](), f"{path} at {width}"
    if page.evaluate("document.documentElement.scrollWidth") > width:
        errors.append(f"{noted}: scrolls sideways")
    for number, theme in enumerate(THEMES):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True)
        errors += [f"{noted}, {theme}: {each}" for each in find_violations(page, is_theme_alone=number > 0)]
    return errors


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_has_what_people_with_a_disability_cannot_use(
    visit: Visit, browser: Browser, width: int
) -> None:
    context = visit.open(browser, viewport={"width": width, "height": 860})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda each: said.append(f"{page.url}: {each.text}") if each.type == "error" else None)
    found = [each for path in visit.list_pages() for each in look(page, path, width)]
    context.close()
    found += [each for each in said if "the server responded with a status of 40" not in each]
    assert not found, "\n".join(found)


def test_every_page_for_people_is_looked_at(visit: Visit, browser: Browser) -> None:
    context = visit.open(browser)
    answers = {each: context.request.get(each, headers=PAGE, max_redirects=0) for each in visit.list_pages()}
    patterns = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for path in visit.list_patterns()}
    shown = [
        path.split("?")[0]
        for path, answer in answers.items()
        if answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    ]
    context.close()
    missing = [path for path, pattern in patterns.items() if not any(map(pattern.fullmatch, shown))]
    assert missing == []


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def make_token(page: Page, _company: str) -> None:
    page.goto("/tenant/default/settings/tokens")
    page.locator("main form[method=post] [name=name]").fill("A program")
    page.locator("main [name=scope]").first.check()
    press(page, "Make an API token")
    expect(page.get_by_text("shown this once").first).to_be_visible()


def make_webhook(page: Page, _company: str) -> None:
    page.goto("/tenant/default/settings/webhooks")
    page.locator("main [name=url]").fill("https://hook.example.com/another")
    press(page, "Make a webhook")
    expect(page.get_by_role("heading", name="Copy the secret now")).to_be_visible()


def invite(page: Page, _company: str) -> None:
    page.goto("/tenant/default/people?invite=yes")
    page.get_by_label("Email address").fill("a.colleague.with.a.long.name@accountants.example.com")
    press(page, "Make an invitation")
    expect(page.locator("code.copy, pre").first).to_be_visible()


def make_server(page: Page, company: str) -> None:
    page.goto(f"{company}/servers/new")
    page.locator("main form[method=post] [name=name]").fill("Month-end")
    press(page, "Create MCP server")
    expect(page.get_by_text("/mcp/lpm_").first).to_be_attached()


def ask_for_a_write(page: Page, company: str) -> None:
    page.goto(f"{company}/explorer/tools/{UPDATE}")
    page.locator("[name='id'], [name$='.id']").first.fill(CUSTOMER)
    page.locator("[name*='Notes']").first.fill("=1+1 <b>")
    press(page, "Continue")
    expect(page.get_by_role("main").get_by_role("link", name="Cancel")).to_be_visible()


def get_an_error_of_a_form(page: Page, _company: str) -> None:
    page.goto("/tenant/default/settings/tokens")
    page.locator("main form[method=post] [name=name]").fill("Nothing chosen")
    press(page, "Make an API token")
    expect(page.get_by_text("An API token needs a scope.")).to_be_visible()


ANSWERS = (make_token, make_webhook, invite, make_server, ask_for_a_write, get_an_error_of_a_form)
"""What is shown only as the answer to a form: what is shown once, asked before a write, or said to be wrong."""


@pytest.mark.parametrize("width", WIDTHS)
def test_so_has_none_that_a_form_is_answered_with(visit: Visit, browser: Browser, width: int) -> None:
    context = visit.open(browser, viewport={"width": width, "height": 860})
    page, found = context.new_page(), list[str]()
    for answer in ANSWERS:
        page.emulate_media(color_scheme=THEMES[0])  # type: ignore[arg-type]
        answer(page, visit.books.company)
        name = answer.__name__.replace("_", "-")
        found += judge(page, f"form-{name}", name, width)
    context.close()
    assert not found, "\n".join(found)


_WATCH_STOPS = """() => {
    const all = [...document.querySelectorAll(
        "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")];
    const stops = all.filter(each => each.tabIndex >= 0 && !each.disabled
        && each.checkVisibility({visibilityProperty: true}) && !(each.type === "radio" && !each.checked
        && document.querySelector(`input[name="${each.name}"]:checked`)));
    window.stops = new Map(stops.map(each => [each, "not reached"]));
    document.activeElement.blur();
    document.addEventListener("focusin", event => {
        const looks = getComputedStyle(event.target);
        const isSeen = (looks.outlineStyle !== "none" && parseFloat(looks.outlineWidth) > 0)
            || looks.boxShadow !== "none";
        window.stops.set(event.target, isSeen ? "" : "no focus is seen on");
    });
    // Tab stops up to four times in a field for a day or a month: at its parts, and at what opens its calendar.
    return stops.length + 3 * stops.filter(each => ["date", "month"].includes(each.type)).length;
}"""
_LIST_WRONG = """() => [...window.stops].filter(([, wrong]) => wrong)
    .map(([each, wrong]) => `${wrong} ${each.outerHTML.slice(0, 120)}`)"""


def walk(page: Page, path: str) -> list[str]:
    """What of a page the Tab key does not reach, or shows no focus on."""
    page.goto(path)
    for _ in range(page.evaluate(_WATCH_STOPS)):
        page.keyboard.press("Tab")
    return [f"{path}: {each}" for each in page.evaluate(_LIST_WRONG)]


def test_every_page_can_be_used_by_keyboard(visit: Visit, browser: Browser) -> None:
    context = visit.open(browser, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    paths = [path for path in visit.list_pages() if path not in LONG_PAGES]
    found = [each for path in paths for each in walk(page, path)]
    context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", WIDTHS)
def test_so_has_none_of_a_provider_with_a_work_system(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, width: int
) -> None:
    with serving_provider(tmp_path_factory.mktemp("provider")) as books:
        size = {"width": width, "height": 860}
        page = open_page(browser, books, "anna@example.com", "owner", base_url=books.origin, viewport=size)
        desk = connect(page)
        found = look(page, MAPPING, width)
        page.get_by_role("button", name="Link what is certain").click()
        page.get_by_text("Link by hand").first.click()
        found += judge(page, "mapping-by-hand", "a mapping that is decided", width)
        paths = [
            *(f"{books.company}/analysis/{each}?run=1" for each in OF_PROVIDERS),
            *(f"{desk}{each}" for each in OF_DESK),
            "/accounts/connect?integration=connectwise",
        ]
        found += [each for path in paths for each in look(page, path, width)]
        if width == WIDTHS[0]:
            found += [each for path in (MAPPING, *paths[3:]) for each in walk(page, path)]
        page.context.close()
    assert not found, "\n".join(found)
