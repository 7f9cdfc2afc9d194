"""A company with two years of numbers to look at in a browser: the simulator and the runtime, each behind a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from runtime.commands.demo_http import sign_in
from runtime.connect.tokens import AccessTokens
from runtime.operations.accounts import Accounts
from runtime.simulators.quickbooks.server import Options, prepare_application
from tests.browser.conftest import Site, invite, serving_site
from tests.engines import find_free_port
from tests.serving import served

CLIENT = {"sandbox-client": "sandbox-secret"}
TENANT = "default"
WIDTHS = (1280, 390)
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Books(Site):
    """A server with a company that is connected; `account_id` is the company's."""

    account_id: str
    simulator: str

    @property
    def company(self) -> str:
        """The path of the company's pages."""
        return f"/company/{self.account_id}"


@contextmanager
def serving_books(data: Path, company: str = "landscaper", **variables: str) -> Iterator[Books]:
    """Serve a company of the simulator until the block ends."""
    options = Options(data=data / "simulator.db", clients=CLIENT, throttle=False, companies=(company,))
    vendor = prepare_application(options)
    port = find_free_port()
    simulator = f"http://127.0.0.1:{port}"
    given = {
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": "sandbox-client",
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": "sandbox-secret",
        "LEDGERPORT_QUICKBOOKS_ORIGIN": simulator,
    }
    with served(vendor, port=port), serving_site(data, **given, **variables) as site:
        accounts = Accounts(site.runtime.deployment, AccessTokens(site.runtime.deployment))
        made = accounts.create("Craig's Landscaping", "quickbooks")
        sign_in(site.origin, made["authorize_url"])
        yield Books(site.origin, site.runtime, made["id"], simulator)


def open_page(browser: Browser, books: Site, email: str, role: str, **options: object) -> Page:
    """Return a page of a browser of its own, in which somebody has signed in by invitation."""
    context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(invite(books.runtime, email, role, TENANT))
    page.get_by_role("button", name=f"Continue as {email}").click()
    expect(page.get_by_role("main")).to_be_visible()
    return page
