"""Uses of MCP servers: counted without a write for each call, and nothing lost while the database takes none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.errors import StorageUnavailable
from runtime.model import McpServerId
from runtime.operations.server_uses import ServerUses
from runtime.stores.server_use import UseCount
from tests.deployment import HandClock
from tests.mcp_server.stand import make_grant


@dataclass
class Store:
    """Takes counts, or is away."""

    written: list[list[UseCount]] = field(default_factory=list)
    is_away: bool = False
    limits: list[tuple[str, int, float]] = field(default_factory=list)
    while_writing: Callable[[], object] = lambda: None

    async def write(self, work: Callable[[], Any]) -> Any:
        await asyncio.sleep(0)
        self.while_writing()
        if self.is_away:
            raise StorageUnavailable("away", reason="away")
        return work()

    def add_uses(self, added: Sequence[UseCount]) -> None:
        self.written.append(list(added))

    async def take_use(self, server_id: McpServerId, most: int, now: float) -> bool:
        self.limits.append((server_id, most, now))
        return False


def test_a_thousand_calls_of_two_servers_are_one_write() -> None:
    store, clock = Store(), HandClock(5.0)
    uses = ServerUses(store, clock=clock)
    one = make_grant()
    for number in range(1_000):
        uses.note(one, is_call=number % 4 == 0)
    clock.pass_(1.0)
    uses.note(one, is_call=False)
    asyncio.run(uses.flush())
    assert store.written == [[UseCount(McpServerId("m1"), 250, 6.0)]]
    asyncio.run(uses.flush())
    assert len(store.written) == 1


def test_what_cannot_be_stored_is_stored_the_next_time_with_what_came_meanwhile() -> None:
    store, clock = Store(is_away=True), HandClock(5.0)
    uses, grant = ServerUses(store, clock=clock), make_grant()

    def call() -> None:
        clock.pass_(1.0)
        uses.note(grant, is_call=True)

    store.while_writing = call
    uses.note(grant, is_call=True)
    asyncio.run(uses.flush())
    store.is_away, store.while_writing = False, lambda: None
    asyncio.run(uses.flush())
    assert store.written == [[UseCount(McpServerId("m1"), 2, 6.0)]]


def test_two_that_flush_at_once_store_everything_once() -> None:
    store = Store()
    uses = ServerUses(store, clock=HandClock(5.0))

    async def main() -> None:
        uses.note(make_grant(), is_call=True)
        await asyncio.gather(uses.flush(), uses.flush())

    asyncio.run(main())
    assert store.written == [[UseCount(McpServerId("m1"), 1, 5.0)]]


def test_a_call_under_a_limit_is_asked_of_the_database() -> None:
    store = Store()
    uses = ServerUses(store, clock=HandClock(5.0))
    assert not asyncio.run(uses.take(make_grant(max_uses=7)))
    assert store.limits == [("m1", 7, 5.0)]
