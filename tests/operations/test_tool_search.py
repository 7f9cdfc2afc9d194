"""What people type, and the tool they mean: over every tool there is."""

from __future__ import annotations

import orjson
import pytest

from generator.catalog import Catalog
from runtime.exchange.allowance import Allowance
from runtime.mcp_server.discovery import Discovery
from runtime.operations.tool_search import ToolIndex, split_words
from tests.builtin import books_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return books_catalog()


@pytest.fixture(scope="module")
def index(catalog: Catalog) -> ToolIndex:
    return ToolIndex(catalog.tools, catalog.integrations["quickbooks"].synonyms)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("unpaid invoices", "list_all_quick_books_invoices"),
        ("create invoice", "create_a_quick_books_invoice"),
        ("add a customer", "create_a_quick_books_customer"),
        ("email an estimate", "send_a_quick_books_estimate_by_id"),
        ("pay a bill by credit card", "create_a_quick_books_bill_payment"),
        ("void payment", "void_a_quick_books_payment_by_id"),
        ("supplier", "list_all_quick_books_vendors"),
        ("balance sheet", "get_quick_books_balance_sheet_report"),
        ("download invoice pdf", "download_a_quick_books_invoice_pdf_by_id"),
        ("invioce", "list_all_quick_books_invoices"),
        ("update_a_quick_books_vendor_by_id", "update_a_quick_books_vendor_by_id"),
        ("JournalEntry", "list_all_quick_books_journal_entries"),
        ("who are my customers", "list_all_quick_books_customers"),
    ],
)
def test_the_tool_that_is_meant_comes_first(index, query, wanted):
    assert index.search(query)[0].name == wanted


@pytest.mark.parametrize("query", ["", " ", "!?%", "\0", "🧾", "x" * 5000, "' or 1=1 --", "的"])
def test_anything_may_be_asked(index, query):
    assert isinstance(index.search(query), list)


def test_the_same_question_has_the_same_answer(catalog, index):
    again = ToolIndex(reversed(catalog.tools)).search("tax")
    assert [tool.name for tool in again] == [tool.name for tool in index.search("tax")]


def test_an_index_of_nothing_finds_nothing():
    assert ToolIndex(()).search("invoice") == []


def test_names_fall_apart_into_words():
    assert split_words("DisplayName_contains, TxnDate: the companies' taxes") == [
        *("display", "name", "contain", "txn", "date", "the", "company", "tax")
    ]


def test_the_three_tools_of_a_discovery_server_take_less_than_1500_tokens(catalog):
    listed = Discovery({tool.name: tool for tool in catalog.tools}).listed.values()
    size = sum(len(tool.wire) for tool in listed)
    assert size / 3 < 1500, (
        "counted at three bytes a token, which is more than any tokenizer needs for English"
    )
    for tool in listed:
        assert len(tool.description) <= 1024
        assert not {"oneOf", "anyOf", "allOf", "$ref"} & orjson.loads(tool.schema).keys()


def test_a_schema_that_is_asked_for_has_every_argument(catalog):
    tool = catalog.by_name["create_a_quick_books_invoice"]
    answer = Discovery({tool.name: tool}).answer(
        "get_tool_schema", {"names": [tool.name]}, Allowance(100_000)
    )
    assert orjson.loads(answer.text)["tools"][0]["inputSchema"] == tool.input_schema


def test_no_tool_of_a_catalog_has_a_name_of_the_three(catalog):
    assert (
        not {"search_tools", "get_tool_schema", "call_read_tool", "call_write_tool"} & catalog.by_name.keys()
    )


def test_a_synonym_of_an_integration_finds_the_tools_that_are_meant(catalog: Catalog) -> None:
    assert ToolIndex(catalog.tools).search("zzq") == []
    found = ToolIndex(catalog.tools, {"zzq": ("deposit",)}).search("zzq")
    assert found[0].resource == "deposits"
