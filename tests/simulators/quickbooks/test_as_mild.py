"""What the service takes or answers, and a strict simulator would not."""

from __future__ import annotations

import orjson
import pytest

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.query import sql
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, Client, paid, sales_line

CUSTOMER = {"CustomerRef": {"value": "1"}}


def select(books: Books, statement: str) -> list[Body]:
    return [orjson.loads(text) for text in sql.answer(books, statement).bodies]


def test_a_query_may_name_properties_beside_all(books: Books) -> None:
    whole = select(books, "select * from Item maxresults 1")
    assert select(books, "select *, Sku from Item maxresults 1") == whole
    with pytest.raises(Fault) as refused:
        select(books, "select *, Shoe from Item")
    assert refused.value.problems[0].detail.startswith("QueryValidationError: Property Shoe not found")


def test_what_is_empty_inside_of_a_record_is_not_answered(books: Books) -> None:
    empty = {"Qty": "", "ServiceDate": "", "ClassRef": {"value": "", "name": ""}}
    link = {"TxnId": "", "TxnType": ""}
    line = {**sales_line(1000, **empty), "Description": "", "LinkedTxn": [link], "Id": ""}
    address = {"Line1": "1 Main St", "Line2": "", "City": ""}
    sent: Body = {
        "CustomerMemo": {"value": ""},
        "BillAddr": address,
        "BillEmail": {"Address": ""},
        "LinkedTxn": {},
    }
    sent["DeliveryInfo"] = {"DeliveryType": "", "DeliveryTime": ""}
    made = changes.create(books, "Invoice", {**CUSTOMER, "Line": [line], **sent})
    assert made["BillAddr"] == {"Line1": "1 Main St"}
    assert not {"CustomerMemo", "BillEmail"} & made.keys()
    assert not {"Description", "LinkedTxn"} & made["Line"][0].keys()
    assert not empty.keys() & made["Line"][0]["SalesItemLineDetail"].keys()
    assert (made["LinkedTxn"], made["Line"][0]["Id"]) == ([], "1")


def test_an_object_of_empty_values_clears_in_a_sparse_update(books: Books) -> None:
    made = changes.create(
        books, "Invoice", {**CUSTOMER, "Line": [sales_line(1000)], "CustomerMemo": {"value": "hello"}}
    )
    key = {"Id": made["Id"], "SyncToken": made["SyncToken"], "sparse": True}
    assert "CustomerMemo" not in changes.update(books, "Invoice", {**key, "CustomerMemo": {"value": ""}})


def test_a_preference_is_cleared_by_an_empty_value(books: Books) -> None:
    groups = books.read("Preferences", "1")
    closed = {**groups["AccountingInfoPrefs"], "BookCloseDate": "2020-12-31"}
    now = changes.update(books, "Preferences", {**groups, "AccountingInfoPrefs": closed})
    cleared = {**closed, "BookCloseDate": ""}
    now = changes.update(books, "Preferences", {**now, "AccountingInfoPrefs": cleared})
    assert not now["AccountingInfoPrefs"].get("BookCloseDate")


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("Customer", {"DisplayName": "New"}),
        ("Vendor", {"DisplayName": "New"}),
        ("Account", {"Name": "New", "AccountType": "Bank"}),
    ],
)
def test_a_customer_a_vendor_and_an_account_have_their_currency(
    books: Books, entity: str, body: Body
) -> None:
    made = changes.create(books, entity, body)
    dollars = {"value": "USD", "name": "United States Dollar"}
    assert made["CurrencyRef"] == dollars
    key = {"Id": made["Id"], "SyncToken": made["SyncToken"]}
    changed = changes.update(books, entity, {**key, **body})
    assert changed["CurrencyRef"] == dollars
    key["SyncToken"] = changed["SyncToken"]
    with pytest.raises(Fault, match="6000"):
        changes.update(books, entity, {**key, **body, "CurrencyRef": {"value": "EUR"}})


def test_every_record_of_those_lists_has_a_currency(books: Books) -> None:
    for entity in ("Customer", "Vendor", "Account"):
        assert all("CurrencyRef" in body for body in select(books, f"select * from {entity} maxresults 1000"))


def test_faults_that_were_recorded_with_an_element_have_one(client: Client) -> None:
    assert client.call("GET", "invoice/99999").json()["Fault"]["Error"][0]["element"] == ""
    assert client.refused("Invoice", {**CUSTOMER, "Line": []})["element"] == ""
    made = client.save("Customer", {"DisplayName": "Element"})
    stale = {"Id": made["Id"], "SyncToken": "7", "sparse": True, "Notes": "x"}
    assert client.refused("Customer", stale)["element"] == ""


CARD = {"CreditCardAccountRef": {"value": "41"}, "BankAccountRef": {"value": "35"}, "Amount": 5}
KEY = "CreditCardPaymentTxn"


def test_a_card_payment_is_answered_under_its_key(client: Client) -> None:
    made = client.call("POST", "creditcardpayment", json=CARD).json()[KEY]
    assert client.call("GET", f"creditcardpayment/{made['Id']}").json()[KEY]["Amount"] == 5
    for name in ("CreditCardPayment", KEY):
        found = client.call(
            "GET", "query", params={"query": f"select * from {name} where Id = '{made['Id']}'"}
        )
        assert [each["Id"] for each in found.json()["QueryResponse"][KEY]] == [made["Id"]]
    gone = client.call("POST", "creditcardpayment", json=made, params={"operation": "delete"}).json()
    assert gone[KEY]["status"] == "Deleted"
    since = {"entities": "CreditCardPayment", "changedSince": "2026-11-01"}
    (changed,) = client.call("GET", "cdc", params=since).json()["CDCResponse"][0]["QueryResponse"]
    assert KEY in changed


@pytest.mark.parametrize("name", ["CreditCardPayment", KEY])
def test_a_card_payment_in_a_batch_is_answered_under_its_key(client: Client, name: str) -> None:
    item = {"bId": "1", "operation": "create", name: CARD}
    (answer,) = client.call("POST", "batch", json={"BatchItemRequest": [item]}).json()["BatchItemResponse"]
    assert answer[KEY]["Amount"] == 5


def test_a_payment_of_a_credit_alone_may_leave_out_what_it_does_not_change(books: Books) -> None:
    made = changes.create(books, "Payment", {**CUSTOMER, "TotalAmt": 10})
    invoice = changes.create(books, "Invoice", {**CUSTOMER, "Line": [sales_line(400)]})
    key = {"Id": made["Id"], "SyncToken": made["SyncToken"], "sparse": True}
    changed = changes.update(books, "Payment", {**key, "Line": [paid("Invoice", invoice["Id"], 4)]})
    assert (changed["CustomerRef"]["value"], changed["UnappliedAmt"]) == ("1", 6)
