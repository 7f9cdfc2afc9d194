"""The argument by which a file is answered as bytes: every tool that reads a file has it, and it is never sent."""

from __future__ import annotations

import json

import pytest

from generator.catalog import EMBED, Catalog
from runtime.upstream.request import RequestExtras, build
from tests.builtin import builtin_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return builtin_catalog()


def test_the_tools_that_read_a_file_show_it_and_no_other_tool_does(catalog: Catalog) -> None:
    reading = {tool.name for tool in catalog.tools if tool.returns.kind == "file" and tool.is_read_only}
    having = {tool.name for tool in catalog.tools if EMBED in tool.input_schema["properties"]}
    shown = {
        tool.name for tool in catalog.tools if EMBED in json.loads(tool.wire)["inputSchema"]["properties"]
    }
    assert reading
    assert reading == having == shown


def test_it_is_not_sent(catalog: Catalog) -> None:
    for tool in catalog.tools:
        if EMBED in tool.input_schema["properties"]:
            arguments = {"id": "7", EMBED: True}
            integration = catalog.integrations[tool.integration]
            request = build(tool, integration, "https://x.example", arguments, arguments, RequestExtras({}))
            assert EMBED not in request.url
            assert not request.body
