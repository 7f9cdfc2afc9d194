from __future__ import annotations

from typing import Any

import pytest

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import Body, expense_line, journal_line, paid, sales_line


def refusal(action: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(Fault) as refused:
        action(*arguments)
    problem = refused.value.problems[0]
    return problem.code, problem.detail


def invoice(books: Books, cents: int = 10_000, customer: str = "1", **more: Any) -> Body:
    return changes.create(
        books, "Invoice", {"CustomerRef": {"value": customer}, "Line": [sales_line(cents)], **more}
    )


def payment(books: Books, value: float, *lines: Body, customer: str = "1") -> Body:
    return changes.create(
        books, "Payment", {"CustomerRef": {"value": customer}, "TotalAmt": value, "Line": list(lines)}
    )


def bill(books: Books, cents: int = 10_000) -> Body:
    return changes.create(books, "Bill", {"VendorRef": {"value": "30"}, "Line": [expense_line(cents)]})


def key(body: Body, **more: Any) -> Body:
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], **more}


def account(books: Books, id: str) -> float:
    return float(books.read("Account", id)["CurrentBalance"])


def test_a_new_record_starts_at_sync_token_zero(books: Books) -> None:
    made = invoice(books)
    assert (made["SyncToken"], made["domain"], made["sparse"]) == ("0", "QBO", False)
    assert books.read("Invoice", made["Id"]) == made


