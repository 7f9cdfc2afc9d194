"""Several currencies: one for each name, stock in home currency, and what the rates gain or lose in between."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, expense_line, journal_line, paid, sales_line
from tests.simulators.quickbooks.reports.agreeing import check_all

BANK, HELD, RECEIVABLE, PAYABLE = "35", "4", "84", "33"
BY_CHEQUE = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": BANK}}}


@pytest.fixture
def euro(books: Books) -> Body:
    """Return a company that books in euro as well: a customer and a vendor abroad."""
    preferences = books.read("Preferences", "1")
    several = {"CurrencyPrefs": {**preferences["CurrencyPrefs"], "MultiCurrencyEnabled": True}}
    changes.update(books, "Preferences", {**preferences, **several})
    changes.create(books, "CompanyCurrency", {"Code": "EUR"})
    names = {}
    for entity in ("Customer", "Vendor"):
        body = {"DisplayName": f"{entity} abroad", "CurrencyRef": {"value": "EUR"}}
        names[f"{entity}Ref"] = {"value": changes.create(books, entity, body)["Id"]}
    return names


def key(body: Body, **more: Any) -> Body:
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], **more}


def refused(books: Books, entity: str, body: Body) -> str:
    with pytest.raises(Fault) as refusal:
        changes.create(books, entity, body)
    return refusal.value.problems[0].code


def sell(books: Books, euro: Body, value: int, rate: float, *lines: Body, **more: Any) -> Body:
    body = {"CustomerRef": euro["CustomerRef"], "ExchangeRate": rate, "TxnDate": "2026-03-01", **more}
    return changes.create(books, "Invoice", {**body, "Line": [sales_line(value), *lines]})


def pay(books: Books, euro: Body, value: float, rate: float, *lines: Body, **more: Any) -> Body:
    body = {
        "CustomerRef": euro["CustomerRef"],
        "ExchangeRate": rate,
        "TxnDate": "2026-04-01",
        "TotalAmt": value,
    }
    return changes.create(books, "Payment", {**body, "Line": list(lines), **more})


def balances(books: Books, *accounts: str) -> list[int]:
    found = ledger.sum_by_account(books.store, books.realm)
    return [found.get(id, 0) for id in accounts]


def gain(books: Books) -> int:
    """Return cents on the account of exchange gains, positive for a gain."""
    account = books.find_first_account("Other Expense", "ExchangeGainOrLoss")
    return -balances(books, account)[0] if account else 0


DOCUMENTS = [
    ("Invoice", {"CustomerRef": {"value": "1"}, "Line": [sales_line(1_000)]}),
    ("Estimate", {"CustomerRef": {"value": "1"}, "Line": [sales_line(1_000)]}),
    ("CreditMemo", {"CustomerRef": {"value": "1"}, "Line": [sales_line(1_000)]}),
    ("SalesReceipt", {"CustomerRef": {"value": "1"}, "Line": [sales_line(1_000)]}),
    ("RefundReceipt", {"CustomerRef": {"value": "1"}, "Line": [sales_line(1_000)],
                       "DepositToAccountRef": {"value": BANK}}),
    ("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 10}),
    ("Bill", {"VendorRef": {"value": "30"}, "Line": [expense_line(1_000)]}),
    ("PurchaseOrder", {"VendorRef": {"value": "30"}, "Line": [expense_line(1_000)]}),
    ("VendorCredit", {"VendorRef": {"value": "30"}, "Line": [expense_line(1_000)]}),
    ("BillPayment", {"VendorRef": {"value": "30"}, "TotalAmt": 10, "Line": [], **BY_CHEQUE}),
    ("Purchase", {"EntityRef": {"value": "30", "type": "Vendor"}, "PaymentType": "Cash",
                  "AccountRef": {"value": BANK}, "Line": [expense_line(1_000)]}),
    ("JournalEntry", {"Line": [journal_line(10, "Debit", RECEIVABLE, Entity={"Type": "Customer",
                      "EntityRef": {"value": "1"}}), journal_line(10, "Credit", "1")]}),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "body"), DOCUMENTS, ids=[entity for entity, _ in DOCUMENTS])
def test_a_transaction_in_another_currency_than_the_name_s_is_refused(
    books: Books, euro: Body, entity: str, body: Body
) -> None:
    assert refused(books, entity, {**body, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.1}) == "6000"
    changes.create(books, entity, body)
    for name in ("CustomerRef", "VendorRef"):
        if name in body:
            abroad = {**body, name: euro[name], "CurrencyRef": {"value": "USD"}}
            assert refused(books, entity, abroad) == "6000"
            assert changes.create(books, entity, {**body, name: euro[name]})["CurrencyRef"]["value"] == "EUR"


def test_the_currency_of_a_name_stays(books: Books, euro: Body) -> None:
    customer = books.read("Customer", euro["CustomerRef"]["value"])
    with pytest.raises(Fault) as refusal:
        changes.update(books, "Customer", {**customer, "CurrencyRef": {"value": "USD"}})
    assert refusal.value.problems[0].code == "6000"
    changed = changes.update(books, "Customer", key(customer, DisplayName="Farther abroad"))
    assert changed["CurrencyRef"]["value"] == "EUR"


def test_a_rate_that_is_left_out_counts_as_one(books: Books, euro: Body) -> None:
    made = changes.create(books, "Invoice", {"CustomerRef": euro["CustomerRef"], "Line": [sales_line(1_000)]})
    assert (made["ExchangeRate"], made["HomeTotalAmt"], made["HomeBalance"]) == (1, 10, 10)
    assert balances(books, RECEIVABLE) == [1_000]


def test_the_cost_of_stock_is_in_home_currency_whatever_the_invoice_is_in(books: Books, euro: Body) -> None:
    before = balances(books, "81")[0]
    lamp = books.read("Item", "11")
    sell(books, euro, 100, 1.5, sales_line(4_000, "11", Qty=2))
    cost = round(lamp["PurchaseCost"] * 200)
    assert balances(books, "81", "80") == [before - cost, cost]
    check_all(books.store, books.realm, "2026-11-20")


def test_the_open_amount_in_home_currency_falls_with_what_is_paid(books: Books, euro: Body) -> None:
    made = sell(books, euro, 10_000, 1.25)
    pay(books, euro, 40, 1.25, paid("Invoice", made["Id"], 40))
    read = books.read("Invoice", made["Id"])
    assert (read["Balance"], read["HomeBalance"], read["HomeTotalAmt"]) == (60, 75, 125)


def test_a_rate_that_rose_until_the_payment_is_a_gain(books: Books, euro: Body) -> None:
    made = sell(books, euro, 10_000, 1.2)
    pay(books, euro, 100, 1.3, paid("Invoice", made["Id"], 100))
    assert (*balances(books, RECEIVABLE, HELD), gain(books)) == (0, 13_000, 1_000)
    assert books.read("Customer", euro["CustomerRef"]["value"])["Balance"] == 0
    check_all(books.store, books.realm, "2026-11-20")


def test_a_rate_that_rose_until_a_bill_is_paid_is_a_loss(books: Books, euro: Body) -> None:
    body = {"VendorRef": euro["VendorRef"], "ExchangeRate": 1.2, "Line": [expense_line(10_000)]}
    bill = changes.create(books, "Bill", {**body, "TxnDate": "2026-03-01"})
    payment = {"VendorRef": euro["VendorRef"], "ExchangeRate": 1.3, "TotalAmt": 100, "TxnDate": "2026-04-01"}
    lines = [paid("Bill", bill["Id"], 100)]
    made = changes.create(books, "BillPayment", {**payment, **BY_CHEQUE, "Line": lines})
    assert (*balances(books, PAYABLE, BANK), gain(books)) == (0, -13_000, -1_000)
    check_all(books.store, books.realm, "2026-11-20")
    changes.delete(books, "BillPayment", key(made))
    assert (*balances(books, PAYABLE, BANK), gain(books)) == (-12_000, 0, 0)


def test_a_gain_follows_the_rate_of_the_document_and_goes_with_it(books: Books, euro: Body) -> None:
    made = sell(books, euro, 10_000, 1.2)
    pay(books, euro, 100, 1.3, paid("Invoice", made["Id"], 100))
    now = books.read("Invoice", made["Id"])
    now = changes.update(books, "Invoice", key(now, sparse=True, ExchangeRate=1.5))
    assert (balances(books, RECEIVABLE)[0], gain(books)) == (0, -2_000)
    changes.void(books, "Invoice", key(now))
    assert (balances(books, RECEIVABLE)[0], gain(books)) == (-13_000, 0)


def test_payments_in_parts_clear_a_document_to_the_cent(books: Books, euro: Body) -> None:
    made = sell(books, euro, 1_001, 1.1111)
    for part in (3.33, 3.33, 3.35):
        pay(books, euro, part, 1.2345, paid("Invoice", made["Id"], part))
        check_all(books.store, books.realm, "2026-11-20")
    assert balances(books, RECEIVABLE) == [0]


def test_a_credit_of_another_rate_leaves_the_difference_as_a_gain(books: Books, euro: Body) -> None:
    made = sell(books, euro, 10_000, 1.2)
    body = {"CustomerRef": euro["CustomerRef"], "ExchangeRate": 1.4, "Line": [sales_line(10_000)]}
    credit = changes.create(books, "CreditMemo", body)
    pay(books, euro, 0, 1.3, paid("Invoice", made["Id"], 100), paid("CreditMemo", credit["Id"], 100))
    assert (balances(books, RECEIVABLE)[0], gain(books)) == (0, 2_000)


def test_money_gains_or_loses_until_it_is_deposited(books: Books, euro: Body) -> None:
    payment = pay(books, euro, 100, 1.2)
    link = {"LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    body = {"DepositToAccountRef": {"value": BANK}, "Line": [{"Amount": 100, **link}], "ExchangeRate": 1.3}
    assert refused(books, "Deposit", {**body, "CurrencyRef": {"value": "USD"}}) == "6000"
    made = changes.create(books, "Deposit", body)
    assert made["CurrencyRef"]["value"] == "EUR"
    assert (*balances(books, HELD, BANK), gain(books)) == (0, 13_000, 1_000)


def test_a_foreign_journal_entry_is_settled_at_its_own_rate(books: Books, euro: Body) -> None:
    holder = {"Type": "Customer", "EntityRef": euro["CustomerRef"]}
    lines = [journal_line(100, "Debit", RECEIVABLE, Entity=holder), journal_line(100, "Credit", "1")]
    body = {"CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.2, "TxnDate": "2026-02-01", "Line": lines}
    entry = changes.create(books, "JournalEntry", body)
    pay(books, euro, 100, 1.3, paid("JournalEntry", entry["Id"], 100))
    assert (balances(books, RECEIVABLE)[0], gain(books)) == (0, 1_000)
    check_all(books.store, books.realm, "2026-11-20")


def test_an_account_takes_its_own_currency_only(books: Books, euro: Body) -> None:
    body = {"Name": "Euro bank", "AccountType": "Bank", "CurrencyRef": {"value": "EUR"}}
    account = {"value": changes.create(books, "Account", body)["Id"]}
    receipt = {"DepositToAccountRef": account, "Line": [sales_line(1_000)]}
    assert refused(books, "SalesReceipt", {**receipt, "CustomerRef": {"value": "1"}}) == "6000"
    changes.create(
        books, "SalesReceipt", {**receipt, "CustomerRef": euro["CustomerRef"], "ExchangeRate": 1.1}
    )
