"""Whatever dies at whatever stage of a write, the vendor's books have it once, or the caller learns that nobody knows.

A real server process, called over MCP, before a simulator on a socket; the proxy between them stops or breaks every
write at a stage. Each stage is met by four kinds of write at once.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import sqlite3
from collections.abc import Iterator

import pytest

from tests.faults.breaking_proxy import ANSWERED, READING, STAGES
from tests.faults.faulty_writes import ROUNDS, WRITES, Case, Write, count_booked, open_case, prepare
from tests.waiting import wait_until

DONE = {"done", "settled_done"}


def start(case: Case, writes: list[Write]) -> None:
    for each in writes:
        each.answer = case.pool.submit(case.call, each.tool, each.arguments, each.key)


def is_settled(case: Case) -> bool:
    return all("" not in outcomes for outcomes in case.journal().values())


def check_journal(case: Case, writes: list[Write]) -> None:
    """Check that what the journal says of each write is what the books have."""
    outcomes, booked = case.journal(), count_booked(case)
    assert all(count in (0, 1) for count in booked.values()), booked
    for each in writes:
        own = outcomes.get(each.tool, [])
        if each.name in ("updated", "deleted"):
            assert own or not booked[each.name], each.name
            if own and own[-1] != "indeterminate":
                assert (own[-1] in DONE) == bool(booked[each.name]), (each.name, own, booked)
    made = outcomes.get("create_a_quick_books_invoice", [])
    total = booked["created"] + booked["batch"]
    open_ones = made.count("indeterminate")
    sure = sum(each in DONE for each in made)
    assert sure <= total <= sure + open_ones, (outcomes, booked)


def check_answers(writes: list[Write], booked: dict[str, int]) -> None:
    """Check that each caller whose answer came was answered with what is so, or that nobody knows it."""
    for each in writes:
        assert each.answer is not None
        result = each.answer.result(60)
        if result is None:
            continue
        text = result["content"][0]["text"]
        if not result.get("isError"):
            assert booked[each.name] == 1, (each.name, text)
        elif booked[each.name]:
            assert "may have been" in text, (each.name, text)


def repeat(case: Case, writes: list[Write]) -> None:
    """Repeat each call under its key, and check that the books have each once."""
    for each in writes:
        result = case.call(each.tool, each.arguments, each.key)
        assert result is not None
        assert not result.get("isError"), (each.name, result["content"][0]["text"])
    assert count_booked(case) == dict.fromkeys(("created", "updated", "deleted", "batch"), 1)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with open_case(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.mark.parametrize("stage", [*STAGES, "after the outcome"] * ROUNDS)
def test_killed_at_any_stage_a_write_is_settled_and_its_repeat_books_once(case: Case, stage: str) -> None:
    writes = prepare(case)
    case.proxy.begin(stage if stage in STAGES else "")

    start(case, writes)
    with _stopped(case, stage):
        case.server.process.kill()
        case.server.process.wait(10)
    case.proxy.restore()
    case.server.kill_and_start()

    wait_until(lambda: is_settled(case))
    check_journal(case, writes)
    check_answers(writes, count_booked(case))
    repeat(case, writes)


@contextlib.contextmanager
def _stopped(case: Case, stage: str) -> Iterator[None]:
    """Let a block run while every write is at a stage."""
    if stage == "after the outcome":
        wait_until(lambda: sum(map(len, case.journal().values())) == WRITES + 1 and is_settled(case))
        yield
        return
    # What a write refers to may be known already: only one that deletes reads its record in any case.
    case.proxy.await_stopped(1 if stage == READING else WRITES)
    if stage != ANSWERED:
        yield
        return
    with contextlib.closing(sqlite3.connect(case.path, isolation_level=None)) as records:
        records.execute("BEGIN IMMEDIATE")  # no outcome can be stored now
        case.proxy.stage = ""
        case.proxy.released.set()
        wait_until(lambda: case.proxy.answered == WRITES)
        assert not is_settled(case)
        yield
        records.execute("ROLLBACK")


@pytest.mark.parametrize("stage", [each for each in STAGES if each != ANSWERED] * ROUNDS)
def test_a_network_that_breaks_at_any_stage_leaves_no_caller_in_error_and_a_repeat_books_once(
    case: Case, stage: str
) -> None:
    writes = prepare(case)
    case.proxy.begin(stage, breaks=True)

    start(case, writes)
    results = [each.answer.result(60) for each in writes if each.answer is not None]
    case.proxy.restore()

    assert all(results), "each caller has an answer"
    assert any(result["isError"] for result in results if result)
    wait_until(lambda: is_settled(case))  # an outcome is stored a moment after its answer
    check_journal(case, writes)
    check_answers(writes, count_booked(case))
    if stage == READING:  # what refers only to what is known already is not read for
        assert sum(count_booked(case).values()) < WRITES
    repeat(case, writes)


def test_an_answer_that_its_caller_is_not_there_for_is_that_of_the_repeat(case: Case) -> None:
    writes = prepare(case)
    case.proxy.begin(ANSWERED)
    sockets = [_send_only(case, each) for each in writes]

    case.proxy.await_stopped(WRITES)
    for each in sockets:
        each.close()
    case.proxy.stage = ""
    case.proxy.released.set()

    wait_until(lambda: sum(map(len, case.journal().values())) == WRITES + 1 and is_settled(case))
    assert set(count_booked(case).values()) == {1}
    repeat(case, writes)


def _send_only(case: Case, write: Write) -> http.client.HTTPConnection:
    """Send a call, and do not read its answer."""
    params = {"name": write.tool, "arguments": write.arguments}
    params["_meta"] = {"ledgerport/idempotency-key": write.key}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    connection = http.client.HTTPConnection("127.0.0.1", case.server.place.port)
    path = case.url.removeprefix(case.server.place.url)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request("POST", path, json.dumps(message), headers)
    return connection