def test_an_invoice_gets_total_subtotal_number_term_and_balance(books: Books) -> None:
    made = invoice(books, TxnDate="2026-11-01")
    assert made["TotalAmt"] == made["Balance"] == 100
    assert made["Line"][-1] == {"Amount": 100, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    assert made["DocNumber"] == "1001"
    assert made["DueDate"] == "2026-12-01"
    assert made["BillAddr"] == books.read("Customer", "1")["BillAddr"]


@pytest.mark.parametrize(
    ("day", "due"),
    [("2026-11-01", "2026-11-15"), ("2026-11-10", "2026-12-15"), ("2026-11-15", "2026-12-15"),
     ("2026-11-09", "2026-11-15"), ("2026-12-20", "2027-01-15")],
)  # fmt: skip
def test_terms_may_name_a_day_of_the_month(books: Books, day: str, due: str) -> None:
    term = changes.create(books, "Term", {"Name": "The 15th", "DayOfMonthDue": 15, "DueNextMonthDays": 5})
    made = invoice(books, TxnDate=day, SalesTermRef={"value": term["Id"]})
    assert made["DueDate"] == due


def test_unknown_properties_are_refused_by_name(books: Books) -> None:
    code, detail = refusal(
        changes.create,
        books,
        "Invoice",
        {"BadJson": 1, "CustomerRef": {"value": "1"}, "Line": [sales_line(1)]},
    )
    assert code == "2010"
    assert 'Unrecognized field "BadJson" (class com.intuit.schema.finance.v3.Invoice)' in detail


REFUSED: dict[str, tuple[str, Body, str]] = {
    "a missing required property": ("Invoice", {"Line": [sales_line(1)]}, "2020"),
    "no lines": ("Invoice", {"CustomerRef": {"value": "1"}, "Line": []}, "6000"),
    "an unknown reference": ("Invoice", {"CustomerRef": {"value": "999"}, "Line": [sales_line(1)]}, "2500"),
    "an unknown item": ("Invoice", {"CustomerRef": {"value": "1"}, "Line": [sales_line(1, "999")]}, "2500"),
    "a wrong product": (
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(1, Qty=2, UnitPrice=3)]},
        "6070",
    ),
    "a long number": (
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)], "DocNumber": "x" * 22},
        "2050",
    ),
    "a wrong day": (
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)], "TxnDate": "2026-02-30"},
        "2070",
    ),
    "a day and something else": (
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)], "TxnDate": "2026-11-01 or so"},
        "2060",
    ),
    "no day at all": (
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)], "TxnDate": "soon"},
        "2060",
    ),
    "a wrong enumeration": (
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)], "PrintStatus": "Maybe"},
        "2170",
    ),
    "a text for a number": ("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": "many"}, "2100"),
    "an endless number": ("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 1e300}, "2110"),
    "a payment without an amount": ("Payment", {"CustomerRef": {"value": "1"}}, "6000"),
    "a name without any name": ("Customer", {"Notes": "x"}, "6080"),
    "a name that is taken": ("Customer", {"DisplayName": "Amy's Bird Sanctuary"}, "6240"),
    "a name that a vendor has": ("Customer", {"DisplayName": "books by bessie"}, "6240"),
    "a colon in a name": ("Customer", {"DisplayName": "a:b"}, "2040"),
    "an address that is none": (
        "Customer",
        {"DisplayName": "x", "PrimaryEmailAddr": {"Address": "x"}},
        "2210",
    ),
    "an account that is there": ("Account", {"Name": "Checking", "AccountType": "Bank"}, "6240"),
    "an account without a type": ("Account", {"Name": "New"}, "2020"),
    "an account of no type": ("Account", {"Name": "New", "AccountType": "Shoe box"}, "2170"),
    "a cheque from the card": (
        "Purchase",
        {"PaymentType": "Check", "AccountRef": {"value": "41"}, "Line": [expense_line(1)]},
        "6430",
    ),
    "an item without an account": ("Item", {"Name": "x", "Type": "Service"}, "2020"),
    "a transfer to an income account": (
        "Transfer",
        {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "1"}, "Amount": 1},
        "6430",
    ),
    "a bill that is owed on a bank account": (
        "Bill",
        {"VendorRef": {"value": "30"}, "APAccountRef": {"value": "35"}, "Line": [expense_line(1)]},
        "6430",
    ),
    "money put on an income account": (
        "Payment",
        {"CustomerRef": {"value": "1"}, "TotalAmt": 1, "DepositToAccountRef": {"value": "1"}},
        "6430",
    ),
    "a journal entry of one line": ("JournalEntry", {"Line": [journal_line(0, "Debit", "7")]}, "6000"),
    "more cash back than was deposited": (
        "Deposit",
        {
            "DepositToAccountRef": {"value": "35"},
            "Line": [
                {
                    "Amount": 5,
                    "DetailType": "DepositLineDetail",
                    "DepositLineDetail": {"AccountRef": {"value": "1"}},
                }
            ],
            "CashBack": {"Amount": 20, "AccountRef": {"value": "36"}},
        },
        "6000",
    ),
    "a card paid backwards": (
        "CreditCardPayment",
        {"CreditCardAccountRef": {"value": "41"}, "BankAccountRef": {"value": "35"}, "Amount": -5},
        "2290",
    ),
    "a transfer to itself": (
        "Transfer",
        {"FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "35"}, "Amount": 1},
        "6000",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_create_is_refused_for(books: Books, case: str) -> None:
    entity, body, code = REFUSED[case]
    assert refusal(changes.create, books, entity, body)[0] == code
    assert not books.store.connection.in_transaction


def test_rounding_is_half_up(books: Books) -> None:
    line = {**sales_line(186_108, Qty=2.5, UnitPrice=744.43), "Amount": 1861.08}
    assert (
        changes.create(books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": [line]})["TotalAmt"]
        == 1861.08
    )


def test_a_sparse_update_leaves_what_it_does_not_name(books: Books) -> None:
    made = invoice(books, PrivateNote="a note")
    changed = changes.update(books, "Invoice", key(made, sparse=True, CustomerMemo={"value": "hello"}))
    assert (changed["PrivateNote"], changed["SyncToken"], len(changed["Line"])) == ("a note", "1", 2)


def test_a_full_update_clears_what_it_leaves_out(books: Books) -> None:
    made = invoice(books, PrivateNote="gone soon")
    body = key(made, CustomerRef={"value": "1"}, Line=[sales_line(5_000)])
    changed = changes.update(books, "Invoice", body)
    assert "PrivateNote" not in changed
    assert (changed["TotalAmt"], changed["MetaData"]["CreateTime"]) == (50, made["MetaData"]["CreateTime"])


def test_a_sparse_update_clears_with_empty_values(books: Books) -> None:
    made = invoice(books, PrivateNote="gone soon", ClassRef=None)
    changed = changes.update(
        books, "Invoice", key(made, sparse=True, PrivateNote="", SalesTermRef={"value": ""})
    )
    assert "PrivateNote" not in changed


def test_a_sparse_update_that_changes_nothing_leaves_the_sync_token(books: Books) -> None:
    made = invoice(books, PrivateNote="same")
    assert changes.update(books, "Invoice", key(made, sparse=True, PrivateNote="same"))["SyncToken"] == "0"


def test_lines_retain_their_ids_and_new_ones_get_the_next(books: Books) -> None:
    made = changes.create(
        books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": [sales_line(100), sales_line(200)]}
    )
    old_line = made["Line"][1]
    changed = changes.update(books, "Invoice", key(made, sparse=True, Line=[sales_line(300), old_line]))
    assert [line.get("Id") for line in changed["Line"]] == ["3", "2", None]
    assert changed["TotalAmt"] == 5


def test_a_stale_sync_token_is_refused_with_5010(books: Books) -> None:
    made = invoice(books)
    changes.update(books, "Invoice", key(made, sparse=True, PrivateNote="x"))
    code, detail = refusal(changes.update, books, "Invoice", key(made, sparse=True, PrivateNote="y"))
    assert code == "5010"
    assert detail.startswith("Stale Object Error : You and root were working on this at the same time.")


def test_an_absent_record_is_refused_with_610(books: Books) -> None:
    assert (
        refusal(changes.update, books, "Invoice", {"Id": "999", "SyncToken": "0", "sparse": True})[0] == "610"
    )


@pytest.mark.parametrize(("entity", "name"), [("Bill", "VendorRef"), ("Purchase", "PaymentType")])
def test_some_sparse_updates_still_need_a_property(books: Books, entity: str, name: str) -> None:
    expense = {"PaymentType": "Cash", "AccountRef": {"value": "35"}, "Line": [expense_line(100)]}
    made = {
        "Bill": lambda: bill(books),
        "Purchase": lambda: changes.create(books, "Purchase", expense),
    }[entity]()
    code, detail = refusal(changes.update, books, entity, key(made, sparse=True, PrivateNote="x"))
    assert (code, detail) == ("2020", f"Required parameter {name} is missing in the request")


def test_a_payment_lowers_the_balance_and_moves_the_sync_token(books: Books) -> None:
    made = invoice(books)
    given = payment(books, 60, paid("Invoice", made["Id"], 60))
    now = books.read("Invoice", made["Id"])
    assert (now["Balance"], now["SyncToken"]) == (40, "1")
    assert now["LinkedTxn"] == [{"TxnId": given["Id"], "TxnType": "Payment"}]
    assert given["UnappliedAmt"] == 0


def test_deleting_a_payment_raises_the_balance_again(books: Books) -> None:
    made = invoice(books)
    given = payment(books, 60, paid("Invoice", made["Id"], 60))
    stub = changes.delete(books, "Payment", key(given))
    assert stub == {"domain": "QBO", "status": "Deleted", "Id": given["Id"]}
    assert books.read("Invoice", made["Id"])["Balance"] == 100
    assert refusal(changes.delete, books, "Payment", key(given))[0] == "610"


def test_a_payment_with_no_lines_in_a_full_update_is_unapplied(books: Books) -> None:
    made = invoice(books)
    given = payment(books, 60, paid("Invoice", made["Id"], 60))
    changed = changes.update(
        books, "Payment", key(given, sparse=True, CustomerRef={"value": "1"}, TotalAmt=60, Line=[])
    )
    assert changed["UnappliedAmt"] == 60
    assert books.read("Invoice", made["Id"])["Balance"] == 100


def test_money_above_the_invoice_stays_unapplied(books: Books) -> None:
    made = invoice(books)
    assert payment(books, 150, paid("Invoice", made["Id"], 100))["UnappliedAmt"] == 50
    assert books.read("Customer", "1")["Balance"] == -50


def test_more_than_the_open_balance_cannot_be_applied(books: Books) -> None:
    made = invoice(books)
    assert refusal(payment, books, 150, paid("Invoice", made["Id"], 150))[0] == "6000"


def test_an_invoice_of_somebody_else_cannot_be_paid(books: Books) -> None:
    made = invoice(books, customer="2")
    assert refusal(payment, books, 10, paid("Invoice", made["Id"], 10))[0] == "6000"


def test_voiding_a_paid_invoice_leaves_the_payment_unapplied(books: Books) -> None:
    made = invoice(books, PrivateNote="front yard")
    given = payment(books, 60, paid("Invoice", made["Id"], 60))
    voided = changes.void(books, "Invoice", key(books.read("Invoice", made["Id"])))
    assert (voided["TotalAmt"], voided["Balance"], voided["LinkedTxn"]) == (0, 0, [])
    assert voided["PrivateNote"].startswith("Voided")
    left = books.read("Payment", given["Id"])
    assert (left["UnappliedAmt"], left["Line"], left["SyncToken"]) == (60, [], "1")


def test_a_voided_payment_gives_the_invoice_its_balance_back(books: Books) -> None:
    made = invoice(books)
    given = payment(books, 60, paid("Invoice", made["Id"], 60))
    voided = changes.void(books, "Payment", key(given))
    assert (voided["TotalAmt"], voided["UnappliedAmt"]) == (0, 0)
    assert books.read("Invoice", made["Id"])["Balance"] == 100


def test_an_invoice_made_smaller_gives_the_excess_back(books: Books) -> None:
    made = invoice(books)
    given = payment(books, 100, paid("Invoice", made["Id"], 100))
    now = books.read("Invoice", made["Id"])
    changed = changes.update(books, "Invoice", key(now, sparse=True, Line=[sales_line(7_000)]))
    assert changed["Balance"] == 0
    assert books.read("Payment", given["Id"])["UnappliedAmt"] == 30


def test_a_credit_memo_settles_an_invoice_through_a_payment_of_zero(books: Books) -> None:
    made = invoice(books)
    credit = changes.create(books, "CreditMemo", {"CustomerRef": {"value": "1"}, "Line": [sales_line(4_000)]})
    assert credit["RemainingCredit"] == 40
    payment(books, 0, paid("Invoice", made["Id"], 40), paid("CreditMemo", credit["Id"], 40))
    assert books.read("Invoice", made["Id"])["Balance"] == 60
    assert books.read("CreditMemo", credit["Id"])["RemainingCredit"] == 0
    assert books.read("Customer", "1")["Balance"] == 60


def test_a_bill_is_paid_by_cheque_or_by_card(books: Books) -> None:
    made = bill(books)
    for value, how in (
        (30, {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}),
        (70, {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": {"value": "41"}}}),
    ):
        body = {
            "VendorRef": {"value": "30"},
            "TotalAmt": value,
            "Line": [paid("Bill", made["Id"], value)],
            **how,
        }
        changes.create(books, "BillPayment", body)
    now = books.read("Bill", made["Id"])
    assert now["Balance"] == 0
    assert [link["TxnType"] for link in now["LinkedTxn"]] == ["BillPaymentCheck", "BillPaymentCreditCard"]
    assert (account(books, "35"), account(books, "41"), account(books, "33")) == (-30, -70, 0)


def test_liabilities_come_back_negative(books: Books) -> None:
    bill(books)
    assert account(books, "33") == -100
    assert books.read("Vendor", "30")["Balance"] == 100


def test_a_journal_entry_has_to_balance(books: Books) -> None:
    def line(value: float, kind: str, account: str, **more: Any) -> Body:
        detail = {"PostingType": kind, "AccountRef": {"value": account}, **more}
        return {"Amount": value, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}

    body = {"Line": [line(10, "Debit", "35"), line(9, "Credit", "82")]}
    assert refusal(changes.create, books, "JournalEntry", body)[0] == "2300"
    body["Line"][1]["Amount"] = 10
    made = changes.create(books, "JournalEntry", body)
    assert ([made_line["Id"] for made_line in made["Line"]], made["TotalAmt"]) == (["0", "1"], 0)
    nameless = {"Line": [line(10, "Debit", "84"), line(10, "Credit", "82")]}
    assert refusal(changes.create, books, "JournalEntry", nameless)[0] == "6000"
    named = line(10, "Debit", "84", Entity={"Type": "Customer", "EntityRef": {"value": "1"}})
    changes.create(books, "JournalEntry", {"Line": [named, line(10, "Credit", "82")]})
    assert books.read("Customer", "1")["Balance"] == 10


def test_a_deposited_payment_cannot_be_changed(books: Books) -> None:
    given = payment(books, 60)
    link = {"Amount": 60, "LinkedTxn": [{"TxnId": given["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    made = changes.create(books, "Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [link]})
    assert (account(books, "4"), account(books, "35")) == (0, 60)
    assert refusal(changes.delete, books, "Payment", key(given))[0] == "6540"
    assert (
        refusal(
            changes.update, books, "Payment", key(given, sparse=True, TotalAmt=5, CustomerRef={"value": "1"})
        )[0]
        == "6540"
    )
    assert (
        refusal(changes.create, books, "Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [link]})[0]
        == "6000"
    )
    changes.delete(books, "Deposit", key(made))
    changes.delete(books, "Payment", key(given))


def test_closed_books_refuse_changes(books: Books) -> None:
    made = invoice(books, TxnDate="2026-06-30")
    preferences = books.read("Preferences", "1")
    closing = {"AccountingInfoPrefs": {"BookCloseDate": "2026-06-30"}}
    changes.update(books, "Preferences", key(preferences, sparse=True, **closing))
    assert refusal(changes.delete, books, "Invoice", key(made))[0] == "6210"
    body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(1)], "TxnDate": "2026-06-30"}
    assert refusal(changes.create, books, "Invoice", body)[0] == "6210"


def test_tax_follows_the_rates_of_the_code(books: Books) -> None:
    lines = [sales_line(10_000, TaxCodeRef={"value": "TAX"}), sales_line(5_000, TaxCodeRef={"value": "NON"})]
    body = {"CustomerRef": {"value": "1"}, "Line": lines, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}}}
    made = changes.create(books, "Invoice", body)
    assert [line["Amount"] for line in made["TxnTaxDetail"]["TaxLine"]] == [7.1, 2]
    assert made["TotalAmt"] == 159.1
    assert account(books, "89") == -9.1


def test_tax_follows_lines_that_a_sparse_update_changes(books: Books) -> None:
    taxed = {"TaxCodeRef": {"value": "TAX"}}
    code = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}}}
    made = invoice(books, Line=[sales_line(10_000, **taxed)], **code)
    noted = changes.update(books, "Invoice", key(made, sparse=True, PrivateNote="x"))
    changed = changes.update(books, "Invoice", key(noted, sparse=True, Line=[sales_line(20_000, **taxed)]))
    assert [one["TxnTaxDetail"]["TotalTax"] for one in (made, noted, changed)] == [9.1, 9.1, 18.2]
    assert changed["TotalAmt"] == 218.2


def test_a_discount_of_percents_is_worked_out(books: Books) -> None:
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    made = changes.create(
        books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": [sales_line(10_000), discount]}
    )
    assert (made["TotalAmt"], made["Line"][-1]["Amount"]) == (90, 10)


def test_selling_stock_lowers_quantity_and_books_its_cost(books: Books) -> None:
    before = books.read("Item", "5")["QtyOnHand"]
    stock = account(books, "81")
    changes.create(
        books,
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(55_000, "5", Qty=2, UnitPrice=275)]},
    )
    assert books.read("Item", "5")["QtyOnHand"] == before - 2
    assert account(books, "81") == stock - 250


