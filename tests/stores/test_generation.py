"""A grant that was cached before a change is used by no request that comes after it, in whatever process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from runtime.model import TokenHash
from runtime.stores.generation import KEY, LEASE_SECONDS, Generation, GrantCache
from runtime.stores.redis_link import RedisLink, RedisLost
from tests.deployment import HandClock
from tests.redis_server import running_redis

ROOT = Path(__file__).resolve().parents[2]
TOKEN = TokenHash(b"t" * 32)
OTHER = TokenHash(b"o" * 32)


class HandRedis:
    """The commands of a generation, on a value in memory; lost, and with lost replies, by hand."""

    def __init__(self) -> None:
        self.value: bytes | None = None
        self.is_lost = self.is_reply_lost = False
        self.sent: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def run(self, *command: Any) -> Any:
        self.sent.append(command[0])
        found = self.value
        await self.gate.wait()
        if self.is_lost:
            raise RedisLost("lost")
        if command[0] == "SET" and ("NX" not in command or self.value is None):
            self.value = command[2]
        if self.is_reply_lost:
            raise RedisLost("lost")
        return found if command[0] == "GET" else self.value


class Process:
    """One process: its generation and cache, over the Redis and the rows that all of them share."""

    def __init__(self, redis: HandRedis, rows: dict[TokenHash, str], clock: HandClock) -> None:
        self.rows, self.clock, self.reads = rows, clock, 0
        self.before_answer: Callable[[], Coroutine[Any, Any, None]] | None = None
        self.generation = Generation(cast(RedisLink, redis), clock=clock, sleep=self.sleep)
        self.cache = GrantCache(self.generation, self.read_row, clock=clock)

    async def read_row(self, token_hash: TokenHash) -> str | None:
        self.reads += 1
        row = self.rows.get(token_hash)
        if self.before_answer is not None:
            await self.before_answer()
        return row

    async def sleep(self, seconds: float) -> None:
        self.clock.pass_(seconds)

    async def find(self, token_hash: TokenHash = TOKEN) -> str | None:
        return await self.cache.find(token_hash)


def play(story: Callable[[HandRedis, Process, Process], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        redis, rows, clock = HandRedis(), {TOKEN: "grant", OTHER: "other"}, HandClock()
        await story(redis, Process(redis, rows, clock), Process(redis, rows, clock))

    asyncio.run(run())


def test_a_row_is_read_once_for_its_lease() -> None:
    async def story(_redis: HandRedis, here: Process, _there: Process) -> None:
        for _ in range(5):
            assert await here.find() == "grant"
        assert here.reads == 1
        here.clock.pass_(LEASE_SECONDS)
        assert await here.find() == "grant"
        assert here.reads == 2

    play(story)


def test_what_is_revoked_in_one_process_is_gone_in_the_other_at_once() -> None:
    async def story(_redis: HandRedis, here: Process, there: Process) -> None:
        assert (await here.find(), await there.find()) == ("grant", "grant")
        del here.rows[TOKEN]
        await here.generation.replace()
        assert (await here.find(), await there.find()) == (None, None)

    play(story)


def test_a_row_that_was_read_before_a_change_and_stored_after_it_is_not_used() -> None:
    async def story(_redis: HandRedis, here: Process, there: Process) -> None:
        async def revoke() -> None:
            del here.rows[TOKEN]
            await here.generation.replace()

        there.before_answer = revoke
        assert await there.find() == "grant"  # it came before the change
        there.before_answer = None
        assert await there.find() is None

    play(story)


def test_a_row_counts_its_lease_from_before_it_was_read() -> None:
    async def story(_redis: HandRedis, here: Process, _there: Process) -> None:
        async def take_long() -> None:
            here.clock.pass_(LEASE_SECONDS)

        here.before_answer = take_long
        await here.find()
        await here.find()
        assert here.reads == 2

    play(story)


def test_an_unknown_token_is_asked_for_each_time_so_that_a_new_one_works_at_once() -> None:
    async def story(_redis: HandRedis, here: Process, _there: Process) -> None:
        new = TokenHash(b"n" * 32)
        assert await here.find(new) is None
        here.rows[new] = "new"
        assert await here.find(new) == "new"

    play(story)


def test_a_row_that_has_ended_is_asked_for_each_time_as_one_that_never_was() -> None:
    async def story(_redis: HandRedis, here: Process, _there: Process) -> None:
        assert await here.find() == "grant"  # cached while it was live
        for token_hash in (TOKEN, OTHER, TokenHash(b"unknown")):
            before = here.reads
            assert [await here.cache.find(token_hash, lambda _row: False) for _ in range(3)] == [None] * 3
            assert here.reads - before == 3
        assert len(here.cache) == 1
        assert await here.find() == "grant"

    play(story)


def test_without_redis_each_request_reads_its_row_and_none_is_cached() -> None:
    async def story(redis: HandRedis, here: Process, _there: Process) -> None:
        await here.find()
        redis.is_lost = True
        del here.rows[OTHER]
        assert [await here.find(), await here.find(), await here.find(OTHER)] == ["grant", "grant", None]
        assert here.reads == 4
        assert len(here.cache) == 1

    play(story)


@pytest.mark.parametrize("lost", ["is_lost", "is_reply_lost"])
def test_a_change_that_cannot_replace_the_generation_waits_until_no_lease_is_left(lost: str) -> None:
    async def story(redis: HandRedis, here: Process, there: Process) -> None:
        assert await there.find() == "grant"
        before = redis.value
        setattr(redis, lost, True)
        began = here.clock()
        del here.rows[TOKEN]
        await here.generation.replace()
        assert here.clock() - began == LEASE_SECONDS
        setattr(redis, lost, False)
        redis.value = before  # as if nothing of it had come through
        assert await there.find() is None

    play(story)


def test_a_change_returns_as_soon_as_redis_is_back() -> None:
    async def story(redis: HandRedis, here: Process, there: Process) -> None:
        async def come_back(seconds: float) -> None:
            here.clock.pass_(seconds)
            redis.is_lost = False

        await there.find()
        redis.is_lost = True
        generation = Generation(cast(RedisLink, redis), clock=here.clock, sleep=come_back)
        began = here.clock()
        del here.rows[TOKEN]
        await generation.replace()
        assert here.clock() - began < LEASE_SECONDS
        assert await there.find() is None

    play(story)


def test_a_redis_that_starts_empty_has_a_generation_that_no_process_has_seen() -> None:
    async def story(redis: HandRedis, here: Process, there: Process) -> None:
        seen = set()
        for _ in range(20):
            redis.value = None
            found = await asyncio.gather(here.generation.read(), there.generation.read())
            assert found[0] == found[1]
            seen.add(found[0])
        assert len(seen) == 20
        await there.find()
        redis.value = None
        del here.rows[TOKEN]
        assert await there.find() is None

    play(story)


def test_requests_that_wait_share_reads_and_none_uses_a_read_that_was_sent_before_it_came() -> None:
    async def story(redis: HandRedis, here: Process, _there: Process) -> None:
        await here.generation.read()
        redis.sent.clear()
        redis.gate.clear()
        first = asyncio.create_task(here.generation.read())
        for _ in range(10):
            await asyncio.sleep(0)
        later = [asyncio.create_task(here.generation.read()) for _ in range(100)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert redis.sent == ["GET"]
        redis.value = b"replaced meanwhile"
        redis.gate.set()
        assert await first != redis.value
        assert set(await asyncio.gather(*later)) == {b"replaced meanwhile"}
        assert redis.sent == ["GET", "GET"]

    play(story)


def test_a_read_that_its_request_gives_up_serves_the_others() -> None:
    async def story(redis: HandRedis, here: Process, _there: Process) -> None:
        redis.value = b"here"
        redis.gate.clear()
        one, other = (asyncio.create_task(here.generation.read()) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        redis.gate.set()
        assert await other == b"here"

    play(story)


def test_the_cache_is_bounded() -> None:
    async def story(_redis: HandRedis, here: Process, _there: Process) -> None:
        cache = GrantCache(here.generation, here.read_row, most=10, clock=here.clock)
        for number in range(100):
            token = TokenHash(number.to_bytes(32))
            here.rows[token] = "row"
            await cache.find(token)
        assert len(cache) == 10

    play(story)


ASKING = """
import asyncio, sys
from pathlib import Path
from runtime.redis_address import parse_redis_url
from runtime.stores.generation import Generation, GrantCache
from runtime.stores.redis_link import RedisLink

