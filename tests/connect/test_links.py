"""A connect link belongs to the browser that goes on from it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.connect.links import STATE_SECONDS
from runtime.errors import Conflict, Forbidden, InvalidRequest
from runtime.model import AccountId
from tests.connect.test_authorize import pending
from tests.deployment import BROWSER, deploy

OTHER = "o" * 43


def state_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_the_first_browser_that_goes_on_has_the_link_and_may_go_on_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (_, here, begun):
            first = await here.opened(begun["authorize_url"])
            assert await here.opened(begun["authorize_url"]) == first
            with pytest.raises(Conflict, match="another browser"):
                await here.opened(begun["authorize_url"], OTHER)
            with pytest.raises(Conflict, match="another browser"):
                await here.accounts.authorizations.links.look(state_of(begun["authorize_url"]), OTHER)

    asyncio.run(story())


def test_of_two_browsers_at_once_one_has_the_link(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (_, here, begun):
            found = await asyncio.gather(
                here.opened(begun["authorize_url"], BROWSER),
                here.opened(begun["authorize_url"], OTHER),
                return_exceptions=True,
            )
            assert sorted(type(each).__name__ for each in found) == ["Conflict", "str"]

    asyncio.run(story())


@pytest.mark.parametrize("browser", [OTHER, "", "b" * 44, "é" * 43])
def test_an_answer_in_another_browser_connects_nothing_and_leaves_the_link_to_its_own(
    tmp_path: Path, browser: str
) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            with pytest.raises(Forbidden, match="another browser"):
                await here.complete(callback, browser)
            assert here.accounts.get(begun["id"])["status"] == "connecting"
            noted = here.stores.records.list_audit(AccountId(begun["id"]))[-1]
            assert (noted.action, noted.details) == (
                "account.not_connected",
                {"reason": "another_browser"},
            )
            await here.complete(callback)
            assert here.accounts.get(begun["id"])["status"] == "active"

    asyncio.run(story())


def test_an_answer_for_a_link_that_no_browser_opened_connects_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(f"https://x/?state={state_of(begun['authorize_url'])}")
            for browser in (BROWSER, ""):
                with pytest.raises(Forbidden):
                    await here.complete(callback, browser)

    asyncio.run(story())


def test_a_form_that_did_not_come_from_the_page_in_this_browser_binds_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (_, here, begun):
            links, state = here.accounts.authorizations.links, state_of(begun["authorize_url"])
            for browser, proof in (
                (BROWSER, ""),
                (BROWSER, "é"),
                (BROWSER, links.make_proof(state, OTHER)),
                ("", links.make_proof(state, "")),
            ):
                with pytest.raises(Forbidden, match="cookie"):
                    await links.open(state, browser, proof)
            assert await here.opened(begun["authorize_url"], OTHER)

    asyncio.run(story())


def test_a_link_that_was_used_or_is_too_old_or_not_ours_leads_nowhere(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            links = here.accounts.authorizations.links
            for state in ("made-up", "", "x" * 100_000, "\ud800"):
                with pytest.raises(InvalidRequest, match="not made here"):
                    await links.look(state, BROWSER)
            await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            with pytest.raises(InvalidRequest, match="used already"):
                await here.opened(begun["authorize_url"])
            again = here.accounts.connect(begun["id"])
            here.clock.pass_(STATE_SECONDS)
            with pytest.raises(InvalidRequest, match="run out"):
                await here.opened(again["authorize_url"])

    asyncio.run(story())


def test_a_clock_that_is_set_back_does_not_prolong_a_link(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (_, here, begun):
            here.clock.pass_(-7200)
            with pytest.raises(InvalidRequest, match="run out"):
                await here.opened(begun["authorize_url"])

    asyncio.run(story())


def test_the_verifier_is_sent_with_the_code_only_and_is_encrypted_where_it_is_stored(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            address = await here.opened(begun["authorize_url"])
            links, state = here.accounts.authorizations.links, state_of(begun["authorize_url"])
            pending_now = here.stores.records.find_authorization(here.keys.hash_token(state))
            assert pending_now is not None and pending_now.verifier is not None
            verifier = links.read_verifier(state, pending_now)
            assert len(verifier) == 64 and verifier not in address
            assert verifier.encode() not in pending_now.verifier
            with closing(sqlite3.connect(tmp_path / "ledgerport.sqlite3")) as records:
                (stored,) = records.execute('SELECT verifier FROM "authorization"').fetchone()
            assert stored == pending_now.verifier
            await here.complete(vendor.agree(address))

    asyncio.run(story())


def test_a_code_that_was_obtained_with_another_challenge_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            address = await here.opened(begun["authorize_url"])
            challenge = parse_qs(urlsplit(address).query)["code_challenge"][0]
            with pytest.raises(InvalidRequest, match="did not accept the code"):
                await here.complete(vendor.agree(address.replace(challenge, "c" * 43)))

    asyncio.run(story())


def test_a_vendor_without_pkce_is_sent_no_challenge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from tests import deployment

    plain = replace(deployment.BOOKS, auth=replace(deployment.BOOKS.auth, pkce=False))
    monkeypatch.setitem(deployment.CATALOG.integrations, "books", plain)
    here = deploy(tmp_path)
    address = asyncio.run(here.opened(here.accounts.create("Shop", "books")["authorize_url"]))
    assert "challenge" not in address