def test_an_inactive_name_gets_a_suffix_and_is_free_again(books: Books) -> None:
    gone = changes.update(books, "Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})
    assert (gone["DisplayName"], gone["SyncToken"]) == ("Amy's Bird Sanctuary (deleted)", "1")
    assert changes.create(books, "Customer", {"DisplayName": "Amy's Bird Sanctuary"})["Active"]
    assert refusal(invoice, books)[0] == "2500"


def test_a_special_account_cannot_be_made_inactive(books: Books) -> None:
    body = {
        "Id": "84",
        "SyncToken": "0",
        "Name": "Accounts Receivable (A/R)",
        "sparse": True,
        "Active": False,
    }
    assert refusal(changes.update, books, "Account", body)[0] == "6000"


def test_names_nest_and_children_follow_a_rename(books: Books) -> None:
    top = changes.create(books, "Class", {"Name": "North"})
    below = changes.create(books, "Class", {"Name": "Yard", "ParentRef": {"value": top["Id"]}})
    assert below["FullyQualifiedName"] == "North:Yard"
    changes.update(books, "Class", key(top, Name="South"))
    assert books.read("Class", below["Id"])["FullyQualifiedName"] == "South:Yard"


def test_names_nest_at_most_five_levels(books: Books) -> None:
    above = None
    for level in range(5):
        body: Body = {"Name": f"Level {level}"} | ({"ParentRef": {"value": above}} if above else {})
        above = changes.create(books, "Class", body)["Id"]
    assert refusal(changes.create, books, "Class", {"Name": "x", "ParentRef": {"value": above}})[0] == "6180"


def test_ids_come_from_the_counter_of_their_series(books: Books) -> None:
    first = invoice(books)
    second = bill(books)
    assert int(second["Id"]) == int(first["Id"]) + 1
    customer = changes.create(books, "Customer", {"DisplayName": "One"})
    vendor = changes.create(books, "Vendor", {"DisplayName": "Two"})
    assert int(vendor["Id"]) == int(customer["Id"]) + 1


def test_duplicate_numbers_are_refused_only_with_custom_numbers(books: Books) -> None:
    first = invoice(books, DocNumber="77")
    assert invoice(books, DocNumber="77")["DocNumber"] == "77"
    preferences = books.read("Preferences", "1")
    changes.update(
        books, "Preferences", key(preferences, sparse=True, SalesFormsPrefs={"CustomTxnNumbers": True})
    )
    code, detail = refusal(lambda: invoice(books, DocNumber="77"))
    assert code == "6140"
    assert f"DocNumber=77 is assigned to TxnType=Invoice with TxnId={first['Id']}" in detail
    assert "DocNumber" not in invoice(books)


def test_what_fails_half_way_leaves_nothing(books: Books) -> None:
    before = books.store.execute("select count(*) from postings").fetchone()
    made = invoice(books)
    refusal(payment, books, 10, paid("Invoice", made["Id"], 10), paid("Invoice", "999", 1))
    assert sum(ledger.sum_by_account(books.store, books.realm).values()) == 0
    assert books.store.execute("select count(*) from postings").fetchone()[0] == before[0] + 2


def test_references_show_the_new_name_of_a_renamed_record(books: Books) -> None:
    made = invoice(books)
    spent = {
        "PaymentType": "Check",
        "AccountRef": {"name": "any", "value": "35"},
        "Line": [expense_line(100, "56")],
    }
    expense = changes.create(books, "Purchase", {**spent, "EntityRef": {"type": "Customer", "value": "1"}})
    changes.update(
        books, "Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "DisplayName": 'Amy "B" Ltd'}
    )
    assert books.read("Invoice", made["Id"])["CustomerRef"] == {"value": "1", "name": 'Amy "B" Ltd'}
    assert books.read("Purchase", expense["Id"])["EntityRef"]["name"] == 'Amy "B" Ltd'
    automobile = books.read("Account", "55")
    changes.update(books, "Account", key(automobile, sparse=True, Name="Vehicles"))
    line = books.read("Purchase", expense["Id"])["Line"][0]
    assert line["AccountBasedExpenseLineDetail"]["AccountRef"]["name"] == "Vehicles:Fuel"
    assert books.read("Invoice", made["Id"])["SyncToken"] == "0"


def test_an_estimate_is_closed_by_its_invoice_and_open_again_without_it(books: Books) -> None:
    estimate = changes.create(books, "Estimate", {"CustomerRef": {"value": "1"}, "Line": [sales_line(100)]})
    made = invoice(books, LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}])
    now = books.read("Estimate", estimate["Id"])
    assert (now["TxnStatus"], now["LinkedTxn"]) == ("Closed", [{"TxnId": made["Id"], "TxnType": "Invoice"}])
    changes.delete(books, "Invoice", key(made))
    now = books.read("Estimate", estimate["Id"])
    assert (now["TxnStatus"], now["LinkedTxn"]) == ("Pending", [])


