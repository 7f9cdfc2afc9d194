"""A connection that is ended here is ended at the vendor, which is proved, and leaves nothing that could be used."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from aiohttp import web

from runtime.connect.sealing import open_credentials
from runtime.errors import NeedsReauth, NotConnected, NotFound
from runtime.model import Credentials
from runtime.operations.account_tests import AccountTests
from tests.connect.test_tokens import as_stored, connected
from tests.deployment import Deployment


def list_events(here: Deployment) -> list[str]:
    with sqlite3.connect(here.stores.path) as database:
        wanted = "SELECT type FROM event WHERE type LIKE 'account.%' ORDER BY at, type"
        found = [row[0] for row in database.execute(wanted)]
    database.close()
    return found


def test_a_revocation_is_proved_by_the_former_access_token_and_nothing_usable_stays(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            server = here.mcp_servers.create(account.id, "Agent", {})
            found = await here.accounts.disconnect(account.id, actor="me")
            assert (found["status"], found["revoked"]) == ("disconnected", "proved")
            assert vendor.revoked == [vendor.refresh_token]
            now = as_stored(here, account)
            assert open_credentials(here.keys, now) == Credentials()
            assert here.mcp_servers.list(account.id)["result"] == []
            with pytest.raises(NotFound):
                here.mcp_servers.get(account.id, server["id"])
            with pytest.raises(NotConnected, match="was disconnected"):
                await here.tokens.get_fresh(now)
            assert list_events(here) == ["account.connected", "account.disconnected"]

    asyncio.run(story())


def test_a_vendor_that_agrees_and_still_answers_has_not_proved_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            vendor.ends_access = False
            found = await here.accounts.disconnect(account.id)
            assert found["revoked"] == "not_proved"
            assert "answered HTTP 200 to the former access token" in found["revoked_reason"]

    asyncio.run(story())


def test_an_access_token_that_had_ended_before_proves_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, here, account):
            here.clock.pass_(3601)
            found = await here.accounts.delete(account.id)
            assert (found["revoked"], "had ended before" in found["revoked_reason"]) == ("not_proved", True)

    asyncio.run(story())


def test_disconnecting_twice_is_one_event_and_the_same_company_can_be_connected_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            since = (await here.accounts.disconnect(account.id))["since"]
            here.clock.pass_(5)
            assert (await here.accounts.disconnect(account.id))["since"] == since
            begun = here.accounts.connect(account.id)
            again = await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            assert (again.id, again.status) == (account.id, "active")
            events = ["account.connected", "account.disconnected", "account.connected"]
            assert list_events(here) == events

    asyncio.run(story())


def test_what_was_disconnected_does_not_count_as_sharing_its_company(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, first):
            begun = here.accounts.create("The same shop", "books")
            second = await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            shared = await here.accounts.disconnect(first.id)
            assert (shared["revoked"], vendor.revoked) == ("not_proved", [])
            assert (await here.accounts.disconnect(second.id))["revoked"] == "proved"

    asyncio.run(story())


def test_a_test_reads_the_name_of_the_company_and_refreshes_once_when_it_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            tests = AccountTests(here.parts(), here.tokens)
            found = await tests.test(account)
            assert (found["ok"], found["company"]) == (True, account.company)
            vendor.companies.clear()
            assert (await tests.test(account))["ok"]
            assert vendor.refreshes == 1

    asyncio.run(story())


def test_a_test_that_fails_says_what_to_do_and_is_noted_until_one_succeeds(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            tests = AccountTests(here.parts(), here.tokens)
            vendor.confirm_answer = lambda: web.Response(status=403)
            with pytest.raises(NeedsReauth, match="does not let this connection read"):
                await tests.test(account)
            noted = here.accounts.get(account.id)["last_error"]
            assert (noted["code"], account.company in noted["message"]) == ("needs_reauth", True)
            vendor.confirm_answer = None
            await tests.test(as_stored(here, account))
            assert here.accounts.get(account.id)["last_error"] is None

    asyncio.run(story())


def test_a_refused_refresh_needs_a_person_once_and_says_since_when(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3601)
            vendor.refresh_token = "another"
            found = await asyncio.gather(
                *(here.tokens.get_fresh(account) for _ in range(20)), return_exceptions=True
            )
            assert {type(each) for each in found} == {NeedsReauth}
            shown = here.accounts.get(account.id)
            assert (shown["status"], shown["last_error"]["code"]) == ("needs_reauth", "invalid_grant")
            assert shown["since"] == shown["last_error"]["at"]
            assert list_events(here) == ["account.connected", "account.needs_reauth"]
            with pytest.raises(NeedsReauth, match="no longer accepts") as raised:
                await here.tokens.get_fresh(as_stored(here, account))
            assert "Ask whoever manages this Ledgerport" in raised.value.advice

    asyncio.run(story())