async def main():
    async def read_row(token_hash):
        return Path(sys.argv[2]).read_text() or None

    link = RedisLink(parse_redis_url(sys.argv[1]), limit_seconds=60)
    cache = GrantCache(Generation(link), read_row)
    while await asyncio.to_thread(sys.stdin.readline):
        print(await cache.find(b"token"), flush=True)
    await link.close()

asyncio.run(main())
"""


def test_what_is_revoked_in_one_process_is_gone_in_another_one_that_asks_at_once(tmp_path: Path) -> None:
    row = tmp_path / "row"
    with (
        running_redis(tmp_path / "redis") as server,
        subprocess.Popen(
            [sys.executable, "-P", "-c", ASKING, server.url, str(row)],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as asking,
    ):
        assert asking.stdin is not None
        assert asking.stdout is not None

        def ask() -> str:
            print(file=asking.stdin, flush=True)
            return asking.stdout.readline().strip()

        async def story() -> None:
            link = RedisLink(server.address, limit_seconds=60)
            generation = Generation(link)
            for number in range(50):
                row.write_text(f"grant {number}")
                await generation.replace()
                assert [ask(), ask()] == [f"grant {number}"] * 2
                row.write_text("")
                await generation.replace()
                assert ask() == "None"
            assert len(await link.run("GET", KEY)) == 16
            await link.close()

        asyncio.run(story())
        asking.stdin.close()
        assert asking.wait(60) == 0
