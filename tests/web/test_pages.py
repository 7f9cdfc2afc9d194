from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.applications import Starlette

from runtime.identity.sessions import Sessions
from runtime.operations.accounts import About
from runtime.web.routes import make_routes
from tests.deployment import BROWSER, Deployment, deployed
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
    routes = make_routes(here.parts(), here.accounts.authorizations, lambda event, **fields: None)
    application = Starlette(routes=routes)
    application.state.sessions = Sessions(here.parts())
    transport = httpx2.ASGITransport(app=application)
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


def test_pages_take_no_script_are_not_stored_and_say_their_address_to_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with deployed(tmp_path) as here:
            for path in ("/", "/connect/callback"):
                headers = (await ask(here, path)).headers
                assert headers["referrer-policy"] == "no-referrer"
                assert headers["cache-control"] == "no-store"
                assert headers["x-content-type-options"] == "nosniff"
                policy = headers["content-security-policy"]
                assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:; ")
                assert "frame-ancestors 'none'" in policy and "unsafe" not in policy

    asyncio.run(story())


def test_the_page_behind_a_link_changes_nothing_and_its_button_leads_to_the_vendor(tmp_path: Path) -> None:
    async def story() -> None:
        async with deployed(tmp_path) as here:
            link = here.accounts.create("<script>Shop</script>", "books")["authorize_url"]
            path = urlsplit(link).path
            previews = [await ask(here, path, method=method, browser="") for method in ("GET", "HEAD", "GET")]
            page = await ask(here, path, browser="")
            cookie = page.headers["set-cookie"]
            browser = cookie.partition("=")[2].partition(";")[0]
            proof = re.search(r'name="proof" value="([0-9a-f]{64})"', page.text)
            assert proof and {each.status_code for each in previews} == {200}
            sent = await ask(here, path, method="POST", browser=browser, data={"proof": proof[1]})
            again = await ask(here, path, browser=browser)
            elsewhere = await ask(here, path, browser="")
        assert "&lt;script&gt;Shop&lt;/script&gt;" in page.text and "<script" not in page.text
        assert f'<form method="post" action="{path}">' in page.text
        assert cookie.partition(";")[2] == " HttpOnly; Max-Age=600; Path=/connect; SameSite=lax"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "form-action 'self' https:;" in policy
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        assert sent.status_code == 303
        assert sent.headers["location"].startswith("https://books.example/authorize?client_id=the-client&")
        assert sent.headers["referrer-policy"] == "no-referrer"
        assert again.status_code == 200
        assert elsewhere.status_code == 409 and "opened in another browser" in elsewhere.text

    asyncio.run(story())


def test_over_https_the_cookie_is_secure_and_says_so_in_its_name(tmp_path: Path) -> None:
    async def story() -> None:
        async with deployed(tmp_path, LEDGERPORT_PUBLIC_URL="https://ledger.example.com") as here:
            path = urlsplit(here.accounts.create("Shop", "books")["authorize_url"]).path
            cookie = (await ask(here, path, browser="")).headers["set-cookie"]
        assert cookie.startswith("__Secure-ledgerport-connect=")
        assert "; Secure" in cookie and "; HttpOnly" in cookie and "; SameSite=lax" in cookie

    asyncio.run(story())


