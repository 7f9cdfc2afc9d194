"""The call log: collected in memory, stored together, listed in parts, purged, and never with what a call said."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from runtime.commands.logs import read_calls
from runtime.errors import InvalidRequest, StorageUnavailable
from runtime.operations import call_log
from runtime.operations.call_log import DAY, CallLog, read_times
from runtime.stores.call_log_records import MOST_PURGED
from runtime.tenancy import AccountId, Reach, TenantId
from runtime.watching.calls import CallFilter, LoggedCall
from runtime.watching.counts import Counter
from tests.commands import run_command
from tests.deployment import NOON, Deployment, HandClock, deploy

T = TypeVar("T")
ALL = CallFilter(0.0, NOON + DAY)


@pytest.fixture
def here(tmp_path: Path, database: dict[str, str]) -> Iterator[Deployment]:
    made = deploy(tmp_path, HandClock(), **database)
    yield made
    made.stores.close()


def call(at: float = NOON, tool: str = "get", error: str = "", **more: Any) -> LoggedCall:
    made = LoggedCall("mcp", at, "default", "a1", "m1", tool, "claude", "1.2", error, 12.5, 40, "")
    return made._replace(**more)


class CountingStore:
    """The stores of a deployment; counts the transactions, and takes none while it `is_full`."""

    def __init__(self, here: Deployment) -> None:
        self.records = here.stores.records
        self._write = here.stores.write
        self.is_full = False
        self.transactions = 0

    async def write(self, work: Callable[[], T]) -> T:
        self.transactions += 1
        if self.is_full:
            raise StorageUnavailable("The disk is full.", reason="The disk is full.")
        return await self._write(work)


def listed(log: CallLog, wanted: CallFilter = ALL, limit: int = 50, cursor: str = "") -> dict[str, Any]:
    return asyncio.run(log.list(wanted, limit, cursor))


def test_calls_are_listed_in_parts_from_the_newest_on(here: Deployment) -> None:
    log = CallLog(here.stores, 30, clock=here.clock)
    for number in range(5):
        log.add(call(NOON + number // 2, tool=f"tool_{number}"))

    async def main() -> list[list[str]]:
        parts, cursor = [], ""
        while True:
            part = await log.list(ALL, 2, cursor)
            parts.append([each["tool_name"] for each in part["result"]])
            if (cursor := part["next_cursor"]) is None:
                return parts

    assert asyncio.run(main()) == [["tool_4", "tool_3"], ["tool_2", "tool_1"], ["tool_0"]]


def test_a_call_says_who_called_what_when_and_what_it_came_to(here: Deployment) -> None:
    log = CallLog(here.stores, 30, clock=here.clock)
    log.add(call(error="not_found"))
    (found,) = listed(log)["result"]
    assert found.pop("id")
    assert found == {
        "log_type": "mcp", "at": "2027-01-15T08:00:00.000Z", "tenant_id": "default",
        "integrated_account_id": "a1", "mcp_server_id": "m1",
        "api_token_id": None, "person_id": None, "tool_name": "get", "client_name": "claude", "client_version": "1.2",
        "status": "error", "error_code": "not_found", "duration_ms": 12.5, "answer_size": 40, "request_id": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"tool": "b"}, ["b"]),
        ({"caller_id": "m2"}, ["c"]),
        ({"account_id": "a1"}, ["b", "a"]),
        ({"log_type": "api"}, ["c"]),
        ({"client_name": "codex"}, ["b"]),
        ({"status": "ok"}, ["c", "a"]),
        ({"status": "error"}, ["b"]),
        ({"error_code": "not_found"}, ["b"]),
        ({"tenant_id": "other"}, []),
        ({"reach": Reach(TenantId("default"))}, ["c", "b", "a"]),
        ({"reach": Reach(TenantId("other"))}, []),
        ({"reach": Reach(None, AccountId("a2"))}, ["c"]),
        ({"reach": Reach(None, AccountId("a2")), "account_id": "a1"}, []),
        ({"reach": Reach(TenantId("other")), "tenant_id": "default"}, []),
        ({"since": NOON + 1}, ["c", "b"]),
        ({"until": NOON + 1}, ["a"]),
        ({"tool": "b", "status": "ok"}, []),
    ],
)
def test_a_list_has_what_its_filters_leave(
    here: Deployment, wanted: dict[str, Any], found: list[str]
) -> None:
    log = CallLog(here.stores, 30, clock=here.clock)
    log.add(call(tool="a"))
    log.add(call(NOON + 1, tool="b", error="not_found", client_name="codex"))
    log.add(call(NOON + 2, tool="c", caller_id="m2", account_id="a2", log_type="api"))
    assert [each["tool_name"] for each in listed(log, ALL._replace(**wanted))["result"]] == found


def test_many_calls_take_few_transactions(here: Deployment) -> None:
    store = CountingStore(here)
    log = CallLog(store, 30, clock=here.clock)
    for _ in range(1_200):
        log.add(call())
    asyncio.run(log.flush())
    assert (store.transactions, log.count_waiting()) == (3, 0)
    assert here.stores.records.find_newest_call() == 1_200


def test_what_cannot_be_stored_waits_and_beyond_a_bound_it_is_dropped_and_counted(
    here: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_log, "MOST_WAITING", 3)
    store, dropped = CountingStore(here), Counter("dropped", "", "reason")
    store.is_full = True
    log = CallLog(store, 30, clock=here.clock, dropped=dropped)

    async def main() -> int:
        for number in range(5):
            log.add(call(tool=f"tool_{number}"))
            await log.flush()
        waiting, store.is_full = log.count_waiting(), False
        await log.flush()
        return waiting

    assert asyncio.run(main()) == 3
    assert dropped.values == {("full",): 2}
    assert [each["tool_name"] for each in listed(log)["result"]] == ["tool_2", "tool_1", "tool_0"]


def test_calls_are_forgotten_after_the_set_days_in_small_transactions(here: Deployment) -> None:
    store = CountingStore(here)
    log = CallLog(store, 30, clock=here.clock)
    old = [call(NOON - 31 * DAY)] * (MOST_PURGED + 1)
    here.stores.records.add_calls([*old, call(NOON - 29 * DAY, tool="young")])
    asyncio.run(log.purge())
    assert store.transactions == 2
    assert [each["tool_name"] for each in listed(log)["result"]] == ["young"]


def test_beyond_the_most_that_is_stored_the_oldest_are_forgotten(
    here: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_log, "MOST_STORED", 2)
    log = CallLog(here.stores, 30, clock=here.clock)
    here.stores.records.add_calls([call(tool=each) for each in "abcd"])
    asyncio.run(log.purge())
    assert [each["tool_name"] for each in listed(log)["result"]] == ["d", "c"]


def test_with_no_days_nothing_is_stored_and_what_was_is_forgotten(here: Deployment) -> None:
    here.stores.records.add_calls([call(NOON - 1)])
    log = CallLog(here.stores, 0, clock=here.clock)
    log.add(call())
    asyncio.run(log.purge())
    assert listed(log)["result"] == []


def test_calls_can_be_followed_by_their_number(here: Deployment) -> None:
    records = here.stores.records
    assert records.find_newest_call() == 0
    records.add_calls([call(tool=each) for each in "abc"])
    found = records.list_calls_after(1, 10)
    assert [(each.id, each.call.tool) for each in found] == [(2, "b"), (3, "c")]


@pytest.mark.parametrize(
    ("since", "until", "wrong"),
    [
        ("2027-01-01", "", "no time with its zone"),
        ("", "soon", "until is no time"),
        ("2027-01-02T00:00:00Z", "2027-01-01T00:00:00Z", "not before"),
        ("2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z", "longer than a month"),
        ("2020-01-01T00:00:00Z", "", "longer than a month"),
    ],
)
def test_a_time_that_is_none_or_longer_than_a_month_is_refused(since: str, until: str, wrong: str) -> None:
    with pytest.raises(InvalidRequest, match=wrong):
        read_times(since, until, NOON)


def test_a_list_looks_through_the_last_day_where_no_time_is_given() -> None:
    assert read_times("", "", NOON) == (NOON + 1 - DAY, NOON + 1)
    assert read_times("2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", NOON)


@pytest.mark.parametrize("cursor", ["x", "1-2", "1.000-", "99999999999.000-1", "1.000-1 OR 1", "-1.000-1"])
def test_a_cursor_that_no_list_has_answered_is_refused(here: Deployment, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor"):
        listed(CallLog(here.stores, 30), cursor=cursor)


def test_the_command_shows_the_last_calls_and_follows_those_that_come(
    here: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = here.stores.records
    records.add_calls([call(tool=each) for each in "abc"])
    monkeypatch.setattr("time.sleep", lambda _seconds: records.add_calls([call(tool="d")]))
    parts = read_calls(records, 2, follow=True)
    assert [[each.call.tool for each in next(parts)] for _ in range(3)] == [["b", "c"], ["d"], ["d"]]
    assert [[each.call.tool for each in part] for part in read_calls(records, 0, follow=False)] == [[]]


@pytest.mark.parametrize("is_json", [True, False])
def test_the_command_prints_a_line_for_each_call(tmp_path: Path, is_json: bool) -> None:
    here = deploy(tmp_path, HandClock())
    here.stores.records.add_calls([call(error="not_found"), call(tool="list")])
    here.stores.close()
    printed = run_command(
        "logs", *(["--json"] if is_json else []), environment={**os.environ, "LEDGERPORT_DATA": str(tmp_path)}
    )
    first, second = printed.stdout.splitlines()
    if is_json:
        assert (json.loads(first)["error_code"], json.loads(second)["tool_name"]) == ("not_found", "list")
    else:
        assert first.split() == [
            "2027-01-15T08:00:00.000Z",
            "not_found",
            "12.5",
            "ms",
            "get",
            "m1",
            "claude",
            "1.2",
        ]


def test_a_cursor_goes_on_exactly_behind_the_last_call_also_between_two_milliseconds(
    here: Deployment,
) -> None:
    log = CallLog(here.stores, 30, clock=here.clock)
    for number in range(30):
        log.add(call(NOON + number * 0.00037, tool=f"tool_{number}"))

    async def main() -> list[str]:
        found, cursor = [], ""
        for _ in range(40):
            part = await log.list(ALL, 1, cursor)
            found += [each["tool_name"] for each in part["result"]]
            if (cursor := part["next_cursor"]) is None:
                return found
        raise AssertionError("it goes round in circles")

    assert sorted(asyncio.run(main())) == sorted(f"tool_{number}" for number in range(30))
