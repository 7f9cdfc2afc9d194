"""Every tool as a client sees it: a change of a definition is reviewed as a change of tools."""

import difflib
from pathlib import Path

import pytest

from generator.reports.show import format_tool
from tests.builtin import builtin_catalog

HERE = Path(__file__).resolve().parent
CATALOG = builtin_catalog()
ACCEPT = "If this is what you want, accept it with: scripts/golden"


@pytest.mark.parametrize("tool", CATALOG.tools, ids=lambda tool: tool.name)
def test_a_tool_looks_as_it_was_accepted(tool):
    path = HERE / f"{tool.name}.json"
    assert path.exists(), f"{tool.name} is new and was not accepted. {ACCEPT}"
    accepted, now = path.read_text(encoding="utf-8"), format_tool(tool)
    if accepted != now:
        diff = difflib.unified_diff(accepted.splitlines(), now.splitlines(), "accepted", "now", lineterm="")
        pytest.fail(f"{tool.name} changed.\n" + "\n".join(diff) + f"\n{ACCEPT}", pytrace=False)


def test_no_accepted_tool_has_vanished():
    gone = {path.stem for path in HERE.glob("*.json")} - set(CATALOG.by_name)
    assert not gone, f"{', '.join(sorted(gone))} vanished. {ACCEPT}"
