"""A tax that comes back with other lines than it was worked out for."""

from __future__ import annotations

import pytest

from runtime.errors import InvalidArguments
from tests.builtin import builtin_catalog
from tests.safety.calling import talk
from tests.safety.preflighting import refuse_errors, warn

CATALOG = builtin_catalog()
QUICKBOOKS = CATALOG.integrations["quickbooks"]
BATCH = CATALOG.by_name["run_a_quick_books_batch"]
INVOICE = CATALOG.by_name["update_a_quick_books_invoice_by_id"]
SALES_FORMS = ["invoice", "estimate", "sales_receipt", "credit_memo", "refund_receipt"]


def sale(amount: float | None, code: str | None = "TAX") -> dict:
    detail = {"ItemRef": {"value": "11"}} | ({"TaxCodeRef": {"value": code}} if code else {})
    line = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return line if amount is None else {**line, "Amount": amount}


def tax(*bases: float, percent: float = 8, total: float | None = None, code: str | None = "2") -> dict:
    lines = [
        {
            "Amount": round(base * percent / 100, 2),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {"TaxRateRef": {"value": "3"}, "TaxPercent": percent, "NetAmountTaxable": base},
        }
        for base in bases
    ]
    total = round(sum(each["Amount"] for each in lines), 2) if total is None else total
    return {"TaxLine": lines, "TotalTax": total} | ({"TxnTaxCodeRef": {"value": code}} if code else {})


SUBTOTAL = {"DetailType": "SubTotalLineDetail", "Amount": 150, "SubTotalLineDetail": {}}
BUNDLE = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"Line": [sale(50)]}}


@pytest.mark.parametrize("form", SALES_FORMS)
@pytest.mark.parametrize("method", ["create_a_quick_books_{}", "update_a_quick_books_{}_by_id"])
def test_the_tax_of_a_line_that_is_gone_is_refused_before_anything_is_sent(form, method):
    tool = CATALOG.by_name[method.format(form)]
    with pytest.raises(InvalidArguments) as refused:
        refuse_errors(tool, QUICKBOOKS, {"Line": [sale(100)], "TxnTaxDetail": tax(150)})
    assert "TxnTaxDetail.TaxLine has a tax on 150.00, but what is taxed in Line comes to 100.00" in str(
        refused.value
    )
    assert refused.value.advice == (
        "Nothing was sent. Leave TaxLine and TotalTax out of TxnTaxDetail, with its TxnTaxCodeRef alone, and the tax "
        "is worked out anew; or correct them."
    )


CERTAIN = {
    "a line that is not taxed any more": {"Line": [sale(100), sale(50, "NON")], "TxnTaxDetail": tax(150)},
    "a lower amount": {"Line": [sale(100), sale(49.98)], "TxnTaxDetail": tax(150)},
    "a return among the lines": {"Line": [sale(150), sale(-50)], "TxnTaxDetail": tax(150)},
    "two rates": {"Line": [sale(100)], "TxnTaxDetail": tax(150, 150)},
    "a sub-total that was not touched": {"Line": [sale(100), SUBTOTAL], "TxnTaxDetail": tax(150)},
    "a line of a bundle": {"Line": [sale(60), BUNDLE], "TxnTaxDetail": tax(150)},
    "a line without a code": {"Line": [sale(100), sale(30, None)], "TxnTaxDetail": tax(150)},
    "a code of another country": {"Line": [sale(100, "5")], "TxnTaxDetail": tax(150, percent=20)},
}


@pytest.mark.parametrize("form", CERTAIN.values(), ids=CERTAIN)
def test_a_base_above_all_that_may_be_taxed_is_refused(form):
    with pytest.raises(InvalidArguments, match=r"a tax on 150\.00"):
        refuse_errors(INVOICE, QUICKBOOKS, form)


DISCOUNT = {"DetailType": "DiscountLineDetail", "Amount": 15, "DiscountLineDetail": {"PercentBased": False}}
UNCERTAIN = {
    "it fits": {"Line": [sale(100), sale(50), sale(9, "NON")], "TxnTaxDetail": tax(150)},
    "a discount came before the tax": {"Line": [sale(150), DISCOUNT], "TxnTaxDetail": tax(135)},
    "a discount came after the tax": {"Line": [sale(150), DISCOUNT], "TxnTaxDetail": tax(150)},
    "the lines are left as they are": {"TxnTaxDetail": tax(150)},
    "no line of the tax says what it taxes": {"Line": [sale(100)], "TxnTaxDetail": {"TotalTax": 12}},
    "only the code is sent": {"Line": [sale(100)], "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}},
    "a line says no amount": {"Line": [sale(None)], "TxnTaxDetail": tax(150)},
    "a bundle says no lines": {"Line": [{"DetailType": "GroupLineDetail"}], "TxnTaxDetail": tax(150)},
    "a kind of line that is not known": {
        "Line": [{"DetailType": "New", "Amount": 1}],
        "TxnTaxDetail": tax(150),
    },
    "amounts contain tax": {
        "Line": [sale(100)],
        "TxnTaxDetail": tax(150),
        "GlobalTaxCalculation": "TaxInclusive",
    },
    "another currency": {"Line": [sale(100)], "TxnTaxDetail": tax(150), "ExchangeRate": 1.5},
    "a tax on tax": {"Line": [sale(150, "5")], "TxnTaxDetail": tax(150, 157.5, percent=5)},
    "a tax of nothing": {"Line": [sale(100)], "TxnTaxDetail": tax(150, percent=0)},
    "a line without a code may be taxed": {"Line": [sale(100), sale(50, None)], "TxnTaxDetail": tax(150)},
    "garbage": {"Line": "x", "TxnTaxDetail": {"TaxLine": ["x", {"Amount": 1, "TaxLineDetail": 3}]}},
}


@pytest.mark.parametrize("form", UNCERTAIN.values(), ids=UNCERTAIN)
def test_what_may_be_right_is_sent(form):
    refuse_errors(INVOICE, QUICKBOOKS, form)
    assert warn(INVOICE, QUICKBOOKS, form) == ""


def test_a_tax_on_less_than_the_lines_come_to_is_sent_with_a_note():
    form = {"Line": [sale(100), sale(50)], "TxnTaxDetail": tax(100)}
    refuse_errors(INVOICE, QUICKBOOKS, form)
    assert "a tax on 100.00, while the taxed part of Line comes to 150.00" in warn(INVOICE, QUICKBOOKS, form)


def test_forms_of_which_the_definition_does_not_say_it_are_sent():
    bill = CATALOG.by_name["update_a_quick_books_bill_by_id"]
    refuse_errors(bill, QUICKBOOKS, {"Line": [sale(100)], "TxnTaxDetail": tax(150)})


def test_a_call_in_a_batch_is_refused_too():
    arguments = {"CustomerRef": {"value": "18"}, "Line": [sale(100)], "TxnTaxDetail": tax(150)}
    call = {"tool": "create_a_quick_books_invoice", "arguments": arguments}

    async def script(call_tool, server):
        answer = await call_tool(BATCH.name, {"calls": [call]})
        assert answer.error.code == "invalid_arguments"
        assert "calls[0]: TxnTaxDetail.TaxLine has a tax on 150.00" in answer.error.message
        assert all(line.startswith("GET ") for line, _, _ in server.requests)

    talk(QUICKBOOKS, CATALOG.by_name, lambda line, body: {}, script)
