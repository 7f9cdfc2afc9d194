"""What is suggested for names that agents write, over the tools of the service: the table was read by a person."""

from __future__ import annotations

import pytest

from generator.meanings import Meant
from generator.suggestions import suggest
from runtime.errors import InvalidArguments
from runtime.exchange.tool_names import find_nearest_tool
from runtime.operations.arguments import ArgumentChecker
from tests.builtin import books_catalog

CATALOG = books_catalog()
MEANT = CATALOG.integrations["quickbooks"].meant
SUFFIX = CATALOG.integrations["quickbooks"].reference_form.suffix
NAMES = [tool.name for tool in CATALOG.tools]
LIST = "list_all_quick_books_{}"
CREATE = "create_a_quick_books_{}"


def suggestion(tool_name: str, name: str) -> tuple[str, ...]:
    tool = CATALOG.by_name[tool_name]
    return suggest(name, list(tool.input_schema["properties"]), MEANT, tool.resource, SUFFIX).names


@pytest.mark.parametrize(
    ("resource", "name", "meant"),
    [
        ("invoices", "customer_id", ("CustomerRef",)),
        ("invoices", "customer", ("CustomerRef",)),
        ("invoices", "status", ("Balance_from", "Balance_until")),
        ("invoices", "unpaid", ("Balance_from", "Balance_until")),
        ("invoices", "Balance", ("Balance_from", "Balance_until")),
        ("invoices", "due_before", ("DueDate_until",)),
        ("invoices", "date_from", ("TxnDate_from",)),
        ("invoices", "min_amount", ("TotalAmt_from",)),
        ("invoices", "page", ("next_cursor",)),
        ("invoices", "per_page", ("limit",)),
        ("invoices", "sort", ("order_by",)),
        ("invoices", "orderBy", ("order_by",)),
        ("invoices", "direction", ("descending",)),
        ("invoices", "invoice_number", ("DocNumber",)),
        ("invoices", "vendor_name", ()),
        ("invoices", "PaymentType", ()),
        ("invoices", "name", ()),
        ("bills", "vendor_name", ("VendorRef",)),
        ("customers", "customer_name", ("DisplayName_contains", "DisplayName")),
        ("customers", "include_inactive", ("Active",)),
        ("customers", "date_from", ()),
        ("customers", "status", ("Active",)),
        ("payments", "invoice_number", ("PaymentRefNum",)),
        ("items", "account_type", ()),
        ("items", "search", ("search",)),
    ],
)
def test_a_guess_at_a_filter_is_answered_with_what_was_meant_or_nothing(
    resource: str, name: str, meant: tuple[str, ...]
) -> None:
    assert suggestion(LIST.format(resource), name) == meant


@pytest.mark.parametrize(
    ("record", "name", "meant"),
    [
        ("invoice", "due_date", ("DueDate",)),
        ("invoice", "line_items", ("Line",)),
        ("invoice", "include_inactive", ()),
        ("invoice", "vendor", ()),
        ("customer", "email", ("PrimaryEmailAddr",)),
        ("customer", "name", ("DisplayName",)),
        ("item", "qty", ("QtyOnHand",)),
        ("time_activity", "employee_id", ("EmployeeRef",)),
        ("payment", "amount", ("TotalAmt",)),
        ("transfer", "CustomerMemo", ()),
    ],
)
def test_a_guess_at_a_field_is_answered_with_what_was_meant_or_nothing(
    record: str, name: str, meant: tuple[str, ...]
) -> None:
    assert suggestion(CREATE.format(record), name) == meant


def test_the_error_has_the_sentence_of_the_definitions() -> None:
    tool = CATALOG.by_name[LIST.format("invoices")]
    with pytest.raises(InvalidArguments) as refused:
        ArgumentChecker().check(tool, {"status": "unpaid"}, MEANT)

    assert (
        'Did you mean "Balance_from" or "Balance_until"? What is unpaid has a Balance: give'
        in refused.value.message
    )
    assert refused.value.details["errors"][0]["nearest"] == "Balance_from"


def test_a_name_that_says_that_an_id_is_meant_is_any_that_ends_as_the_vendors_references_do() -> None:
    names = ["owner_key", "note"]

    assert suggest("owner_id", names, suffix="Key").names == ("owner_key",)
    assert suggest("owner_id", names, suffix="Ref").names == ()


def test_what_definitions_know_and_a_tool_lacks_is_no_typing_error() -> None:
    meant = (Meant(frozenset({"titel"}), ("subject",)),)

    assert suggest("titel", ["title"]).names == ("title",)
    assert suggest("titel", ["title"], meant).names == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("list_invoices", "list_all_quick_books_invoices"),
        ("quickbooks_create_invoice", "create_a_quick_books_invoice"),
        ("search_customers", "list_all_quick_books_customers"),
        ("getInvoice", "get_single_quick_books_invoice_by_id"),
        ("delete_a_quick_books_invoise_by_id", "delete_a_quick_books_invoice_by_id"),
        ("void_bill", ""),  # nothing but these four can be voided
        ("merge_customers", ""),
        ("", ""),
        ("s", ""),
        ("%s%n", ""),
        ("y" * 5000, ""),
    ],
)
def test_a_tool_is_suggested_for_the_same_verb_on_the_same_record_only(name: str, meant: str) -> None:
    assert find_nearest_tool(name, NAMES) == meant


@pytest.mark.parametrize(
    ("order", "field", "descending"),
    [
        ("Balance DESC", "Balance", True),
        ("-Balance", "Balance", True),
        ("+TxnDate", "TxnDate", False),
        ("txn_date:desc", "TxnDate", True),
        ("due_date desc", "DueDate", True),
        ("TxnDate, asc", "TxnDate", False),
        ("balance_desc", "Balance", True),
    ],
)
def test_an_order_with_its_direction_is_read_in_every_usual_form(
    order: str, field: str, descending: bool
) -> None:
    tool = CATALOG.by_name[LIST.format("invoices")]

    assert ArgumentChecker().check(tool, {"order_by": order}) == {
        "order_by": field,
        "descending": descending,
    }
