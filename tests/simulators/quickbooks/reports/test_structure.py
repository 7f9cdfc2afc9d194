"""The shape of answers: headers, columns, sections, groups, as recorded from the service."""

from __future__ import annotations

import pytest

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.companies import BUSINESSES, seed
from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.reports.index import REPORTS
from runtime.simulators.quickbooks.reports.question import read_report_facts
from tests.simulators.quickbooks.reports.reading import (
    ask,
    every,
    figures,
    keys,
    of_group,
    option,
    titles,
    total,
    values,
)

REALM = seed.REALM
GROUPS_OF_RESULT = [
    "Income", "COGS", "GrossProfit", "Expenses", "NetOperatingIncome", "OtherIncome", "OtherExpenses", "NetOtherIncome",
    "NetIncome",
]  # fmt: skip


def test_every_documented_report_is_answered(three: Store) -> None:
    assert set(REPORTS) == set(read_report_facts())
    for name in read_report_facts():
        answer = ask(three, REALM, name, agency_id="2")
        assert answer["Header"]["ReportName"] == name
        assert {"Header", "Columns", "Rows"} == set(answer)


@pytest.mark.parametrize("name", list(read_report_facts()))
def test_rows_of_a_report_are_as_wide_as_its_columns(three: Store, name: str) -> None:
    answer = ask(three, REALM, name, agency_id="2", date_macro="This Fiscal Year-to-date")
    width = sum(len(column.get("Columns", {}).get("Column", [0])) for column in answer["Columns"]["Column"])
    for row in every(answer["Rows"]):
        for cells in (
            row.get("ColData"),
            row.get("Header", {}).get("ColData"),
            row.get("Summary", {}).get("ColData"),
        ):
            assert cells is None or len(cells) == width, row
            assert all(isinstance(cell["value"], str) for cell in cells or ())


def test_an_empty_company_answers_every_section_of_profit_and_loss_with_zeros(books: Books) -> None:
    answer = ask(books.store, REALM, "ProfitAndLoss", date_macro="Last Fiscal Year")
    assert [row["group"] for row in answer["Rows"]["Row"]] == GROUPS_OF_RESULT
    assert all(row["Summary"]["ColData"][1]["value"] == "0.00" for row in answer["Rows"]["Row"])
    assert option(answer, "NoReportData") == "true"
    assert option(answer, "AccountingStandard") == "GAAP"


def test_the_header_of_profit_and_loss_is_as_recorded(three: Store) -> None:
    header = ask(three, REALM, "ProfitAndLoss", date_macro="Last Month", customer="1,2")["Header"]
    assert header["DateMacro"] == "last month"
    assert (header["StartPeriod"], header["EndPeriod"]) == ("2026-10-01", "2026-10-31")
    assert (header["ReportBasis"], header["SummarizeColumnsBy"], header["Currency"]) == (
        "Accrual",
        "Total",
        "USD",
    )
    assert header["Customer"] == "1,2"


def test_the_columns_of_profit_and_loss_are_as_recorded(three: Store) -> None:
    assert ask(three, REALM, "ProfitAndLoss")["Columns"]["Column"] == [
        {"ColTitle": "", "ColType": "Account", "MetaData": [{"Name": "ColKey", "Value": "account"}]},
        {"ColTitle": "Total", "ColType": "Money", "MetaData": [{"Name": "ColKey", "Value": "total"}]},
    ]


def test_month_columns_carry_their_days_and_a_total_follows(three: Store) -> None:
    given = {"start_date": "2026-02-10", "end_date": "2026-04-30", "summarize_column_by": "Month"}
    answer = ask(three, REALM, "ProfitAndLoss", **given)
    assert titles(answer) == ["", "Feb 10 - 28, 2026", "Mar 2026", "Apr 2026", "Total"]
    metadata = answer["Columns"]["Column"][1]["MetaData"]
    assert {"Name": "StartDate", "Value": "2026-02-10"} in metadata
    assert {"Name": "EndDate", "Value": "2026-02-28"} in metadata


