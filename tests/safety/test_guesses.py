from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runtime.safety.guesses import MOST_FAILURES, WINDOW_SECONDS, Guesses, identify_client
from runtime.stores.hot_redis import RedisHotState
from runtime.stores.redis_link import RedisLink
from tests.deployment import HandClock
from tests.redis_server import running_redis
from tests.waiting import PATIENCE


def note(guesses: Guesses, address: str) -> int:
    return asyncio.run(guesses.note(address))


def fail(guesses: Guesses, address: str, times: int = MOST_FAILURES) -> list[int]:
    return [note(guesses, address) for _ in range(times)]


def test_an_address_is_slowed_down_after_its_limit_until_its_window_ends() -> None:
    clock = HandClock(100.0)
    guesses = Guesses(clock=clock)
    assert fail(guesses, "192.0.2.1") == [0] * MOST_FAILURES
    clock.pass_(WINDOW_SECONDS - 0.5)
    assert note(guesses, "192.0.2.1") == 1
    clock.pass_(0.5)
    assert fail(guesses, "192.0.2.1") == [0] * MOST_FAILURES
    assert note(guesses, "192.0.2.1") == WINDOW_SECONDS


def test_other_addresses_are_counted_apart() -> None:
    guesses = Guesses(clock=HandClock())
    fail(guesses, "192.0.2.1")
    assert note(guesses, "192.0.2.2") == 0
    assert note(guesses, "192.0.2.1") > 0


@pytest.mark.parametrize(
    ("address", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("192.0.2.1", "192.0.2.10", False),
        ("", "", True),
    ],
)
def test_a_client_is_an_ipv4_address_or_a_network_of_ipv6(address: str, other: str, is_same: bool) -> None:
    assert (identify_client(address) == identify_client(other)) is is_same


def test_two_processes_count_an_address_together(tmp_path: Path) -> None:
    async def story() -> None:
        links = [RedisLink(server.address, limit_seconds=PATIENCE) for _ in range(2)]
        one, other = (Guesses(RedisHotState(link), clock=HandClock()) for link in links)
        waits = [await each.note("192.0.2.1") for _ in range(MOST_FAILURES // 2) for each in (one, other)]
        assert waits == [0] * MOST_FAILURES
        assert 0 < await one.note("192.0.2.1") <= WINDOW_SECONDS
        assert 0 < await other.note("192.0.2.1") <= WINDOW_SECONDS
        assert await other.note("192.0.2.2") == 0
        for link in links:
            await link.close()

    with running_redis(tmp_path) as server:
        asyncio.run(story())
