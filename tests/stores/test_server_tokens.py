"""The tokens of MCP servers in both databases: rotated, used up, counted, and forgotten when they have ended."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.model import McpServer, McpServerId, ServerConfig, TokenHash
from runtime.stores import purge_records
from runtime.stores.embedded import Stores
from runtime.stores.grant_rows import GRANT, fill_grant
from runtime.stores.look_up import SqliteLookUp
from runtime.stores.purge_records import PURGE_AFTER_SECONDS
from runtime.stores.server_use import UseCount
from tests.deployment import deploy
from tests.engines import Postgres
from tests.redis_server import running_redis
from tests.stores.test_records import ACCOUNT, HASH, SERVER, grant_of, noted

FIRST, SECOND, THIRD = HASH, TokenHash(b"2" * 32), TokenHash(b"3" * 32)
MOST = 20
"""Calls of a server with a limit."""
FEW_STEPS = 15
"""Instructions of SQLite, about a microsecond: a request over loopback varies by fifty."""


@pytest.fixture
def both(tmp_path: Path, database: dict[str, str]) -> Iterator[tuple[Stores, Stores]]:
    """The stores of two processes over one database, with a server that has a token and no end."""
    one, other = deploy(tmp_path, **database).stores, deploy(tmp_path, **database).stores
    one.records.add_account(ACCOUNT, noted())
    one.records.add_mcp_server(replace(SERVER, expires_at=None), FIRST, noted())
    yield one, other
    one.close()
    other.close()


def rotate(stores: Stores, token_hash: TokenHash, until: float, at: float = 10.0) -> McpServer:
    found = stores.records.rotate_mcp_server(ACCOUNT.id, SERVER.id, token_hash, until, noted(at))
    assert found is not None
    return found


def is_open(stores: Stores, token_hash: TokenHash, now: float) -> bool:
    return grant_of(stores, token_hash, now) is not None


def change(stores: Stores, **config: int) -> McpServer | None:
    def changed(server: McpServer) -> McpServer:
        return replace(server, config=replace(server.config, **config), updated_at=20.0)

    return stores.records.change_mcp_server(ACCOUNT.id, SERVER.id, changed, noted(20.0))


def find(stores: Stores, now: float = 1.0) -> McpServer:
    found = stores.records.find_mcp_server(ACCOUNT.id, SERVER.id, now)
    assert found is not None
    return found


def test_both_tokens_open_the_server_in_every_process_until_the_overlap_ends(
    both: tuple[Stores, Stores],
) -> None:
    one, other = both
    assert is_open(other, FIRST, 9.0)
    found = rotate(one, SECOND, until=30.0)
    assert (found.previous_token_expires_at, found.updated_at) == (30.0, 10.0)
    for stores in both:
        assert [is_open(stores, token, 29.999) for token in (FIRST, SECOND)] == [True, True]
        assert [is_open(stores, token, 30.0) for token in (FIRST, SECOND)] == [False, True]
    assert grant_of(other, FIRST, 29.0) == grant_of(other, SECOND, 29.0)


def test_without_an_overlap_the_token_before_ends_at_once(both: tuple[Stores, Stores]) -> None:
    one, other = both
    assert is_open(other, FIRST, 10.0)
    assert rotate(one, SECOND, until=10.0).previous_token_expires_at is None
    assert [is_open(other, token, 10.0) for token in (FIRST, SECOND)] == [False, True]


def test_a_server_has_two_live_tokens_at_most(both: tuple[Stores, Stores]) -> None:
    one, other = both
    rotate(one, SECOND, until=1_000.0)
    rotate(other, THIRD, until=50.0, at=11.0)
    assert [is_open(one, token, 12.0) for token in (FIRST, SECOND, THIRD)] == [False, True, True]
    assert [is_open(one, token, 50.0) for token in (FIRST, SECOND, THIRD)] == [False, False, True]


def test_the_token_before_ends_with_its_server_and_is_gone_when_the_server_is(
    both: tuple[Stores, Stores],
) -> None:
    one, other = both
    rotate(one, SECOND, until=100.0)
    one.records.change_mcp_server(
        ACCOUNT.id, SERVER.id, lambda server: replace(server, expires_at=40.0), noted(20.0)
    )
    assert [is_open(other, FIRST, now) for now in (39.0, 40.0)] == [True, False]
    assert one.records.rotate_mcp_server(ACCOUNT.id, SERVER.id, THIRD, 90.0, noted(40.0)) is None
    assert one.records.delete_mcp_server(ACCOUNT.id, SERVER.id, noted(21.0))
    assert [is_open(other, token, 21.0) for token in (FIRST, SECOND)] == [False, False]


def test_uses_of_many_servers_add_up_over_processes_and_the_last_time_is_the_latest(
    both: tuple[Stores, Stores],
) -> None:
    one, other = both
    second = replace(SERVER, id=McpServerId("m2"), expires_at=None)
    one.records.add_mcp_server(second, SECOND, noted())
    one.add_uses([UseCount(SERVER.id, 2, 30.0), UseCount(second.id, 1, 31.0)])
    other.add_uses([UseCount(second.id, 0, 29.0), UseCount(McpServerId("gone"), 7, 30.0)])
    other.add_uses([UseCount(SERVER.id, 3, 40.0)])
    listed = one.records.list_mcp_servers(ACCOUNT.id, None, 10, 1.0)
    assert [(each.id, each.uses, each.last_used_at) for each in listed] == [("m1", 5, 40.0), ("m2", 1, 31.0)]


def test_processes_take_no_more_calls_together_than_the_limit_and_then_no_token_opens_it(
    both: tuple[Stores, Stores],
) -> None:
    rotate(both[0], SECOND, until=1_000.0)
    change(both[0], max_uses=MOST)

    def take(number: int) -> bool:
        return both[number % 2].records.take_use(SERVER.id, MOST, 30.0 + number)

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(2 * MOST)))
    assert taken.count(True) == MOST
    for stores in both:
        assert [is_open(stores, token, 40.0) for token in (FIRST, SECOND)] == [False, False]
        found = find(stores)
        assert found.uses == MOST
        assert found.used_up_at is not None


def test_a_higher_limit_opens_a_server_again_and_one_that_is_exceeded_ends_it(
    both: tuple[Stores, Stores],
) -> None:
    one, other = both
    change(one, max_uses=1)
    assert [one.records.take_use(SERVER.id, 1, 30.0) for _ in range(2)] == [True, False]
    changed = change(other, max_uses=2)
    assert changed is not None
    assert changed.used_up_at is None
    assert is_open(one, FIRST, 40.0)
    assert [other.records.take_use(SERVER.id, 2, 31.0) for _ in range(2)] == [True, False]
    assert not is_open(one, FIRST, 40.0)
    change(one, max_uses=0)
    assert is_open(other, FIRST, 40.0)
    change(one, max_uses=2)
    assert find(other).used_up_at == 20.0


def test_nothing_is_taken_from_a_server_that_is_gone(both: tuple[Stores, Stores]) -> None:
    assert not both[0].records.take_use(McpServerId("gone"), MOST, 1.0)


def add_many(stores: Stores, count: int) -> None:
    for number in range(count):
        server = McpServer(McpServerId(f"x{number}"), ACCOUNT.id, "Agent", ServerConfig(), 100.0, 5.0, 6.0)
        stores.records.add_mcp_server(server, TokenHash(b"%032d" % number), noted())


def test_processes_that_purge_at_once_report_each_expiry_once_and_in_parts(
    both: tuple[Stores, Stores], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_records, "MOST_TOGETHER", 3)
    add_many(both[0], 10)

    def note_all(stores: Stores) -> list[str]:
        seen: list[str] = []
        while found := stores.note_expired(100.0):
            assert len(found) <= 3
            seen += [each.id for each in found]
        return seen

    with ThreadPoolExecutor(2) as threads:
        seen = [each for part in threads.map(note_all, both) for each in part]
    seen += note_all(both[0])  # what one passed over, the other had under way
    assert sorted(seen) == sorted(f"x{number}" for number in range(10))
    noted_of = [both[0].records.list_audit(each) for each in seen]
    assert [[entry.action for entry in entries] for entries in noted_of] == [["mcp_server.expired"]] * 10
    removed = [both[0].purge(100.0 + PURGE_AFTER_SECONDS) for _ in range(5)]
    assert removed == [3, 3, 3, 1, 0]


def test_a_token_of_before_that_has_ended_is_forgotten(both: tuple[Stores, Stores]) -> None:
    one, _ = both
    rotate(one, SECOND, until=30.0)
    assert [one.purge(at) for at in (29.0, 30.0, 30.0)] == [0, 1, 0]
    assert find(one).previous_token_expires_at is None


def test_an_expiry_that_was_noted_is_noted_again_after_it_was_changed(both: tuple[Stores, Stores]) -> None:
    one, other = both

    def expire(at: float) -> None:
        one.records.change_mcp_server(
            ACCOUNT.id, SERVER.id, lambda server: replace(server, expires_at=at), noted(1.0)
        )

    expire(50.0)
    assert len(one.note_expired(60.0)) == 1  # by a clock that was ahead
    expire(70.0)
    assert [len(other.note_expired(at)) for at in (69.0, 70.0, 71.0)] == [0, 1, 0]


def test_a_token_costs_the_database_as_much_when_it_is_unknown_expired_revoked_or_used_up(
    tmp_path: Path,
) -> None:
    """Steps of SQLite's machine are counted, and statements: neither depends on the machine or its load."""
    stores = deploy(tmp_path).stores
    stores.records.add_account(ACCOUNT, noted())
    add_many(stores, 50)
    for id_, token, end in (
        ("live", b"l", None),
        ("old", b"o", 20.0),
        ("used", b"u", None),
        ("gone", b"g", None),
    ):
        server = replace(SERVER, id=McpServerId(id_), expires_at=end)
        stores.records.add_mcp_server(server, TokenHash(token * 32), noted())
    stores.records.take_use(McpServerId("used"), 1, 10.0)
    stores.records.delete_mcp_server(ACCOUNT.id, McpServerId("gone"), noted())
    stores.records.rotate_mcp_server(ACCOUNT.id, McpServerId("live"), TokenHash(b"n" * 32), 20.0, noted(10.0))
    steps = {name: count_steps(stores.path, TokenHash(name.encode() * 32)) for name in "xougln"}
    assert steps.pop("n") > 0
    assert max(steps.values()) - min(steps.values()) <= FEW_STEPS, steps
    look_up = stores.look_up
    assert isinstance(look_up, SqliteLookUp)
    statements: list[str] = []
    look_up._connection().set_trace_callback(statements.append)
    for name in "xougl" * 3:
        assert look_up.find_grant(TokenHash(name.encode() * 32), 50.0) is None
    assert len(statements) == 15
    stores.close()


