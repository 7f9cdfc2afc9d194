from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy.exc import OperationalError

from runtime.errors import Conflict, NeedsReauth, VendorUnavailable
from runtime.model import Account, AccountId
from tests.deployment import Deployment, HandClock, deploy, deployed, have_events_stored
from tests.oauth_vendor import OAuthVendor, oauth_vendor


@asynccontextmanager
async def connected(data: Path, **variables: str) -> AsyncIterator[tuple[OAuthVendor, Deployment, Account]]:
    """A vendor, a deployment, and an account that a person has connected."""
    async with (
        oauth_vendor() as vendor,
        deployed(data, LEDGERPORT_BOOKS_ORIGIN=vendor.origin, **variables) as here,
    ):
        have_events_stored(here.stores)
        begun = here.accounts.create("Shop", "books")
        account = await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
        yield vendor, here, account


def as_stored(here: Deployment, account: Account) -> Account:
    found = here.stores.read_account(account.id)
    assert found is not None
    return found


def test_a_token_that_lives_is_answered_without_asking_the_vendor(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600 - 301)
            credentials = await here.tokens.get_fresh(account)
            assert credentials.access_token.startswith("access-")
            assert vendor.refreshes == 0

    asyncio.run(story())


def test_a_token_is_refreshed_five_minutes_before_it_ends_and_the_rotated_one_is_stored_first(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            old = await here.tokens.get_fresh(account)
            here.clock.pass_(3600 - 299)
            new = await here.tokens.get_fresh(account)
            assert (vendor.refreshes, new.refresh_token) == (1, vendor.refresh_token)
            assert new.access_token != old.access_token
            assert as_stored(here, account).sealed != account.sealed
            other_process = deploy(tmp_path, here.clock, LEDGERPORT_BOOKS_ORIGIN=vendor.origin)
            assert await other_process.tokens.get_fresh(as_stored(here, account)) == new
            assert vendor.refreshes == 1

    asyncio.run(story())


def test_a_hundred_calls_at_once_make_one_refresh(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            found = await asyncio.gather(*(here.tokens.get_fresh(account) for _ in range(100)))
            assert vendor.refreshes == 1
            assert len({each.access_token for each in found}) == 1

    asyncio.run(story())


def test_who_comes_with_an_account_read_before_a_refresh_gets_the_token_of_that_refresh(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            new = await here.tokens.get_fresh(account)
            assert await here.tokens.get_fresh(account) == new
            assert vendor.refreshes == 1

    asyncio.run(story())


def test_a_refresh_is_finished_and_stored_when_its_caller_has_gone(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            vendor.gate = asyncio.Event()
            call = asyncio.create_task(here.tokens.get_fresh(account))
            await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            vendor.gate.set()
            credentials = await here.tokens.get_fresh(account)
            assert (vendor.refreshes, credentials.refresh_token) == (1, vendor.refresh_token)

    asyncio.run(story())


def test_a_token_that_the_vendor_refused_is_refreshed_once_and_not_again_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            old = await here.tokens.get_fresh(account)
            await here.tokens.invalidate(account, old.access_token)
            new = await here.tokens.get_fresh(account)
            assert (vendor.refreshes, new.access_token != old.access_token) == (1, True)
            await here.tokens.invalidate(as_stored(here, account), new.access_token)
            assert await here.tokens.get_fresh(as_stored(here, account)) == new
            assert vendor.refreshes == 1

    asyncio.run(story())


def test_a_rotated_token_that_cannot_be_stored_at_once_is_stored_before_the_vendor_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            with monkeypatch.context() as full:

                def fail(*_: object) -> bool:
                    raise OperationalError("UPDATE", {}, sqlite3.OperationalError("disk full"))

                full.setattr(here.stores.records, "replace_credentials", fail)
                with pytest.raises(OperationalError):
                    await here.tokens.get_fresh(account)
            assert as_stored(here, account).sealed == account.sealed
            monkeypatch.setattr(
                "runtime.connect.tokens._MOST_CACHED", 0
            )  # others need the space: what is read again goes
            here.tokens._opened.clear()
            here.tokens._open(account)
            assert not here.tokens._opened
            credentials = await here.tokens.get_fresh(account)
            assert (vendor.refreshes, credentials.refresh_token) == (1, vendor.refresh_token)
            assert as_stored(here, account).sealed != account.sealed

    asyncio.run(story())


def test_one_that_was_stored_late_is_refreshed_when_it_has_ended_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            with monkeypatch.context() as full:
                full.setattr(here.stores.records, "replace_credentials", lambda *_: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    await here.tokens.get_fresh(account)
            here.clock.pass_(3600)
            credentials = await here.tokens.get_fresh(account)
            assert (vendor.refreshes, credentials.refresh_token) == (2, vendor.refresh_token)
            assert credentials.access_expires_at > here.clock()

    asyncio.run(story())


def test_an_ended_grant_marks_the_account_and_says_who_can_restore_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            vendor.refresh_token = "another"
            here.clock.pass_(3600)
            with pytest.raises(NeedsReauth) as refused:
                await here.tokens.get_fresh(account)
            assert "connect the company again" in refused.value.advice
            assert "refresh-" not in str(refused.value.as_dict())
            assert as_stored(here, account).status == "needs_reauth"
            with pytest.raises(NeedsReauth):
                await here.tokens.get_fresh(as_stored(here, account))
            assert vendor.refreshes == 1

    asyncio.run(story())


def test_a_refresh_that_ends_badly_does_not_undo_that_a_person_connected_again_meanwhile(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            again = here.accounts.connect(account.id)
            vendor.gate = asyncio.Event()
            call = asyncio.create_task(here.tokens.get_fresh(account))
            await vendor.was_asked.wait()
            now = await here.complete(vendor.agree(await here.opened(again["authorize_url"])))
            vendor.gate.set()
            assert await call == await here.tokens.get_fresh(now)
            assert (vendor.refreshes, as_stored(here, account).status) == (1, "active")

    asyncio.run(story())


def test_a_vendor_that_is_down_costs_nothing_while_the_token_lives_and_says_so_when_it_has_ended(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            old = await here.tokens.get_fresh(account)
            vendor.answer = lambda: web.Response(status=503, text="<html>down</html>")
            here.clock.pass_(3500)
            assert await here.tokens.get_fresh(account) == old
            here.clock.pass_(100)
            with pytest.raises(VendorUnavailable, match="HTTP 503"):
                await here.tokens.get_fresh(account)
            vendor.answer = None
            assert (await here.tokens.get_fresh(account)).access_token != old.access_token
            assert as_stored(here, account).status == "active"

    asyncio.run(story())


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="not JSON"),
        lambda: web.json_response([]),
        lambda: web.json_response({"access_token": 7}),
        lambda: web.Response(body=b"x" * 300_000),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        lambda: web.json_response({"error": {"a": "b"}}, status=400),
        lambda: web.json_response({"error": "invalid_client"}, status=401),
    ],
)
def test_an_answer_that_is_no_token_is_an_error_without_its_words(
    tmp_path: Path, answer: Callable[[], web.Response]
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            vendor.answer = answer
            with pytest.raises(VendorUnavailable):
                await here.tokens.get_fresh(account)
            assert as_stored(here, account).status == "active"

    asyncio.run(story())


def test_whether_a_refresh_token_has_run_out_is_for_the_vendor_to_say_and_not_for_our_clock(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(8_640_000)
            await here.tokens.get_fresh(account)
            assert vendor.refreshes == 1
            vendor.refresh_token = "ended there"
            here.clock.pass_(8_640_000)
            with pytest.raises(NeedsReauth, match="run out"):
                await here.tokens.get_fresh(as_stored(here, account))
            assert as_stored(here, account).ended_by == "refused"

    asyncio.run(story())


def test_tokens_of_the_vendor_are_never_sent_to_a_simulator_nor_the_reverse(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            without = deploy(tmp_path, here.clock)
            with pytest.raises(Conflict, match="simulator"):
                await without.tokens.get_fresh(account)
            assert vendor.refreshes == 0

    asyncio.run(story())


def test_a_pending_account_says_that_it_is_not_connected(tmp_path: Path) -> None:
    async def story() -> None:
        async with deployed(tmp_path, HandClock()) as here:
            made = here.accounts.create("Shop", "books")
            with pytest.raises(NeedsReauth, match="has never been connected"):
                await here.tokens.get_fresh(here.accounts.find(made["id"]))

    asyncio.run(story())


def test_disconnecting_revokes_at_the_vendor_unless_another_account_has_the_company(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, first):
            begun = here.accounts.create("The same shop", "books")
            second = await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            await here.accounts.delete(first.id)
            assert vendor.revoked == []
            await here.accounts.delete(second.id)
            assert vendor.revoked == [vendor.refresh_token]
            assert vendor.revoke_types == ["application/x-www-form-urlencoded"]
            done = [entry.action for entry in here.stores.records.list_audit(AccountId(second.id))]
            assert done == [
                "account.created",
                "account.connected",
                "account.disconnected",
                "account.revoked",
                "account.deleted",
            ]

    asyncio.run(story())


def test_of_two_accounts_of_a_company_that_are_deleted_at_once_the_last_revokes(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, first):
            begun = here.accounts.create("The same shop", "books")
            second = await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            deleted, write = here.stores.records.delete_account, here.stores.write
            asked: list[Any] = []
            both = threading.Event()

            async def count(work: Any) -> Any:
                asked.append(work)
                if len(asked) == 2:
                    both.set()
                return await write(work)

            def together(*given: Any) -> bool:
                assert both.wait(5)
                return deleted(*given)

            here.stores.write = count  # type: ignore[method-assign]
            here.stores.records.delete_account = together  # type: ignore[method-assign]
            await asyncio.gather(here.accounts.delete(first.id), here.accounts.delete(second.id))
            assert vendor.revoked

    asyncio.run(story())


def test_disconnecting_while_a_refresh_is_under_way_revokes_the_token_that_came_of_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            vendor.gate = asyncio.Event()
            call = asyncio.create_task(here.tokens.get_fresh(account))
            await vendor.was_asked.wait()
            end = asyncio.create_task(here.accounts.delete(account.id))
            vendor.gate.set()
            await asyncio.gather(call, end)
            assert vendor.revoked == [vendor.refresh_token]
            assert here.stores.read_account(account.id) is None

    asyncio.run(story())