def test_a_purchase_order_is_closed_by_its_bill(books: Books) -> None:
    order = changes.create(
        books, "PurchaseOrder", {"VendorRef": {"value": "30"}, "Line": [expense_line(100)]}
    )
    assert (order["POStatus"], order["APAccountRef"]["value"]) == ("Open", "33")
    link = [{"TxnId": order["Id"], "TxnType": "PurchaseOrder", "TxnLineId": "1"}]
    line = {**expense_line(100), "LinkedTxn": link}
    changes.create(books, "Bill", {"VendorRef": {"value": "30"}, "Line": [line]})
    assert books.read("PurchaseOrder", order["Id"])["POStatus"] == "Closed"


def test_time_that_is_billed_says_so(books: Books) -> None:
    body = {
        "NameOf": "Employee",
        "EmployeeRef": {"value": "54"},
        "CustomerRef": {"value": "1"},
        "Hours": 2,
        "HourlyRate": 50,
    }
    activity = changes.create(books, "TimeActivity", {**body, "BillableStatus": "Billable"})
    invoice(books, LinkedTxn=[{"TxnId": activity["Id"], "TxnType": "TimeActivity"}])
    assert books.read("TimeActivity", activity["Id"])["BillableStatus"] == "HasBeenBilled"


TIME = {"NameOf": "Employee", "EmployeeRef": {"value": "54"}}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "6350"),
        ({"Hours": 1, "StartTime": "2026-11-20T08:00:00-08:00"}, "6390"),
        ({"StartTime": "2026-11-20T08:00:00-08:00"}, "6360"),
        ({"StartTime": "2026-11-20T08:00:00-08:00", "EndTime": "2026-11-20T07:00:00-08:00"}, "6370"),
        ({"Hours": 1, "BillableStatus": "Billable"}, "6310"),
        ({"Hours": 1, "BillableStatus": "Billable", "CustomerRef": {"value": "1"}}, "6330"),
        ({"Hours": 1, "BillableStatus": "HasBeenBilled"}, "2170"),
        ({"Hours": 1, "NameOf": "Vendor"}, "2020"),
    ],
)
def test_time_is_refused(books: Books, more: Body, code: str) -> None:
    assert refusal(changes.create, books, "TimeActivity", {**TIME, **more})[0] == code


