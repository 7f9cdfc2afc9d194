"""A wall clock that is wrong ends no connection, and refuses or prolongs nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web

from generator.vendor import RateLimit, RateWindow
from runtime.connect.sealing import open_credentials, seal_credentials
from runtime.connect.tokens import TRUSTED_SECONDS, AccessTokens
from runtime.errors import VendorUnavailable
from runtime.model import Account, AccountId, Grant, ServerConfig, WindowCount
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.answer import wait_seconds
from runtime.upstream.client import VendorClient
from runtime.upstream.limits import measure
from tests import deployment
from tests.connect.test_tokens import as_stored
from tests.deployment import Deployment, HandClock, deploy, deployed
from tests.oauth_vendor import OAuthVendor, oauth_vendor

HOURS = 7200.0
WINDOWS = (RateWindow("minute", 500, 60), RateWindow("second", 10, 1))


@asynccontextmanager
async def with_two_clocks(data: Path) -> AsyncIterator[tuple[OAuthVendor, Deployment, HandClock, Account]]:
    """An account that was just connected; the wall clock of the deployment, and the monotonic one."""
    steady = HandClock(5.0)
    async with (
        oauth_vendor() as vendor,
        deployed(data, HandClock(), steady, LEDGERPORT_BOOKS_ORIGIN=vendor.origin) as here,
    ):
        begun = here.accounts.create("Shop", "books")
        account = await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
        yield vendor, here, steady, account


@pytest.mark.parametrize("jump", [-HOURS, HOURS])
def test_a_wall_clock_that_jumps_costs_at_most_one_refresh_and_ends_nothing(
    tmp_path: Path, jump: float
) -> None:
    async def story() -> None:
        async with with_two_clocks(tmp_path) as (vendor, here, steady, account):
            await here.tokens.get_fresh(account)
            here.clock.pass_(jump)
            for _ in range(20):
                steady.pass_(60)
                here.clock.pass_(60)
                await here.tokens.get_fresh(as_stored(here, account))
            assert vendor.refreshes == (0 if jump < 0 else 1)
            here.clock.pass_(-jump)
            await here.tokens.get_fresh(as_stored(here, account))
            assert vendor.refreshes <= 2
            assert as_stored(here, account).status == "active"

    asyncio.run(story())


@pytest.mark.parametrize("jump", [-HOURS, HOURS])
def test_a_start_with_a_wrong_wall_clock_renews_the_token_once(tmp_path: Path, jump: float) -> None:
    async def story() -> None:
        async with with_two_clocks(tmp_path) as (vendor, here, _, account):
            wrong = deploy(
                tmp_path,
                HandClock(here.clock() + jump),
                HandClock(1.0),
                LEDGERPORT_BOOKS_ORIGIN=vendor.origin,
            )
            for _ in range(3):
                await wrong.tokens.get_fresh(as_stored(here, account))
            assert vendor.refreshes == 1
            await wrong.tokens.close()

    asyncio.run(story())


def test_while_the_vendor_is_down_a_clock_set_forward_refuses_no_token_that_lives(tmp_path: Path) -> None:
    async def story() -> None:
        async with with_two_clocks(tmp_path) as (vendor, here, steady, account):
            old = await here.tokens.get_fresh(account)
            here.clock.pass_(HOURS)
            vendor.answer = lambda: web.Response(status=503)
            assert await here.tokens.get_fresh(account) == old
            steady.pass_(3600)
            with pytest.raises(VendorUnavailable):
                await here.tokens.get_fresh(account)

    asyncio.run(story())


def test_a_refused_token_is_renewed_after_a_clock_was_set_back(tmp_path: Path) -> None:
    """Measured by the wall clock, the refresh just now would have lain in the future for two hours."""

    async def story() -> None:
        async with with_two_clocks(tmp_path) as (vendor, here, steady, account):
            await here.tokens.get_fresh(account)
            steady.pass_(3600)
            first = await here.tokens.get_fresh(account)
            here.clock.pass_(-HOURS)
            steady.pass_(TRUSTED_SECONDS)
            await here.tokens.invalidate(as_stored(here, account), first.access_token)
            assert await here.tokens.get_fresh(as_stored(here, account)) != first
            assert vendor.refreshes == 2

    asyncio.run(story())


def test_credentials_of_an_earlier_version_are_good_as_they_were(tmp_path: Path) -> None:
    async def story() -> None:
        async with with_two_clocks(tmp_path) as (vendor, here, _, account):
            old = replace(open_credentials(here.keys, account), issued_at=0.0)
            sealed = seal_credentials(here.keys, account.id, old)
            assert here.stores.records.replace_credentials(account.id, account.sealed, sealed, 1.0)
            assert await here.tokens.get_fresh(as_stored(here, account)) == old
            assert vendor.refreshes == 0

    asyncio.run(story())


@pytest.mark.parametrize("jump", [-HOURS, -1.5, HOURS])
def test_no_window_answers_a_longer_wait_than_its_own_length_whatever_the_clock_does(jump: float) -> None:
    async def story() -> None:
        hot, clock = MemoryHotState(), HandClock()
        for _ in range(10):
            await hot.count("a", WINDOWS, clock())
        clock.pass_(jump)
        for counts in (await hot.peek("a", WINDOWS, clock()), await hot.count("a", WINDOWS, clock())):
            for window, found in zip(WINDOWS, counts, strict=True):
                assert 0 <= found.oldest_leaves_in <= window.seconds
            assert all(
                reset <= each.seconds
                for each, reset in zip(WINDOWS, measure(WINDOWS, counts).resets, strict=True)
            )
        clock.pass_(61)
        assert [each.used for each in await hot.peek("a", WINDOWS, clock())] == [0, 0]

    asyncio.run(story())


def test_calls_are_counted_on_the_monotonic_clock() -> None:
    seen: list[float] = []

    class Noting(MemoryHotState):
        async def peek(self, key: str, windows: Sequence[RateWindow], now: float) -> list[WindowCount]:
            seen.append(now)
            return await super().peek(key, windows, now)

    calls = Calls(
        catalog=lambda: deployment.CATALOG,
        vendor=VendorCalls(
            client=VendorClient(timeout_seconds=1, per_account=1),
            tokens=cast(AccessTokens, None),
            hot=Noting(),
            base_url=lambda *_: "",
        ),
        max_answer_bytes=1,
    )
    account = Account(AccountId("a"), "books", "live", "Shop", "active", "1", {}, b"", 0.0, 0.0)
    before = time.monotonic()
    asyncio.run(calls.read_limits(Grant(account, ServerConfig())))
    assert before <= seen[0] <= time.monotonic()


def test_a_reset_is_bounded_whatever_a_store_of_many_processes_answers() -> None:
    found = measure(WINDOWS, [WindowCount(500, 10_859.0), WindowCount(1, -7_200.0)])
    assert (found.resets, found.retry_after) == ((60, 1), 60)


def test_a_moment_that_the_vendor_names_is_no_longer_away_than_its_window() -> None:
    rules = RateLimit(windows=WINDOWS, reset_header="Reset", reset_unit="epoch_seconds")
    assert wait_seconds(rules, {"reset": "1800010859"}, 1_800_000_000.0) == 60
    assert wait_seconds(rules, {"reset": "1800000007"}, 1_800_000_000.0) == 7
    assert wait_seconds(rules, {"reset": "1800000007"}, 1_800_007_200.0) == 1
    dated = replace(rules, reset_unit="seconds")
    assert wait_seconds(dated, {"reset": "Fri, 15 Jan 2027 11:00:00 GMT"}, 1_800_000_000.0) == 60
