"""Work on arguments that may take long is done in a thread, so that no other request waits for it."""

from __future__ import annotations

import threading

import pytest

from runtime.operations.arguments import ArgumentChecker
from tests.made_up import LIST, TOOLS, UPDATE
from tests.made_up_calls import BATCH, json_vendor, run


@pytest.mark.parametrize(
    ("name", "arguments", "is_in_thread"),
    [
        (UPDATE.name, {"id": "7", "SyncToken": "1", "Line": [{"Amount": 1}] * 900}, True),
        (UPDATE.name, {"id": "7", "SyncToken": "1", "Line": "[" + '{"Amount": 1},' * 2_000 + "{}]"}, True),
        (UPDATE.name, {"id": "7", "SyncToken": "1"}, False),
        (BATCH.name, {"calls": [{"tool": LIST.name, "arguments": {"DocNumber": "x"}}] * 400}, True),
    ],
)
def test_many_arguments_are_checked_in_a_thread(name, arguments, is_in_thread, monkeypatch):
    seen = []
    own = ArgumentChecker.check

    def watched(*given):
        seen.append(threading.get_ident())
        return own(*given)

    monkeypatch.setattr(ArgumentChecker, "check", watched)
    run(json_vendor({"Invoice": {"Id": "7"}}), (name, arguments), tools={**TOOLS, BATCH.name: BATCH})
    assert (threading.get_ident() not in seen[-1:]) == is_in_thread


def test_the_nearest_name_of_an_unknown_tool_is_looked_for_in_a_thread(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "runtime.exchange.tool_names.explain_unknown_tool",
        lambda *given: str(seen.append(threading.get_ident()) or ""),
    )
    [answer], _ = run(json_vendor({}), ("unknown", {}))
    assert answer.error.code == "not_found"
    assert threading.get_ident() not in seen
