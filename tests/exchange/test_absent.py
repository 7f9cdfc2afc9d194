"""A record that the vendor does not have: 404, with the Id and the tool that finds the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from generator.catalog import Tool
from runtime.errors import VendorRefused
from runtime.exchange.absent import name_absent
from tests import made_up
from tests.builtin import builtin_catalog
from tests.offenders import report_offenders

CATALOG = builtin_catalog()
QUICKBOOKS = CATALOG.integrations["quickbooks"]
TOOLS = CATALOG.by_name


def refused(kind: str = "not_found") -> VendorRefused:
    return VendorRefused("QuickBooks Online refused: Object Not Found", kind=kind, advice="It is gone.")


def find_unclear(tool: Tool) -> Iterator[str]:
    """What the error of a tool lacks when its record is absent."""
    error = name_absent(refused(), tool, QUICKBOOKS, {"id": "987", "SyncToken": "0"}, TOOLS)
    finder = next(
        (
            each.name
            for each in CATALOG.tools
            if (each.integration, each.resource) == (tool.integration, tool.resource) and each.listing
        ),
        "",
    )
    if error.status != 404:
        yield f"status {error.status}"
    yield from (part for part in ('"987"', "Object Not Found") if part not in error.message)
    if finder and f"The list tool is {finder}." not in error.advice:
        yield f"{finder} is not named"
    if ("or something that the change refers to" in error.message) != (tool.risk == "overwrite"):
        yield error.message


def test_every_tool_that_names_a_record_says_which_is_absent_and_where_to_look() -> None:
    of_an_id = [
        tool for tool in CATALOG.tools if "{id}" in tool.call.path or ("id", "Id") in tool.call.body_arguments
    ]
    report_offenders(of_an_id, find_unclear, lambda tool: tool.name)


def test_a_tool_that_the_server_does_not_have_is_not_named() -> None:
    tool = TOOLS["get_single_quick_books_invoice_by_id"]
    error = name_absent(refused(), tool, QUICKBOOKS, {"id": "987"}, {tool.name: tool})

    assert error.advice == "It is gone."


@pytest.mark.parametrize(
    ("name", "kind"),
    [("get_single_quick_books_invoice_by_id", "conflict"), ("create_a_quick_books_invoice", "not_found")],
)
def test_another_refusal_and_a_call_without_an_id_are_as_they_were(name: str, kind: str) -> None:
    error = refused(kind)

    assert name_absent(error, TOOLS[name], QUICKBOOKS, {"id": "987"}, TOOLS) is error


def test_an_id_is_cut_and_a_secret_in_its_place_is_not_repeated() -> None:
    tool: Tool = replace(made_up.GET)
    error = name_absent(refused(), tool, made_up.VENDOR, {"id": "lpm_" + "x" * 43}, {})

    assert "xxx" not in error.message
    assert orjson.dumps(error.as_dict())
