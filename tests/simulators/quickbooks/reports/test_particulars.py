"""Fiscal years, foreign money, journal entries on control accounts, sub-customers: what is easily got wrong."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import expense_line, paid, sales_line
from tests.simulators.quickbooks.reports.agreeing import check_all
from tests.simulators.quickbooks.reports.reading import ask, data, figures, option, total, values

REALM = seed.REALM


def prefer(books: Books, group: str, **values: object) -> None:
    preferences = books.read("Preferences", "1")
    preferences[group] = {**preferences.get(group, {}), **values}
    changes.update(books, "Preferences", preferences)


def sell(books: Books, day: str, value: int, **more: object) -> str:
    body = {"CustomerRef": {"value": "1"}, "TxnDate": day, "Line": [sales_line(value)], **more}
    return str(changes.create(books, "Invoice", body)["Id"])


def journal(books: Books, day: str, *entries: tuple[str, int, str | None]) -> str:
    kind = "JournalEntryLineDetail"
    lines = []
    for account, cents, customer in entries:
        detail: dict[str, object] = {
            "PostingType": "Debit" if cents > 0 else "Credit",
            "AccountRef": {"value": account},
        }
        if customer:
            detail["Entity"] = {"Type": "Customer", "EntityRef": {"value": customer}}
        lines.append({"Amount": abs(cents) / 100, "DetailType": kind, kind: detail})
    return str(changes.create(books, "JournalEntry", {"TxnDate": day, "Line": lines})["Id"])


def test_a_fiscal_year_from_july_moves_what_is_net_income_and_what_is_retained(books: Books) -> None:
    prefer(books, "AccountingInfoPrefs", FirstMonthOfFiscalYear="July")
    books = Books(books.store, REALM)
    sell(books, "2026-06-30", 10_000)
    sell(books, "2026-07-01", 2_500)
    sheet = ask(books.store, REALM, "BalanceSheet")
    assert sheet["Header"]["StartPeriod"] == "2026-07-01"
    assert (total(sheet, "RetainedEarnings"), total(sheet, "NetIncome")) == (10_000, 2_500)
    assert total(ask(books.store, REALM, "ProfitAndLoss"), "NetIncome") == 2_500
    quarters = ask(
        books.store,
        REALM,
        "ProfitAndLoss",
        date_macro="Last Fiscal Year",
        summarize_column_by="FiscalQuarter",
    )
    assert quarters["Header"]["StartPeriod"] == "2025-07-01"
    assert len(quarters["Columns"]["Column"]) == 6


def test_foreign_invoices_count_in_home_currency_and_everything_still_agrees(books: Books) -> None:
    prefer(books, "CurrencyPrefs", MultiCurrencyEnabled=True)
    books = Books(books.store, REALM)
    changes.create(books, "CompanyCurrency", {"Code": "EUR"})
    euro = {"DisplayName": "Abroad", "CurrencyRef": {"value": "EUR"}}
    customer = {"value": changes.create(books, "Customer", euro)["Id"]}
    abroad: dict[str, object] = {"CustomerRef": customer, "ExchangeRate": 1.25}
    id = sell(books, "2026-03-01", 10_000, **abroad)
    line = paid("Invoice", id, 40)
    body = {
        "TxnDate": "2026-04-01",
        "TotalAmt": 40,
        "Line": [line],
        **abroad,
        "ExchangeRate": 1.3,
    }
    changes.create(books, "Payment", body)
    aging = ask(books.store, REALM, "AgedReceivables", report_date="2026-11-20")
    assert total(aging, "GrandTotal") == 12_500 - 5_000
    result = ask(books.store, REALM, "ProfitAndLoss", accounting_method="Cash")
    assert total(result, "NetIncome") == 5_200  # of which the rate gained 2.00
    check_all(books.store, REALM, "2026-11-20")


def test_a_journal_entry_on_receivables_is_aged_and_can_be_paid(books: Books) -> None:
    id = journal(books, "2026-08-01", ("84", 9_000, "2"), ("45", -9_000, None))
    body = {
        "CustomerRef": {"value": "2"},
        "TxnDate": "2026-09-01",
        "TotalAmt": 50,
        "Line": [paid("JournalEntry", id, 50)],
    }
    changes.create(books, "Payment", body)
    aging = ask(books.store, REALM, "AgedReceivables", report_date="2026-11-20")
    assert figures(data(aging)[0])[-1] == 4_000
    check_all(books.store, REALM, "2026-11-20")


def test_a_parent_pays_for_its_project_and_the_names_still_add_up(books: Books) -> None:
    body = {"CustomerRef": {"value": "8"}, "TxnDate": "2026-05-01", "Line": [sales_line(10_000)]}
    id = changes.create(books, "Invoice", body)["Id"]
    payment = {
        "CustomerRef": {"value": "7"},
        "TxnDate": "2026-05-20",
        "TotalAmt": 60,
        "Line": [paid("Invoice", id, 60)],
    }
    changes.create(books, "Payment", payment)
    check_all(books.store, REALM, "2026-11-20")


def test_owner_money_changes_equity_but_not_income(books: Books) -> None:
    journal(books, "2026-02-01", ("35", 100_000, None), ("34", -100_000, None))
    check_all(books.store, REALM, "2026-11-20")
    assert total(ask(books.store, REALM, "ProfitAndLoss"), "NetIncome") == 0


def test_an_open_balance_is_what_it_was_on_the_day_of_the_report(books: Books) -> None:
    id = sell(books, "2026-03-01", 10_000)
    payment = {
        "CustomerRef": {"value": "1"},
        "TxnDate": "2026-05-01",
        "TotalAmt": 100,
        "Line": [paid("Invoice", id, 100)],
    }
    changes.create(books, "Payment", payment)
    april = ask(books.store, REALM, "AgedReceivables", report_date="2026-04-30")
    assert total(april, "GrandTotal") == 10_000
    assert (
        option(ask(books.store, REALM, "AgedReceivables", report_date="2026-05-01"), "NoReportData") == "true"
    )


def test_age_counts_from_the_due_day_or_from_the_day_of_sale_where_the_company_wants_it(books: Books) -> None:
    sell(books, "2026-10-10", 10_000, DueDate="2026-11-09")
    assert figures(data(ask(books.store, REALM, "AgedReceivables"))[0]) == [0, 10_000, 0, 0, 0, 10_000]
    prefer(books, "ReportPrefs", CalcAgingReportFromTxnDate=True)
    assert figures(data(ask(books.store, REALM, "AgedReceivables"))[0]) == [0, 0, 10_000, 0, 0, 10_000]


def test_expenses_by_vendor_leave_out_what_has_no_vendor(books: Books) -> None:
    bill = {"VendorRef": {"value": "30"}, "TxnDate": "2026-03-01", "Line": [expense_line(5_000)]}
    changes.create(books, "Bill", bill)
    journal(books, "2026-03-01", ("7", 100, None), ("35", -100, None))
    answer = ask(books.store, REALM, "VendorExpenses")
    assert [values(cells) for cells in data(answer)] == [["Books by Bessie", "50.00"]]


def test_a_voided_invoice_is_in_no_report_but_the_list(books: Books) -> None:
    id = sell(books, "2026-03-01", 10_000)
    changes.void(books, "Invoice", {"Id": id, "SyncToken": "0"})
    assert total(ask(books.store, REALM, "ProfitAndLoss"), "NetIncome") == 0
    listed = ask(books.store, REALM, "TransactionList")
    assert [values(cells)[1] for cells in data(listed)] == ["Invoice"]
    check_all(books.store, REALM, "2026-11-20")


def test_sales_reports_count_what_was_sold_on_a_liability_account(books: Books) -> None:
    accounts = {"Name": "Client Retainers", "AccountType": "Other Current Liability"}
    owed = changes.create(books, "Account", accounts)["Id"]
    retainer = {"Name": "Retainer", "Type": "Service", "IncomeAccountRef": {"value": owed}}
    item = changes.create(books, "Item", retainer)["Id"]
    lines = [sales_line(30_000, item, Qty=1), sales_line(5_000, Qty=1), sales_line(9_000, "11", Qty=3)]
    body = {"CustomerRef": {"value": "1"}, "TxnDate": "2026-03-01", "Line": lines}
    changes.create(books, "Invoice", body)
    year = {"start_date": "2026-01-01", "end_date": "2026-12-31"}
    by_item = ask(books.store, REALM, "ItemSales", **year)
    assert total(ask(books.store, REALM, "CustomerSales", **year), "GrandTotal") == 44_000
    assert next(figures(row)[:2] for row in data(by_item) if row[0]["value"] == "Retainer") == [100, 30_000]
    assert total(ask(books.store, REALM, "ProfitAndLoss", **year), "Income") == 14_000
