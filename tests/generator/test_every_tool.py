"""Rules that every tool of every integration must retain, so that no client or model provider refuses the list."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from generator.catalog import METHOD_CLASSES
from generator.compile import compile_catalog
from generator.names import find_tool
from generator.stages.lint_hosts import LONGEST_NAME, find_orders, find_refused, find_wrong_hints
from generator.texts import cut_first_sentence

CATALOG = compile_catalog(Path(__file__).resolve().parents[2] / "definitions")
every_tool = pytest.mark.parametrize("tool", CATALOG.tools, ids=lambda tool: tool.name)


def wire(tool):
    return json.loads(tool.wire)


def schemas_in(schema):
    yield schema
    for each in schema.get("properties", {}).values():
        yield from schemas_in(each)
    if "items" in schema:
        yield from schemas_in(schema["items"])


@every_tool
def test_its_name_fits_the_strictest_client(tool):
    assert re.fullmatch(r"[a-z][a-z0-9_]+", tool.name)
    assert len(tool.name) <= LONGEST_NAME


@every_tool
def test_its_description_fits_and_has_whole_sentences(tool):
    assert 15 <= len(tool.description) <= 1024
    assert tool.description.endswith(".")
    assert "[[" not in tool.description
    assert "{query_example}" not in tool.description


@every_tool
def test_its_schema_is_a_closed_object_without_combinators_or_references(tool):
    schema = tool.input_schema

    assert list(schema) == ["type", "properties", "required", "additionalProperties"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(schema["properties"])
    Draft202012Validator.check_schema(schema)


def test_no_host_refuses_anything_of_what_it_is_shown():
    refused = {tool.name: [*find_refused(wire(tool)["inputSchema"])] for tool in CATALOG.tools}

    assert {name: found for name, found in refused.items() if found} == {}


def test_no_tool_gives_a_model_orders_and_its_hints_say_all_that_it_does():
    orders = {tool.name: [*find_orders(wire(tool))] for tool in CATALOG.tools}
    hints = {
        tool.name: [*find_wrong_hints(wire(tool), tool.method, tool.call.verb)] for tool in CATALOG.tools
    }

    assert {name: found for name, found in orders.items() if found} == {}
    assert {name: found for name, found in hints.items() if found} == {}


def test_a_tool_that_only_reads_asks_with_get_and_sends_nothing():
    for tool in CATALOG.of("quickbooks"):
        assert not tool.is_read_only or (tool.call.verb, tool.call.body) == ("GET", "none"), tool.name


def test_what_is_required_is_shown_as_required():
    for tool in CATALOG.tools:
        assert wire(tool)["inputSchema"].get("required", []) == tool.input_schema["required"], tool.name


def test_the_usual_kind_of_a_line_is_laid_out_and_every_kind_is_named():
    """In create and update alike, whatever the size: a model cannot guess DetailType, nor what goes with it."""
    kinds = {}
    for tool in CATALOG.tools:
        line = wire(tool)["inputSchema"]["properties"].get("Line", {}).get("items", {}).get("properties", {})
        if "DetailType" in line:
            kinds[tool.name] = [line[name] for name in line["DetailType"]["enum"] if name in line]

    assert {name for name, found in kinds.items() if found[0].get("type") != "object"} == set()
    named = {name.split("_quick_books_")[1].removesuffix("_by_id") for name in kinds}
    assert {"invoice", "bill", "purchase", "estimate", "sales_receipt", "credit_memo", "deposit"} <= named
    assert all(f"update_a_quick_books_{each}_by_id" in kinds for each in named - {"change_order"})


def test_the_kinds_of_transactions_in_a_list_of_them_are_enumerated():
    for name in ("transaction_list", "transactions_by_customer", "transactions_by_vendor"):
        tool = CATALOG.by_name[f"get_quick_books_{name}_report"]
        kinds = wire(tool)["inputSchema"]["properties"]["transaction_type"]["items"]["enum"]
        assert {"Invoice", "ReceivePayment", "BillPaymentCheck", "JournalEntry"} <= set(kinds)


@every_tool
def test_what_a_client_is_shown_is_what_the_tool_takes(tool):
    shown = wire(tool)["inputSchema"]["properties"]

    assert {*shown, *tool.advanced} - {"more"} == set(tool.input_schema["properties"])
    assert ("more" in shown) is bool(tool.advanced)
    for name in tool.advanced:
        assert re.search(rf"\b{name.removesuffix('_until')}", shown["more"]["description"])


@every_tool
def test_its_nested_shapes_stay_open_and_plain(tool):
    for inner in list(schemas_in(tool.input_schema))[1:]:
        assert not {"$ref", "oneOf", "anyOf", "allOf", "not", "additionalProperties"} & inner.keys()
        assert not {"access", "filter", "sort", "points_to", "required_for", "join"} & inner.keys()


@every_tool
def test_its_arguments_have_names_that_providers_take_and_a_sentence_each(tool):
    for name, given in tool.input_schema["properties"].items():
        assert re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name)
        assert re.fullmatch(r"[A-Z].*\.", given["description"], re.DOTALL), name
        assert "[[" not in given["description"]


@every_tool
def test_every_part_of_what_is_shown_has_a_type_lists_say_what_they_hold_and_sentences_fit(tool):
    for schema in (tool.input_schema, wire(tool)["inputSchema"]):
        for each in schemas_in(schema):
            assert "type" in each
            assert ("items" in each) is (each["type"] == "array")
            assert len(each.get("description", "")) <= 1024


@every_tool
def test_every_hint_and_title_is_explicit(tool):
    shown = wire(tool)
    hints = shown["annotations"]

    assert shown["title"] == tool.title
    assert {type(hints[f"{name}Hint"]) for name in ("readOnly", "destructive", "openWorld")} == {bool}
    assert isinstance(hints["idempotentHint"], bool)
    assert hints["readOnlyHint"] is (tool.risk == "read")
    assert hints["destructiveHint"] is (tool.risk in ("overwrite", "destroy", "send"))
    assert hints["openWorldHint"] is (tool.risk == "send")


@every_tool
def test_what_is_sent_are_arguments_of_the_tool(tool):
    properties = set(tool.input_schema["properties"])

    assert {argument for argument, _ in tool.call.body_arguments} <= properties
    assert not properties & set(tool.ignored_arguments)
    assert tool.method_class == METHOD_CLASSES.get(tool.method, "custom")


@every_tool
def test_only_a_method_that_reads_is_of_the_class_read(tool):
    assert (tool.method_class == "read") <= (tool.risk == "read")
    assert (tool.method_class == "read") <= (tool.call.verb == "GET")


def test_the_order_of_tools_is_fixed_and_their_names_and_first_sentences_are_their_own():
    names = [(tool.integration, tool.name) for tool in CATALOG.tools]
    sentences = [cut_first_sentence(tool.description) for tool in CATALOG.tools]

    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert len(set(sentences)) == len(sentences)


def test_compiling_twice_gives_the_same_bytes():
    again = compile_catalog(Path(__file__).resolve().parents[2] / "definitions")

    assert [tool.wire for tool in again.tools] == [tool.wire for tool in CATALOG.tools]
    assert again.version == CATALOG.version


def test_every_list_tool_teaches_the_query_language():
    for tool in CATALOG.of("quickbooks"):
        if tool.method == "list" and "{statement}" in dict(tool.call.query).values():
            entity = tool.listing.entity.replace("*", r"\w+")
            assert re.search(rf"select .+ from {entity}", tool.description)
            assert "no OR" in tool.description
            assert "%" in tool.description
            assert tool.listing.raw_query


def test_every_update_tool_says_of_the_sync_token_and_of_what_a_full_update_clears():
    for tool in CATALOG.of("quickbooks"):
        if tool.method == "update":
            assert "SyncToken" in tool.input_schema["required"]
            assert "clears every writable field you leave out" in tool.description
            assert {"MetaData", "domain"} <= set(tool.ignored_arguments)
            assert "sparse" in tool.input_schema["properties"]


def test_what_cannot_be_undone_is_tagged_so():
    for tool in CATALOG.of("quickbooks"):
        assert ("destructive" in tool.tags) is (tool.risk == "destroy")


def test_the_tag_crm_shows_customers_and_vendors_and_hides_the_ledger():
    resources = {tool.resource for tool in CATALOG.of("quickbooks") if "crm" in tool.tags}

    assert {"customers", "vendors"} <= resources
    assert not {"journal_entries", "transfers", "accounts", "invoices", "bills"} & resources


def test_the_key_facts_stand_in_the_first_512_characters_of_the_guidance():
    guidance = CATALOG.integrations["quickbooks"].guidance

    assert len(guidance) <= 2000
    for word in ("Id", "SyncToken", "sparse", "YYYY-MM-DD"):
        assert word in guidance[:512]


def test_no_word_of_a_vendor_stands_in_the_generator():
    words = re.compile(r"quick.?books|intuit|synctoken|realm|minorversion", re.IGNORECASE)
    for path in (Path(__file__).resolve().parents[2] / "generator").glob("*.py"):
        assert not words.search(path.read_text(encoding="utf-8")), path.name


NAMES = """
list_all_quick_books_invoices get_single_quick_books_invoice_by_id create_a_quick_books_invoice
update_a_quick_books_invoice_by_id delete_a_quick_books_invoice_by_id void_a_quick_books_invoice_by_id
send_a_quick_books_invoice_by_id download_a_quick_books_invoice_pdf_by_id list_all_quick_books_bill_payments
void_a_quick_books_bill_payment_by_id void_a_quick_books_payment_by_id send_a_quick_books_payment_by_id
create_a_quick_books_journal_entry get_quick_books_company_info get_quick_books_profit_and_loss_report
get_quick_books_balance_sheet_report list_all_quick_books_classes update_a_quick_books_account_by_id
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_the_names_that_prompts_already_use_are_there(name):
    assert name in CATALOG.by_name


