"""The request of every example in our definitions can be shown, and shows no secret."""

from __future__ import annotations

import re

from runtime.commands.examples import show_requests
from tests.builtin import builtin_catalog
from tests.offenders import report_offenders

CATALOG = builtin_catalog()


def test_every_example_comes_to_a_request():
    def find(tool):
        text = show_requests(CATALOG, tool)
        made = len(re.findall(r"^  (?:GET|POST|PUT|PATCH|DELETE) https://", text, re.MULTILINE))
        if made != len(tool.examples):
            yield f"{made} requests of {len(tool.examples)} examples"
        for unwanted in ("nothing is sent", "Authorization"):
            if unwanted in text:
                yield unwanted

    report_offenders(CATALOG.tools, find, lambda tool: tool.name)
