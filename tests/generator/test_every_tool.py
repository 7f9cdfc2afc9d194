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
from runtime.safety.journal.undo import find_undo
from tests.builtin import builtin_catalog
from tests.offenders import report_offenders

CATALOG = builtin_catalog()


def for_every_tool(find, tools=CATALOG.tools):
    """Fail with each tool in which `find` finds something."""
    report_offenders(tools, find, lambda tool: tool.name)


def wire(tool):
    return json.loads(tool.wire)


def schemas_in(schema):
    yield schema
    for each in schema.get("properties", {}).values():
        yield from schemas_in(each)
    if "items" in schema:
        yield from schemas_in(schema["items"])


def test_every_name_fits_the_strictest_client():
    def find(tool):
        if not re.fullmatch(r"[a-z][a-z0-9_]+", tool.name):
            yield "characters"
        if len(tool.name) > LONGEST_NAME:
            yield f"{len(tool.name)} characters"

    for_every_tool(find)


def test_every_description_fits_and_has_whole_sentences():
    def find(tool):
        if not 15 <= len(tool.description) <= 1024:
            yield f"{len(tool.description)} characters"
        if not tool.description.endswith("."):
            yield "no full stop at its end"
        for left in ("[[", "{query_example}"):
            if left in tool.description:
                yield left

    for_every_tool(find)


def test_every_schema_is_a_closed_object_without_combinators_or_references():
    def find(tool):
        schema = tool.input_schema
        if list(schema) != ["type", "properties", "required", "additionalProperties"]:
            yield f"keys {list(schema)}"
        if schema["type"] != "object":
            yield f"type {schema['type']}"
        if schema["additionalProperties"] is not False:
            yield "open"
        if unknown := set(schema["required"]) - set(schema["properties"]):
            yield f"required and not there: {unknown}"
        for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
            yield f"no schema: {error.message}"

    for_every_tool(find)


def test_no_host_refuses_anything_of_what_it_is_shown():
    for_every_tool(lambda tool: find_refused(wire(tool)["inputSchema"]))


def test_no_tool_gives_a_model_orders():
    for_every_tool(lambda tool: find_orders(wire(tool)))


def test_the_hints_of_every_tool_say_all_that_it_does():
    for_every_tool(lambda tool: find_wrong_hints(wire(tool), tool.method, tool.call.verb))


def test_a_tool_that_only_reads_asks_with_get_and_sends_nothing():
    def find(tool):
        if tool.is_read_only and (tool.call.verb, tool.call.body) != ("GET", "none"):
            yield f"{tool.call.verb} with body {tool.call.body}"

    for_every_tool(find, CATALOG.list_tools("quickbooks"))


def test_what_is_required_is_shown_as_required():
    def find(tool):
        shown = wire(tool)["inputSchema"].get("required", [])
        if shown != tool.input_schema["required"]:
            yield f"shows {shown}, requires {tool.input_schema['required']}"

    for_every_tool(find)


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


def test_what_a_client_is_shown_is_what_every_tool_takes():
    def find(tool):
        shown = wire(tool)["inputSchema"]["properties"]
        if other := ({*shown, *tool.advanced} - {"more"}) ^ set(tool.input_schema["properties"]):
            yield f"shown or taken alone: {other}"
        if ("more" in shown) is not bool(tool.advanced):
            yield "`more` without what stands under it, or the other side alone"
        for name in tool.advanced:
            if not re.search(rf"\b{name.removesuffix('_until')}", shown["more"]["description"]):
                yield f"`more` does not name {name}"

    for_every_tool(find)


NO_SHAPE = {"$ref", "oneOf", "anyOf", "allOf", "not", "additionalProperties"}
OURS = {"access", "filter", "sort", "points_to", "required_for", "join"}


def test_all_nested_shapes_stay_open_and_plain():
    def find(tool):
        for inner in list(schemas_in(tool.input_schema))[1:]:
            if found := (NO_SHAPE | OURS) & inner.keys():
                yield f"{found} in {inner}"

    for_every_tool(find)


def test_all_arguments_have_names_that_providers_take_and_a_sentence_each():
    def find(tool):
        for name, given in tool.input_schema["properties"].items():
            if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name):
                yield f"the name {name!r}"
            if (
                not re.fullmatch(r"[A-Z].*\.", given["description"], re.DOTALL)
                or "[[" in given["description"]
            ):
                yield f"{name}: {given['description']!r}"

    for_every_tool(find)


def test_every_part_of_what_is_shown_has_a_type_lists_say_what_they_hold_and_sentences_fit():
    def find(tool):
        for schema in (tool.input_schema, wire(tool)["inputSchema"]):
            for each in schemas_in(schema):
                if "type" not in each:
                    yield f"no type: {each}"
                elif ("items" in each) is not (each["type"] == "array"):
                    yield f"type and items: {each}"
                if len(each.get("description", "")) > 1024:
                    yield f"too long: {each['description']}"

    for_every_tool(find)


def test_every_hint_and_title_is_explicit():
    def find(tool):
        shown = wire(tool)
        hints = dict(shown["annotations"])
        if shown["title"] != tool.title:
            yield f"the title {shown['title']}"
        if not isinstance(hints.pop("idempotentHint"), bool):
            yield "idempotentHint is neither true nor false"
        expected = {
            "readOnlyHint": tool.risk == "read",
            "destructiveHint": tool.risk in ("overwrite", "destroy", "send"),
            "openWorldHint": tool.risk == "send",
        }
        for name, value in expected.items():
            if hints.get(name) is not value:
                yield f"{name} is {hints.get(name)} for the risk {tool.risk}"

    for_every_tool(find)


