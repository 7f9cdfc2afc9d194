"""A person lets an agent read the books of a company and ends it again, in a real browser: no script is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from runtime.commands.demo_http import sign_in as connect_company
from runtime.operations.accounts import Accounts
from runtime.operations.mcp_servers import McpServers
from runtime.simulators.quickbooks.app import Application as Simulator
from tests.browser.agents import LocalAgent, running_agent
from tests.browser.conftest import add_authenticator, check_fits, expect_signed_in, invite, run_in_thread
from tests.company import CLIENT, copy_books, make_landscaper
from tests.engines import find_free_port
from tests.identity.authorization import Place, open_place
from tests.serving import served

TWELVE_HOURS = 12 * 3600


@dataclass
class Office:
    """A server with two companies, one of which is connected to the simulator, and an agent."""

    place: Place
    origin: str
    agent: LocalAgent
    connected: str
    """The id of the company that is."""

    def sign_in(self, page: Page) -> None:
        """Sign somebody in who may use every tool."""
        page.goto(invite(self.place.runtime, "anna@example.com", "owner", "default"))
        page.get_by_role("button", name="Continue as anna@example.com").click()
        expect_signed_in(page, "anna@example.com")

    def list_short_tools(self) -> None:
        """Have the newest MCP server of the connected company list the short tools."""
        servers = McpServers(self.place.runtime.deployment)
        server = servers.list(self.connected)["result"][-1]
        servers.change(self.connected, server["id"], config={"tool_exposure": "short"})


@contextmanager
def opened_office(data: Path) -> Iterator[Office]:
    simulator = Simulator(copy_books(make_landscaper()), dict([CLIENT]))
    simulator.throttle.is_on = False
    port = find_free_port()
    origin = f"http://localhost:{port}"
    with served(simulator) as vendor:
        place = open_place(
            data,
            LEDGERPORT_PUBLIC_URL=origin,
            LEDGERPORT_QUICKBOOKS_ORIGIN=f"http://127.0.0.1:{vendor.port}",
            LEDGERPORT_QUICKBOOKS_CLIENT_ID=CLIENT[0],
            LEDGERPORT_QUICKBOOKS_CLIENT_SECRET=CLIENT[1],
        )
        with served(place.application, port=port), running_agent(origin) as agent:
            made = Accounts(place.runtime.deployment, place.runtime.tokens).create("Landscaper", "quickbooks")
            connect_company(origin, made["authorize_url"])
            place.add_company("Farm")
            yield Office(place, origin, agent, made["id"])
        run_in_thread(place.runtime.close)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened_office(tmp_path) as office:
        yield office


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of its own, without scripts."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def read_counts(page: Page) -> list[int]:
    """How many tools the page says remain, of each company."""
    return [int(each) for each in re.findall(r"(\d+) of \d+ tools remain", page.inner_text("form"))]


def allow_reading(page: Page, office: Office) -> str:
    """Let the agent read the books of the company that is connected, and return its access token."""
    page.goto(office.agent.make_authorize_url())
    page.get_by_role("checkbox", name="Landscaper").check()
    page.get_by_role("radio", name="default company Landscaper").check()
    page.get_by_role("button", name="Allow Bookkeeping Agent").click()
    expect(page.get_by_role("heading", name="You may close this page")).to_be_visible()
    return office.agent.exchange(office.agent.answers[-1]["code"])


def test_a_person_sees_who_asks_allows_reading_of_one_company_and_ends_it(office: Office, page: Page) -> None:
    office.sign_in(page)
    page.goto(office.agent.make_authorize_url())
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Bookkeeping Agent to use your books?")
    expect(page.get_by_text("Not verified.")).to_be_visible()
    expect(page.locator(".host")).to_have_text(office.agent.back.split("/")[2])
    expect(page.get_by_role("group", name="Companies").get_by_role("checkbox")).to_have_count(2)
    expect(page.get_by_role("checkbox", name="Read")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Write")).not_to_be_checked()

    allow_reading(page, office)

    said = office.agent.answers[-1]
    assert (said["state"], said["iss"]) == ("a state", office.origin)
    assert set(said) == {"code", "state", "iss"}


def test_what_remains_is_counted_without_a_script(office: Office, page: Page) -> None:
    office.sign_in(page)
    page.goto(office.agent.make_authorize_url())
    asked_for = read_counts(page)

    page.get_by_role("checkbox", name="Write").check()
    page.get_by_role("button", name="Show what remains").click()
    with_writing = read_counts(page)
    page.get_by_text("Only some parts of").click()
    page.get_by_role("checkbox", name="sales").check()
    page.get_by_role("button", name="Show what remains").click()
    of_sales = read_counts(page)

    assert 0 < asked_for[0] < with_writing[0]
    assert 0 < of_sales[0] < with_writing[0]
    expect(page.get_by_role("checkbox", name="Write")).to_be_checked()
    expect(page.get_by_role("checkbox", name="sales")).to_be_visible()
    assert office.agent.answers == []


def test_a_revoked_agent_is_refused_at_its_next_call(office: Office, page: Page) -> None:
    office.sign_in(page)
    token = allow_reading(page, office)
    listed = office.agent.call(token)
    names = [tool["name"] for tool in listed.json()["result"]["tools"]]
    assert names and not any(name.startswith(("create_", "update_", "delete_")) for name in names)

    page.goto(f"{office.origin}/account")
    page.get_by_role("link", name="Agents").click()
    row = page.get_by_role("row", name="Bookkeeping Agent")
    expect(row).to_contain_text("Landscaper read")
    expect(row).not_to_contain_text("Farm")
    row.locator("summary").click()
    row.get_by_role("button", name="Revoke Bookkeeping Agent").click()

    expect(page.get_by_text("No program has been allowed to use your books.")).to_be_visible()
    assert office.agent.call(token).status_code == 401


def test_a_session_that_ends_meanwhile_leads_to_sign_in_and_back_to_the_same_request(
    office: Office, browser: Browser
) -> None:
    page = browser.new_page()
    add_authenticator(page)
    office.sign_in(page)
    page.goto(f"{office.origin}/account")
    page.get_by_label("Name of a new passkey").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("rowheader", name="My laptop")).to_be_visible()
    page.goto(office.agent.make_authorize_url())
    page.get_by_role("checkbox", name="Landscaper").check()
    office.place.clock.pass_(TWELVE_HOURS)

    page.get_by_role("button", name="Allow Bookkeeping Agent").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow Bookkeeping Agent to use your books?")
    assert office.agent.answers == []
    page.get_by_role("checkbox", name="Landscaper").check()
    page.get_by_role("button", name="Allow Bookkeeping Agent").click()

    expect(page.get_by_role("heading", name="You may close this page")).to_be_visible()
    assert office.agent.answers[-1]["state"] == "a state"
    page.context.close()


def test_a_refusal_leads_back_to_the_agent(office: Office, page: Page) -> None:
    office.sign_in(page)
    page.goto(office.agent.make_authorize_url())
    page.get_by_role("button", name="Refuse").click()

    expect(page.get_by_role("heading", name="You may close this page")).to_be_visible()
    assert office.agent.answers[-1]["error"] == "access_denied"
    assert "code" not in office.agent.answers[-1]


def test_a_record_that_a_tool_answers_opens_at_its_address(office: Office, page: Page) -> None:
    office.sign_in(page)
    token = allow_reading(page, office)
    office.list_short_tools()
    fetched = office.agent.call(token, "tools/call", name="fetch", arguments={"id": "customers:1"})
    document = json.loads(fetched.json()["result"]["content"][0]["text"])

    page.goto(document["url"])

    assert document["url"] == f"{office.origin}/company/{office.connected}/customers/1"
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Customer {document['title']}")
    expect(page.get_by_role("region", name="Facts")).to_contain_text(document["title"])


def test_forty_companies_are_chosen_at_once_and_fit_a_phone(office: Office, page: Page) -> None:
    for number in range(38):
        office.place.add_company(f"Client {number} GmbH & Co. KG")
    office.sign_in(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(office.agent.make_authorize_url())
    companies = page.get_by_role("group", name="Companies")

    companies.get_by_role("button", name="Choose all").click()
    expect(companies.get_by_role("checkbox", checked=True)).to_have_count(40)
    companies.get_by_role("checkbox", name="Farm").uncheck()
    page.get_by_role("button", name="Show what remains").click()
    expect(companies).to_contain_text("39 of 40 chosen")
    check_fits(page)
    height = page.locator("body").bounding_box()
    assert height is not None and height["height"] < 2_000
    page.get_by_role("button", name="Allow Bookkeeping Agent").click()
    expect(page.get_by_role("heading", name="You may close this page")).to_be_visible()

    page.goto(f"{office.origin}/agents")
    expect(page.get_by_role("row", name="Bookkeeping Agent")).to_contain_text("and 34 more")
    expect(page.get_by_role("row", name="Bookkeeping Agent")).not_to_contain_text("Farm")
    check_fits(page)


def test_none_are_chosen_again_and_nothing_is_allowed(office: Office, page: Page) -> None:
    for name in ("Elm", "Oak"):
        office.place.add_company(name)
    office.sign_in(page)
    page.goto(office.agent.make_authorize_url())
    page.get_by_role("button", name="Choose all").click()
    page.get_by_role("button", name="Choose none").click()
    expect(page.get_by_role("group", name="Companies").get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_role("button", name="Allow Bookkeeping Agent").click()

    expect(page.get_by_role("alert")).to_have_text("Choose at least one of the companies on this page.")
    assert office.agent.answers == []
