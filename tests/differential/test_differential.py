"""The SDK's own server is the oracle: it and our endpoint get the same requests, and each difference has a name."""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import Any

import pytest

from tests.differential.differences import DIFFERENCES, Difference
from tests.differential.requests import Request, table
from tests.differential.servers import Outcome, our_server, outcome, sdk_server
from tests.mcp_server.stand import REVISIONS

Pair = tuple[Request, Outcome, Outcome]


@functools.cache
def pairs() -> list[Pair]:
    """Every request with what both answered."""
    logging.disable(logging.CRITICAL)  # the SDK writes a traceback for each broken request
    try:
        return asyncio.run(_ask_both())
    finally:
        logging.disable(logging.NOTSET)


async def _ask_both() -> list[Pair]:
    ours = our_server()
    async with sdk_server() as theirs:
        return [
            (request, await outcome(request, ours), await outcome(request, theirs)) for request in table()
        ]


async def _answers(app: Any, requests: list[Request]) -> dict[str, Outcome]:
    return {request.id: await outcome(request, app) for request in requests}


def differing() -> list[Pair]:
    return [pair for pair in pairs() if pair[1] != pair[2]]


def shown(pair: Pair) -> str:
    request, ours, theirs = pair
    if ours.said == theirs.said:
        return f"{request.id}: {ours.said}, but\n    ours   {ours.result}\n    theirs {theirs.result}"
    return f"{request.id}: ours {ours.said}, theirs {theirs.said}"


def names(difference: Difference, pair: Pair) -> bool:
    return pair[1].said != pair[2].said and difference.names(*pair)


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_difference_from_the_sdk_has_a_name(revision):
    unnamed = [
        shown(pair)
        for pair in differing()
        if pair[0].revision == revision and not any(names(each, pair) for each in DIFFERENCES)
    ]
    assert not unnamed, "\n".join(unnamed)


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.requests[:50])
def test_each_named_difference_occurs(difference):
    assert any(names(difference, pair) for pair in differing()), difference.reason


def test_no_request_makes_us_fail_or_break_a_schema():
    broken = [shown(pair) for pair in pairs() if pair[1].said.startswith(("5", "0")) or "not" in pair[1].said]
    assert not broken, "\n".join(broken)


def test_what_was_asked_before_changes_no_answer():
    """The endpoint retains some answers: in another order, by one server, they must come out the same."""
    requests = table()
    again = asyncio.run(_answers(our_server(), [*requests, *reversed(requests)]))
    assert again == {request.id: ours for request, ours, _ in pairs()}


def test_the_table_is_large_and_most_answers_are_alike():
    assert len(pairs()) > 1000
    assert len(differing()) < 300
