"""The request of every example in our definitions can be shown, and shows no secret."""

from __future__ import annotations

import re

import pytest

from runtime.commands.examples import requests_of
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()


@pytest.mark.parametrize("tool", CATALOG.tools, ids=lambda tool: tool.name)
def test_every_example_comes_to_a_request(tool):
    text = requests_of(CATALOG, tool)

    if tool.examples:
        assert len(re.findall(r"^  (GET|POST|PUT|PATCH|DELETE) https://", text, re.MULTILINE)) == len(
            tool.examples
        )
        assert "nothing is sent" not in text
    assert "Authorization" not in text