@pytest.mark.parametrize(
    ("data", "browser", "status"),
    [
        ({}, BROWSER, 403),
        ({"proof": "0" * 64}, BROWSER, 403),
        ({"proof": "x" * 100_000}, BROWSER, 413),
        ({"proof": "0" * 64}, "", 403),
    ],
)
def test_a_form_of_another_site_opens_nothing(
    tmp_path: Path, data: dict[str, str], browser: str, status: int
) -> None:
    async def story() -> None:
        async with deployed(tmp_path) as here:
            path = urlsplit(here.accounts.create("Shop", "books")["authorize_url"]).path
            refused = await ask(here, path, method="POST", browser=browser, data=data)
            assert refused.status_code == status and '<p role="alert">' in refused.text
            assert (await ask(here, path, browser="o" * 43)).status_code == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/connect/made-up", "not made here"),
        ("/connect/" + "x" * 60_000, "not made here"),
        ("/connect/%3Cscript%3E", "not made here"),
        ("/connect/callback?state[]=a&code[]=b", "not made here"),
        ("/connect/callback?state=" + "x" * 60_000, "not made here"),
    ],
)
def test_what_no_link_of_ours_has_is_a_plain_refusal(tmp_path: Path, path: str, words: str) -> None:
    async def story() -> None:
        async with deployed(tmp_path) as here:
            page = await ask(here, path)
        assert page.status_code == 400 and words in page.text and "<script" not in page.text

    asyncio.run(story())


def test_a_callback_in_another_browser_is_refused_on_a_page(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            oauth_vendor() as vendor,
            deployed(tmp_path, LEDGERPORT_BOOKS_ORIGIN=vendor.origin) as here,
        ):
            begun = here.accounts.create("Shop", "books")
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            theirs = await ask(here, "/connect/callback", callback, browser="o" * 43)
            huge = await ask(here, "/connect/callback", callback | {"code": "x" * 60_000})
            assert theirs.status_code == 403 and "another browser" in theirs.text
            assert huge.status_code == 400 and "no code" in huge.text
            assert here.accounts.get(begun["id"])["status"] == "connecting"

    asyncio.run(story())


APP = "https://app.example.com"


@asynccontextmanager
async def returning(data: Path) -> AsyncIterator[tuple[Any, Deployment, dict[str, Any]]]:
    """A vendor, a deployment that may send browsers to a platform, and an account that is to go back there."""
    async with (
        oauth_vendor() as vendor,
        deployed(data, LEDGERPORT_BOOKS_ORIGIN=vendor.origin, LEDGERPORT_RETURN_URLS=APP) as here,
    ):
        about = About(return_url=f"{APP}/done?x=1&status=mine#top")
        yield vendor, here, here.accounts.create("Shop", "books", about=about)


def test_the_browser_goes_back_to_the_platform_when_a_company_is_connected(tmp_path: Path) -> None:
    async def story() -> None:
        async with returning(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]), "987654321")
            sent = await ask(here, "/connect/callback", callback)
            again = await ask(here, "/connect/callback", callback)
        assert (sent.status_code, sent.headers["referrer-policy"]) == (303, "no-referrer")
        assert sent.headers["cache-control"] == "no-store"
        expected = f"{APP}/done?x=1&status=connected&integrated_account_id={begun['id']}#top"
        assert sent.headers["location"] == expected
        assert "status=error&error=invalid_request" in again.headers["location"]

    asyncio.run(story())


def test_the_browser_goes_back_with_the_error_when_the_person_said_no(tmp_path: Path) -> None:
    async def story() -> None:
        async with returning(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]), "987654321")
            refused = {"state": callback["state"], "error": "access_denied"}
            sent = await ask(here, "/connect/callback", refused)
        assert sent.status_code == 303
        assert f"status=error&error=forbidden&integrated_account_id={begun['id']}" in sent.headers["location"]

    asyncio.run(story())


def test_nobody_but_the_browser_that_opened_a_link_is_sent_on_by_its_state(tmp_path: Path) -> None:
    async def story() -> None:
        async with returning(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]), "987654321")
            found = [
                await ask(here, "/connect/callback", query, browser=browser)
                for query, browser in (
                    (callback, "c" * 43),
                    (callback, ""),
                    ({**callback, "state": "made-up"}, BROWSER),
                    ({"error": "access_denied"}, BROWSER),
                )
            ]
        assert [each.status_code for each in found] == [403, 403, 400, 400]
        assert not any("location" in each.headers for each in found)

    asyncio.run(story())
