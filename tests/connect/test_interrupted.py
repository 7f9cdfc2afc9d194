"""A refresh whose answer was lost is tried again, and a connection that ended with it says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from runtime.connect import tokens
from runtime.errors import NeedsReauth, VendorUnavailable
from runtime.model import Account
from tests.connect.test_tokens import as_stored, connected
from tests.deployment import Deployment, deploy
from tests.oauth_vendor import OAuthVendor


def lose_the_answer(here: Deployment, account: Account) -> None:
    """What a kill in the middle of a refresh leaves: the note of it."""
    now = here.clock()
    assert here.stores.records.claim_refresh(account, "killed", now, now + 10, now + 70).earlier is None


def test_the_attempt_is_noted_before_it_is_sent_and_goes_with_what_came_of_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            vendor.gate = asyncio.Event()
            call = asyncio.create_task(here.tokens.get_fresh(account))
            await vendor.was_asked.wait()
            assert await here.stores.look_up.list_interrupted_refreshes() == [(account.id, here.clock())]
            vendor.gate.set()
            await call
            assert await here.stores.look_up.list_interrupted_refreshes() == []

    asyncio.run(story())


def test_an_interrupted_refresh_is_tried_again_at_the_start_though_the_access_token_lives(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            lose_the_answer(here, account)
            restarted = deploy(tmp_path, here.clock, LEDGERPORT_BOOKS_ORIGIN=vendor.origin)
            await restarted.tokens.finish_interrupted()
            assert vendor.refreshes == 1
            assert await here.stores.look_up.list_interrupted_refreshes() == []
            await restarted.tokens.get_fresh(as_stored(here, account))
            assert vendor.refreshes == 1
            await restarted.tokens.close()

    asyncio.run(story())


def test_one_that_ended_so_says_it_in_the_error_the_account_and_the_audit(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            lose_the_answer(here, account)
            vendor.refresh_token = "the one that was lost"
            here.clock.pass_(3600)
            with pytest.raises(NeedsReauth, match="a refresh was interrupted: it began at 2027-") as ended:
                await here.tokens.get_fresh(account)
            assert "connect the company again" in ended.value.advice
            now = as_stored(here, account)
            assert (now.status, now.ended_by) == ("needs_reauth", "interrupted")
            with pytest.raises(NeedsReauth, match="interrupted before its answer could be stored"):
                await here.tokens.get_fresh(now)
            assert here.accounts.get(account.id)["ended_by"] == "interrupted"
            noted = here.stores.records.list_audit(account.id)[-1]
            assert noted.details == {"reason": "interrupted", "refresh_begun_at": "2027-01-15T08:00:00Z"}
            again = here.accounts.connect(account.id)
            connected_now = await here.complete(vendor.agree(await here.opened(again["authorize_url"])))
            assert (connected_now.status, connected_now.ended_by) == ("active", "")
            assert as_stored(here, account).ended_by == ""

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "is_open"),
    [
        (lambda: web.Response(status=503), True),
        (lambda: web.Response(text="cut off"), True),
        (lambda: web.json_response({"error": "invalid_client"}, status=401), False),
        (lambda: web.json_response({"error": "temporarily_unavailable"}, status=400), False),
    ],
)
def test_only_an_answer_that_leaves_it_open_counts_as_an_interruption(
    tmp_path: Path, answer: Callable[[], web.Response], is_open: bool
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            vendor.answer = answer
            with pytest.raises(VendorUnavailable):
                await here.tokens.get_fresh(account)
            assert bool(await here.stores.look_up.list_interrupted_refreshes()) == is_open
            vendor.answer, vendor.refresh_token = None, "another"
            with pytest.raises(NeedsReauth):
                await here.tokens.get_fresh(account)
            assert as_stored(here, account).ended_by == ("interrupted" if is_open else "refused")

    asyncio.run(story())


def test_a_vendor_that_cannot_be_reached_changes_nothing_not_even_an_earlier_interruption(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            assert vendor.refreshes == 0
            here.clock.pass_(3600)
            nobody = deploy(tmp_path, here.clock, LEDGERPORT_BOOKS_ORIGIN="http://127.0.0.1:9")
            with pytest.raises(VendorUnavailable):
                await nobody.tokens.get_fresh(account)
            assert await here.stores.look_up.list_interrupted_refreshes() == []
            lose_the_answer(here, account)
            with pytest.raises(VendorUnavailable):
                await nobody.tokens.get_fresh(account)
            assert await here.stores.look_up.list_interrupted_refreshes() == [(account.id, here.clock())]
            await nobody.tokens.close()

    asyncio.run(story())


def test_while_the_grace_runs_it_is_tried_until_the_vendor_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "RETRY_SECONDS", 0.001)
    assert asyncio.run(_tries(tmp_path / "with", monkeypatch, grace=60)) == 4
    assert asyncio.run(_tries(tmp_path / "without", monkeypatch, grace=0)) == 1


async def _tries(data: Path, monkeypatch: pytest.MonkeyPatch, *, grace: int) -> int:
    """How often the vendor is asked at a start when it answers at the fourth time only."""
    from dataclasses import replace

    from tests import deployment

    auth = replace(deployment.BOOKS.auth, grace_seconds=grace)
    monkeypatch.setitem(deployment.CATALOG.integrations, "books", replace(deployment.BOOKS, auth=auth))
    asked = 0

    def down(vendor: OAuthVendor) -> web.Response:
        nonlocal asked
        asked += 1
        if asked == 3:
            vendor.answer = None
        return web.Response(status=503)

    async with connected(data) as (vendor, here, account):
        lose_the_answer(here, account)
        vendor.answer = lambda: down(vendor)
        await here.tokens.finish_interrupted()
        return asked + vendor.refreshes


def test_what_cannot_be_noted_is_not_sent_and_the_token_that_lives_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            old = await here.tokens.get_fresh(account)
            here.clock.pass_(3500)

            def full(*_: object) -> None:
                raise OSError("disk full")

            monkeypatch.setattr(here.stores.records, "claim_refresh", full)
            assert await here.tokens.get_fresh(account) == old
            here.clock.pass_(100)
            with pytest.raises(OSError, match="disk full"):
                await here.tokens.get_fresh(account)
            assert vendor.refreshes == 0

    asyncio.run(story())


def test_what_is_stored_survives_a_power_cut(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    with here.stores.records._engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert here.stores.look_up._connection().execute("PRAGMA synchronous").fetchone() == (2,)
