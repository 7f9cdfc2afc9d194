"""The card of what waits for approval, in the reference host of MCP Apps: real answers, both themes, hostile texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from runtime.mcp_server.cards.pending_change import load_card
from runtime.operations.mcp_servers import McpServers
from tests.browser.accessibility import find_violations
from tests.browser.apps_host import SURFACES, Host
from tests.browser.books import THEMES, serving_books

UPDATE, STATUS = "update_a_quick_books_customer_by_id", "get_pending_change"
HOSTILE = "<script>window.top.postMessage('run','*')</script><img src=x onerror=alert(1)>"
ADDRESS = "https://ledger.example/company/acc/approvals/pch_1"
CHANGED = [{"field": f"Field {number}", "before": "was " * 20, "after": "is " * 30} for number in range(20)]
WAITING: dict[str, Any] = {
    "pending": True, "id": "pch_1", "status": "waiting", "says": "Update invoice 1154", "note": "Nothing was changed.",
    "expires_at": "2099-12-01T14:00:00Z", "approve_at": ADDRESS, "company": {"id": "9", "name": "Elm Street Bakery"},
    "action": "Update invoice 1154", "party": "Red Rock Diner", "amount": "1,515.00", "currency": "USD",
    "why": "The ticket was not billed.", "changed": CHANGED[:2], "rules": ["mcp_server: risk overwrite"],
}  # fmt: skip
WIDTHS = (320, 390, 720)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MCP server whose updates wait."""
    with serving_books(tmp_path_factory.mktemp("books")) as books:
        servers = McpServers(books.runtime.deployment)
        config = {"approval": {"risks": ["overwrite"]}, "tool_exposure": "full", "tags": ["crm"]}
        made = servers.create(books.account_id, "Month-end", config)
        yield str(made["url"])


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


def measure(host: Host) -> float:
    height: float = host.card.evaluate("document.getElementById('main').getBoundingClientRect().height")
    return height


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
    said = set(list_texts(json.loads(block["text"])))
    on_card = host.card.locator("bdi").all_text_contents()
    times = host.card.locator("time").evaluate_all("all => all.map(each => each.dateTime)")

    assert json.loads(block["text"]) == shown["result"]["structuredContent"]
    assert len(on_card) >= 8
    joined = {f"{shown['result']['structuredContent'].get('amount')} USD", "; ".join(said)}
    assert [each for each in on_card if each not in said | joined] == []
    assert [each.replace(".000Z", "Z") for each in times if each.replace(".000Z", "Z") not in said] == []


def test_how_a_change_stands_is_shown_by_the_same_card(open_host: Callable[..., Host]) -> None:
    host = open_host()
    change_id = host.show(UPDATE, {"id": "3", "Notes": "Pays late"})["result"]["structuredContent"]["id"]
    again = open_host()
    again.show(STATUS, {"id": change_id})

    assert list_labels(again) == ["Approve", "Open in Ledgerport"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_largest_card_fits_and_can_be_used_by_everybody(
    open_host: Callable[..., Host], theme: str, width: int
) -> None:
    host = open_host(theme, width)
    much = {
        "changed": CHANGED,
        "why": "why " * 250,
        "party": "A customer with a long name " * 6,
        "warnings": CHANGED,
    }
    much["warnings"] = [f"A warning {number} " + "of this " * 30 for number in range(5)]
    host.show_result(UPDATE, WAITING | much)
    host.card.evaluate("color => { document.documentElement.style.background = color; }", SURFACES[theme])

    assert measure(host) <= 500
    assert host.look("sizes")[-1] <= 500
    assert host.card.evaluate("document.documentElement.scrollWidth") <= width
    assert find_violations(host.card) == []
    expect(host.card.get_by_text("more in Ledgerport").first).to_be_visible()
    for button in host.card.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= 44