def test_counting_the_stock_books_the_difference(books: Books) -> None:
    before, worth = books.read("Item", "5")["QtyOnHand"], account(books, "81")
    detail = {"ItemRef": {"value": "5"}, "NewQty": before - 3}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    changes.create(
        books,
        "InventoryAdjustment",
        {"TxnDate": "2026-11-20", "AdjustAccountRef": {"value": "80"}, "Line": [line]},
    )
    assert books.read("Item", "5")["QtyOnHand"] == before - 3
    assert account(books, "81") == worth - 375


def test_opening_balances_become_transactions(books: Books) -> None:
    customer = changes.create(
        books, "Customer", {"DisplayName": "Old", "Balance": 250, "OpenBalanceDate": "2026-01-31"}
    )
    assert customer["Balance"] == 250
    vendor = changes.create(
        books, "Vendor", {"DisplayName": "Older", "Balance": 70, "OpenBalanceDate": "2026-01-31"}
    )
    assert vendor["Balance"] == 70
    bank = {"Name": "Second", "AccountType": "Bank", "OpeningBalance": 500}
    assert refusal(changes.create, books, "Account", bank)[0] == "6060"
    assert (
        changes.create(books, "Account", {**bank, "OpeningBalanceDate": "2026-01-31"})["CurrentBalance"]
        == 500
    )
    assert sum(ledger.sum_by_account(books.store, books.realm).values()) == 0


