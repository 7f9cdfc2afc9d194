"""Detail reports: their lines, columns, groups, order and filters."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.companies import BUSINESSES, seed
from runtime.simulators.quickbooks.money import round_to_cents
from tests.simulators.quickbooks.reports.reading import ask, data, figures, keys, total, values

REALM = seed.REALM


def test_a_ledger_section_begins_with_the_balance_before_and_runs_to_the_balance_after(three: Store) -> None:
    answer = ask(three, REALM, "GeneralLedger", account="35", start_date="2026-10-01", end_date="2026-10-31")
    (section,) = answer["Rows"]["Row"]
    rows = [row["ColData"] for row in section["Rows"]["Row"]]
    assert rows[0][0]["value"] == "Beginning Balance"
    balance = keys(answer).index("rbal_nat_amount")
    sheet = ask(three, REALM, "BalanceSheet", end_date="2026-10-31")
    checking = next(cells for cells in data(sheet) if cells[0].get("id") == "35")
    assert rows[-1][balance]["value"] == checking[1]["value"]
    assert values(section["Summary"]["ColData"])[0] == "Total for Checking"


def test_without_dates_the_ledger_and_the_trial_balance_show_this_month_to_date(three: Store) -> None:
    for name in ("GeneralLedger", "TrialBalance"):
        assert ask(three, REALM, name)["Header"]["DateMacro"] == "this month-to-date"
    splits = ask(three, REALM, "TransactionListWithSplits")["Header"]
    assert splits["DateMacro"] == "this fiscal quarter"


def test_a_transaction_carries_its_id_on_the_type_and_its_name_and_account_theirs(three: Store) -> None:
    answer = ask(three, REALM, "TransactionList", transaction_type="Invoice", date_macro="This Month")
    places = {key: place for place, key in enumerate(keys(answer))}
    for cells in data(answer):
        assert cells[places["txn_type"]]["value"] == "Invoice"
        assert cells[places["txn_type"]]["id"].isdigit()
        assert cells[places["name"]]["id"].isdigit()
        assert cells[places["account_name"]] == {"value": "Accounts Receivable (A/R)", "id": "84"}
        assert cells[places["is_no_post"]]["value"] == "Yes"


def test_estimates_are_listed_as_not_posting(three: Store) -> None:
    answer = ask(three, REALM, "TransactionList", transaction_type="Estimate")
    place = keys(answer).index("is_no_post")
    assert {cells[place]["value"] for cells in data(answer)} == {"No"}


def test_columns_are_those_asked_for(three: Store) -> None:
    answer = ask(three, REALM, "GeneralLedger", columns="debt_amt,tx_date,credit_amt,nonsense,item_name")
    assert keys(answer) == ["tx_date", "item_name", "debt_amt", "credit_amt"]


def test_a_company_with_locations_gets_a_column_for_them(three: Store) -> None:
    answer = ask(three, BUSINESSES["consultancy"].realm, "TransactionList")
    assert "dept_name" in keys(answer)
    assert "dept_name" not in keys(ask(three, REALM, "TransactionList"))


def test_transactions_can_be_grouped_and_sorted(three: Store) -> None:
    answer = ask(
        three,
        REALM,
        "TransactionList",
        group_by="Transaction Type",
        sort_by="subt_nat_amount",
        sort_order="descend",
    )
    found = [row["Header"]["ColData"][0]["value"] for row in answer["Rows"]["Row"]]
    assert found == sorted(found, key=str.lower)
    invoices = next(row for row in answer["Rows"]["Row"] if row["Header"]["ColData"][0]["value"] == "Invoice")
    amounts = [round_to_cents(row["ColData"][-1]["value"]) for row in invoices["Rows"]["Row"]]
    assert amounts == sorted(amounts, reverse=True)


def test_rows_are_sorted_by_total_when_the_request_says_so(three: Store) -> None:
    for order, reverse in (("ascend", False), ("descend", True)):
        answer = ask(three, REALM, "CustomerSales", sort_order=order)
        amounts = [
            figures((row.get("Summary") or row)["ColData"])[-1]
            for row in answer["Rows"]["Row"]
            if row.get("group") is None
        ]
        assert amounts == sorted(amounts, reverse=reverse)


def test_a_filter_leaves_what_it_names(three: Store) -> None:
    everyone = ask(three, REALM, "CustomerSales")
    one = ask(three, REALM, "CustomerSales", customer="10")
    row = next(cells for cells in data(everyone) if cells[0].get("id") == "10")
    assert [total(one, "GrandTotal")] == figures(row)


def test_the_ledger_can_be_asked_for_types_of_accounts_under_either_name(three: Store) -> None:
    given = {"date_macro": "Last Month"}
    one = ask(three, REALM, "GeneralLedger", account_type="Bank", **given)
    other = ask(three, REALM, "GeneralLedger", source_account_type="Bank", **given)
    assert [row["Header"]["ColData"][0]["value"] for row in one["Rows"]["Row"]] == ["Checking", "Savings"]
    assert one["Rows"] == other["Rows"]


def test_entries_can_be_limited_to_those_that_come_from_an_account(three: Store) -> None:
    answer = ask(three, REALM, "GeneralLedger", source_account="41", account="56", date_macro="Last Month")
    place = keys(answer).index("split_acc")
    assert {cells[place]["value"] for cells in data(answer)} == {"Mastercard"}
