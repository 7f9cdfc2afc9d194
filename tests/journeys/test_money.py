"""Sums that an agent could get wrong by doing as it was asked: each is refused, right, or noted, in the books too."""

from __future__ import annotations

import pytest

from tests.journeys.agents import Agent, make, read

NORTON, ADVERTISING, CHECKING, PAULSEN, PUMP = "46", "7", "35", "18", "11"
SALES_FORMS = ["invoice", "estimate", "sales_receipt", "credit_memo", "refund_receipt"]


def sold(amount: float) -> dict:
    detail = {"ItemRef": {"value": PUMP}, "TaxCodeRef": {"value": "TAX"}, "Qty": 1, "UnitPrice": amount}
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail}


def spent(amount: float) -> dict:
    name = "AccountBasedExpenseLineDetail"
    return {"DetailType": name, "Amount": amount, name: {"AccountRef": {"value": ADVERTISING}}}


def settled(amount: float, record: dict, kind: str) -> dict:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": record["Id"], "TxnType": kind}]}


@pytest.mark.parametrize("form", SALES_FORMS)
def test_a_form_that_lost_a_taxed_line_never_retains_the_tax_of_it(bookkeeper, form):
    account = {"DepositToAccountRef": {"value": CHECKING}} if form == "refund_receipt" else {}
    tax = {"TxnTaxCodeRef": {"value": "2"}}
    lines = [sold(100), sold(50)]
    made = make(bookkeeper, form, CustomerRef={"value": PAULSEN}, Line=lines, TxnTaxDetail=tax, **account)
    seen = read(bookkeeper, form, made["Id"])
    assert seen["TotalAmt"] == 162

    whole = {**seen, "id": made["Id"], "Line": seen["Line"][:1]}
    update = f"update_a_quick_books_{form}_by_id"
    gone = seen["Line"][1]["Id"]
    refused = bookkeeper.call(update, **whole, mode="replace", remove_lines=[gone])
    assert refused.is_error
    assert "has a tax on 150.00, but what is taxed in Line comes to 100.00" in refused.text
    assert read(bookkeeper, form, made["Id"])["SyncToken"] == seen["SyncToken"]

    left_out = bookkeeper.call(update, **whole)
    assert left_out.is_error
    assert f"Line has entries as they are stored, and leaves out {gone}." in left_out.text
    assert read(bookkeeper, form, made["Id"])["TotalAmt"] == 162

    removed = bookkeeper.call(update, id=made["Id"], remove_lines=[gone])
    assert removed.value["record"]["TotalAmt"] == 108


def test_a_vendor_is_paid_the_bill_less_the_credit(bookkeeper):
    before = read(bookkeeper, "vendor", NORTON)["Balance"]
    bill = make(bookkeeper, "bill", VendorRef={"value": NORTON}, Line=[spent(40)])
    credit = make(bookkeeper, "vendor_credit", VendorRef={"value": NORTON}, Line=[spent(10)])
    payment = {
        "VendorRef": {"value": NORTON},
        "PayType": "Check",
        "CheckPayment": {"BankAccountRef": {"value": CHECKING}},
        "Line": [settled(40, bill, "Bill"), settled(10, credit, "VendorCredit")],
    }

    added = bookkeeper.call("create_a_quick_books_bill_payment", **payment, TotalAmt=50)
    assert added.is_error
    assert "40.00 less 10.00 is 30.00" in added.text

    make(bookkeeper, "bill_payment", **payment, TotalAmt=30)
    assert read(bookkeeper, "vendor", NORTON)["Balance"] == before


def test_a_customer_pays_the_invoice_less_the_credit_memo(bookkeeper):
    before = read(bookkeeper, "customer", PAULSEN)["Balance"]
    invoice = make(bookkeeper, "invoice", CustomerRef={"value": PAULSEN}, Line=[sold(40)])
    credit = make(bookkeeper, "credit_memo", CustomerRef={"value": PAULSEN}, Line=[sold(10)])
    lines = [settled(40, invoice, "Invoice"), settled(10, credit, "CreditMemo")]
    payment = {"CustomerRef": {"value": PAULSEN}, "Line": lines}

    assert bookkeeper.call("create_a_quick_books_payment", **payment, TotalAmt=50).is_error
    assert make(bookkeeper, "payment", **payment, TotalAmt=30)["UnappliedAmt"] == 0
    assert read(bookkeeper, "customer", PAULSEN)["Balance"] == before