def test_a_budget_needs_amounts_for_accounts_of_the_profit_and_loss(books: Books) -> None:
    year = {"StartDate": "2026-01-01", "EndDate": "2026-12-31"}
    detail = {"Amount": 100, "BudgetDate": "2026-01-01", "AccountRef": {"value": "7"}}
    assert (
        changes.create(books, "Budget", {**year, "BudgetDetail": [detail]})["BudgetType"] == "ProfitAndLoss"
    )
    assert refusal(changes.create, books, "Budget", year)[0] == "6500"
    wrong = {**detail, "AccountRef": {"value": "35"}}
    assert refusal(changes.create, books, "Budget", {**year, "BudgetDetail": [wrong]})[0] == "6510"


def prefer(books: Books, **groups: Any) -> None:
    changes.update(books, "Preferences", key(books.read("Preferences", "1"), sparse=True, **groups))


def test_a_credit_is_applied_by_itself_when_the_company_prefers_it(books: Books) -> None:
    prefer(books, SalesFormsPrefs={"AutoApplyCredit": True})
    first, second = invoice(books, 3_000, TxnDate="2026-11-01"), invoice(books, 5_000, TxnDate="2026-11-02")
    credit = changes.create(books, "CreditMemo", {"CustomerRef": {"value": "1"}, "Line": [sales_line(4_000)]})
    assert credit["RemainingCredit"] == 0
    assert [books.read("Invoice", made["Id"])["Balance"] for made in (first, second)] == [0, 40]
    link = books.read("Payment", credit["LinkedTxn"][0]["TxnId"])
    assert (link["TotalAmt"], link["PrivateNote"]) == (0, "Created by QB Online to link credits to charges.")


