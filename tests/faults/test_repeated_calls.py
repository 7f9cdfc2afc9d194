"""Replaying any retry books once: calls with keys, over MCP and REST, repeated at once and later, some never answered.

A real server process before a simulator on a socket, and a proxy between them that loses answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.faults.breaking_proxy import ANSWERING, UNANSWERED, UNSENT
from tests.faults.faulty_writes import ROUNDS, Case, Write, count_booked, open_case, prepare

RESTART = "restart"


@dataclass(frozen=True)
class Call:
    """How one of the writes is called: where, at which stage its first answer is lost, and how often it is repeated."""

    kind: int
    is_rest: bool
    lost_at: str
    at_once: int
    later: int
    has_version: bool
    """Whether an update says which version it is about."""


LOST_AT = st.sampled_from(["", "", UNSENT, UNANSWERED, ANSWERING])
REPEATS = st.integers(0, 2)
CALLS = st.permutations(range(4)).flatmap(
    lambda kinds: st.tuples(
        *(
            st.builds(Call, st.just(kind), st.booleans(), LOST_AT, REPEATS, REPEATS, st.booleans())
            for kind in kinds
        )
    )
)
RESTARTED = tuple(Call(kind, kind % 2 == 0, UNANSWERED, 0, 2, kind == 1) for kind in range(4))
"""The sequence with a new process between the calls and their repeats, which takes seconds."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with open_case(tmp_path_factory.mktemp("server")) as made:
        yield made


@settings(
    max_examples=15 * ROUNDS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(CALLS, st.just(""))
@example(RESTARTED, RESTART)
def test_any_calls_repeated_in_any_order_are_booked_once_each(
    case: Case, calls: tuple[Call, ...], between: str
) -> None:
    writes = prepare(case)
    first = {call.kind: begin(case, call, writes[call.kind]) for call in calls}
    if between == RESTART:
        case.server.kill_and_start()

    for call in calls:
        for _ in range(max(call.later, int(call.lost_at == UNSENT))):
            check(first[call.kind], ask(case, call, writes[call.kind]))

    assert count_booked(case) == {each.name: 1 for each in writes}


def begin(case: Case, call: Call, write: Write) -> Any:
    """Make a call and its immediate repeats, and return its first answer; None where no answer came."""
    if call.lost_at:
        case.proxy.begin(call.lost_at, breaks=True)
    is_done, answer = ask(case, call, write)
    case.proxy.restore()
    assert is_done != bool(call.lost_at), answer
    found = answer if is_done else None
    for _ in range(call.at_once):
        check(found, ask(case, call, write))
    return found


def ask(case: Case, call: Call, write: Write) -> tuple[bool, Any]:
    send = case.call_over_rest if call.is_rest else case.call_over_mcp
    version = {"SyncToken": "0"} if write.name == "updated" and call.has_version else {}
    return send(write.tool, {**write.arguments, **version}, f"{write.key}-{call.is_rest}")


def check(first: Any, repeated: tuple[bool, Any]) -> None:
    """Check that a repeat succeeds, with the record that the first call was answered with."""
    is_done, answer = repeated
    assert is_done, answer
    if first is not None:
        assert read_records(answer) == read_records(first)


def read_records(answer: Any) -> Any:
    """Return the records in an answer, without what is said of them."""
    if "results" in answer:
        return [read_records(each) for each in answer["results"]]
    return answer.get("record", answer)
