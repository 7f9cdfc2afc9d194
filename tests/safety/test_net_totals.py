"""A total that the caller gives, against lines of which some lower it; and what leaving a rate out comes to."""

from __future__ import annotations

import re

import pytest

from runtime.errors import InvalidArguments
from tests.builtin import builtin_catalog
from tests.safety.preflighting import refuse_errors, warn

CATALOG = builtin_catalog()
QUICKBOOKS = CATALOG.integrations["quickbooks"]
KINDS = {"bill_payment": ("Bill", "VendorCredit"), "payment": ("Invoice", "CreditMemo")}


def line(amount: float, kind: str) -> dict:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": "1", "TxnType": kind}]}


def paid(form: str, total: float, owed: float, credit: float = 0, method: str = "create_a_quick_books_{}"):
    settled, used = KINDS[form]
    lines = [line(owed, settled)] + ([line(credit, used)] if credit else [])
    return CATALOG.by_name[method.format(form)], QUICKBOOKS, {"TotalAmt": total, "Line": lines}


@pytest.mark.parametrize("form", KINDS)
@pytest.mark.parametrize("method", ["create_a_quick_books_{}", "update_a_quick_books_{}_by_id"])
def test_a_credit_that_is_added_to_the_total_is_refused_before_anything_is_sent(form, method):
    with pytest.raises(
        InvalidArguments, match=r"TotalAmt is 50\.00, but 40\.00 less 10\.00 is 30\.00"
    ) as refused:
        refuse_errors(*paid(form, 50, 40, 10, method))
    assert refused.value.advice.startswith("Nothing was sent. Send in TotalAmt the money that")


@pytest.mark.parametrize("form", KINDS)
@pytest.mark.parametrize(("total", "owed", "credit"), [(30, 40, 10), (40, 40, 0), (0, 10, 10)])
def test_a_total_that_the_lines_use_up_is_sent_without_a_note(form, total, owed, credit):
    refuse_errors(*paid(form, total, owed, credit))
    assert warn(*paid(form, total, owed, credit)) == ""


@pytest.mark.parametrize(
    ("form", "becomes"), [("bill_payment", "with the vendor"), ("payment", "UnappliedAmt")]
)
def test_a_total_beyond_the_lines_is_sent_with_a_note_on_what_becomes_of_it(form, becomes):
    refuse_errors(*paid(form, 45, 40, 10))
    note = warn(*paid(form, 45, 40, 10))
    assert note.startswith("TotalAmt is 15.00 more than Line uses up.")
    assert becomes in note


@pytest.mark.parametrize(
    "lines", [[line(10, "JournalEntry"), line(40, "Bill")], [], ["x"], [{"Amount": 50}], "x"]
)
def test_lines_that_do_not_say_whether_they_lower_the_total_are_sent(lines):
    call = CATALOG.by_name["create_a_quick_books_bill_payment"], QUICKBOOKS, {"TotalAmt": 50, "Line": lines}
    refuse_errors(*call)
    assert warn(*call) == ""


EURO = {"CurrencyRef": {"value": "EUR"}}


@pytest.mark.parametrize(
    ("tool", "arguments", "is_noted"),
    [
        ("create_a_quick_books_invoice", EURO, True),
        ("create_a_quick_books_bill", {**EURO, "ExchangeRate": None}, True),
        ("update_a_quick_books_bill_by_id", EURO, False),
        ("create_a_quick_books_invoice", {**EURO, "ExchangeRate": 1.1}, False),
        ("create_a_quick_books_invoice", {}, False),
        ("create_a_quick_books_customer", EURO, False),
    ],
)
def test_a_currency_without_its_rate_gets_a_note(tool, arguments, is_noted):
    note = warn(CATALOG.by_name[tool], QUICKBOOKS, arguments)
    assert note.startswith("ExchangeRate was not sent and counts as 1") == is_noted


def test_every_tool_that_books_in_a_currency_says_that_a_missing_rate_counts_as_1():
    silent = [
        tool.name
        for tool in CATALOG.tools
        if tool.risk in ("create", "overwrite")
        and "ExchangeRate" in tool.input_schema["properties"]
        and tool.resource != "exchange_rates"
        and not re.search(rb"ExchangeRate \(1 when left out\)|left out, it counts as 1", tool.wire)
    ]
    assert silent == []


def test_a_bill_payment_is_said_to_be_the_bills_less_the_credits():
    said = [
        CATALOG.by_name[name.format("bill_payment")].description
        for name in ("create_a_quick_books_{}", "update_a_quick_books_{}_by_id")
    ]
    assert all("bills less the vendor credits" in each for each in said)
    assert not any("at least the sum of the lines" in each for each in said)
