"""What a URL lists that exposes short tools: names, cost, hints, and only what its filter can carry out."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from generator.reports.token_estimate import count_tokens
from runtime.errors import InvalidArguments
from runtime.mcp_server.toolset import Toolset, Toolsets, describe_listing
from runtime.model import ServerConfig
from runtime.operations.short.listing import list_short_tools
from runtime.operations.short.renaming import find_origin, rename_error
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
NAMES = {
    "get_company_info": set(),
    "list_connections": set(),
    "query_books": {"query"},
    "get_entity": {"entity_type", "entity_id"},
    "get_report": {"report", "start_date", "end_date", "date_macro"},
    "search_customers": {"query"},
    "create_invoice": {"customer_id", "line_items", "due_date"},
    "send_invoice": {"invoice_id", "email"},
    "record_payment": {"customer_id", "amount", "invoice_id", "date", "method"},
    "create_journal_entry": {"lines", "date", "memo"},
    "search": {"query"},
    "fetch": {"id"},
    "cash_flow_forecast": {"weeks", "continue_from"},
    "month_end_checklist": {"month", "continue_from"},
    "find_anomalies": {"start_date", "end_date", "sensitivity", "continue_from"},
    "profit_and_loss": {"period", "start_date", "end_date", "client"},
    "balance_sheet": {"as_of"},
    "query_transactions": {"type", "start_date", "end_date", "vendor", "client", "next_cursor"},
    "list_accounts": {"name", "type", "next_cursor"},
    "list_vendors": {"name", "min_balance", "next_cursor"},
    "list_customers": {"name", "client", "min_balance", "next_cursor"},
    "list_classes": {"name", "next_cursor"},
}
"""Each short tool, with the arguments that it has for certain."""


def toolset(**config: Any) -> Toolset:
    return Toolsets(has_journal=True).select(
        CATALOG, "quickbooks", ServerConfig(tool_exposure="short", **config)
    )


def wire(here: Toolset) -> dict[str, Any]:
    return {name: orjson.loads(tool.wire) for name, tool in here.listed_tools.items()}


def test_short_tools_are_listed_in_place_of_all_others_with_their_arguments() -> None:
    listed = wire(toolset())

    assert set(listed) == set(NAMES)
    for name, arguments in NAMES.items():
        assert arguments <= set(listed[name]["inputSchema"]["properties"]), name


def test_the_whole_list_takes_less_than_3200_tokens() -> None:
    here = toolset()

    assert sum(count_tokens(tool.wire) for tool in here.listed_tools.values()) < 3_200
    assert describe_listing(CATALOG, "quickbooks", ServerConfig(tool_exposure="short")).listed == len(NAMES)


def test_the_main_analyses_are_listed_in_their_short_form_by_default_too() -> None:
    names = ("cash_flow_forecast", "month_end_checklist", "find_anomalies")
    usual = Toolsets().select(CATALOG, "quickbooks", ServerConfig()).listed_tools

    for name in names:
        assert usual[name].wire == toolset().listed_tools[name].wire
        assert len(usual[name].wire) < len(CATALOG.by_name[name].wire)


def test_every_tool_that_the_filter_leaves_can_still_be_called() -> None:
    assert len(toolset().tools) == len(CATALOG.list_tools("quickbooks"))


def test_the_hints_are_those_of_the_tools_that_are_called() -> None:
    hints = {name: tool["annotations"] for name, tool in wire(toolset()).items()}
    called = {
        "create_invoice": "create_a_quick_books_invoice",
        "record_payment": "create_a_quick_books_payment",
        "create_journal_entry": "create_a_quick_books_journal_entry",
        "send_invoice": "send_a_quick_books_invoice_by_id",
    }

    for name, tool in called.items():
        assert hints.pop(name) == orjson.loads(CATALOG.by_name[tool].wire)["annotations"], name
    assert all(each["readOnlyHint"] for each in hints.values())


def test_a_filter_leaves_the_short_tools_whose_every_tool_it_leaves() -> None:
    reading = {"create_invoice", "record_payment", "send_invoice", "create_journal_entry"}

    assert set(toolset(methods=("read",)).listed_tools) == set(NAMES) - reading
    assert set(toolset(is_read_only=True).listed_tools) == set(NAMES) - reading
    # They find items and open invoices first.
    assert set(toolset(methods=("create", "send")).listed_tools) == {
        "create_journal_entry",
        "send_invoice",
        "list_connections",
    }


def test_of_values_that_choose_a_tool_those_are_left_whose_tools_are() -> None:
    properties = wire(toolset(tags=("payroll", "crm")))["get_entity"]["inputSchema"]["properties"]
    every = wire(toolset())["get_entity"]["inputSchema"]["properties"]

    left = {tool.resource for tool in toolset(tags=("payroll", "crm")).tools.values() if tool.method == "get"}
    assert 0 < len(properties["entity_type"]["enum"]) < len(every["entity_type"]["enum"])
    assert "Customer" in properties["entity_type"]["enum"] and "customers" in left
    assert "JournalEntry" not in properties["entity_type"]["enum"]


def test_every_report_and_every_record_that_can_be_read_by_id_can_be_chosen() -> None:
    short = {each.name: each for each in CATALOG.short}
    tools = CATALOG.list_tools("quickbooks")
    reports = {tool.name for tool in tools if tool.resource.endswith("_reports")}
    by_id = {tool.name for tool in tools if tool.method == "get" and "id" in tool.input_schema["required"]}

    assert {target.tool for target in short["get_report"].targets.values()} == reports
    assert {target.tool for target in short["get_entity"].targets.values()} == by_id
    assert len(reports) == 30


def test_an_integration_without_short_tools_lists_none() -> None:
    assert list_short_tools(CATALOG, "connectwise", {}) == {}
    assert not CATALOG.has_short_tools("connectwise")


@pytest.mark.parametrize(
    ("place", "origin"),
    [
        ("CustomerRef", "customer_id"),
        ("CustomerRef.value", "customer_id"),
        ("CustomerRef.value.more", "customer_id"),
        ("Line", "line_items"),
        ("Line[1]", "line_items[1]"),
        ("Line[1].Detail.ItemRef", "line_items[1].item_id"),
        ("Line[2]", ""),
        ("Memo", ""),
        ("", ""),
    ],
)
def test_a_place_leads_back_to_the_argument_it_was_filled_from(place: str, origin: str) -> None:
    origins = {
        "CustomerRef.value": "customer_id",
        "Line[0].Amount": "line_items[0].amount",
        "Line[1].Amount": "line_items[1].amount",
        "Line[1].Detail.ItemRef.value": "line_items[1].item_id",
    }

    assert find_origin(place, origins) == origin


def test_an_error_is_renamed_and_the_words_of_its_sentences_are_not() -> None:
    short = next(each for each in CATALOG.short if each.name == "create_invoice")
    error = InvalidArguments(
        'inner was not called: Line 1 lacks "Line". CustomerRef is "9", and line two is right.',
        details={"errors": [{"argument": "CustomerRef", "problem": "CustomerRef is wrong."}]},
    )

    renamed = rename_error(
        error, short, "inner", {"CustomerRef.value": "customer_id", "Line[0].A": "lines[0].a"}
    )

    assert renamed.message == (
        'create_invoice was not called: Line 1 lacks "lines[0].a". customer_id is "9", and line two is right.'
    )
    assert renamed.details["errors"] == [{"argument": "customer_id", "problem": "customer_id is wrong."}]
    assert error.message.startswith("inner")