def test_what_is_sent_are_arguments_of_every_tool():
    def find(tool):
        properties = set(tool.input_schema["properties"])
        if unknown := {argument for argument, _ in tool.call.body_arguments} - properties:
            yield f"sent and no argument: {unknown}"
        if ignored := properties & set(tool.ignored_arguments):
            yield f"taken and ignored: {ignored}"

    for_every_tool(find)


def test_every_method_has_the_class_that_filters_know_and_only_one_that_reads_is_of_the_class_read():
    def find(tool):
        if tool.method_class != METHOD_CLASSES.get(tool.method, "custom"):
            yield f"{tool.method} is of the class {tool.method_class}"
        if tool.method_class == "read" and (tool.risk, tool.call.verb) != ("read", "GET"):
            yield f"reads with the risk {tool.risk} and {tool.call.verb}"

    for_every_tool(find)


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
    def find(tool):
        if tool.method == "list" and "{statement}" in dict(tool.call.query).values():
            entity = tool.listing.entity.replace("*", r"\w+")
            for part in (rf"select .+ from {entity}", "join", "%"):
                if not re.search(part, tool.description):
                    yield f"does not say {part}"
            if not tool.listing.raw_query:
                yield "takes no query"

    for_every_tool(find, CATALOG.list_tools("quickbooks"))


def test_every_update_tool_is_guarded_and_says_what_becomes_of_what_is_left_out():
    def find(tool):
        if tool.method == "update":
            if not tool.is_guarded or tool.current is None:
                yield "is not laid over what is stored"
            if "SyncToken" in tool.input_schema["required"]:
                yield "requires SyncToken, which is filled in"
            if "What is left out stays." not in tool.description:
                yield "does not say what becomes of what is left out"
            if "lways send" in tool.description or "send every line" in tool.description:
                yield "gives orders to its caller"
            if missing := {"MetaData", "domain"} - set(tool.ignored_arguments):
                yield f"does not ignore {missing}"
            if "sparse" not in tool.input_schema["properties"]:
                yield "does not take sparse"

    for_every_tool(find, CATALOG.list_tools("quickbooks"))


def test_what_cannot_be_undone_is_tagged_so():
    def find(tool):
        if ("destructive" in tool.tags) is not (tool.risk == "destroy"):
            yield f"{tool.risk} is tagged {tool.tags}"

    for_every_tool(find, CATALOG.list_tools("quickbooks"))


def test_the_tag_crm_shows_customers_and_vendors_and_hides_the_ledger():
    resources = {tool.resource for tool in CATALOG.list_tools("quickbooks") if "crm" in tool.tags}

    assert {"customers", "vendors"} <= resources
    assert not {"journal_entries", "transfers", "accounts", "invoices", "bills"} & resources


def test_the_key_facts_stand_in_the_first_512_characters_of_the_guidance():
    guidance = CATALOG.integrations["quickbooks"].guidance

    assert len(guidance) <= 2000
    for word in ("Id", "SyncToken", "left out stays", "YYYY-MM-DD"):
        assert word in guidance[:512]


def test_no_word_of_a_vendor_stands_in_the_generator():
    words = re.compile(r"quick.?books|intuit|synctoken|realm|minorversion", re.IGNORECASE)
    folder = Path(__file__).resolve().parents[2] / "generator"
    report_offenders(folder.rglob("*.py"), lambda path: words.findall(path.read_text(encoding="utf-8")))


NAMES = """
list_all_quick_books_invoices get_single_quick_books_invoice_by_id create_a_quick_books_invoice
update_a_quick_books_invoice_by_id delete_a_quick_books_invoice_by_id void_a_quick_books_invoice_by_id
send_a_quick_books_invoice_by_id download_a_quick_books_invoice_pdf_by_id list_all_quick_books_bill_payments
void_a_quick_books_bill_payment_by_id void_a_quick_books_payment_by_id send_a_quick_books_payment_by_id
create_a_quick_books_journal_entry get_quick_books_company_info get_quick_books_profit_and_loss_report
get_quick_books_balance_sheet_report list_all_quick_books_classes update_a_quick_books_account_by_id
"""


def test_the_names_that_prompts_already_use_are_there():
    assert set(NAMES.split()) - set(CATALOG.by_name) == set()


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
    deleted = {tool.resource for tool in CATALOG.list_tools("quickbooks") if tool.method == "delete"}

    assert {"invoices", "bills", "bill_payments", "payments", "journal_entries", "purchases"} <= deleted
    assert not {"customers", "vendors", "items", "accounts", "classes", "company_info"} & deleted


def test_an_update_that_wants_fields_repeated_says_so():
    wanted = {
        tool.resource: tool.always_send
        for tool in CATALOG.list_tools("quickbooks")
        if tool.method == "update"
    }

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

    def find(tool):
        shown = wire(tool)["inputSchema"]["properties"]
        for name in ("SyncToken", "remove_lines"):
            if not tool.is_read_only and name in shown and name not in tool.description:
                yield name

    for_every_tool(find)


def test_what_a_tool_says_of_undoing_is_what_undoes_it():
    sentences = {True: "Undoing it gives it a new Id.", False: "It cannot be undone."}

    def find(tool):
        undo = find_undo(tool, CATALOG.integrations[tool.integration], CATALOG.tools)
        if sentences[undo is not None] not in tool.description or sentences[undo is None] in tool.description:
            yield f"undone by {undo[1] if undo else 'nothing'}: {tool.description}"

    for_every_tool(find, [tool for tool in CATALOG.tools if tool.method in ("delete", "void")])
