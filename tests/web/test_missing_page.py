"""An address at which there is nothing, and a page that fails: what a browser and a program read of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runtime.errors import StorageUnavailable
from runtime.web.people_pages import PeoplePages
from tests.web.visitors import Site

ASKED = ("/no/such/page", "/company", "/tenant/acme/peeple", "/<script>alert(1)</script>")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def visit(site: Site, path: str, role: str = "owner", **fields: str) -> httpx2.Response:
    async def look() -> httpx2.Response:
        try:
            browser = await site.sign_in("anna@shop.example", role) if role else site.open_browser()
            answer = await browser.get(path, headers=fields)
            await browser.aclose()
            return answer
        finally:
            await site.close()

    return asyncio.run(look())


@pytest.mark.parametrize("path", ASKED)
def test_a_browser_reads_a_page_in_the_frame_of_whoever_is_signed_in(site: Site, path: str) -> None:
    answer = visit(site, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing at this address." in answer.text
    assert "anna@shop.example" in answer.text and 'href="/"' in answer.text
    assert "<script>alert" not in answer.text
    assert "openapi" not in answer.text


def test_a_stranger_is_led_to_sign_in(site: Site) -> None:
    answer = visit(site, "/no/such/page", role="")
    assert answer.status_code == 404
    assert 'href="/sign-in"' in answer.text and "anna" not in answer.text


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/json, text/html;q=0.5"])
def test_a_program_reads_json(site: Site, accept: str) -> None:
    answer = visit(site, "/no/such/page", Accept=accept)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_page_that_fails_says_so_and_what_failed_is_logged_without_what_was_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a value of a client")

    monkeypatch.setattr(PeoplePages, "_show", fail)
    answer = visit(site, "/tenant/acme/people")
    assert answer.status_code == 500
    assert "The server failed. It has been logged." in answer.text and "a value" not in answer.text
    assert "anna@shop.example" in answer.text
    (said,) = [fields for event, fields in site.events if event == "page_failed"]
    assert said["error"] == "ZeroDivisionError" and "test_missing_page.py:" in said["at"]
    assert "a value" not in str(site.events)


def test_a_page_without_its_database_says_so_without_the_frame(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise StorageUnavailable("The database does not answer.", reason="It is away.")

    monkeypatch.setattr(site.here.stores.records, "list_for_person", fail)
    answer = visit(site, "/tenant/acme/people")
    assert answer.status_code == StorageUnavailable.status
    assert answer.headers["content-type"].startswith("text/html")
    assert "The database does not answer." in answer.text
    assert "Navigation" not in answer.text
