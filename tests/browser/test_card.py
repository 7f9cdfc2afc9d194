"""The card of what waits for approval, in the reference host of MCP Apps: real answers, both themes, hostile texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from runtime.mcp_server.cards.pending_change import load_card
from runtime.operations.mcp_servers import McpServers
from tests.browser.accessibility import find_violations
from tests.browser.apps_host import SURFACES, Host
from tests.browser.books import THEMES, Books, serving_books

UPDATE, STATUS = "update_a_quick_books_customer_by_id", "get_pending_change"
HOSTILE = "<script>window.top.postMessage('run','*')</script><img src=x onerror=alert(1)>"
ADDRESS = "https://ledger.example/company/acc/approvals/pch_1"
CHANGED = [
    {"field": f"Field {number}", "before": "was" + " was" * 20, "after": "is" + " is" * 30}
    for number in range(20)
]
WAITING: dict[str, Any] = {
    "pending": True, "id": "pch_1", "status": "waiting", "says": "Update invoice 1154", "note": "Nothing was changed.",
    "expires_at": "2099-12-01T14:00:00Z", "approve_at": ADDRESS, "company": {"id": "9", "name": "Elm Street Bakery"},
    "action": "Update invoice 1154", "party": "Red Rock Diner", "amount": "1,515.00", "currency": "USD",
    "why": "The ticket was not billed.", "changed": CHANGED[:2], "rules": ["mcp_server: risk overwrite"],
}  # fmt: skip
ENDED = WAITING | {"pending": False}
SEVERAL = {
    "pending": True, "says": "8 changes wait for approval", "approve_at": "https://ledger.example/company/acc/approvals",
    "changes": [WAITING | {"action": f"Update invoice {number}"} for number in range(8)],
}  # fmt: skip
WIDTHS = (320, 390, 720)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with serving_books(tmp_path_factory.mktemp("books")) as books:
        yield books


def make_server(books: Books, **config: Any) -> str:
    """The address of an MCP server whose updates wait."""
    config |= {"approval": {"risks": ["overwrite"]}}
    made = McpServers(books.runtime.deployment).create(books.account_id, "Month-end", config)
    return str(made["url"])


@pytest.fixture(scope="module")
def url(books: Books) -> str:
    return make_server(books, tool_exposure="full", tags=["crm"])


@pytest.fixture(scope="module")
def hidden_url(books: Books) -> str:
    return make_server(books, tool_exposure="discovery")


@pytest.fixture
def open_host(browser: Browser, url: str) -> Callable[..., Host]:
    def open_page(theme: str = "light", width: int = 720) -> Host:
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)  # type: ignore[arg-type]
        return Host(page, url, theme)

    return open_page


def list_texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from list_texts(each)
    elif value is not None:
        yield str(value)


def list_labels(host: Host) -> list[str]:
    return host.card.get_by_role("button").all_inner_texts()


def list_shown(host: Host) -> list[str]:
    """What the card shows of the answer."""
    return host.card.locator("bdi").all_text_contents()


def check_looks(host: Host, width: int) -> None:
    """Hold that a card is low and narrow enough, and that nobody is left out."""
    host.card.evaluate(
        "color => { document.documentElement.style.background = color; }", SURFACES[host.theme]
    )
    height = host.card.evaluate("document.getElementById('main').getBoundingClientRect().height")
    assert height <= host.look("sizes")[-1] <= 500
    assert host.card.evaluate("document.documentElement.scrollWidth") <= width
    assert find_violations(host.card) == []
    for button in host.card.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= 44


def test_a_write_that_waits_is_shown_and_approve_opens_the_page_of_the_person(
    open_host: Callable[..., Host],
) -> None:
    host = open_host()
    shown = host.show(UPDATE, {"id": "2", "Notes": "Pays late", "why": "Asked by phone"})
    answer = shown["result"]["structuredContent"]

    assert shown["extensions"] == {"io.modelcontextprotocol/ui": {}}
    for text in (answer["action"], "Craig", "Pays late", "Asked by phone", "unchecked", "risk overwrite"):
        expect(host.card.get_by_text(text).first).to_be_visible()
    assert list_labels(host) == ["Approve", "Open in Ledgerport"]
    host.card.get_by_role("button", name="Approve").click()
    host.card.get_by_role("button", name="Open in Ledgerport").click()
    host.page.wait_for_function("window.host.seen.opened.length === 2")
    assert host.look("opened") == [f"{answer['approve_at']}#decide", answer["approve_at"]]
    assert host.look("asked") == []
    host.page.evaluate("window.host.end()")


def test_the_text_of_the_answer_says_all_that_the_card_says(open_host: Callable[..., Host]) -> None:
    host = open_host()
    shown = host.show(UPDATE, {"id": "2", "Notes": HOSTILE, "why": HOSTILE, "CompanyName": "A & B"})
    (block,) = shown["result"]["content"]
    answer = shown["result"]["structuredContent"]
    said = {*list_texts(json.loads(block["text"])), "; ".join(answer["rules"])}
    times = host.card.locator("time").evaluate_all("all => all.map(each => each.dateTime)")

    assert json.loads(block["text"]) == answer
    assert len(list_shown(host)) >= 8
    assert [each for each in list_shown(host) if each not in said] == []
    assert [each.replace(".000Z", "Z") for each in times] == [answer["expires_at"]]


def test_so_does_that_of_everything_that_an_answer_can_have(open_host: Callable[..., Host]) -> None:
    host = open_host()
    answer = WAITING | {"warnings": ["Looks like invoice 1161"], "happened": ["The record changed."]}
    host.show_result(UPDATE, answer)
    said = {*list_texts(answer), "; ".join(answer["rules"]), f"{answer['amount']} {answer['currency']}"}

    assert [each for each in list_shown(host) if each not in said] == []
    assert {"Looks like invoice 1161", "The record changed.", "1,515.00 USD"} < set(list_shown(host))


def test_how_a_change_stands_is_shown_by_the_same_card(open_host: Callable[..., Host]) -> None:
    host = open_host()
    change_id = host.show(UPDATE, {"id": "3", "Notes": "Pays late"})["result"]["structuredContent"]["id"]
    again = open_host()
    again.show(STATUS, {"id": change_id})

    assert list_labels(again) == ["Approve", "Open in Ledgerport"]


def test_a_write_that_is_called_by_the_tool_for_writes_has_the_card_too(
    open_host: Callable[..., Host], hidden_url: str
) -> None:
    host = replace(open_host(), url=hidden_url)
    host.show("call_write_tool", {"name": UPDATE, "arguments": {"id": "4", "Notes": "Late"}, "why": "Asked"})

    assert list_labels(host) == ["Approve", "Open in Ledgerport"]
    expect(host.card.get_by_text("Asked")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_the_largest_card_fits_and_can_be_used_by_everybody(
    open_host: Callable[..., Host], theme: str
) -> None:
    warnings = [f"A warning {number} " + "of this " * 30 for number in range(5)]
    much = {"changed": CHANGED, "why": "why " * 250, "party": "A customer of a long name " * 6}
    for width in WIDTHS:
        host = open_host(theme, width)
        host.show_result(UPDATE, WAITING | much | {"warnings": warnings})
        check_looks(host, width)
        for shown in (".was", ".is", ".alert", "button"):
            expect(host.card.locator(shown).first).to_be_visible()
        expect(host.card.get_by_text("and at least 1").first).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_every_other_answer_has_a_card_that_everybody_can_use(
    open_host: Callable[..., Host], theme: str
) -> None:
    for answer in (SEVERAL, WAITING, ENDED | {"status": "refused"}, {"Id": "1"}):
        host = open_host(theme, 360)
        host.show_result(UPDATE, answer)
        check_looks(host, 360)


def test_several_changes_are_one_card_that_opens_their_list(open_host: Callable[..., Host]) -> None:
    host = open_host()
    host.show_result(UPDATE, SEVERAL)

    assert list_labels(host) == ["Open in Ledgerport"]
    assert host.card.get_by_role("listitem").count() == 6
    expect(host.card.get_by_text("and 2 more in Ledgerport")).to_be_visible()
    host.card.get_by_role("button").click()
    host.page.wait_for_function("window.host.seen.opened.length === 1")
    assert host.look("opened") == ["https://ledger.example/company/acc/approvals"]


OVER: tuple[tuple[dict[str, Any], str], ...] = (
    ({"structuredContent": {"Id": "1"}}, "Nothing waits for approval"),
    ({}, "Nothing waits for approval"),
    ({"isError": True, "structuredContent": WAITING}, "The call failed"),
    ({"structuredContent": WAITING | {"status": "approved"}}, "being carried out"),
    ({"structuredContent": ENDED | {"status": "committed"}}, "Approved and carried out"),
    ({"structuredContent": ENDED | {"status": "refused"}}, "Refused"),
    ({"structuredContent": ENDED | {"status": "expired"}}, "Not decided in time"),
    ({"structuredContent": WAITING | {"expires_at": "2020-01-01T00:00:00Z"}}, "Not decided in time"),
    ({"structuredContent": ENDED | {"status": "__proto__"}}, "Nothing waits for approval"),
)


def test_what_does_not_wait_cannot_be_approved(open_host: Callable[..., Host]) -> None:
    host = open_host()
    for result, says in OVER:
        host.show(UPDATE, result={"content": [{"type": "text", "text": "{}"}], **result})

        expect(host.card.get_by_text(says).first).to_be_visible()
        assert "Approve" not in list_labels(host), result


NO_PAGES = (
    "javascript:alert(1)",
    "data:text/html,x",
    "//ledger.example",
    "https://a@b.example/",
    " ",
    None,
    ["x"],
)


def test_an_address_that_is_no_page_is_never_opened(open_host: Callable[..., Host]) -> None:
    host = open_host()
    for address in NO_PAGES:
        host.show_result(UPDATE, WAITING | {"approve_at": address})

        expect(host.card.get_by_text("There is no address here")).to_be_visible()
        assert list_labels(host) == [], address


def test_texts_of_others_are_shown_as_they_are_and_nothing_of_them_runs(
    open_host: Callable[..., Host],
) -> None:
    host, asked = open_host(), list[str]()
    names = ("party", "why", "action", "says", "amount", "currency")
    hostile = dict.fromkeys(names, HOSTILE) | {
        "changed": [{"field": HOSTILE, "before": HOSTILE, "after": HOSTILE}, None, "x", {"field": {}}],
        "rules": [HOSTILE], "warnings": [HOSTILE, {"a": 1}], "company": {"name": HOSTILE},
    }  # fmt: skip
    host.page.on("dialog", lambda each: (asked.append(each.message), each.dismiss()))
    host.page.on("request", lambda each: asked.append(each.url))
    host.show_result(UPDATE, WAITING | hostile)

    assert host.card.locator("main script, main img").count() == 0
    assert host.card.get_by_text("<script>").count() >= 8
    assert [each for each in asked if "/mcp/" not in each and "/host" not in each] == []


def test_the_card_follows_the_theme_and_the_colours_of_its_host(open_host: Callable[..., Host]) -> None:
    host = open_host("light")
    bad = {"--color-text-secondary": "url(https://x.example)", "position": "fixed"}
    variables = {"--color-text-primary": "light-dark(rgb(1, 2, 3), rgb(250, 251, 252))", **bad}
    host.show_result(UPDATE, WAITING, context={"styles": {"variables": variables}})
    colour = "getComputedStyle(document.querySelector('h1')).color"
    clear = "[...document.querySelectorAll('html, body, main, .card')].map(e => getComputedStyle(e).backgroundColor)"

    assert host.card.evaluate(colour) == "rgb(1, 2, 3)"
    assert set(host.card.evaluate(clear)) == {"rgba(0, 0, 0, 0)"}
    host.page.evaluate("window.host.change({theme: 'dark'})")
    host.card.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert host.card.evaluate(colour) == "rgb(250, 251, 252)"
    assert "x.example" not in host.card.evaluate("document.documentElement.style.cssText")
    assert host.card.evaluate("document.documentElement.style.position") == ""


def test_a_link_that_the_host_does_not_open_is_shown_to_copy(open_host: Callable[..., Host]) -> None:
    host = open_host()
    host.show_result(UPDATE, WAITING, refuses=True)
    host.card.get_by_role("button", name="Open in Ledgerport").click()

    expect(host.card.get_by_role("status").get_by_text(ADDRESS)).to_be_visible()


FOREIGN = (
    "",
    (
        "frame.contentWindow.postMessage({jsonrpc: '2.0', method: 'ui/notifications/tool-result', params: "
        "{structuredContent: {pending: true, status: 'waiting', approve_at: 'https://x.example/'}}}, '*');"
    ),
    "frame.contentWindow.postMessage({jsonrpc: '2.0', id: 1, error: {code: -1, message: ''}}, '*');",
)
"""What a page that is no host does when the card begins: nothing, an answer at once, an error."""
_FRAME = """([html, act]) => new Promise(done => {
    window.got = [];
    const frame = document.querySelector('iframe');
    window.addEventListener('message', each => {
        window.got.push(each.data.method);
        new Function('frame', act)(frame);
        frame.contentWindow.postMessage({jsonrpc: '2.0', id: 'end', method: 'ping'}, '*');
        if (each.data.id === 'end') done();
    });
    frame.srcdoc = html;
})"""


def test_in_a_page_that_is_no_host_the_card_shows_and_sends_nothing(browser: Browser) -> None:
    for act in FOREIGN:
        page = browser.new_page()
        page.set_content("<iframe sandbox='allow-scripts'></iframe>")
        page.evaluate(_FRAME, [load_card(), act])

        assert page.evaluate("window.got.filter(Boolean)") == ["ui/initialize"]
        assert page.frames[1].locator("main > *").count() == 0


def test_opened_by_itself_the_card_is_empty(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(load_card())

    assert page.locator("main > *").count() == 0