def test_a_payment_beyond_its_invoice_says_where_the_rest_stays(bookkeeper):
    invoice = make(bookkeeper, "invoice", CustomerRef={"value": PAULSEN}, Line=[sold(40)])
    answer = bookkeeper.call(
        "create_a_quick_books_payment",
        CustomerRef={"value": PAULSEN},
        TotalAmt=45,
        Line=[settled(40, invoice, "Invoice")],
    )
    assert not answer.is_error
    assert "TotalAmt is 5.00 more than Line uses up. It stays as credit of the customer" in answer.text


@pytest.mark.parametrize("what", ["customer", "vendor"])
def test_a_balance_makes_a_transaction_only_with_its_day(bookkeeper, what):
    tool = f"create_a_quick_books_{what}"
    alone = bookkeeper.call(tool, DisplayName="Old Mill", Balance=85)
    assert alone.is_error
    assert "Balance was given without OpenBalanceDate." in alone.text
    assert bookkeeper.call(tool, DisplayName="New Mill", Balance=0).value["Balance"] == 0
    opened = make(bookkeeper, what, DisplayName="Old Mill", Balance=85, OpenBalanceDate="2026-01-31")
    assert read(bookkeeper, what, opened["Id"])["Balance"] == 85


def test_an_account_opens_with_what_it_holds(bookkeeper):
    account = {"Name": "Till", "AccountType": "Bank", "OpeningBalance": 500}
    assert "without OpeningBalanceDate" in bookkeeper.call("create_a_quick_books_account", **account).text
    opened = make(bookkeeper, "account", **account, OpeningBalanceDate="2026-01-31")
    assert read(bookkeeper, "account", opened["Id"])["CurrentBalance"] == 500


def account_of_type(someone: Agent, kind: str) -> dict:
    found = someone.call("list_all_quick_books_accounts", AccountType=kind).value["records"]
    return {"value": found[0]["Id"]}


NEW = {
    "customer": {"GSTRegistrationType": "GST_REG_REG", "TDSEnabled": True},
    "vendor": {"TDSEntityTypeId": 3, "TDSSectionTypeId": 7, "TDSOverrideThreshold": True},
    "account": {"AccountType": "Expense", "AccountAlias": "Frais", "TxnLocationType": "WithinFrance"},
    "item": {"Type": "Service", "ServiceType": "ADVT", "AbatementRate": 10, "ItemCategoryType": "Service"},
}


@pytest.mark.parametrize("what", NEW)
def test_fields_of_france_and_india_are_sent_and_answered(bookkeeper, what):
    names = {"customer": "DisplayName", "vendor": "DisplayName"}
    income = {"IncomeAccountRef": account_of_type(bookkeeper, "Income")} if what == "item" else {}
    made = make(bookkeeper, what, **{names.get(what, "Name"): "Overseas"}, **NEW[what], **income)
    stored = read(bookkeeper, what, made["Id"])
    assert {name: stored[name] for name in NEW[what]} == NEW[what]


def test_business_numbers_are_sent_and_answered_masked(bookkeeper):
    made = make(bookkeeper, "vendor", DisplayName="Mumbai Steel", GSTIN="27AAPFU0939F1ZV")
    assert read(bookkeeper, "vendor", made["Id"])["GSTIN"] == "•••F1ZV"


def test_transactions_say_where_they_take_place_and_on_which_account(bookkeeper):
    payables = account_of_type(bookkeeper, "Accounts Payable")
    receivables = account_of_type(bookkeeper, "Accounts Receivable")
    france = {"TransactionLocationType": "OutsideEU", "TaxFormNum": "F-1"}
    vendor = make(bookkeeper, "vendor", DisplayName="Lyon Tools", APAccountRef=payables)
    customer = make(bookkeeper, "customer", DisplayName="Lyon Fleurs", ARAccountRef=receivables)
    owner = {"CustomerRef": {"value": customer["Id"]}}
    bill = make(bookkeeper, "bill", VendorRef={"value": vendor["Id"]}, Line=[spent(9)], **france)
    invoice = make(bookkeeper, "invoice", **owner, Line=[sold(9)], **france)
    payment = make(bookkeeper, "payment", **owner, TotalAmt=9, ARAccountRef=receivables, **france)
    credit = make(bookkeeper, "credit_memo", **owner, Line=[sold(9)], InvoiceRef={"value": invoice["Id"]})

    for made in (bill, invoice, payment):
        assert {name: made[name] for name in france} == france
    assert vendor["APAccountRef"]["value"] == payables["value"]
    assert customer["ARAccountRef"]["value"] == payment["ARAccountRef"]["value"] == receivables["value"]
    assert credit["InvoiceRef"]["value"] == invoice["Id"]
