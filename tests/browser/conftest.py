"""A real browser, Debian's chromium, and a server to look at: pages are tested as people use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from runtime.server.app import Application, Runtime
from runtime.settings import Settings
from tests.engines import find_free_port, require_program
from tests.serving import served


@dataclass
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
    with served(Application(runtime), port=port):
        yield Site(origin, runtime)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = require_program("Chromium", "chromium", "chromium-browser")
    options: dict[str, Any] = {
        "executable_path": str(program),
        "args": ["--no-sandbox"] if os.getuid() == 0 else [],
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()