def test_a_parent_account_is_a_section_with_its_own_amount_and_a_total(three: Store) -> None:
    answer = ask(three, REALM, "BalanceSheet")
    truck = next(
        row
        for row in every(answer["Rows"])
        if row.get("Header", {}).get("ColData", [{}])[0].get("id") == "37"
    )
    assert values(truck["Header"]["ColData"]) == ["Truck", "0.00"]
    assert values(truck["Summary"]["ColData"])[0] == "Total Truck"
    assert (
        sum(figures(row["ColData"])[0] for row in truck["Rows"]["Row"])
        == figures(truck["Summary"]["ColData"])[0]
    )


def test_a_balance_sheet_by_month_has_no_total_column(three: Store) -> None:
    answer = ask(
        three,
        REALM,
        "BalanceSheet",
        summarize_column_by="Month",
        start_date="2026-01-01",
        end_date="2026-03-31",
    )
    assert titles(answer) == ["", "Jan 2026", "Feb 2026", "Mar 2026"]
    march = ask(three, REALM, "BalanceSheet", end_date="2026-03-31")
    assert total(answer, "TotalAssets") == total(march, "TotalAssets")
    assert of_group(answer, "TotalAssets") == of_group(answer, "TotalLiabilitiesAndEquity")


def test_a_cash_flow_by_month_begins_where_the_month_before_ended(three: Store) -> None:
    answer = ask(three, REALM, "CashFlow", summarize_column_by="Month")
    beginning, ending = of_group(answer, "BeginningCash"), of_group(answer, "EndingCash")
    assert beginning[1:-1] == ending[:-2]
    assert (beginning[-1], ending[-1]) == (beginning[0], ending[-2])


def test_the_columns_of_an_aging_summary_have_the_recorded_keys(three: Store) -> None:
    answer = ask(three, REALM, "AgedReceivables")
    assert titles(answer) == ["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"]
    assert keys(answer)[1:] == ["current", "0", "1", "2", "3", "total"]
    assert option(answer, "report_date") == answer["Header"]["EndPeriod"] == "2026-11-20"
    assert answer["Header"]["DateMacro"] == "today"


def test_a_customer_with_sub_customers_is_a_section_of_the_aging_summary(three: Store) -> None:
    answer = ask(three, BUSINESSES["consultancy"].realm, "AgedReceivables", report_date="2026-06-30")
    parents = [row for row in answer["Rows"]["Row"] if "Header" in row]
    assert {row["Header"]["ColData"][0]["value"] for row in parents} <= {"Delta Freight", "Juniper Airlines"}
    for row in parents:
        assert row["Header"]["ColData"][-1]["value"] == "0.00"
        assert row["Summary"]["ColData"][0]["value"].startswith("Total ")


def test_aging_details_take_their_own_buckets(three: Store) -> None:
    answer = ask(three, REALM, "AgedReceivableDetail", aging_period="10", num_periods="2", past_due="1")
    found = [row["Header"]["ColData"][0]["value"] for row in answer["Rows"]["Row"] if "Header" in row]
    assert set(found) <= {"11 or more days past due", "1 - 10 days past due"}


def test_sales_by_customer_class_and_item_come_to_the_same(three: Store) -> None:
    sums = {
        total(ask(three, REALM, name), "GrandTotal")
        for name in ("CustomerSales", "ClassSales", "DepartmentSales")
    }
    items = of_group(ask(three, REALM, "ItemSales"), "GrandTotal")
    assert sums == {items[1]}


