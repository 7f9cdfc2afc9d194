"""What becomes of links when one of their ends changes or goes."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, expense_line, journal_line, paid, sales_line
from tests.simulators.quickbooks.test_changes import bill, invoice, key, payment, refusal

CHECK = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}


def credit_memo(books: Books, cents: int) -> Body:
    return changes.create(books, "CreditMemo", {"CustomerRef": {"value": "1"}, "Line": [sales_line(cents)]})


def journal(books: Books, side: str, value: float) -> Body:
    other = "Credit" if side == "Debit" else "Debit"
    holder = {"Type": "Customer", "EntityRef": {"value": "1"}}
    lines = [journal_line(value, side, "84", Entity=holder), journal_line(value, other, "1")]
    return changes.create(books, "JournalEntry", {"Line": lines})


def again(books: Books, entity: str, body: Body) -> Body:
    return books.read(entity, body["Id"])


@pytest.mark.parametrize("action", ["delete", "shrink"])
def test_a_credit_that_goes_takes_along_what_it_paid_for(books: Books, action: str) -> None:
    sold, credit = invoice(books), credit_memo(books, 6_000)
    used = payment(books, 0, paid("Invoice", sold["Id"], 60), paid("CreditMemo", credit["Id"], 60))
    credit = again(books, "CreditMemo", credit)
    if action == "delete":
        changes.delete(books, "CreditMemo", key(credit))
    else:
        changes.update(books, "CreditMemo", key(credit, sparse=True, Line=[sales_line(2_500)]))
    left = 0 if action == "delete" else 25
    used = again(books, "Payment", used)
    assert used["UnappliedAmt"] == 0
    assert [line["Amount"] for line in used["Line"]] == ([] if action == "delete" else [25, 25])
    assert again(books, "Invoice", sold)["Balance"] == 100 - left


def test_money_in_a_payment_goes_on_paying_when_its_credit_goes(books: Books) -> None:
    sold, credit = invoice(books), credit_memo(books, 6_000)
    made = payment(books, 40, paid("Invoice", sold["Id"], 100), paid("CreditMemo", credit["Id"], 60))
    changes.delete(books, "CreditMemo", key(again(books, "CreditMemo", credit)))
    assert again(books, "Payment", made)["Line"] == [paid("Invoice", sold["Id"], 40)]
    assert again(books, "Invoice", sold)["Balance"] == 60


def test_a_vendor_credit_that_goes_leaves_its_bill_unpaid(books: Books) -> None:
    owed = bill(books)
    credit = changes.create(
        books, "VendorCredit", {"VendorRef": {"value": "30"}, "Line": [expense_line(6_000)]}
    )
    lines = [paid("Bill", owed["Id"], 60), paid("VendorCredit", credit["Id"], 60)]
    changes.create(
        books, "BillPayment", {"VendorRef": {"value": "30"}, "TotalAmt": 0, "Line": lines, **CHECK}
    )
    changes.delete(books, "VendorCredit", key(again(books, "VendorCredit", credit)))
    assert again(books, "Bill", owed)["Balance"] == books.read("Vendor", "30")["Balance"] == 100


@pytest.mark.parametrize("action", [changes.delete, changes.void])
def test_a_link_without_an_amount_goes_with_its_document(books: Books, action: Any) -> None:
    sold = invoice(books)
    made = payment(books, 10, paid("Invoice", sold["Id"], 0))
    action(books, "Invoice", key(again(books, "Invoice", sold)))
    assert again(books, "Payment", made)["Line"] == []


def test_a_deleted_estimate_leaves_an_invoice_that_can_be_changed(books: Books) -> None:
    body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(10_000)]}
    estimate = changes.create(books, "Estimate", body)
    link = {"TxnId": estimate["Id"], "TxnType": "Estimate"}
    made = invoice(books, LinkedTxn=[link])
    changes.delete(books, "Estimate", key(again(books, "Estimate", estimate)))
    made = again(books, "Invoice", made)
    assert made["LinkedTxn"] == []
    assert changes.update(books, "Invoice", key(made, sparse=True, PrivateNote="Late"))["TotalAmt"] == 100


def test_a_full_update_leaves_an_estimate_closed(books: Books) -> None:
    body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(10_000)]}
    estimate = changes.create(books, "Estimate", body)
    made = invoice(books, LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}])
    after = changes.update(books, "Estimate", {**body, **key(again(books, "Estimate", estimate))})
    assert after["TxnStatus"] == "Closed"
    assert after["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Invoice"}]


def test_a_payment_takes_no_more_of_a_journal_entry_than_is_owed(books: Books) -> None:
    entry = journal(books, "Debit", 50)
    assert payment(books, 30, paid("JournalEntry", entry["Id"], 30))["UnappliedAmt"] == 0
    code, _ = refusal(payment, books, 30, paid("JournalEntry", entry["Id"], 30))
    assert code == "6000"


def test_a_payment_cannot_take_from_a_journal_entry_of_somebody_else(books: Books) -> None:
    entry = journal(books, "Debit", 50)
    lines = paid("JournalEntry", entry["Id"], 50)
    assert refusal(lambda: payment(books, 50, lines, customer="3"))[0] == "620"


def test_a_journal_entry_that_credits_a_customer_pays_an_invoice(books: Books) -> None:
    entry, sold = journal(books, "Credit", 50), invoice(books)
    made = payment(books, 0, paid("Invoice", sold["Id"], 50), paid("JournalEntry", entry["Id"], 50))
    assert made["UnappliedAmt"] == 0
    assert again(books, "Invoice", sold)["Balance"] == 50


@pytest.mark.parametrize("action", ["delete", "update"])
def test_a_journal_entry_that_goes_gives_back_what_was_applied(books: Books, action: str) -> None:
    entry = journal(books, "Debit", 50)
    made = payment(books, 50, paid("JournalEntry", entry["Id"], 50))
    if action == "delete":
        changes.delete(books, "JournalEntry", key(entry))
    else:
        changes.update(
            books,
            "JournalEntry",
            key(entry, Line=[journal_line(5, "Debit", "7"), journal_line(5, "Credit", "1")]),
        )
    made = again(books, "Payment", made)
    assert (made["Line"], made["UnappliedAmt"]) == ([], 50)
    changes.update(books, "Payment", {**made, "PrivateNote": "Noted"})


def test_a_payment_is_in_a_deposit_once(books: Books) -> None:
    made = payment(books, 50)
    line = {"Amount": 50, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    body = {"DepositToAccountRef": {"value": "35"}, "Line": [line, line]}
    assert refusal(changes.create, books, "Deposit", body)[0] == "6000"


def test_a_change_of_a_voided_invoice_sells_nothing(books: Books) -> None:
    line = sales_line(3_000, "5", Qty=3, UnitPrice=10)
    sold = changes.create(books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": [line]})
    voided = changes.void(books, "Invoice", key(sold))
    assert books.read("Item", "5")["QtyOnHand"] == 40
    changes.update(books, "Invoice", key(voided, sparse=True, CustomerMemo={"value": "Sorry"}))
    assert books.read("Item", "5")["QtyOnHand"] == 40


def test_a_second_void_leaves_the_note(books: Books) -> None:
    voided = changes.void(books, "Invoice", key(invoice(books, PrivateNote="For Amy")))
    assert changes.void(books, "Invoice", key(voided))["PrivateNote"] == "Voided - For Amy"
