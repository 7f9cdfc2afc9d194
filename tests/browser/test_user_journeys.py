"""What each of the four users does, in a real browser at both widths, with a real MCP client beside it.

A platform connects a company and makes a URL; an agent works by it; an accountant sees what it did, undoes it, and ends
the URL. A person asks the books, has a report sent, and invites a colleague.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest
from aiosmtpd.controller import Controller
from mcp import Client
from playwright.sync_api import Browser, Page, expect

from tests.browser.books import WIDTHS, Books, open_page, serving_books
from tests.browser.conftest import run_in_thread
from tests.engines import find_free_port
from tests.waiting import wait_until
from tests.webhook_receiver import Receiver, receiving

FROM = "reports@ledger.example"
CUSTOMER = "2"
HOSTILE = "<img src=x onerror=alert(1)> =cmd"


class Post:
    """Messages that a mail server took."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.messages.append(envelope)
        return "250 OK"


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[Post, int]]:
    taken, port = Post(), find_free_port()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    yield taken, port
    controller.stop()


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory, post: tuple[Post, int]) -> Iterator[Books]:
    given = {
        "LEDGERPORT_SMTP_URL": f"smtp://127.0.0.1:{post[1]}",
        "LEDGERPORT_SMTP_FROM": FROM,
        "LEDGERPORT_WEBHOOK_PRIVATE": "on",
    }
    with serving_books(tmp_path_factory.mktemp("journeys"), **given) as made:
        yield made


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, books: Books, browser: Browser) -> Iterator[Page]:
    """A browser of one width, in which the owner has signed in; a dialog, which nothing here opens, would fail."""
    email = f"owner-{request.param}-{request.node.function.__name__[5:20]}@example.com"
    made = open_page(
        browser, books, email, "owner", base_url=books.origin,
        viewport={"width": request.param, "height": 860}, accept_downloads=True,
    )  # fmt: skip
    opened: list[str] = []
    made.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    yield made
    assert opened == []
    made.context.close()


def call(url: str, tool: str, arguments: dict[str, Any]) -> str:
    """The text of a tool's answer, by a client of its own."""

    async def ask() -> str:
        async with Client(url) as client:
            answer = await client.call_tool(tool, arguments)
            return str(answer.content[0].text)  # type: ignore[union-attr]

    return run_in_thread(ask)


def test_a_platform_connects_a_company_by_the_consent_of_its_vendor(books: Books, page: Page) -> None:
    page.goto("/accounts")
    page.get_by_role("link", name="Connect a company").first.click()
    page.get_by_role("link", name="Connect QuickBooks Online").click()
    page.locator('input[name="name"]').fill("Second company")
    page.get_by_role("button", name=re.compile("Continue to")).click()
    page.get_by_role("button", name=re.compile("Continue")).click()
    page.get_by_role("button", name="Connect").click()

    expect(page.get_by_role("heading", name="Second company", level=1)).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Connected", exact=False).first).to_be_visible()


def test_what_an_agent_does_is_seen_and_undone_and_its_url_is_ended(books: Books, page: Page) -> None:
    page.goto(f"{books.company}/servers/new")
    page.locator('input[name="name"]').fill("Month-end")
    for method in ("read", "update"):
        page.locator(f'input[name="methods"][value="{method}"]').check()
    page.locator('input[name="approval_risks"][value="overwrite"]').uncheck()
    page.get_by_role("button", name="Create MCP server").click()
    url = page.locator("#url").inner_text().strip()
    before = call(url, "get_single_quick_books_customer_by_id", {"id": CUSTOMER, "fields": ["Notes"]})
    call(url, "update_a_quick_books_customer_by_id", {"id": CUSTOMER, "Notes": HOSTILE})

    page.goto(f"{books.company}/calls")
    expect(page.get_by_text("update_a_quick_books_customer_by_id").first).to_be_visible()
    page.goto(f"{books.company}/journal")
    entry = page.locator("details.entry").first
    entry.locator("summary").first.click()
    expect(entry.get_by_text(HOSTILE).first).to_be_visible()
    entry.get_by_role("link", name=re.compile("Undo")).click()
    page.get_by_role("main").get_by_role("button", name=re.compile("Undo")).click()
    after = call(url, "get_single_quick_books_customer_by_id", {"id": CUSTOMER, "fields": ["Notes"]})
    assert re.sub(r'"SyncToken":"\d+"', "", after) == re.sub(r'"SyncToken":"\d+"', "", before)

    page.goto(f"{books.company}/servers")
    page.get_by_role("link", name="Month-end").first.click()
    page.locator("summary", has_text="Revoke").click()
    page.get_by_role("button", name=re.compile("Revoke")).last.click()
    assert httpx2.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"}).status_code == 404


