"""The promises of hot state, over memory and over a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import redis

from generator.vendor import RateWindow
from runtime.stores.hot import HotState
from runtime.stores.hot_memory import MemoryHotState
from runtime.stores.hot_redis import RedisHotState
from runtime.stores.redis_link import RedisLink
from tests.redis_server import RedisServer, running_redis

WINDOWS = (RateWindow("minute", 2, 60), RateWindow("hours", 5, 36_000))
PATIENT = 60.0
"""Seconds a reply may take on a machine with other work: these tests are not about the limit."""
NEARLY = 30.0
"""Seconds that may pass in Redis, whose clock goes on, while one of these tests runs."""


class Memory:
    """Memory, on a clock set by hand."""

    def __init__(self) -> None:
        self.now = 100_000.0

    def make(self) -> HotState:
        return MemoryHotState()

    def pass_(self, seconds: float) -> None:
        self.now += seconds

    def count_keys(self, hot: HotState) -> int:
        assert isinstance(hot, MemoryHotState)
        return len(hot)

    async def close(self) -> None:
        pass


class Redis(Memory):
    """Redis, whose own clock cannot be set: what it holds becomes older instead, by hand."""

    def __init__(self, server: RedisServer) -> None:
        super().__init__()
        self.client = redis.Redis(port=server.port)
        self.client.flushall()
        self.server, self.links = server, list[RedisLink]()

    def make(self) -> HotState:
        link = RedisLink(self.server.address, limit_seconds=PATIENT)
        self.links.append(link)
        return RedisHotState(link)

    def pass_(self, seconds: float) -> None:
        super().pass_(seconds)
        for key in self.client.scan_iter():
            for at, each in enumerate(self.client.lrange(key, 0, -1)):
                self.client.lset(key, at, str(int(each) - int(seconds * 1e6)))

    def count_keys(self, hot: HotState) -> int:
        return int(self.client.dbsize())

    async def close(self) -> None:
        for link in self.links:
            assert link.fault == ""
            await link.close()
        self.client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=["memory", "redis"])
def place(request: pytest.FixtureRequest) -> Memory:
    return Memory() if request.param == "memory" else Redis(request.getfixturevalue("server"))


Story = Callable[[HotState], Coroutine[Any, Any, None]]


def play(place: Memory, story: Story) -> None:
    async def run() -> None:
        try:
            await story(place.make())
        finally:
            await place.close()

    asyncio.run(run())


async def count_at(place: Memory, hot: HotState, *passing: float) -> list[list[int]]:
    used = []
    for seconds in passing:
        place.pass_(seconds)
        used.append([each.used for each in await hot.count("a", WINDOWS, place.now)])
    return used


def test_calls_leave_a_window_when_their_time_is_over(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        used = await count_at(place, hot, 0, 30, 24, 6, 36, 36_001)
        assert used == [[1, 1], [2, 2], [2, 3], [2, 4], [2, 5], [1, 1]]
        assert [each.used for each in await hot.count("b", WINDOWS, place.now)] == [1, 1]
        assert [each.used for each in await hot.peek("a", WINDOWS, place.now)] == [1, 1]

    play(place, story)


def test_calls_that_were_counted_before_the_clock_was_set_back_leave_their_window_in_time(
    place: Memory,
) -> None:
    async def story(hot: HotState) -> None:
        assert await count_at(place, hot, 0, 3_000, -90_000) == [[1, 1], [1, 2], [2, 3]]
        for counts in (await hot.peek("a", WINDOWS, place.now), await hot.count("a", WINDOWS, place.now)):
            for window, found in zip(WINDOWS, counts, strict=True):
                assert 0 <= found.oldest_leaves_in <= window.seconds
        assert await count_at(place, hot, 34_000, 36_001) == [[1, 4], [1, 1]]  # the first had 33,000 left

    play(place, story)


def test_what_was_counted_stays_when_the_windows_are_read_again(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        await count_at(place, hot, 0, 1, 1)
        other = (RateWindow("ten hours", 5, 36_000), RateWindow("day", 100, 86_400))
        assert [each.used for each in await hot.peek("a", other, place.now)] == [3, 0]
        assert [each.used for each in await hot.count("a", other, place.now)] == [4, 1]

    play(place, story)


def test_a_full_window_says_when_another_call_fits(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        await count_at(place, hot, *[0, *[100.0] * 9])
        (_, counted) = await hot.peek("a", WINDOWS, place.now)
        assert counted.used == 5
        assert 36_000 - 400 - NEARLY < counted.oldest_leaves_in <= 36_000 - 400

    play(place, story)


def test_a_call_is_admitted_only_where_every_window_has_space(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        admitted = []
        for seconds in (0, 0, 0, 61, 0, 61, 61):
            place.pass_(seconds)
            admitted.append(await hot.admit("a", WINDOWS, place.now))
        assert [wait == 0 for wait in admitted] == [True, True, False, True, True, True, False]
        assert 60 - NEARLY < admitted[2] <= 60
        assert 36_000 - 183 - NEARLY < admitted[6] <= 36_000 - 183
        place.pass_(admitted[6])
        assert await hot.admit("a", WINDOWS, place.now) == 0

    play(place, story)


def test_a_call_that_is_refused_takes_no_space(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        other = place.make() if isinstance(place, Redis) else hot
        assert [await hot.admit("a", WINDOWS, place.now) for _ in range(2)] == [0, 0]
        place.pass_(59)
        assert all([await other.admit("a", WINDOWS, place.now) for _ in range(5)])
        place.pass_(1)
        assert await other.admit("a", WINDOWS, place.now) == 0

    play(place, story)


def test_no_more_calls_are_admitted_at_once_than_fit(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        waits = await asyncio.gather(*(hot.admit("a", WINDOWS, place.now) for _ in range(300)))
        assert sum(wait == 0 for wait in waits) == 2

    play(place, story)


def test_idle_keys_are_forgotten(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        for number in range(1000):
            await hot.count(f"k{number}", WINDOWS[:1], place.now)
        if isinstance(place, Redis):
            lasting = [place.client.pttl(key) for key in place.client.scan_iter()]
            assert len(lasting) == 1000
            assert all(60_000 - NEARLY * 1000 < each <= 60_000 for each in lasting)
            return
        place.pass_(61)
        for _ in range(600):
            await hot.count("busy", WINDOWS[:1], place.now)
        assert place.count_keys(hot) == 1

    play(place, story)


def test_a_lock_has_one_holder_and_leaves_nothing_behind(place: Memory) -> None:
    async def story(hot: HotState) -> None:
        inside = most = 0

        async def work() -> None:
            nonlocal inside, most
            async with hot.lock("a"):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(work() for _ in range(20)))
        assert (most, place.count_keys(hot)) == (1, 0)

    play(place, story)


def test_no_more_keys_are_held_in_memory_than_the_bound_and_the_latest_stay() -> None:
    async def story() -> None:
        hot = MemoryHotState(most_keys=100)
        for number in range(1000):
            await hot.count("busy", WINDOWS, 0.0)
            await hot.count(f"k{number}", WINDOWS, 0.0)
        assert len(hot) == 100
        assert (await hot.peek("busy", WINDOWS, 0.0))[0].used == 2

    asyncio.run(story())