def test_a_foreign_currency_needs_multicurrency_and_a_rate(books: Books) -> None:
    euro = {"CurrencyRef": {"value": "EUR"}}
    assert refusal(lambda: invoice(books, **euro))[0] == "6000"
    prefer(books, CurrencyPrefs={"MultiCurrencyEnabled": True})
    assert refusal(lambda: invoice(books, **euro))[0] == "2220"
    changes.create(books, "CompanyCurrency", {"Code": "EUR"})
    abroad = changes.create(books, "Customer", {"DisplayName": "Abroad", **euro})["Id"]
    made = invoice(books, customer=abroad, ExchangeRate=1.25)
    assert (made["TotalAmt"], made["HomeTotalAmt"], made["HomeBalance"]) == (100, 125, 125)
    assert account(books, "84") == 125


def test_a_void_stays_a_void_in_the_ledger(books: Books) -> None:
    made = invoice(books)
    changes.void(books, "Invoice", key(made))
    assert account(books, "84") == 0
    assert ledger.sum_by_account(books.store, books.realm).get("82", 0) == 0


def test_a_bundle_sells_its_parts(books: Books) -> None:
    parts = {"ItemGroupLine": [{"ItemRef": {"value": "4"}, "Qty": 2}, {"ItemRef": {"value": "10"}, "Qty": 1}]}
    bundle = changes.create(books, "Item", {"Name": "Starter", "Type": "Group", "ItemGroupDetail": parts})
    detail = {"GroupItemRef": {"value": bundle["Id"]}, "Quantity": 3}
    made = changes.create(
        books,
        "Invoice",
        {
            "CustomerRef": {"value": "1"},
            "Line": [{"DetailType": "GroupLineDetail", "GroupLineDetail": detail}],
        },
    )
    assert made["TotalAmt"] == 3 * (2 * 75 + 35)
    assert account(books, "84") == 555


def test_a_second_bill_of_the_same_number_is_refused_when_the_company_minds(books: Books) -> None:
    body = {"VendorRef": {"value": "30"}, "Line": [expense_line(100)], "DocNumber": "A-1"}
    changes.create(books, "Bill", body)
    changes.create(books, "Bill", body)
    prefer(books, OtherPrefs={"NameValue": [{"Name": "WarnDuplicateBillNumber", "Value": "true"}]})
    assert refusal(changes.create, books, "Bill", body)[0] == "6140"


def test_shipping_is_a_line_without_an_item_of_the_company(books: Books) -> None:
    made = changes.create(
        books,
        "Invoice",
        {"CustomerRef": {"value": "1"}, "Line": [sales_line(100), sales_line(250, "SHIPPING_ITEM_ID")]},
    )
    assert made["TotalAmt"] == 3.5


def test_a_full_update_without_a_day_takes_today_and_one_with_an_empty_number_the_next(books: Books) -> None:
    made = invoice(books, TxnDate="2026-11-01")
    again = key(made, CustomerRef={"value": "1"}, Line=made["Line"])
    changed = changes.update(books, "Invoice", again)
    assert (changed["TxnDate"], changed["DocNumber"]) == ("2026-11-20", "1001")
    changed = changes.update(books, "Invoice", {**again, "SyncToken": "1", "DocNumber": ""})
    assert changed["DocNumber"] == "1002"


@pytest.mark.parametrize("entity", ["Payment", "SalesReceipt", "RefundReceipt"])
def test_a_full_update_leaves_money_on_the_account_it_was_put_on(books: Books, entity: str) -> None:
    lines = [sales_line(1_000)] if entity != "Payment" else []
    body: Body = {"CustomerRef": {"value": "1"}, "Line": lines, "TotalAmt": 10}
    made = changes.create(books, entity, {**body, "DepositToAccountRef": {"value": "35"}})
    again = {"DepositToAccountRef": {"value": "35"}} if entity == "RefundReceipt" else {}
    changed = changes.update(books, entity, key(made, PrivateNote="again", **body, **again))
    assert changed["DepositToAccountRef"]["value"] == "35"
    assert abs(account(books, "35")) == 10


