"""Sign-in with OpenID Connect: who comes in, who does not, and what attackers try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from runtime.errors import SettingsError
from runtime.people import Passkey
from runtime.settings import Settings
from tests.deployment import NOON
from tests.identity.oidc_issuer import (
    OidcIssuer,
    name_issuers,
    oidc_issuer,
    sign_not_at_all,
    sign_with_another_key,
    sign_with_the_client_secret,
    sign_with_the_public_key_as_secret,
)
from tests.web.visitors import HERE, Site, submit

CALLBACK = "/sign-in/callback/work"


@asynccontextmanager
async def standing(tmp_path: Path) -> AsyncIterator[tuple[Site, OidcIssuer]]:
    """A site at which people sign in with an issuer, and one that has been invited."""
    async with oidc_issuer() as issuer:
        site = Site(tmp_path, **name_issuers(work=issuer.origin, other=issuer.origin))
        await site.invite("anna@example.com", "member")
        yield site, issuer
        await site.close()


async def begin(browser: httpx2.AsyncClient, name: str = "work", back: str = "/account") -> str:
    """The address of an issuer that the sign-in page leads a browser to."""
    page = await browser.get("/sign-in", params={"return_to": back})
    action = next(
        part.partition('"')[0].replace("&amp;", "&")
        for part in page.text.split('action="')[1:]
        if f"/with/{name}?" in part
    )
    answer = await submit(browser, page, action)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def try_to_sign_in(site: Site, issuer: OidcIssuer) -> tuple[httpx2.AsyncClient, httpx2.Response]:
    browser = site.open_browser()
    answer = await browser.get(CALLBACK, params=issuer.agree(await begin(browser)))
    return browser, answer


def test_an_invited_address_that_the_issuer_has_verified_comes_in_and_is_known_from_then_on(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            browser = site.open_browser()
            address = await begin(browser, back=f"/tenant/{HERE}/people")
            answer = await browser.get(CALLBACK, params=issuer.agree(address))
            assert (answer.status_code, answer.headers["location"]) == (303, f"/tenant/{HERE}/people")
            assert "Anna" in (await browser.get("/account")).text
            issuer.claims = {"email": "other@example.com", "email_verified": False}
            again, answer = await try_to_sign_in(site, issuer)
            assert answer.status_code == 303 and "anna@example.com" in (await again.get("/account")).text
            assert ("signed_in", "oidc:work") in [(name, said.get("by")) for name, said in site.events]

    asyncio.run(story())


def test_who_is_known_does_not_use_what_is_for_another_address(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            await try_to_sign_in(site, issuer)
            await site.invite("bo@example.com", "owner")
            issuer.claims = {"email": "bo@example.com", "email_verified": True}
            browser, answer = await try_to_sign_in(site, issuer)
            assert answer.status_code == 303 and "anna@example.com" in (await browser.get("/account")).text
            assert await site.list_roles() == {"anna@example.com": "member"}

    asyncio.run(story())


@pytest.mark.parametrize("verified", ["email_verified", "emailVerified"])
def test_userinfo_says_the_address_where_the_token_does_not(tmp_path: Path, verified: str) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            issuer.claims = {}
            said = {"email": "anna@example.com", verified: True, "givenName": "Anna", "familyName": "O"}
            issuer.userinfo = {"sub": "somebody else", **said}
            assert (await try_to_sign_in(site, issuer))[1].status_code == 403
            issuer.userinfo = {"sub": issuer.subject, **said}
            browser, answer = await try_to_sign_in(site, issuer)
            assert answer.status_code == 303 and "Anna O" in (await browser.get("/account")).text

    asyncio.run(story())


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"email": "anna@example.com", "email_verified": False}, "has not been verified"),
        ({"email": "anna@example.com"}, "has not been verified"),
        ({"email": "anna@example.com", "email_verified": "no"}, "has not been verified"),
        (
            {"email": "bo@example.com", "email_verified": True},
            "as bo@example.com, but nobody has invited you",
        ),
        ({}, "somebody whose address is not known"),
    ],
)
def test_who_is_not_invited_by_a_verified_address_stays_out(
    tmp_path: Path, claims: dict[str, Any], says: str
) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            issuer.claims = claims
            browser, answer = await try_to_sign_in(site, issuer)
            assert answer.status_code == 403 and says in answer.text
            assert (await browser.get("/account")).status_code == 303

    asyncio.run(story())


@pytest.mark.parametrize(
    ("changed", "sign"),
    [
        ({"nonce": "another"}, None),
        ({"nonce": None}, None),
        ({"aud": "another-app"}, None),
        ({"aud": ["another-app"]}, None),
        ({"aud": ["the-app", "another-app"], "azp": "another-app"}, None),
        ({"iss": "https://another.example"}, None),
        ({"exp": int(NOON) - 61}, None),
        ({"exp": None}, None),
        ({"sub": None}, None),
        ({"sub": 7}, None),
        ({}, sign_not_at_all),
        ({}, sign_with_another_key),
        ({}, sign_with_the_client_secret),
        ({}, sign_with_the_public_key_as_secret),
        ({}, lambda issuer, claims: "nonsense"),
        ({}, lambda issuer, claims: ""),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_signs_nobody_in(
    tmp_path: Path, changed: dict[str, Any], sign: Callable[[OidcIssuer, dict[str, Any]], str] | None
) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            issuer.changed, issuer.sign = changed, sign
            browser, answer = await try_to_sign_in(site, issuer)
            assert answer.status_code == 400 and "cannot be believed" in answer.text
            assert (await browser.get("/account")).status_code == 303

    asyncio.run(story())


def test_an_issuer_that_lists_its_claims_without_a_nonce_need_not_send_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            issuer.document, issuer.changed = {"claims_supported": ["sub", "aud"]}, {"nonce": "another"}
            assert (await try_to_sign_in(site, issuer))[1].status_code == 400
            issuer.changed = {"nonce": None}
            assert (await try_to_sign_in(site, issuer))[1].status_code == 303

    asyncio.run(story())


def test_the_answer_counts_once_in_time_and_in_the_browser_that_began(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            browser, victim = site.open_browser(), site.open_browser()
            answer = issuer.agree(await begin(browser))
            await begin(victim)
            assert (await victim.get(CALLBACK, params=answer)).status_code == 400
            assert (await site.open_browser().get(CALLBACK, params=answer)).status_code == 400
            assert (await browser.get(CALLBACK, params=answer | {"state": "x" * 43})).status_code == 400
            assert (await browser.head(CALLBACK, params=answer)).status_code == 405
            assert issuer.tokens_asked == 0
            assert (await browser.get(CALLBACK, params=answer)).status_code == 303
            assert (await browser.get(CALLBACK, params=answer)).status_code == 400
            late = issuer.agree(await begin(victim))
            site.clock.pass_(600)
            assert (await victim.get(CALLBACK, params=late)).status_code == 400

    asyncio.run(story())


def test_the_answer_of_another_issuer_is_refused_before_its_code_is_sent_anywhere(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            browser = site.open_browser()
            for path, change in (
                ("/sign-in/callback/other", {}),
                (CALLBACK, {"iss": "https://evil.example"}),
                (CALLBACK, {"iss": ""}),
            ):
                answer = issuer.agree(await begin(browser)) | change
                assert (await browser.get(path, params=answer)).status_code == 400, (path, change)
            issuer.document = {"authorization_response_iss_parameter_supported": True}
            site.clock.pass_(700)  # the document is read again
            answer = issuer.agree(await begin(browser))
            del answer["iss"]
            assert (await browser.get(CALLBACK, params=answer)).status_code == 400
            assert issuer.tokens_asked == 0

    asyncio.run(story())


def test_a_refusal_and_a_doubled_name_sign_nobody_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            browser = site.open_browser()
            state = issuer.agree(await begin(browser))["state"]
            no = await browser.get(CALLBACK, params={"state": state, "error": "<b>access_denied</b>"})
            assert no.status_code == 403 and "<b>access_denied" not in no.text
            twice = await browser.get(f"{CALLBACK}?state=a&state=b&code=c")
            assert twice.status_code == 400 and "twice" in twice.text
            assert (await browser.get("/sign-in/callback/nobody?state=a")).status_code == 404

    asyncio.run(story())


def test_a_document_of_somebody_else_or_without_safe_addresses_is_not_used(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            for document in (
                {"issuer": "https://another.example"},
                {"authorization_endpoint": "http://evil.example/authorize"},
                {"authorization_endpoint": "javascript:alert(1)"},
                {"jwks_uri": None},
            ):
                issuer.document = document
                browser = site.open_browser()
                page = await browser.get("/sign-in")
                answer = await submit(browser, page, "/sign-in/with/work?return_to=%2F")
                assert answer.status_code == 502, document

    asyncio.run(story())


def test_a_new_key_of_the_issuer_is_found_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            await try_to_sign_in(site, issuer)
            async with oidc_issuer() as other:
                issuer.key = other.key
            assert (await try_to_sign_in(site, issuer))[1].status_code == 303

    asyncio.run(story())


def test_who_verifies_an_address_takes_it_over_from_whoever_came_in_by_a_link(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            taker = await site.sign_in("anna@example.com", "member")
            person, records = await site.find("anna@example.com"), site.here.stores.records
            audit: Any = type(
                "Audit", (), {"at": NOON, "actor": "", "action": "", "subject": "", "details": {}}
            )()
            assert records.add_passkey(Passkey("planted", person.id, b"k", 0, "Planted", NOON), 20, audit)
            assert (await try_to_sign_in(site, issuer))[1].status_code == 303
            assert (await taker.get("/account")).status_code == 303
            assert records.list_passkeys(person.id) == []

    asyncio.run(story())


def test_who_was_removed_does_not_come_in_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, issuer):
            await try_to_sign_in(site, issuer)
            from tests.web.visitors import OPERATOR

            await site.people.remove(OPERATOR, HERE, (await site.find("anna@example.com")).id)
            answer = (await try_to_sign_in(site, issuer))[1]
            assert answer.status_code == 403 and "nobody has invited you" in answer.text

    asyncio.run(story())


def test_failed_sign_ins_count_as_guesses(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path, most_guesses=1, **name_issuers(work="http://localhost:1"))
        browser = site.open_browser()
        statuses = [(await browser.get(f"{CALLBACK}?state={each}")).status_code for each in "ab"]
        assert statuses == [400, 429]
        await site.close()

    asyncio.run(story())


def read_all(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("ledgerport.sqlite3*"))


def test_nothing_of_a_sign_in_is_stored_that_could_finish_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with standing(tmp_path) as (site, _):
            address = await begin(site.open_browser())
            stored = await asyncio.to_thread(read_all, tmp_path)
            values = dict(pair.split("=") for pair in urlsplit(address).query.split("&"))
            assert values["state"].encode() not in stored and values["nonce"].encode() not in stored

    asyncio.run(story())


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {"LEDGERPORT_OIDC_WORK_ISSUER": "https://work.example"},
            "CLIENT_ID and LEDGERPORT_OIDC_WORK_CLIENT_SECRET",
        ),
        ({"LEDGERPORT_OIDC_WORK_ISSUER": "http://work.example"}, "this machine only"),
        ({"LEDGERPORT_OIDC_WORK_ISSUER": "https://work.example/?a=b"}, "without a query"),
        ({"LEDGERPORT_OIDC_WORK_SECRET": "x"}, "is not a setting"),
    ],
)
def test_settings_of_an_issuer_are_whole_and_safe(
    tmp_path: Path, variables: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says.replace("?", r"\?")):
        Settings.load({"LEDGERPORT_DATA": str(tmp_path), **variables})
