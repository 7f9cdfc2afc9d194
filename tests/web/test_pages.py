from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from runtime.web.routes import make_routes
from tests.deployment import BROWSER, CATALOG, Deployment, deployed
from tests.oauth_vendor import oauth_vendor


async def ask(
    here: Deployment,
    path: str,
    params: dict[str, str] | None = None,
    method: str = "GET",
    browser: str = BROWSER,
    data: dict[str, str] | None = None,
    cookie: str = "ledgerport-connect",
) -> httpx2.Response:
    routes = make_routes(here.accounts.authorizations, lambda: CATALOG, lambda event, **fields: None)
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    async with httpx2.AsyncClient(transport=transport, base_url="http://ledger.test") as client:
        headers = {"Cookie": f"{cookie}={browser}"} if browser else {}
        return await client.request(method, path, params=params, data=data, headers=headers)


def test_the_page_after_consent_says_which_company_is_connected(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            oauth_vendor() as vendor,
            deployed(tmp_path, LEDGERPORT_BOOKS_ORIGIN=vendor.origin) as here,
        ):
            begun = here.accounts.create("<b>Shop</b>", "books")
            callback = vendor.agree(await here.opened(begun["authorize_url"]), "987654321")
            head = await ask(here, "/connect/callback", callback, "HEAD")
            page = await ask(here, "/connect/callback", callback)
            again = await ask(here, "/connect/callback", callback)
        assert (head.status_code, page.status_code, again.status_code) == (405, 200, 400)
        assert "Books company <strong>987654321</strong>" in page.text
        assert "&lt;b&gt;Shop&lt;/b&gt;" in page.text and "<b>" not in page.text
        assert '<html lang="en">' in page.text and '<p role="status">' in page.text
        assert "used already" in again.text and '<p role="alert">' in again.text

    asyncio.run(story())


@pytest.mark.parametrize(
    "query", [{}, {"state": "<script>alert(1)</script>"}, {"error": "access_denied", "state": "x"}]
)
def test_a_page_that_fails_shows_nothing_of_what_it_was_sent(tmp_path: Path, query: dict[str, Any]) -> None:
    async def story() -> None:
        async with deployed(tmp_path) as here:
            page = await ask(here, "/connect/callback", query)
        assert page.status_code == 400
        assert "<script" not in page.text and "not made here" in page.text

    asyncio.run(story())


def test_a_callback_that_names_something_twice_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with deployed(tmp_path) as here:
            page = await ask(here, "/connect/callback?state=a&state=b&code=c")
        assert page.status_code == 400 and "twice" in page.text

    asyncio.run(story())


def test_pages_take_no_script_are_not_kept_and_tell_their_address_to_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with deployed(tmp_path) as here:
            for path in ("/", "/connect/callback"):
                headers = (await ask(here, path)).headers
                assert headers["referrer-policy"] == "no-referrer"
                assert headers["cache-control"] == "no-store"
                assert headers["x-content-type-options"] == "nosniff"
                policy = headers["content-security-policy"]
                assert policy.startswith("default-src 'none'; style-src 'sha256-")
                assert "frame-ancestors 'none'" in policy and "unsafe" not in policy

    asyncio.run(story())