def test_a_full_update_does_not_rename_who_cheques_are_made_out_to(books: Books) -> None:
    made = changes.create(books, "Vendor", {"DisplayName": "Nursery", "PrintOnCheckName": "The Nursery Ltd"})
    changed = changes.update(books, "Vendor", key(made, DisplayName="Nursery of the Hill"))
    assert changed["PrintOnCheckName"] == "The Nursery Ltd"


@pytest.mark.parametrize(
    ("entity", "line"),
    [
        ("Invoice", {**sales_line(1_000), "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}}}),
        ("SalesReceipt", {**sales_line(1_000), "DiscountLineDetail": {"PercentBased": True}}),
        ("Bill", {**expense_line(1_000), "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "4"}}}),
        ("Purchase", {**expense_line(1_000), "JournalEntryLineDetail": {"PostingType": "Debit"}}),
        ("Deposit", {"DetailType": "DepositLineDetail", "DepositLineDetail": {"AccountRef": {"value": "1"}},
                     "SalesItemLineDetail": {"ItemRef": {"value": "4"}}}),
    ],
)  # fmt: skip
def test_a_line_with_the_details_of_another_kind_is_refused(books: Books, entity: str, line: Body) -> None:
    more = {
        "Bill": {"VendorRef": {"value": "30"}},
        "Purchase": {"PaymentType": "Cash", "AccountRef": {"value": "35"}},
        "Deposit": {"DepositToAccountRef": {"value": "35"}},
    }
    body = {"Line": [{"Amount": 10, **line}], **more.get(entity, {"CustomerRef": {"value": "1"}})}
    code, detail = refusal(changes.create, books, entity, body)
    assert code == "6000"
    assert f"A line of type {line['DetailType']} can't carry " in detail


def test_details_of_another_kind_with_nothing_in_them_do_no_harm(books: Books) -> None:
    empty = {"AccountBasedExpenseLineDetail": {"AccountRef": {}, "TaxCodeRef": {"value": ""}}}
    made = changes.create(
        books, "Invoice", {"CustomerRef": {"value": "1"}, "Line": [sales_line(100) | empty]}
    )
    assert made["TotalAmt"] == 1


def test_accounts_and_classes_go_only_by_their_name(books: Books) -> None:
    made = changes.create(books, "Class", {"Name": "Gone"})
    assert refusal(changes.update, books, "Class", key(made, sparse=True, Active=False))[0] == "2020"
    gone = changes.update(books, "Class", key(made, sparse=True, Active=False, Name="Gone"))
    assert gone["Name"] == "Gone (deleted)"


def test_the_terms_of_a_vendor_are_taken_only_by_an_update(books: Books) -> None:
    made = changes.create(books, "Vendor", {"DisplayName": "Termless", "TermRef": {"value": "3"}})
    assert "TermRef" not in made
    assert (
        changes.update(books, "Vendor", key(made, sparse=True, TermRef={"value": "3"}))["TermRef"]["name"]
        == "Net 30"
    )


def test_a_paid_document_cannot_change_its_customer(books: Books) -> None:
    made = invoice(books)
    payment(books, 60, paid("Invoice", made["Id"], 60))
    now = books.read("Invoice", made["Id"])
    assert (
        refusal(changes.update, books, "Invoice", key(now, sparse=True, CustomerRef={"value": "2"}))[0]
        == "6000"
    )


def test_stock_cannot_be_sold_before_it_was_there(books: Books) -> None:
    body = {"CustomerRef": {"value": "1"}, "TxnDate": "2025-12-31", "Line": [sales_line(27_500, "5")]}
    assert refusal(changes.create, books, "Invoice", body)[0] == "6270"


def test_a_full_update_leaves_what_the_books_rest_on(books: Books) -> None:
    undeposited = books.read("Account", "4")
    body = {"Name": undeposited["Name"], "AccountType": undeposited["AccountType"]}
    assert changes.update(books, "Account", key(undeposited, **body))["AccountSubType"] == "UndepositedFunds"
    item = books.read("Item", "5")
    needed = ("Name", "Type", "AssetAccountRef", "IncomeAccountRef", "ExpenseAccountRef")
    after = changes.update(books, "Item", key(item, **{name: item[name] for name in needed}))
    assert (after["InvStartDate"], after["QtyOnHand"]) == (item["InvStartDate"], 40)


def test_a_new_parent_takes_the_balance_with_it(books: Books) -> None:
    bank = {"AccountType": "Bank"}
    top = changes.create(books, "Account", {"Name": "Banks", **bank})
    part = changes.create(
        books, "Account", {"Name": "Third", "OpeningBalance": 5, "OpeningBalanceDate": "2026-01-31", **bank}
    )
    changes.update(books, "Account", key(part, sparse=True, Name="Third", ParentRef={"value": top["Id"]}))
    assert books.read("Account", top["Id"])["CurrentBalanceWithSubAccounts"] == 5
    part = books.read("Account", part["Id"])
    changes.update(books, "Account", key(part, sparse=True, Name="Third", ParentRef={}))
    assert books.read("Account", top["Id"])["CurrentBalanceWithSubAccounts"] == 0
