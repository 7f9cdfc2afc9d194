"""Cash basis: documents count when, and as far as, they are paid."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import expense_line, paid, sales_line
from tests.simulators.quickbooks.reports.reading import ask, data, total

REALM = seed.REALM
UNAPPLIED_INCOME, RECEIVABLE = "87", "84"


def net_income(store: Store, start: str, end: str, **more: str) -> int:
    return total(
        ask(store, REALM, "ProfitAndLoss", start_date=start, end_date=end, accounting_method="Cash", **more),
        "NetIncome",
    )


def invoice(books: Books, day: str, *lines_in_cents: int) -> dict[str, str]:
    lines = [sales_line(value, TaxCodeRef={"value": "NON"}) for value in lines_in_cents]
    made = changes.create(books, "Invoice", {"CustomerRef": {"value": "1"}, "TxnDate": day, "Line": lines})
    return {"Id": made["Id"], "SyncToken": made["SyncToken"]}


def receive(books: Books, day: str, value: int, *links: tuple[str, str, int]) -> dict[str, str]:
    lines = [paid(kind, id, cents / 100) for kind, id, cents in links]
    body = {"CustomerRef": {"value": "1"}, "TxnDate": day, "TotalAmt": value / 100, "Line": lines}
    return changes.create(books, "Payment", body)


def test_an_invoice_counts_on_the_day_it_is_paid(books: Books) -> None:
    made = invoice(books, "2026-03-10", 10_000)
    receive(books, "2026-05-02", 10_000, ("Invoice", made["Id"], 10_000))
    assert net_income(books.store, "2026-03-01", "2026-03-31") == 0
    assert net_income(books.store, "2026-05-01", "2026-05-31") == 10_000


def test_a_part_payment_counts_in_proportion_and_the_last_one_completes_every_line(books: Books) -> None:
    made = invoice(books, "2026-03-10", 3_333, 3_333, 3_334)
    for day, value in (("2026-04-01", 100), ("2026-05-01", 4_999), ("2026-06-01", 4_901)):
        receive(books, day, value, ("Invoice", made["Id"], value))
    assert net_income(books.store, "2026-04-01", "2026-04-30") == 100
    assert net_income(books.store, "2026-05-01", "2026-05-31") == 4_999
    assert net_income(books.store, "2026-01-01", "2026-12-31") == 10_000


def test_money_before_its_invoice_is_unapplied_income_until_the_invoice_is_there(books: Books) -> None:
    made = invoice(books, "2026-06-15", 10_000)
    receive(books, "2026-06-01", 10_000, ("Invoice", made["Id"], 10_000))
    answer = ask(
        books.store,
        REALM,
        "ProfitAndLoss",
        end_date="2026-06-10",
        start_date="2026-06-01",
        accounting_method="Cash",
    )
    assert [cells[1]["value"] for cells in data(answer) if cells[0].get("id") == UNAPPLIED_INCOME] == [
        "100.00"
    ]
    assert net_income(books.store, "2026-06-01", "2026-06-30") == 10_000
    later = ask(
        books.store,
        REALM,
        "ProfitAndLoss",
        end_date="2026-06-30",
        start_date="2026-06-01",
        accounting_method="Cash",
    )
    assert not [cells for cells in data(later) if cells[0].get("id") == UNAPPLIED_INCOME]


def test_an_unpaid_bill_does_not_count(books: Books) -> None:
    body = {"VendorRef": {"value": "30"}, "TxnDate": "2026-03-01", "Line": [expense_line(5_000)]}
    bill = changes.create(books, "Bill", body)
    assert net_income(books.store, "2026-01-01", "2026-12-31") == 0
    how = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
    payment = {
        "VendorRef": {"value": "30"},
        "TxnDate": "2026-04-01",
        "TotalAmt": 50,
        "Line": [paid("Bill", bill["Id"], 50)],
    }
    changes.create(books, "BillPayment", {**payment, **how})
    assert net_income(books.store, "2026-04-01", "2026-04-30") == -5_000


def test_a_deposit_taken_with_an_invoice_counts_at_once(books: Books) -> None:
    body = {
        "CustomerRef": {"value": "1"},
        "TxnDate": "2026-03-10",
        "Line": [sales_line(10_000)],
        "Deposit": 25,
    }
    changes.create(books, "Invoice", body)
    assert net_income(books.store, "2026-03-01", "2026-03-31") == 2_500


def test_a_credit_memo_used_on_an_invoice_counts_against_it(books: Books) -> None:
    made = invoice(books, "2026-03-10", 10_000)
    credit = changes.create(
        books,
        "CreditMemo",
        {"CustomerRef": {"value": "1"}, "TxnDate": "2026-03-12", "Line": [sales_line(4_000)]},
    )
    receive(books, "2026-04-01", 6_000, ("Invoice", made["Id"], 10_000), ("CreditMemo", credit["Id"], 4_000))
    assert net_income(books.store, "2026-04-01", "2026-04-30") == 6_000


def test_the_cash_ledger_follows_every_change_of_the_books(books: Books) -> None:
    made = invoice(books, "2026-03-10", 10_000)
    payment = receive(books, "2026-05-02", 10_000, ("Invoice", made["Id"], 10_000))
    assert net_income(books.store, "2026-05-01", "2026-05-31") == 10_000
    changes.delete(books, "Payment", {"Id": payment["Id"], "SyncToken": payment["SyncToken"]})
    assert net_income(books.store, "2026-05-01", "2026-05-31") == 0


def test_the_company_decides_the_basis_that_counts_without_a_parameter(books: Books) -> None:
    preferences = books.read("Preferences", "1")
    preferences["ReportPrefs"] = {"ReportBasis": "Cash"}
    changes.update(books, "Preferences", preferences)
    assert ask(books.store, REALM, "ProfitAndLoss")["Header"]["ReportBasis"] == "Cash"
    other = ask(books.store, REALM, "ProfitAndLoss", accounting_method="accrual")
    assert other["Header"]["ReportBasis"] == "Accrual"
