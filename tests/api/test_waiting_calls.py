"""Calls of tools at the REST endpoint that wait for a person: their rules, their reason, and what is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.exchange.tool_answer import Answer
from runtime.operations.approvals.waits import Waiting
from runtime.operations.undo import REVERT, Asked, Undo
from tests.api.harness import ApiHarness

PENDING = {"pending": True, "id": "pch_1", "approve_at": "https://books.example/company/a/approvals/pch_1"}
WAITS = Answer(orjson.dumps(PENDING).decode(), status=0, is_structured=True, pending_id="pch_1")
CREATE = "create_a_books_invoice"


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ApiHarness]:
    made = ApiHarness(tmp_path)
    yield made
    made.here.stores.close()


def call(harness: ApiHarness, arguments: Mapping[str, Any] = {}, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = f"/integrated-account/{harness.account()}/tools/{CREATE}"
    return harness.ask("POST", path, json=dict(arguments), headers=named)


def test_a_call_that_waits_is_accepted_and_says_where_it_is_decided(harness: ApiHarness) -> None:
    harness.calls.answer = lambda: WAITS

    answer = call(harness)

    assert (answer.status_code, answer.json()) == (202, PENDING)


def test_the_header_of_a_request_adds_a_rule_to_its_call(harness: ApiHarness) -> None:
    call(harness, ledgerport_approval="overwrite, above=500")

    (rule,) = harness.calls.grants[0].config.approval
    assert (rule.source, rule.risks, rule.above_amount) == ("request", ("overwrite",), 500)


def test_a_call_without_rules_has_none(harness: ApiHarness) -> None:
    call(harness)

    assert harness.calls.grants[0].config.approval == ()


def test_a_wrong_header_is_a_bad_request_with_the_nearest_and_nothing_is_called(harness: ApiHarness) -> None:
    answer = call(harness, ledgerport_approval="destory")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert 'Did you mean "destroy"?' in answer.json()["message"]
    assert harness.calls.seen == []


def test_the_reason_of_a_call_is_taken_off_its_arguments_where_it_may_wait(harness: ApiHarness) -> None:
    call(harness, {"id": "1", "why": "Asked for."}, ledgerport_approval="create")
    call(harness, {"id": "1", "why": "Asked for."})

    assert [arguments for _, arguments, _ in harness.calls.seen] == [
        {"id": "1"},
        {"id": "1", "why": "Asked for."},
    ]
    assert [each.why for each in harness.calls.grants] == ["Asked for.", ""]


def test_an_undo_that_waits_is_accepted_and_is_stored_as_the_tool_that_undoes(
    harness: ApiHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Asked] = []

    async def revert(
        _self: Undo, given: Asked, _entry_id: str, *, is_preview: bool = False
    ) -> dict[str, Any]:
        asked.append(given)
        raise Waiting(WAITS)

    monkeypatch.setattr(Undo, "revert", revert)
    path = f"/integrated-account/{harness.account()}/journal/e1/revert"

    answer = harness.ask("POST", path, json={"allow_duplicate": True})

    assert (answer.status_code, answer.json()) == (202, PENDING)
    assert asked[0].grant.own_call == (REVERT, {"id": "e1", "allow_duplicate": True})
