"""Receivables and payables: every amount on them has a name, so that names and accounts add up to the same."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, expense_line, paid, sales_line
from tests.simulators.quickbooks.reports.agreeing import check_all

RECEIVABLE, PAYABLE, BANK = "84", "33", "35"
CHEQUE: Body = {"PaymentType": "Check", "AccountRef": {"value": BANK}}


def deposit_line(account: str) -> Body:
    detail = {"AccountRef": {"value": account}}
    return {"Amount": 5, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}


def adjustment(account: str) -> Body:
    detail = {"ItemRef": {"value": "11"}, "QtyDiff": 1}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    return {"TxnDate": "2026-11-20", "AdjustAccountRef": {"value": account}, "Line": [line]}


def forms(account: str) -> list[tuple[str, Body]]:
    """Return forms that book to an account and name nobody whom the account could belong to."""
    line = expense_line(500, account)
    ends = {"FromAccountRef": {"value": BANK}, "ToAccountRef": {"value": account}}
    return [
        ("Purchase", {**CHEQUE, "Line": [line]}),
        ("Purchase", {**CHEQUE, "EntityRef": {"value": "55", "type": "Employee"}, "Line": [line]}),
        ("Transfer", {"Amount": 5, **ends}),
        ("Deposit", {"DepositToAccountRef": {"value": BANK}, "Line": [deposit_line(account)]}),
        (
            "Deposit",
            {
                "DepositToAccountRef": {"value": BANK},
                "Line": [deposit_line("1")],
                "CashBack": {"Amount": 1, "AccountRef": {"value": account}},
            },
        ),
        ("InventoryAdjustment", adjustment(account)),
    ]


NAMELESS = [
    *((RECEIVABLE, *form) for form in forms(RECEIVABLE)),
    *((PAYABLE, *form) for form in forms(PAYABLE)),
    (RECEIVABLE, "Bill", {"VendorRef": {"value": "30"}, "Line": [expense_line(500, RECEIVABLE)]}),
    (RECEIVABLE, "VendorCredit", {"VendorRef": {"value": "30"}, "Line": [expense_line(500, RECEIVABLE)]}),
    (
        RECEIVABLE,
        "Purchase",
        {**CHEQUE, "EntityRef": {"value": "30", "type": "Vendor"}, "Line": [expense_line(500, RECEIVABLE)]},
    ),
]


@pytest.mark.parametrize(("account", "entity", "body"), NAMELESS)
def test_a_receivable_or_payable_without_a_name_is_refused_on_every_form(
    books: Books, account: str, entity: str, body: Body
) -> None:
    with pytest.raises(Fault) as refusal:
        changes.create(books, entity, body)
    assert refusal.value.problems[0].code == "6000"
    assert "must choose a" in str(refusal.value.problems[0].detail)
    assert ledger.sum_by_account(books.store, books.realm).get(account, 0) == 0


def test_a_credit_paid_back_by_cheque_belongs_to_the_customer_it_is_made_out_to(books: Books) -> None:
    changes.create(books, "Payment", {"CustomerRef": {"value": "18"}, "TotalAmt": 40})
    payee = {"EntityRef": {"value": "18", "type": "Customer"}}
    changes.create(books, "Purchase", {**CHEQUE, **payee, "Line": [expense_line(4_000, RECEIVABLE)]})
    assert books.read("Customer", "18")["Balance"] == 0
    assert ledger.sum_by_account(books.store, books.realm)[RECEIVABLE] == 0


def test_the_customer_of_the_line_comes_before_the_payee(books: Books) -> None:
    line = expense_line(4_000, RECEIVABLE)
    line["AccountBasedExpenseLineDetail"]["CustomerRef"] = {"value": "1"}
    payee = {"EntityRef": {"value": "18", "type": "Customer"}}
    changes.create(books, "Purchase", {**CHEQUE, **payee, "Line": [line]})
    assert [books.read("Customer", id)["Balance"] for id in ("1", "18")] == [40, 0]


def test_a_cheque_to_a_vendor_lowers_what_the_vendor_is_owed(books: Books) -> None:
    payee = {"EntityRef": {"value": "30", "type": "Vendor"}}
    changes.create(books, "Purchase", {**CHEQUE, **payee, "Line": [expense_line(700, PAYABLE)]})
    assert books.read("Vendor", "30")["Balance"] == -7


def test_a_bill_for_a_customer_s_receivable_is_not_settled_by_paying_the_bill(books: Books) -> None:
    line = expense_line(700, RECEIVABLE)
    line["AccountBasedExpenseLineDetail"]["CustomerRef"] = {"value": "18"}
    bill = changes.create(books, "Bill", {"VendorRef": {"value": "30"}, "Line": [line]})
    how = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": BANK}}}
    payment = {"VendorRef": {"value": "30"}, "TotalAmt": 7, "Line": [paid("Bill", bill["Id"], 7)], **how}
    changes.create(books, "BillPayment", payment)
    assert (books.read("Customer", "18")["Balance"], books.read("Vendor", "30")["Balance"]) == (7, 0)
    check_all(books.store, books.realm, "2026-11-20")


@pytest.mark.parametrize("account", [RECEIVABLE, PAYABLE])
@pytest.mark.parametrize("name", ["IncomeAccountRef", "ExpenseAccountRef"])
def test_an_item_does_not_book_to_receivables_or_payables(books: Books, name: str, account: str) -> None:
    with pytest.raises(Fault) as refusal:
        changes.create(books, "Item", {"Name": "Odd", "Type": "Service", name: {"value": account}})
    assert refusal.value.problems[0].code == "6430"


def test_an_inventory_item_wants_an_asset_account_for_its_stock(books: Books) -> None:
    item = books.read("Item", "11")
    with pytest.raises(Fault) as refusal:
        changes.update(books, "Item", {**item, "AssetAccountRef": {"value": "80"}})
    assert refusal.value.problems[0].code == "6430"


def test_a_discount_does_not_book_to_receivables(books: Books) -> None:
    discount: dict[str, Any] = {"PercentBased": False, "DiscountAccountRef": {"value": RECEIVABLE}}
    lines = [
        sales_line(1_000),
        {"Amount": 1, "DetailType": "DiscountLineDetail", "DiscountLineDetail": discount},
    ]
    with pytest.raises(Fault) as refusal:
        changes.create(books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": lines})
    assert refusal.value.problems[0].code == "6430"


def test_a_cash_sale_needs_no_customer(books: Books) -> None:
    made = changes.create(books, "SalesReceipt", {"Line": [sales_line(3_000)]})
    changes.update(books, "SalesReceipt", {**made, "PrivateNote": "Walk-in"})
    assert ledger.sum_by_account(books.store, books.realm)["4"] == 3_000
    check_all(books.store, books.realm, "2026-11-20")
