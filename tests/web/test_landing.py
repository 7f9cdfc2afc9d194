"""Where people land: at a company, at the page they came from, and in the time zone and colours they have chosen."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.requests import Request

from runtime.people import Role
from runtime.web.account_pages import list_zones
from runtime.web.landing import lead_to_connection
from tests.web.test_account_list import ELSEWHERE, add_company, run, set_account
from tests.web.visitors import Site, submit


def test_the_only_company_is_where_a_person_lands(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        shop = add_company(site, "Shop")
        add_company(site, "Theirs", ELSEWHERE)
        browser = await site.sign_in("anna@example.com", "owner")
        assert (await browser.get("/")).headers["location"] == f"/company/{shop}"

    run(tmp_path, story)


def test_of_several_companies_the_one_looked_at_last_is_where_a_person_lands(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        shop, farm = add_company(site, "Shop"), add_company(site, "Farm")
        browser = await site.sign_in("anna@example.com", "owner")
        assert (await browser.get("/")).headers["location"] == "/accounts"
        for company in (shop, farm):
            looked = await browser.get(f"/company/{company}/connection")
            assert "HttpOnly" in looked.headers["set-cookie"]
            assert (await browser.get("/")).headers["location"] == f"/company/{company}"

    run(tmp_path, story)


@pytest.mark.parametrize("cookie", ["theirs", "no-such-company", "<script>", "../../sign-out"])
def test_a_cookie_leads_to_no_company_that_a_person_may_not_see(tmp_path: Path, cookie: str) -> None:
    async def story(site: Site) -> None:
        theirs = add_company(site, "Theirs", ELSEWHERE)
        browser = await site.sign_in("anna@example.com", "owner")
        browser.cookies.set("company", theirs if cookie == "theirs" else cookie)
        assert (await browser.get("/")).headers["location"] == "/accounts"

    run(tmp_path, story)


def test_whoever_is_not_signed_in_is_led_to_no_company(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        shop = add_company(site, "Shop")
        browser = site.open_browser()
        browser.cookies.set("company", shop)
        page = await browser.get("/")
        assert page.status_code == 200 and shop not in page.text

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("status", "role", "path", "is_led"),
    [
        ("active", "owner", "", False),
        ("active", "viewer", "", True),
        ("needs_reauth", "owner", "", False),
        ("connecting", "owner", "", True),
        ("disconnected", "owner", "", True),
        ("connecting", "owner", "/journal", False),
    ],
)
def test_a_company_that_has_nothing_to_show_leads_to_its_connection(
    tmp_path: Path, status: str, role: Role, path: str, is_led: bool
) -> None:
    async def story(site: Site) -> None:
        shop = add_company(site, "Shop")
        set_account(site, shop, status=status)
        account = site.here.accounts.find(shop)
        request = Request({"type": "http", "method": "GET", "path": f"/company/{shop}{path}", "headers": []})
        led = lead_to_connection(request, account, role)
        assert (led is not None) is is_led
        assert led is None or led.headers["location"] == f"/company/{shop}/connection"

    run(tmp_path, story)


def test_an_invitation_leads_back_to_the_request_that_a_person_came_from(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser, asked = site.open_browser(), "/oauth/authorize?client_id=a%20b&state=x%3By"
        signing_in = await browser.get("/sign-in", params={"return_to": asked})
        assert "HttpOnly" in signing_in.headers["set-cookie"]
        path = await site.invite("anna@example.com", "owner")
        page = await browser.get(path)
        action = page.text.partition('action="')[2].partition('"')[0]
        assert parse_qs(urlsplit(action).query)["return_to"] == [asked]
        answer = await submit(browser, page, action)
        assert (answer.status_code, answer.headers["location"]) == (303, asked)
        again = await site.invite("anna@example.com", "owner")
        assert f'action="{again}"' in (await browser.get(again)).text

    run(tmp_path, story)


@pytest.mark.parametrize(
    "asked", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_an_invitation_leads_to_no_other_site(tmp_path: Path, asked: str) -> None:
    async def story(site: Site) -> None:
        browser, path = site.open_browser(), await site.invite("anna@example.com", "owner")
        await browser.get("/sign-in", params={"return_to": asked})
        page = await browser.get(path, params={"return_to": asked})
        assert "evil" not in page.text and "javascript:" not in page.text
        hidden = page.text.partition('name="proof" value="')[2].partition('"')[0]
        answer = await browser.post(path, params={"return_to": asked}, data={"proof": hidden})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    run(tmp_path, story)


def test_an_address_that_is_too_long_for_a_cookie_is_not_remembered(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = site.open_browser()
        await browser.get("/sign-in", params={"return_to": "/oauth/authorize?state=" + "x" * 4000})
        assert "ledgerport-return" not in browser.cookies

    run(tmp_path, story)


def test_a_time_zone_and_colours_are_chosen_without_a_script(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("anna@example.com", "viewer")
        browser.cookies.set("zone", "America%2FNew_York")
        page = await browser.get("/account")
        assert (
            " in EST." in page.text
            and "<html lang" in page.text
            and "data-theme" not in page.text.split(">")[1]
        )
        chosen = {"zone": "Europe/Berlin", "theme": "dark"}
        done = await submit(browser, page, "/account/formats", chosen)
        page = await browser.get(done.headers["location"])
        assert " in CET." in page.text and '<html lang="en" data-theme="dark">' in page.text
        assert "<option selected>Europe/Berlin" in page.text
        await submit(browser, page, "/account/formats", {"zone": "", "theme": ""})
        page = await browser.get("/account")
        assert " in EST." in page.text and '<html lang="en">' in page.text

    run(tmp_path, story)


@pytest.mark.parametrize("wrong", ["../../etc/passwd", "<script>", "Mars/Base", "x\r\nSet-Cookie: a=b"])
def test_what_is_no_zone_or_theme_sets_nothing(tmp_path: Path, wrong: str) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("anna@example.com", "viewer")
        page = await browser.get("/account")
        answer = await submit(browser, page, "/account/formats", {"zone": wrong, "theme": wrong})
        assert answer.status_code == 303
        assert "chosen-zone" not in browser.cookies and "theme" not in browser.cookies

    run(tmp_path, story)


def test_the_zones_that_can_be_chosen_are_cities_and_utc() -> None:
    zones = list_zones()
    assert zones[0] == "UTC" and {"Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"} <= set(zones)
    assert not any(each.startswith(("Etc/", "posix/", "US/")) for each in zones)
