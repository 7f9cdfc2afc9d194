"""A real browser, Debian's chromium, and a server to look at: pages are tested as people use them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from runtime.identity.people import Operator, People
from runtime.server.app import Application, Runtime
from runtime.settings import Settings
from runtime.tenancy import TenantId
from tests.engines import find_free_port, require_program
from tests.serving import served

OPERATOR = Operator("tests")
Value = TypeVar("Value")


def run_in_thread(act: Callable[[], Awaitable[Value]]) -> Value:
    """Run what waits in a loop of its own: the browser's driver has one in this thread."""

    async def wait() -> Value:
        return await act()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(wait())).result()


def invite(runtime: Runtime, email: str, role: str, tenant: str) -> str:
    """Return a link of the operator for a new person."""
    people = People(runtime.deployment)
    return run_in_thread(lambda: people.invite(OPERATOR, TenantId(tenant), email, role)).link


def expect_signed_in(page: Page, email: str) -> None:
    """Wait until the frame of a page says who has signed in; on a phone that stands in its menu, which is closed."""
    expect(page.get_by_role("complementary", name="Navigation", include_hidden=True)).to_contain_text(email)


def add_authenticator(page: Page) -> None:
    """Give the page a device that has passkeys, and whose user always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def check_fits(page: Page) -> None:
    """Hold that nothing scrolls sideways on a phone, and that all that is pressed has a name."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, a, select, summary, input:not([type=hidden])')].filter("
        "each => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length)).length"
    )
    assert nameless == 0, page.url


@dataclass(frozen=True)
class Site:
    """A server under `localhost`, for whose name browsers have passkeys."""

    origin: str
    runtime: Runtime


@contextmanager
def serving_site(data: Path, **variables: str) -> Iterator[Site]:
    port = find_free_port()
    origin = f"http://localhost:{port}"
    settings = Settings.load({"LEDGERPORT_DATA": str(data), "LEDGERPORT_PUBLIC_URL": origin, **variables})
    runtime = Runtime(settings, log=lambda event, **fields: None)
    with served(Application(runtime), port=port, lifespan="on"):
        yield Site(origin, runtime)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving_site(tmp_path) as site:
        yield site


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser for one test: while one is open its driver runs a loop in this thread, in which no other test can run
    one of its own.
    """
    program = require_program("Chromium", "chromium", "chromium-browser")
    options: dict[str, Any] = {
        "executable_path": str(program),
        "args": ["--no-sandbox"] if os.getuid() == 0 else [],
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()