def test_a_person_asks_the_books_and_takes_the_answer_along(books: Books, page: Page, tmp_path: Path) -> None:
    page.goto(f"{books.company}/explorer")
    box = page.get_by_role("main").locator("textarea").first
    box.fill("select DocNumber, Balanc from Invoice")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Balance").first).to_be_visible()  # the nearest name, before anything is sent
    box = page.get_by_role("main").locator("textarea").first
    box.fill("select DocNumber, Balance from Invoice where Balance > '0'")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("columnheader", name=re.compile("Balance")).first).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("CSV")).or_(
            page.get_by_role("button", name=re.compile("CSV"))
        ).first.click()

    waiting.value.save_as(tmp_path / "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8-sig"))))
    assert rows and all(float(row["Balance"]) > 0 for row in rows)


def test_a_report_is_saved_and_sent_by_email_and_webhook(
    books: Books, page: Page, post: tuple[Post, int], hook: Receiver
) -> None:
    sent, called = len(post[0].messages), len(hook.requests)
    page.goto(f"{books.company}/reports/profit_and_loss_reports?date_macro=Last+Month")
    page.locator("summary", has_text="Save").first.click()
    page.get_by_label("Name", exact=True).last.fill("Last month")
    page.get_by_role("button", name=re.compile("Save")).last.click()
    page.goto(f"{books.company}/schedules/new")
    page.get_by_label("When", exact=False).first.fill("every Monday at 8")
    page.get_by_label("Excel", exact=False).first.check()
    page.get_by_label("Send by email to", exact=False).fill("boss@example.com")
    page.get_by_label("Send to a webhook", exact=False).fill(hook.url)
    page.get_by_role("button", name="Create schedule").click()
    page.get_by_role("button", name="Run now").click()
    wait_until(lambda: len(post[0].messages) > sent and len(hook.requests) > called)

    message = post[0].messages[-1]
    assert message.rcpt_tos == ["boss@example.com"]
    assert hook.requests[-1].headers["webhook-signature"].startswith("v1,")
    page.reload()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile(r"xlsx|Excel", re.I)).first.click()
    book = openpyxl.load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert book.active is not None and book.active.max_row > 5


def test_an_owner_invites_a_colleague_who_sees_what_the_role_lets_see(
    books: Books, page: Page, browser: Browser
) -> None:
    page.goto("/tenant/default/people")
    email = f"vera-{page.viewport_size['width']}@example.com"  # type: ignore[index]
    page.get_by_label("Email address").fill(email)
    page.locator('select[name="role"]').first.select_option("viewer")
    page.get_by_role("button", name="Make an invitation").click()
    link = page.locator("code.copy").first.inner_text()
    other = browser.new_context().new_page()
    other.goto(link)
    other.get_by_role("button", name=f"Continue as {email}").click()

    other.goto(f"{books.origin}{books.company}/journal")
    expect(other.get_by_text("needs the role billing_admin").first).to_be_visible()
    other.goto(f"{books.origin}{books.company}/connection")
    expect(other.get_by_role("button", name=re.compile("Disconnect"))).to_have_count(0)
    other.context.close()
