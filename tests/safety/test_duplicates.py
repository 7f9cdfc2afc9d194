"""The guard against records that are made twice, by agents or by people, at the simulator; and its rules alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from generator.preflight_rules import DuplicateRule
from runtime.safety.likeness import is_like, is_near, read_number
from tests.builtin import builtin_catalog

SALES = "SalesItemLineDetail"
SPENT = "AccountBasedExpenseLineDetail"
COOL_CARS, NORTON, DESIGN = "3", "46", "4"


def sale(amount: float = 10) -> dict[str, Any]:
    return {"DetailType": SALES, "Amount": amount, SALES: {"ItemRef": DESIGN}}


def spent(amount: float = 10) -> dict[str, Any]:
    return {"DetailType": SPENT, "Amount": amount, SPENT: {"AccountRef": "7"}}


def paid(id_: str, kind: str, amount: float) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": id_, "TxnType": kind}]}


BILL = {"VendorRef": NORTON, "Line": [spent()], "DocNumber": "INV-0012", "TxnDate": "2026-11-01"}
INVOICE = {"CustomerRef": COOL_CARS, "Line": [sale()], "TxnDate": "2026-11-01"}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("INV-0012", "inv 12", True),
        ("INV-0012", "INV0012", True),
        ("0012", "12", True),
        ("INV-12", "INV-13", False),
        ("1-12", "112", False),
        ("A-1", "B-1", False),
        ("000", "0", True),
        ("É-1", "é1", True),
    ],
)
def test_numbers_that_differ_only_in_writing_are_the_same(one, other, is_same):
    assert (read_number(one) == read_number(other)) == is_same


@pytest.mark.parametrize("number", ["INV-0012", "inv 12", "INV0012"])
def test_a_bill_of_the_same_vendor_number_and_amount_is_refused_with_its_twin(company, number):
    twin = company.call("create bills", **BILL)
    company.client.requests.clear()
    error = company.refused("create bills", **{**BILL, "DocNumber": number, "TxnDate": "2026-11-03"})
    assert error.code == "duplicate"
    assert error.status == 409
    assert error.details["twin"] == {
        "Id": twin["Id"],
        "DocNumber": "INV-0012",
        "TxnDate": "2026-11-01",
        "TotalAmt": 10,
    }
    assert f"Id {twin['Id']}, DocNumber INV-0012, TxnDate 2026-11-01, TotalAmt 10" in error.message
    assert company.count_sent("POST") == 0


def test_a_caller_that_may_not_read_records_learns_of_a_twin_only_what_it_sent(company):
    company.call("create bills", **BILL)
    name = "create_a_quick_books_bill"
    company.tools = {name: company.tools[name]}
    error = company.refused("create bills", **{**BILL, "DocNumber": "inv 12", "TxnDate": "2026-11-03"})
    assert error.code == "duplicate"
    assert error.details["twin"] == {}
    assert "A record like this one is there already. Nothing" in error.as_text()
    same = company.refused("create bills", **BILL)
    assert same.details["twin"] == {"DocNumber": "INV-0012", "TxnDate": "2026-11-01"}


@pytest.mark.parametrize(
    "other",
    [
        {"DocNumber": "INV-0013"},
        {"Line": [spent(11)]},
        {"VendorRef": "33"},
        {"TxnDate": "2026-06-01"},
        {"allow_duplicate": True},
        {"more": {"allow_duplicate": True}},
    ],
)
def test_a_bill_that_differs_or_is_allowed_is_made(company, other):
    company.call("create bills", **BILL)
    assert company.answer("create bills", **{**BILL, **other}).error is None


def test_an_invoice_of_the_same_customer_day_and_lines_is_refused(company):
    company.call("create invoices", **INVOICE)
    assert company.refused("create invoices", **INVOICE).code == "duplicate"
    for other in ({"TxnDate": "2026-11-02"}, {"Line": [sale(), sale()]}, {"CustomerRef": "1"}):
        assert company.answer("create invoices", **{**INVOICE, **other}).error is None


def test_a_payment_of_the_same_amount_to_the_same_invoice_is_refused(company):
    made = company.call("create invoices", **INVOICE)
    line = paid(made["Id"], "Invoice", 4)
    payment = {"CustomerRef": COOL_CARS, "TotalAmt": 4, "Line": [line], "TxnDate": "2026-11-02"}
    company.call("create payments", **payment)
    assert company.refused("create payments", **payment).code == "duplicate"
    assert company.answer("create payments", **{**payment, "TotalAmt": 5}).error is None


def test_a_bill_payment_of_the_same_amount_to_the_same_bill_is_refused(company):
    made = company.call("create bills", **BILL)
    payment = {
        "VendorRef": NORTON,
        "TotalAmt": 4,
        "PayType": "Check",
        "CheckPayment": {"BankAccountRef": "35"},
        "Line": [paid(made["Id"], "Bill", 4)],
        "TxnDate": "2026-11-02",
    }
    company.call("create bill_payments", **payment)
    assert company.refused("create bill_payments", **payment).code == "duplicate"


def test_a_batch_is_guarded_call_by_call_and_against_itself(company):
    calls = [{"tool": "create_a_quick_books_bill", "arguments": BILL}] * 2
    error = company.refused("run_a_quick_books_batch", calls=calls)
    assert error.code == "duplicate"
    assert error.details["argument"] == "calls[1]"
    assert error.details["twin"]["Id"] == "calls[0]"


def test_a_dry_run_has_the_twin_among_its_findings(company):
    company.call("create bills", **BILL)
    answer = company.call("create bills", **BILL, dry_run=True)
    assert ["A record like this one is there already" in each["found"] for each in answer["findings"]] == [
        True
    ]


def test_a_lookup_for_twins_is_one_call_with_filters(company):
    company.call("create bills", **BILL)
    [asked] = [each.url for each in company.client.requests if "FROM%20Bill%20" in each.url]
    assert "VendorRef" in asked
    assert "TxnDate" in asked


def test_only_tools_with_a_rule_take_the_argument_and_their_fields_are_there():
    wrong = []
    for tool in builtin_catalog().tools:
        takes = "allow_duplicate" in tool.input_schema["properties"]
        if takes != (tool.duplicates is not None):
            wrong.append(tool.name)
        rule = tool.duplicates
        for name in (rule.date, *rule.filters, rule.number, rule.total, rule.lines) if rule else ():
            if name and name not in tool.input_schema["properties"]:
                wrong.append(f"{tool.name}: {name}")
    assert wrong == []


def test_the_filters_of_each_rule_are_filters_of_the_list():
    tools = builtin_catalog().tools
    lists = {
        tool.resource: {each.field for each in tool.listing.conditions} for tool in tools if tool.listing
    }
    lacking = [
        f"{tool.name}: {name}"
        for tool in tools
        if tool.duplicates
        for name in (*tool.duplicates.filters, tool.duplicates.date)
        if name not in lists[tool.resource]
    ]
    assert lacking == []


LINES = DuplicateRule(("lines",), "day", 0, lines="rows", amount="sum")


def test_lines_may_stand_in_another_order_and_have_more_references_than_were_given():
    new = {"rows": [{"sum": 1, "item": {"id": "5"}}, {"sum": 2}]}
    old = {
        "rows": [{"sum": 2.0, "item": {"id": "9"}}, {"sum": 1, "item": {"id": "5"}, "account": {"id": "7"}}]
    }
    assert is_like(LINES, new, old, "id")
    assert not is_like(LINES, old, new, "id")
    assert not is_like(LINES, {"rows": []}, {"rows": []}, "id")


def test_a_record_without_a_day_is_near():
    assert is_near(LINES, date(2026, 1, 1), {})
    assert not is_near(LINES, date(2026, 1, 1), {"day": "2026-01-02"})


def test_a_repeat_under_the_key_of_its_caller_is_no_duplicate(company, monkeypatch):
    company.call("create bills", **BILL)
    asked = []

    async def is_repeat(self: Any, call: Any) -> bool:
        asked.append(call.caller_key)
        return True

    monkeypatch.setattr("runtime.operations.vendor_calls.VendorCalls.is_repeat", is_repeat)
    company.answer("create bills", "k1", **BILL)
    assert asked == ["k1"]


def test_a_purchase_of_another_payee_is_another_one(company):
    purchase = {
        "PaymentType": "Cash",
        "AccountRef": "35",
        "EntityRef": {"value": NORTON, "type": "Vendor"},
        "Line": [spent()],
        "TxnDate": "2026-11-01",
    }
    company.call("create purchases", **purchase)
    assert company.refused("create purchases", **purchase).code == "duplicate"
    other = {"EntityRef": {"value": "33", "type": "Vendor"}}
    assert company.answer("create purchases", **{**purchase, **other}).error is None


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_at_the_end_of_the_calendar_is_refused_as_any_that_is_implausible(company, day):
    for what, content in (("bills", BILL), ("invoices", INVOICE)):
        error = company.refused(f"create {what}", **{**content, "TxnDate": day})
        assert day in error.message
        assert "Nothing was sent" in error.as_text()