def count_steps(path: Path, token_hash: TokenHash) -> int:
    """How many instructions SQLite executes to look a token up at 50."""
    with closing(sqlite3.connect(path)) as connection:
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.execute(GRANT, fill_grant(token_hash, 50.0)).fetchone()
        connection.set_progress_handler(step, 1)
        connection.execute(GRANT, fill_grant(token_hash, 50.0)).fetchone()
    return steps


def test_a_call_that_is_taken_shares_its_commit_with_others(tmp_path: Path) -> None:
    stores = deploy(tmp_path).stores
    stores.records.add_account(ACCOUNT, noted())
    stores.records.add_mcp_server(SERVER, HASH, noted())

    async def main() -> list[bool]:
        return await asyncio.gather(*(stores.take_use(SERVER.id, 3, 10.0) for _ in range(5)))

    assert sorted(asyncio.run(main())) == [False, False, True, True, True]
    stores.close()


def test_a_fleet_uses_no_cached_grant_after_a_rotation_or_the_last_use(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.make_migrated()

    async def story(redis_url: str) -> None:
        variables = {"LEDGERPORT_DATABASE_URL": url, "LEDGERPORT_REDIS_URL": redis_url}
        one, other = (deploy(tmp_path, **variables).stores for _ in range(2))
        one.records.add_account(ACCOUNT, noted())
        one.records.add_mcp_server(replace(SERVER, expires_at=None), FIRST, noted())

        async def list_open(now: float) -> list[bool]:
            found = [other.look_up.find_grant(each, now) for each in (FIRST, SECOND, THIRD)]
            return [await each is not None for each in found if isinstance(each, Awaitable)]

        assert await list_open(10.0) == [True, False, False]
        await one.write(lambda: rotate(one, SECOND, until=30.0))
        assert await list_open(10.0) == [True, True, False]
        assert await list_open(30.0) == [False, True, False]
        assert await list_open(29.0) == [True, True, False]
        await one.write(lambda: rotate(one, THIRD, until=10.0))
        assert await list_open(10.0) == [False, False, True]
        assert await one.take_use(SERVER.id, 1, 11.0)
        assert await list_open(11.0) == [False, False, False]
        for each in (one, other):
            await each.disconnect()
            each.close()

    with running_redis(tmp_path) as server:
        asyncio.run(story(server.url))