def test_the_tax_summary_has_the_tax_that_was_booked(three: Store) -> None:
    answer = ask(three, REALM, "TaxSummary", agency_id="2", date_macro="Last Fiscal Year")
    tax = figures(answer["Rows"]["Row"][0]["Summary"]["ColData"])[-1]
    booked = three.execute(
        "select -sum(cents) from postings where realm = ? and account = '90' and date like '2025%'"
        " and txn_type in ('Invoice', 'SalesReceipt', 'CreditMemo', 'RefundReceipt')",
        (REALM,),
    ).fetchone()[0]
    assert tax == booked > 0


def test_stock_is_worth_what_its_account_holds(three: Store) -> None:
    realm = BUSINESSES["it_services"].realm
    answer = ask(three, realm, "InventoryValuationSummary")
    asset = three.execute(
        "select id from records where realm = ? and entity = 'Account' and name = 'Inventory Asset'", (realm,)
    ).fetchone()[0]
    held = three.execute(
        "select sum(cents) from postings where realm = ? and account = ?", (realm, asset)
    ).fetchone()[0]
    assert of_group(answer, "GrandTotal")[2] == held


def test_the_journal_balances(three: Store) -> None:
    answer = ask(three, REALM, "JournalReport", date_macro="Last Month")
    cells = answer["Rows"]["Row"][-1]["Summary"]["ColData"]
    debit, credit = (cells[keys(answer).index(key)]["value"] for key in ("debt_amt", "credit_amt"))
    assert debit == credit != "0.00"


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("ProfitAndLoss", {"accounting_method": "Barter"}, "2170"),
        ("ProfitAndLoss", {"summarize_column_by": "Weather"}, "2170"),
        ("ProfitAndLoss", {"sort_order": "sideways"}, "2170"),
        ("ProfitAndLoss", {"start_date": "soon", "end_date": "2026-01-01"}, "2060"),
        ("AgedReceivables", {"report_date": "2026-02-30"}, "2060"),
        ("AgedReceivableDetail", {"num_periods": "many"}, "2080"),
        ("TransactionList", {"bothamount": "lots"}, "2100"),
        ("TaxSummary", {}, "2020"),
        ("TaxSummary", {"agency_id": "99"}, "2500"),
        (
            "ProfitAndLoss",
            {"start_date": "1900-01-01", "end_date": "2026-01-01", "summarize_column_by": "Days"},
            "10100",
        ),
    ],
)
def test_parameters_that_cannot_be_are_refused(
    three: Store, name: str, given: dict[str, str], code: str
) -> None:
    with pytest.raises(Fault) as refused:
        ask(three, REALM, name, **given)
    assert refused.value.problems[0].code == code


def test_parameters_that_a_report_does_not_have_are_ignored(three: Store) -> None:
    assert ask(three, REALM, "ProfitAndLoss", minorversion="75", colour="blue", agency_id="9")["Rows"]


def test_figures_nest_under_every_part_where_columns_are_split(three: Store) -> None:
    for name, inner in (("ItemSales", 7), ("CustomerIncome", 3), ("TrialBalance", 2)):
        given = {"start_date": "2026-08-01", "end_date": "2026-10-31", "summarize_column_by": "Month"}
        answer = ask(three, REALM, name, **given)
        columns = answer["Columns"]["Column"][1:]
        assert [column["ColTitle"] for column in columns][:3] == ["Aug 2026", "Sep 2026", "Oct 2026"]
        assert all(len(column["Columns"]["Column"]) == inner for column in columns)


def test_item_sales_of_the_months_add_up_to_the_total(three: Store) -> None:
    for split in ("Month", "Customers"):
        answer = ask(three, REALM, "ItemSales", summarize_column_by=split)
        amounts = of_group(answer, "GrandTotal")[1::7]
        assert sum(amounts[:-1]) == amounts[-1]


def test_a_trial_balance_by_month_is_balanced_in_every_month(three: Store) -> None:
    answer = ask(three, REALM, "TrialBalance", summarize_column_by="Month", date_macro="Last Fiscal Year")
    sides = of_group(answer, "GrandTotal")
    assert sides[0::2] == sides[1::2]
    assert len(sides) == 24
