"""The background work that forgets what has expired: in parts, and its failures are logged as they begin and end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from runtime.errors import StorageUnavailable
from runtime.model import AccountId, McpServerId
from runtime.operations import purging
from runtime.operations.purging import Purging
from runtime.stores.server_use import ExpiredServer
from tests.deployment import HandClock

Line = tuple[str, dict[str, Any]]


class Store:
    """Has parts to purge; a failure raises."""

    def __init__(self, purged: list[int | None], expired: list[list[ExpiredServer]] | None = None) -> None:
        self.purged, self.expired = purged, expired or []
        self.done = asyncio.Event()

    async def write(self, work: Callable[[], Any]) -> Any:
        return work()

    def note_expired(self, _now: float) -> list[ExpiredServer]:
        return self.expired.pop(0) if self.expired else []

    def purge(self, _now: float) -> int:
        if not self.purged:
            self.done.set()
            return 0
        found = self.purged.pop(0)
        if found is None:
            raise StorageUnavailable("away", reason="away")
        return found


def make(store: Store, lines: list[Line]) -> Purging:
    return Purging(store, lambda event, **values: lines.append((event, values)), clock=HandClock())  # type: ignore[arg-type]


def test_a_purge_goes_on_until_nothing_is_left_and_reports_each_expiry() -> None:
    lines: list[Line] = []
    first, second = (ExpiredServer(McpServerId(each), AccountId("a1")) for each in ("m1", "m2"))
    store = Store([500, 3, 0, 9], [[first], [second]])
    asyncio.run(make(store, lines).purge())
    assert store.purged == [9]
    assert lines == [("mcp_server_expired", {"server": each, "account": "a1"}) for each in ("m1", "m2")]


def test_a_purge_that_fails_again_and_again_is_logged_when_it_begins_and_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(purging, "PURGE_SECONDS", 0.0)
    lines: list[Line] = []

    async def story() -> None:
        store = Store([0, None, None, None, 0])
        task = asyncio.create_task(make(store, lines).run())
        await store.done.wait()
        task.cancel()

    asyncio.run(story())
    assert lines == [("purge_failed", {}), ("purge_works_again", {})]
