"""What an error of the vendor says to do: by its code, by what the vendor said, and by what was sent."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from runtime.upstream.advice import Attempt
from runtime.upstream.answer import LONGEST_COMPLAINT, find_error
from runtime.upstream.client import VendorResponse
from tests.builtin import builtin_catalog

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
QUICKBOOKS = builtin_catalog().integrations["quickbooks"]
NOTHING = Attempt()
MISSING = "Required param missing, need to supply the required value for the API"


def said(code: str, message: str, detail: str, element: str, attempt: Attempt = NOTHING):
    fault = {"Message": message, "Detail": detail, "code": code, "element": element}
    body = {"Fault": {"Error": [fault], "type": "ValidationFault"}}
    answer = VendorResponse(400, {}, orjson.dumps(body))
    error = find_error(answer, body, QUICKBOOKS, changes_data=True, attempt=attempt)
    assert error is not None
    return error


def lacks(field: str, attempt: Attempt) -> str:
    return said(
        "2020", MISSING, f"Required parameter {field} is missing in the request", field, attempt
    ).advice


def test_a_missing_field_is_named_and_sparse_is_not_proposed_to_a_sparse_update():
    sparse = Attempt("update", "deposits", {"id": "7", "sparse": True, "PrivateNote": "n"})
    advice = lacks("DepositToAccountRef", sparse)
    assert advice.startswith("Send DepositToAccountRef as well, as you read it.")
    assert "every update" in advice
    assert "sparse" not in advice


def test_a_full_update_is_reminded_that_it_takes_the_whole_record():
    advice = lacks("VendorRef", Attempt("update", "bills", {"id": "7"}))
    assert advice == "Send VendorRef as well, as you read it. A full update takes the whole record."


def test_a_new_record_is_asked_for_the_field_alone():
    assert lacks("Line.Amount", Attempt("create", "bills", {})) == "Send Line.Amount as well."


def test_a_missing_field_that_only_the_element_names_is_named_too():
    assert said("2020", MISSING, "", "VendorRef").advice == "Send VendorRef as well."
    assert said("2020", MISSING, "", "").advice == "Send the field that QuickBooks names here as well."


@pytest.mark.parametrize(
    ("detail", "element", "attempt"),
    [
        (
            "Quantity is required for an inventory item on this line",
            "Line.Qty",
            Attempt("create", "invoices"),
        ),
        ("Qty is required for the inventory item Pump.", "Qty", Attempt("create", "bills")),
        ("Missing Tracked Inventory Item Quantity", "", Attempt("create", "bills", {"Line": [{}]})),
    ],
)
def test_a_line_without_a_quantity_is_asked_for_it_and_not_for_opening_stock(detail, element, attempt):
    advice = said("6520", "Missing Tracked Inventory Item Quantity", detail, element, attempt).advice
    assert advice.startswith("Give Qty in the particulars of each line")


@pytest.mark.parametrize(
    ("detail", "element"), [("InvStartDate is required", "InvStartDate"), ("Quantity required", "")]
)
def test_an_item_without_opening_stock_is_asked_for_it(detail, element):
    attempt = Attempt("create", "items", {"Name": "Pump", "Type": "Inventory"})
    assert said("6520", "Quantity required", detail, element, attempt).advice.startswith("Give QtyOnHand,")


@pytest.mark.parametrize(
    ("resource", "given", "begins"),
    [
        ("customers", {"ParentRef": {"value": "1"}}, "Send Job true together with ParentRef"),
        ("customers", {"Job": True}, "A job belongs to a customer. Send its Id in ParentRef"),
        ("accounts", {"ParentRef": {"value": "1"}, "SubAccount": False}, "A flag such as SubItem"),
        ("accounts", {"SubAccount": True}, "Send the record that it belongs to in ParentRef"),
    ],
)
def test_a_parent_and_its_flag_are_asked_for_as_what_was_sent_wants_it(resource, given, begins):
    attempt = Attempt("create", resource, given)
    error = said("6150", "ParentRef Required Validation Error", "Job true goes", "ParentRef", attempt)
    assert error.advice.startswith(begins)


def test_an_amount_below_zero_is_never_answered_with_turning_its_sign_alone():
    assert "credit memo" in said("2290", "Negative", "", "", Attempt("create", "invoices")).advice
    assert "PostingType" in said("2290", "Negative", "", "", Attempt("create", "journal_entries")).advice


def test_closed_books_are_not_answered_with_another_date_for_what_is_booked():
    change = said("6210", "Account Period Closed", "", "", Attempt("update", "invoices"))
    assert "falsify" in change.advice
    assert said("6210", "Closed", "", "", Attempt("create", "invoices")).advice.startswith("Ask the person")


def test_a_number_that_is_taken_is_looked_for_before_another_is_chosen():
    assert said("6140", "Duplicate Document Number Error", "", "").advice.startswith(
        "It may have been entered"
    )


def test_what_the_vendor_says_is_a_sentence_of_its_own_and_nothing_is_said_twice():
    error = said("2020", MISSING, "Required parameter VendorRef is missing in the request", "VendorRef")
    assert error.as_text() == (
        f"QuickBooks Online refused: {MISSING}: Required parameter VendorRef is missing in the request. "
        "Send VendorRef as well. (vendor code 2020)"
    )
    repeated = said("9999", "Stale Object Error", "Stale Object Error : someone changed it.", "")
    assert repeated.message == "QuickBooks Online refused: Stale Object Error : someone changed it."


def test_advice_that_the_vendor_gives_itself_is_not_added():
    assert (
        said("2300", "Debits and credits differ. Make their sums equal and call again.", "", "").advice == ""
    )


def test_a_long_text_of_the_callers_own_is_named_by_its_beginning():
    text = "x" * 300
    attempt = Attempt("create", "invoices", {"Line": [{"Description": text}]})
    error = said("2050", "String length is longer than supported", f"Max 21. Supplied: {text}", "", attempt)
    assert text[:41] not in error.message
    assert f"Supplied: {'x' * 40}… (300 characters)." in error.message


def test_a_text_of_the_vendor_that_is_cut_says_where():
    error = said("9999", "Long", "y " * 2000, "")
    assert error.message.endswith(f"… (cut at {LONGEST_COMPLAINT:,} characters).")
