"""Which tools handle money is said of all of them or by tags; how much can go wrong follows from the risk."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.catalog import Tool
from generator.compile import check, compile_catalog
from tests.builtin import builtin_catalog

PEOPLE = """\
resource: readers
entity: Reader
path: readers
singular: reader
summary: A person who reads.
description: |
  A reader borrows books.
docs: https://shelf.example/readers
tags: [people]
include: [record]
fields:
  cost:
    type: number
    description: What an hour of the reader costs.
methods:
  list:
    description: Find readers by their number.
  get:
    description: Read one reader.
"""
TAGS = "guidance: |"


@pytest.fixture
def priced(shelf):
    """A shelf with readers, whose tools have a tag of their own."""
    (shelf.folder / "shelf" / "reader.yaml").write_text(PEOPLE, encoding="utf-8")
    return shelf


def read_tools(folder: Path) -> dict[str, Tool]:
    return {tool.name: tool for tool in compile_catalog(folder).tools}


def test_tools_handle_money_by_their_tags(priced):
    priced.change("integration", TAGS, "handles_money: [books]\nmoney_fields: [cost]\n" + TAGS)
    catalog = compile_catalog(priced.folder)
    assert {tool.resource for tool in catalog.tools if tool.handles_money} == {"books"}
    assert {tool.resource for tool in catalog.tools if not tool.handles_money} == {"readers"}
    made = catalog.integrations["shelf"]
    assert (made.handles_money, made.money_tags, made.money_fields) == (False, ("books",), (("cost",),))


@pytest.mark.parametrize(("said", "expected"), [("true", True), ("false", False)])
def test_all_tools_of_an_integration_handle_money_or_none(shelf, said, expected):
    shelf.change("integration", TAGS, f"handles_money: {said}\n" + TAGS)
    assert {tool.handles_money for tool in read_tools(shelf.folder).values()} == {expected}


def test_what_is_named_and_is_not_there_is_an_error(priced):
    priced.change("integration", TAGS, "handles_money: [boks]\nmoney_fields: [cots]\n" + TAGS)
    found = "\n".join(str(each) for each in check(priced.folder))
    assert '"boks" is not in the table of tags' in found
    assert 'No record has a field "cots"' in found


def test_fields_with_money_need_tools_that_handle_it_by_tags(priced):
    priced.change("integration", TAGS, "handles_money: true\nmoney_fields: [cost]\n" + TAGS)
    assert "handles_money names no tags" in "\n".join(str(each) for each in check(priced.folder))


def test_the_level_of_a_tool_follows_from_its_risk_unless_its_method_gives_another(shelf):
    levels = {tool.method: tool.risk_level for tool in read_tools(shelf.folder).values()}
    expected = {"list": "low", "get": "low", "create": "medium", "update": "medium", "delete": "high"}
    assert levels == expected
    shelf.change("book", "    description: Put a new", "    risk_level: high\n    description: Put a new")
    assert read_tools(shelf.folder)["create_a_shelf_book"].risk_level == "high"


def test_every_tool_of_the_books_handles_money():
    assert [each.name for each in builtin_catalog().tools if not each.handles_money] == []
