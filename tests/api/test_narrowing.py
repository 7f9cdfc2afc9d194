"""Header fields that narrow the tools of one request, at the REST endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.harness import ApiHarness
from tests.deployment import TOOLS

READS = sorted(tool.name for tool in TOOLS if tool.is_read_only)


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ApiHarness]:
    made = ApiHarness(tmp_path)
    yield made
    made.here.stores.close()


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({}, sorted(tool.name for tool in TOOLS)),
        ({"X-Ledgerport-Readonly": "true"}, READS),
        ({"X-Ledgerport-Tags": "purchases"}, ["list_all_books_bills"]),
        ({"X-Ledgerport-Tools": READS[0], "X-Ledgerport-Readonly": "true"}, READS[:1]),
    ],
)
def test_a_call_and_the_list_have_the_tools_that_the_fields_leave(
    harness: ApiHarness, headers: dict[str, str], left: list[str]
) -> None:
    path = f"/integrated-account/{harness.account()}/tools"

    listed = harness.ask("GET", path, headers=headers).json()["result"]
    assert sorted(tool["name"] for tool in listed) == left
    harness.ask("POST", f"{path}/{left[0]}", json={}, headers=headers)
    assert harness.calls.tools == left


def test_what_cannot_be_read_is_a_bad_request_and_nothing_is_called(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}/tools/{READS[0]}"
    for headers in ({"X-Ledgerport-Readonly": "maybe"}, {"X-Ledgerport-Tools": "no_such_tool"}):
        answer = harness.ask("POST", path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert harness.calls.seen == []
