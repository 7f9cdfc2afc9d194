"""People come in by a link, stay signed in for 12 hours, and go; nobody gets in, or does anything, otherwise."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.people import SESSION_IDLE_SECONDS, SignedIn
from runtime.web.signing_in import HOME, choose_return
from tests.web.visitors import HERE, Site, read_forms, submit

HOURS = 3600.0
PEOPLE = f"/tenant/{HERE}/people"


async def is_signed_in(browser: httpx2.AsyncClient) -> bool:
    return (await browser.get("/account")).status_code == 200


def test_a_link_changes_nothing_until_its_button_is_pressed_and_works_once(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        path, browser = await site.invite("Anna@Example.com", "owner"), site.open_browser()
        looks = [
            (await site.open_browser().request(verb, path)).status_code for verb in ("GET", "HEAD", "GET")
        ]
        page = await browser.get(path)
        assert looks == [200, 200, 200] and "anna@example.com" in page.text
        answer = await submit(browser, page, path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "anna@example.com" in (await browser.get("/account")).text
        again = await submit(browser, page, path)
        assert again.status_code == 404 and "has been used" in again.text
        await site.close()

    asyncio.run(story())


def test_a_link_runs_out(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        path = await site.invite("anna@example.com", "owner")
        site.clock.pass_(24 * HOURS - 1)
        assert (await site.open_browser().get(path)).status_code == 200
        site.clock.pass_(1)
        assert (await site.open_browser().get(path)).status_code == 404
        await site.close()

    asyncio.run(story())


def test_a_form_that_another_browser_was_shown_is_refused_and_the_link_still_works(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        path = await site.invite("anna@example.com", "owner")
        page, victim = await site.open_browser().get(path), site.open_browser()
        await victim.get("/sign-in")
        answer = await submit(victim, page, path)
        assert answer.status_code == 403 and not await is_signed_in(victim)
        assert (await submit(victim, await victim.get(path), path)).status_code == 303
        await site.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("url", "name", "is_secure"),
    [
        ("https://books.example.com", "__Host-ledgerport-session", True),
        ("http://localhost:8000", "ledgerport-session", False),
    ],
)
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    tmp_path: Path, url: str, name: str, is_secure: bool
) -> None:
    async def story() -> None:
        site = Site(tmp_path, LEDGERPORT_PUBLIC_URL=url)
        path, browser = await site.invite("anna@example.com", "owner"), site.open_browser()
        answer = await submit(browser, await browser.get(path), path)
        cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith(name))
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "path=/", "samesite=lax"} <= attributes
        assert ("secure" in attributes) is is_secure and not any(
            each.startswith("domain") for each in attributes
        )
        value = cookie.partition("=")[2].partition(";")[0]
        assert len(value) >= 36 and value.encode() not in site.here.settings.database.read_bytes()
        await site.close()

    asyncio.run(story())


def test_a_session_ends_twelve_hours_after_its_last_use_and_leads_back_to_where_it_was(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        browser = await site.sign_in("anna@example.com", "owner")
        for _ in range(3):
            site.clock.pass_(11 * HOURS)
            assert await is_signed_in(browser)
        site.clock.pass_(SESSION_IDLE_SECONDS)
        answer = await browser.get(f"{PEOPLE}?from=here")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in?return_to=%2Ftenant%2Facme%2Fpeople%3Ffrom%3Dhere"
        await site.close()

    asyncio.run(story())


def test_the_last_use_is_written_once_a_minute_at_most(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        sessions = site.application.state.sessions
        browser = await site.sign_in("anna@example.com", "owner")
        cookie = browser.cookies["ledgerport-session"]

        async def read() -> float:
            found: SignedIn = await sessions.find(cookie)
            return found.session.last_used_at

        began = site.clock.now
        site.clock.pass_(59)
        assert (await read(), await read()) == (began, began)
        site.clock.pass_(1)
        assert (await read(), await read()) == (began, began + 60)
        await site.close()

    asyncio.run(story())


def test_signing_out_ends_the_session_and_not_only_the_cookie(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        browser = await site.sign_in("anna@example.com", "owner")
        stolen = site.open_browser()
        stolen.cookies.update(browser.cookies)
        assert await is_signed_in(stolen)
        answer = await submit(browser, await browser.get("/account"), "/sign-out")
        assert answer.headers["location"] == "/sign-in"
        assert not await is_signed_in(browser) and not await is_signed_in(stolen)
        await site.close()

    asyncio.run(story())


def test_signing_out_everywhere_ends_the_sessions_of_all_browsers(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        here, there = [await site.sign_in("anna@example.com", "owner") for _ in range(2)]
        other = await site.sign_in("bo@example.com", "viewer")
        page = await here.get("/account")
        assert "signed in with 2 browsers" in page.text
        await submit(here, page, "/account/sign-out-everywhere")
        assert [await is_signed_in(each) for each in (here, there, other)] == [False, False, True]
        await site.close()

    asyncio.run(story())


def test_a_change_of_role_and_a_removal_sign_out(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        owner = await site.sign_in("anna@example.com", "owner")
        bo, cy = (
            await site.sign_in("bo@example.com", "member"),
            await site.sign_in("cy@example.com", "member"),
        )
        page = await owner.get(PEOPLE)
        ids = {each: (await site.find(f"{each}@example.com")).id for each in ("bo", "cy")}
        await submit(owner, page, f"{PEOPLE}/role", {"person": ids["bo"], "role": "admin"})
        await submit(owner, page, f"{PEOPLE}/remove", {"person": ids["cy"]})
        assert [await is_signed_in(each) for each in (owner, bo, cy)] == [True, False, False]
        assert await site.list_roles() == {"anna@example.com": "owner", "bo@example.com": "admin"}
        await site.close()

    asyncio.run(story())


FORMS = [
    "/sign-out",
    "/account/passkeys/remove",
    "/account/sign-out-everywhere",
    f"{PEOPLE}/invite",
    f"{PEOPLE}/end-invitation",
    f"{PEOPLE}/role",
    f"{PEOPLE}/remove",
]


@pytest.mark.parametrize("proof", ["none", "of another session", "of another form"])
def test_no_form_does_anything_without_the_proof_of_its_page(tmp_path: Path, proof: str) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        browser, other = [await site.sign_in(f"{each}@example.com", "owner") for each in ("anna", "bo")]
        person = (await site.find("bo@example.com")).id
        proofs = dict(read_forms(await other.get(PEOPLE)) + read_forms(await other.get("/account")))
        mine = dict(read_forms(await browser.get(PEOPLE)))
        for path in FORMS:
            said: dict[str, str] = {
                "none": "",
                "of another session": proofs.get(path, proofs["/sign-out"])["proof"],
                "of another form": mine["/sign-out" if path != "/sign-out" else f"{PEOPLE}/invite"]["proof"],
            }
            values = {"person": person, "role": "viewer", "email": "cy@example.com", "proof": said[proof]}
            answer = await browser.post(path, data=values)
            assert answer.status_code == 403, path
        assert await site.list_roles() == {"anna@example.com": "owner", "bo@example.com": "owner"}
        assert await is_signed_in(browser)
        await site.close()

    asyncio.run(story())


def test_no_page_may_be_framed_and_none_takes_a_script_but_ours(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path, LEDGERPORT_PUBLIC_URL="http://localhost:8000")
        browser = await site.sign_in("anna@example.com", "owner")
        pages = [await browser.get(path) for path in ("/account", PEOPLE, "/tenant/other/people")]
        pages += [await site.open_browser().get(path) for path in ("/sign-in", "/invitation/lpi_wrong")]
        for page in pages:
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "form-action 'self'" in policy or "form-action 'none'" in policy
            assert "unsafe" not in policy and page.headers["x-frame-options"] == "DENY"
            assert page.headers["cache-control"] == "no-store" and " style=" not in page.text
            scripts = page.text.count("<script")
            assert scripts == len(
                re.findall(r'<script src="/static/(?:passkeys|htmx|ledgerport)\.js\?v=', page.text)
            )
            assert ("script-src 'self'" in policy) is bool(scripts)
        await site.close()

    asyncio.run(story())


@given(st.text() | st.from_regex(r"[/\\a-z:.@%\t\n]{1,20}"))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https://evil.example/")
@example("javascript:alert(1)")
@example("/account\r\nSet-Cookie: a=b")
def test_nobody_is_led_to_another_site_after_sign_in(asked: str) -> None:
    found = choose_return(asked)
    assert found in (asked, HOME)
    parts = urlsplit(found)
    assert found.startswith("/") and not found.startswith(("//", "/\\"))
    assert (
        not parts.scheme
        and not parts.netloc
        and found.isascii()
        and found.isprintable()
        and "\\" not in found
    )


def test_where_somebody_was_is_found_again_after_sign_in(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        browser = await site.sign_in("anna@example.com", "owner")
        for asked, leads_to in ((f"{PEOPLE}?a=b", f"{PEOPLE}?a=b"), ("https://evil.example", "/")):
            answer = await browser.get("/sign-in", params={"return_to": asked})
            assert (answer.status_code, answer.headers["location"]) == (303, leads_to)
        await site.close()

    asyncio.run(story())


def test_wrong_links_count_as_guesses_and_a_right_one_works_all_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path, most_guesses=2)
        path, browser = await site.invite("anna@example.com", "owner"), site.open_browser()
        wrong = [await browser.get(f"/invitation/lpi_{each}") for each in range(3)]
        assert [each.status_code for each in wrong] == [404, 404, 429]
        assert int(wrong[2].headers["retry-after"]) >= 1
        assert (await submit(browser, await browser.get(path), path)).status_code == 303
        await site.close()

    asyncio.run(story())


@pytest.mark.parametrize("path", ["/account/passkeys/options", "/account/passkeys"])
def test_a_script_of_nobody_adds_no_passkey(tmp_path: Path, path: str) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        browser = await site.sign_in("anna@example.com", "owner")
        answers: list[Any] = [
            await site.open_browser().post(path, json={}),
            await browser.post(path, json={}),
        ]
        answers.append(await browser.post(path, content=b"x" * 70_000))
        assert [(each.status_code, each.json()["code"]) for each in answers] == [
            (403, "forbidden"), (403, "forbidden"), (413, "too_large"),
        ]  # fmt: skip
        await site.close()

    asyncio.run(story())


def test_the_log_names_who_signed_in_and_nothing_that_could_be_used_to(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        browser = await site.sign_in("anna@example.com", "owner")
        await browser.get("/invitation/lpi_wrong")
        names = [name for name, _ in site.events]
        assert {"invitation_used", "signed_in", "page_refused"} <= set(names)
        logged = repr(site.events)
        assert browser.cookies["ledgerport-session"] not in logged and "lpi_" not in logged
        await site.close()

    asyncio.run(story())


def test_the_stylesheet_is_cached_for_a_year_under_an_address_that_changes_with_it(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        browser = site.open_browser()
        page = await browser.get("/sign-in")
        address = page.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
        right, wrong = await browser.get(address), await browser.get("/static/ledgerport.css?v=0")
        assert (
            "max-age=31536000" in right.headers["cache-control"]
            and "immutable" in right.headers["cache-control"]
        )
        assert wrong.headers["cache-control"] == "no-cache" and right.text == wrong.text
        assert (await browser.get("/static/..%2Froutes.py")).status_code == 404
        await site.close()

    asyncio.run(story())
