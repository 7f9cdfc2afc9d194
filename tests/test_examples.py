"""The request of every example in our definitions can be shown, and shows no secret."""

from __future__ import annotations

import re

import pytest

from generator.compile import compile_catalog
from generator.reading.files import BUILTIN_DEFINITIONS
from runtime.commands.examples import show_requests

CATALOG = compile_catalog(BUILTIN_DEFINITIONS)


@pytest.mark.parametrize("tool", CATALOG.tools, ids=lambda tool: tool.name)
def test_every_example_comes_to_a_request(tool):
    text = show_requests(CATALOG, tool)

    if tool.examples:
        assert len(re.findall(r"^  (GET|POST|PUT|PATCH|DELETE) https://", text, re.MULTILINE)) == len(
            tool.examples
        )
        assert "nothing is sent" not in text
    assert "Authorization" not in text