TOO_LONG = """
get_quick_books_inventory_valuation_detail_report get_quick_books_inventory_valuation_summary_report
get_quick_books_transaction_list_by_customer_report get_quick_books_transaction_list_by_vendor_report
get_quick_books_transaction_list_with_splits_report get_single_quick_books_inventory_adjustment_by_id
get_single_quick_books_recurring_transaction_by_id
"""


@pytest.mark.parametrize("name", TOO_LONG.split())
def test_a_name_that_was_too_long_for_hosts_is_not_listed_and_still_leads_to_its_tool(name):
    assert name not in CATALOG.by_name
    tool = find_tool(CATALOG.by_name, name)
    assert tool is not None
    assert tool.former_names == (name,)


def test_a_record_on_a_list_cannot_be_deleted_but_a_transaction_can():
    deleted = {tool.resource for tool in CATALOG.of("quickbooks") if tool.method == "delete"}

    assert {"invoices", "bills", "bill_payments", "payments", "journal_entries", "purchases"} <= deleted
    assert not {"customers", "vendors", "items", "accounts", "classes", "company_info"} & deleted


def test_an_update_that_wants_fields_repeated_says_so():
    wanted = {tool.resource: tool.always_send for tool in CATALOG.of("quickbooks") if tool.method == "update"}

    assert wanted["bills"] == ("VendorRef",)
    assert wanted["payments"] == ("CustomerRef", "TotalAmt")
    assert wanted["purchases"] == ("PaymentType", "AccountRef")
    assert wanted["accounts"] == wanted["classes"] == wanted["departments"] == wanted["terms"] == ("Name",)
    assert wanted["deposits"] == ("DepositToAccountRef", "Line")
    assert wanted["transfers"] == ("FromAccountRef", "ToAccountRef", "Amount")
    assert wanted["vendor_credits"] == ("VendorRef", "Line")
    assert wanted["invoices"] == ()


def test_what_the_instructions_say_of_changes_stands_in_the_tools_too():
    """Some hosts show no instructions."""
    for tool in CATALOG.tools:
        shown = wire(tool)["inputSchema"]["properties"]
        for name in ("SyncToken", "sparse"):
            assert tool.is_read_only or name not in shown or name in tool.description, (tool.name, name)
