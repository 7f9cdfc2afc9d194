"""The server that the public suite is run against is our endpoint, and the lists of expected failures give reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.conformance.server import CONTENT, TOKEN, make_endpoint
from tests.mcp_server.stand import MODERN, ask, message

LISTS = sorted(Path(__file__).parent.glob("*.yaml"))


def call(name: str, revision: str):
    body, headers = message("tools/call", {"name": name, "arguments": {}}, revision=revision)
    raw = [(key.encode(), value.encode()) for key, value in headers.items()]
    return ask(make_endpoint(), f"/mcp/{TOKEN}", "POST", raw, [body])


@pytest.mark.parametrize("name", [name for name in CONTENT if name != "test_missing_capability"])
def test_each_fixture_tool_answers_with_its_content(name):
    assert call(name, "2025-11-25").result["content"] == CONTENT[name]


def test_a_tool_that_needs_what_the_client_lacks_says_so():
    answer = call("test_missing_capability", MODERN)
    assert (answer.status, answer.code) == (400, -32021)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_each_expected_failure_stands_under_a_reason(path):
    lines = path.read_text().partition("server:\n")[2].splitlines()
    assert lines[0].startswith("  # ")
    assert all(line.startswith(("  # ", "  - ")) for line in lines)
    listed = yaml.safe_load(path.read_text())["server"]
    assert len(listed) == len(set(listed)) == sum(line.startswith("  - ") for line in lines)


def test_there_is_a_list_for_each_run():
    script = (Path(__file__).parents[2] / "scripts" / "conformance").read_text()
    assert len(LISTS) == 3
    assert all(path.stem in script for path in LISTS)
