"""An IT service provider to look at in a browser: its books are connected, its work system is there to be connected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from runtime.simulators.connectwise.http.authentication import Keys
from runtime.simulators.connectwise.server import Options, prepare_application
from tests.browser.books import TENANT, Books, serving_books
from tests.engines import find_free_port
from tests.serving import served

MAPPING = f"/tenant/{TENANT}/company-mapping"
VENDOR = "ConnectWise PSA"
DESK = "Service desk"


@contextmanager
def serving_provider(data: Path) -> Iterator[Books]:
    """Serve the books of the provider, and the simulator of its work system, until the block ends."""
    port = find_free_port()
    origin = {"LEDGERPORT_CONNECTWISE_ORIGIN": f"http://127.0.0.1:{port}"}
    work = prepare_application(Options(throttle=False))
    with served(work, port=port), serving_books(data, "provider", **origin) as books:
        yield books


def fill_keys(page: Page, private_key: str = "") -> None:
    """Open the form that connects the work system, and fill it in; with the right key where none is given."""
    keys = Keys()
    page.goto("/accounts/connect?integration=connectwise")
    page.get_by_label("Name", exact=False).first.fill(DESK)
    for label, value in (
        ("Site", "desk.example.com"),
        ("Company ID", keys.company),
        ("Public key", keys.public),
        ("Private key", private_key or keys.private),
        ("Client ID", "00000000-0000-4000-8000-000000000000"),
    ):
        page.get_by_label(label).fill(value)


def connect(page: Page) -> str:
    """Connect the work system, and return the path of its pages."""
    fill_keys(page)
    page.get_by_role("button", name="Connect the company").click()
    expect(page.get_by_role("heading", name=DESK, level=1)).to_be_visible()
    return page.url.split("/connection")[0].removeprefix(page.url.split("/company/")[0])
