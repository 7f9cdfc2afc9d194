"""How often MCP servers were called: by day, and by tool, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.operations.call_log import DAY, CallLog
from runtime.watching.calls import CallerDays, ToolCount
from tests.deployment import NOON, Deployment, HandClock, deploy
from tests.stores.test_call_log import call

BOUNDS = tuple(NOON + DAY * day for day in range(-2, 2))


@pytest.fixture
def here(tmp_path: Path, database: dict[str, str]) -> Iterator[Deployment]:
    made = deploy(tmp_path, HandClock(), **database)
    yield made
    made.stores.close()


def test_calls_are_counted_by_server_and_day_with_those_that_failed(here: Deployment) -> None:
    log = CallLog(here.stores, 30, clock=here.clock)
    for at in (NOON - 2 * DAY, NOON - 1, NOON, NOON + 1, NOON + DAY - 0.001):
        log.add(call(at))
    log.add(call(NOON, error="not_found", caller_id="m2"))
    found = asyncio.run(log.count_by_server("a1", BOUNDS))
    assert found == {"m1": CallerDays("m1", (1, 1, 3), 0), "m2": CallerDays("m2", (0, 0, 1), 1)}
    assert found["m1"].calls == 5


def test_what_is_of_another_time_account_or_endpoint_is_not_counted(here: Deployment) -> None:
    log = CallLog(here.stores, 30, clock=here.clock)
    log.add(call(NOON - 2 * DAY - 0.001))
    log.add(call(NOON + DAY))
    log.add(call(account_id="a2"))
    log.add(call(log_type="page", caller_id="m1"))
    assert asyncio.run(log.count_by_server("a1", BOUNDS)) == {}
    assert asyncio.run(log.count_by_tool("a1", "m1", NOON + DAY + 1)) == []


def test_the_tools_of_a_server_are_counted_the_most_called_first(here: Deployment) -> None:
    log = CallLog(here.stores, 30, clock=here.clock)
    for tool, error, ms in (("b", "", 10.0), ("b", "x", 20.0), ("a", "", 1.0), ("c", "", 1.0)):
        log.add(call(tool=tool, error=error, ms=ms))
    log.add(call(tool="z", caller_id="m2"))
    log.add(call(NOON - 5, tool="old"))
    found = asyncio.run(log.count_by_tool("a1", "m1", NOON))
    assert found == [ToolCount("b", 2, 1, 15.0), ToolCount("a", 1, 0, 1.0), ToolCount("c", 1, 0, 1.0)]
