"""The definitions as files: readable by editors, in one style, and with the facts that the runtime lives by."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from generator.catalog import select
from generator.vendor import Advice, RateWindow
from tests.builtin import builtin_catalog
from tests.offenders import report_offenders

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
FILES = sorted(DEFINITIONS.rglob("*.yaml"))
CATALOG = builtin_catalog()
QUICKBOOKS = CATALOG.integrations["quickbooks"]


def test_every_file_opens_with_the_schema_that_editors_complete_from():
    kinds = {"integration.yaml": "integration", "types.yaml": "types", "coverage.yaml": "coverage"}

    def find(path):
        line = path.read_text(encoding="utf-8").splitlines()[0]
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", line)
        usual = "short" if path.parent.name == "short" else "resource"
        schema = DEFINITIONS / "schema" / f"{kinds.get(path.name, usual)}.schema.json"
        if not named or (path.parent / named.group(1)).resolve() != schema:
            yield line

    report_offenders(FILES, find)


def test_every_schema_is_valid_itself():
    def find(path):
        schema = json.loads(path.read_text(encoding="utf-8"))
        for error in Draft7Validator(Draft7Validator.META_SCHEMA).iter_errors(schema):
            yield error.message

    report_offenders((DEFINITIONS / "schema").glob("*.json"), find)


def test_the_limits_of_the_vendor_are_counted_per_minute_and_per_second():
    assert QUICKBOOKS.rate_limit.windows == (RateWindow("minute", 500, 60), RateWindow("second", 10, 1))
    assert QUICKBOOKS.rate_limit.statuses == (429,)
    assert QUICKBOOKS.rate_limit.codes == ("3001", "003001")
    assert QUICKBOOKS.rate_limit.reset_default == 60


def test_a_refresh_token_rotates_and_lives_a_hundred_days_unused():
    assert QUICKBOOKS.auth.rotates
    assert QUICKBOOKS.auth.unused_for_seconds == 100 * 86_400


def test_the_company_is_said_by_the_callback():
    (field,) = QUICKBOOKS.account_fields

    assert (field.name, field.source, field.identifies) == ("realm_id", "callback.realmId", True)
    assert all("{realm_id}" in url for url in QUICKBOOKS.environments.values())


def test_a_quote_and_a_backslash_cannot_leave_their_quotes():
    assert QUICKBOOKS.query_language.escape == {"\\": "\\\\", "'": "\\'"}


@pytest.mark.parametrize(
    ("query", "entity"),
    [
        ("select * from Invoice", "Invoice"),
        ("  SELECT Id, Name FROM\n account where Id = '1'", "account"),
        ("select count(*) from Bill", "Bill"),
        ("delete from Invoice", None),
        ("select * fromInvoice", None),
    ],
)
def test_a_raw_query_says_its_entity(query, entity):
    found = re.match(QUICKBOOKS.query_language.entry, query)

    assert (found and found.group("entity")) == entity


def test_every_envelope_of_complaints_is_known_and_the_trace_is_stored():
    assert QUICKBOOKS.errors.list == (
        ("Fault", "Error"),
        ("fault", "error"),
        ("AttachableResponse", "0", "Fault", "Error"),
    )
    assert QUICKBOOKS.errors.trace_header == "intuit_tid"
    assert QUICKBOOKS.errors.advice["5010"] == Advice(
        "conflict",
        "Somebody changed this record since you read it. Read it again and repeat with its new SyncToken.",
    )


MET = """
120 500 600 610 620 800 1040 2000 2010 2020 2030 2040 2050 2070 2090 2120 2170 2200 2220 2270 2280 2300 2500
3100 3200 4000 4001 4002 5010 5020 5030 6000 6030 6041 6050 6070 6080 6140 6170 6190 6200 6210 6240 6270 6290
6300 6310 6320 6330 6340 6350 6360 6370 6380 6390 6400 6420 6430 6440 6450 6490 6500 6510 6530 6540 10000
"""


def test_every_code_that_an_agent_meets_says_what_to_do():
    advice = QUICKBOOKS.errors.advice

    def find(code):
        if code not in advice or not advice[code].advice.endswith("."):
            yield str(advice.get(code))

    report_offenders(MET.split(), find)


LACKS = {
    "sales": {"list_all_quick_books_vendors"},  # of an item: from whom it is bought
    "catalog": {"list_all_quick_books_vendors"},
    "people": {  # of hours: they would show whom the company sells to
        "list_all_quick_books_classes",
        "list_all_quick_books_customers",
        "list_all_quick_books_departments",
        "list_all_quick_books_items",
        "list_all_quick_books_vendors",
    },
}


def find_lacking(tag):
    """The list tools that the tools of a tag refer to and the tag leaves out."""
    tools = select(CATALOG.list_tools("quickbooks"), [], [tag])
    asked_for = {name for tool in tools for name in re.findall(r"Id from (list_all_\w+)", tool.wire.decode())}
    return asked_for - {tool.name for tool in tools}


def test_every_tag_leaves_a_toolset_that_can_look_up_every_id_it_asks_for():
    assert {tag: lacking for tag in QUICKBOOKS.tags if (lacking := find_lacking(tag))} == LACKS


def test_read_only_tools_are_all_that_the_class_read_leaves():
    assert {tool.risk for tool in select(CATALOG.list_tools("quickbooks"), ["read"], [])} == {"read"}


def test_a_list_is_filtered_by_what_the_vendor_has_an_index_for():
    listing = CATALOG.by_name["list_all_quick_books_invoices"].listing
    arguments = {condition.argument: condition for condition in listing.conditions}

    assert {"Balance_from", "CustomerRef", "TxnDate_until", "DueDate_from", "Id_any_of"} <= set(arguments)
    assert arguments["LastUpdatedTime_from"].field == "MetaData.LastUpdatedTime"
    assert arguments["LastUpdatedTime_from"].kind == "date-time"
    assert arguments["CustomerRef"].kind == "string"
    assert "TotalAmt" not in listing.sortable
    assert (
        "DisplayName_contains" in CATALOG.by_name["list_all_quick_books_customers"].input_schema["properties"]
    )


NO_IDS = ("RecurDataRef", "TaxReturnLineRef")


def test_every_list_is_filtered_by_an_id_and_never_by_a_name():
    def find(tool):
        for argument in (condition.argument for condition in tool.listing.conditions):
            is_reference = argument.removesuffix("_any_of").endswith("Ref") and argument not in NO_IDS
            if is_reference and tool.input_schema["properties"][argument].get("pattern") != r"^\d+$":
                yield argument

    listing = [tool for tool in CATALOG.list_tools("quickbooks") if tool.listing]
    report_offenders(listing, find, lambda tool: tool.name)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("update_a_quick_books_customer_by_id", "CurrencyRef"),
        ("update_a_quick_books_vendor_by_id", "CurrencyRef"),
        ("update_a_quick_books_account_by_id", "CurrencyRef"),
        ("update_a_quick_books_company_currency_by_id", "Code"),
        ("update_a_quick_books_item_by_id", "QtyOnHand"),
        ("update_a_quick_books_item_by_id", "InvStartDate"),
    ],
)
def test_what_is_set_once_goes_back_with_a_full_update_which_would_clear_it(name, argument):
    tool = CATALOG.by_name[name]

    assert argument in tool.input_schema["properties"]
    assert argument not in tool.ignored_arguments


def test_the_account_that_a_bill_is_paid_from_is_shown_where_an_agent_looks():
    shown = json.loads(CATALOG.by_name["create_a_quick_books_bill_payment"].wire)["inputSchema"]["properties"]

    assert "list_all_quick_books_accounts" in json.dumps(shown["CheckPayment"])
    assert "list_all_quick_books_accounts" in json.dumps(shown["CreditCardPayment"])


ORDERS = re.compile(
    r"\b(?:[Rr]ead|[Ll]ook|[Cc]all|[Aa]sk|[Cc]heck|[Uu]se)\b[^.;]*\b(?<!the )first\b"
    r"|\bask the person\b|\bbe sure\b|\b(?:always|never) call\b"
)
"""Orders to a model, which hosts refuse in descriptions. What a tool does, needs and answers is a fact."""


def test_no_description_orders_a_model_about():
    report_offenders(CATALOG.tools, lambda tool: ORDERS.findall(tool.description), lambda tool: tool.name)


COUNTS_TWICE = {
    "create_a_quick_books_purchase": "What a bill has booked already is paid by create_a_quick_books_bill_payment",
    "create_a_quick_books_bill": "a purchase would book its cost a second time",
    "create_a_quick_books_deposit": "is there already; a line for it would count it twice",
    "create_a_quick_books_refund_receipt": "where a credit memo for the same goods was given already",
    "create_a_quick_books_credit_memo": "would take the sale off twice",
    "create_a_quick_books_item": "0 where bills or purchases bring the goods in",
    "create_a_quick_books_payment": "the invoices less the credit memos",
    "create_a_quick_books_journal_entry": "settles no invoice or bill until a payment links both",
    "create_a_quick_books_account": "never both",
    "delete_a_quick_books_bill_by_id": "stands for money that left an account",
}
"""What doing exactly as a tool says would otherwise book a second time, or settle for nothing."""


def test_a_tool_says_what_would_count_twice():
    def find(name):
        if COUNTS_TWICE[name] not in CATALOG.by_name[name].description:
            yield COUNTS_TWICE[name]

    report_offenders(COUNTS_TWICE, find)


@pytest.mark.parametrize("form", ["invoice", "estimate", "sales_receipt", "credit_memo", "refund_receipt"])
def test_a_sales_form_says_that_its_tax_follows_the_lines(form):
    description = CATALOG.by_name[f"update_a_quick_books_{form}_by_id"].description
    assert "TotalAmt and the tax follow the lines" in description
