"""The sample company as far as its transactions are known, against the balance sheet recorded from the service."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from runtime.simulators.quickbooks.books.balances import load_in_bulk
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.money import round_to_cents
from runtime.simulators.quickbooks.writes import changes
from tests.simulators.quickbooks.conftest import sales_line
from tests.simulators.quickbooks.reports.reading import Body, ask, data, total

READ_ONLY = (
    "type",
    "day",
    "due_day",
    "touched",
    "restored",
    "Balance",
    "RemainingCredit",
    "UnappliedAmt",
    "Id",
    "note",
)
RECORDED = {
    "Checking": "35", "Savings": "36", "Accounts Receivable (A/R)": "84", "Inventory Asset": "81",
    "Undeposited Funds": "4", "Truck (Original Cost)": "38", "Accounts Payable (A/P)": "33", "Mastercard": "41",
    "Board of Equalization Payable": "90", "Loan Payable": "43", "Notes Payable": "44", "Opening Balance Equity": "34",
}  # fmt: skip


RECEIPTS = (
    ("11", "6", 33_750, "35"),
    ("17", "6", 33_750, "4"),
    ("38", "15", 7_875, "4"),
    ("47", "4", 14_000, "4"),
)
"""Sales receipts known from documents only: Id, customer, cents, account."""


def referring(value: Any, key: str = "") -> Any:
    """Return ids under names that end in Ref become references; the rest stays."""
    if isinstance(value, dict):
        return {name: referring(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [referring(item, key) for item in value]
    return {"value": value} if key.endswith("Ref") and isinstance(value, str) else value


def body_of(transaction: Body, today: date) -> Body:
    body = referring({name: value for name, value in transaction.items() if name not in READ_ONLY})
    body.pop("LinkedTxn", None)
    days = transaction["day"] if transaction["day"] is not None else -43
    body["TxnDate"] = (today + timedelta(days=days)).isoformat()
    if isinstance(body.get("CustomerMemo"), str):
        body["CustomerMemo"] = {"value": body["CustomerMemo"]}
    body["Line"] = [line for line in body.get("Line", []) if line.get("DetailType") != "SubTotalLineDetail"]
    if transaction["type"] == "Invoice":
        body["Line"] = [{k: v for k, v in line.items() if k != "LinkedTxn"} for line in body["Line"]]
        body["Line"] += charges_of(transaction, body)
    return body


def charges_of(transaction: Body, body: Body) -> list[Body]:
    """Return what an invoice billed from statement charges, whose lines are not recorded."""
    total = round_to_cents(transaction["TotalAmt"]) - round_to_cents(
        (transaction.get("TxnTaxDetail") or {}).get("TotalTax")
    )
    discount = sum(
        round_to_cents(line["Amount"]) for line in body["Line"] if line["DetailType"] == "DiscountLineDetail"
    )
    listed = sum(round_to_cents(line["Amount"]) for line in body["Line"]) - 2 * discount
    kind = "SalesItemLineDetail"
    line = {
        "Amount": (total - listed) / 100,
        "DetailType": kind,
        kind: {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "TAX"}},
    }
    return [line] if total != listed else []


@pytest.fixture
def sample(books: Books) -> Books:
    """Return every known transaction, documents before what pays them."""
    facts = seed.read_sample()
    later = ("Payment", "BillPayment", "Deposit")
    with load_in_bulk(books):
        for id, customer, value, account in RECEIPTS:
            receipt = {"CustomerRef": {"value": customer}, "DepositToAccountRef": {"value": account}}
            changes.create(books, "SalesReceipt", {**receipt, "Line": [sales_line(value)]}, id)
        for kinds in (
            lambda kind: kind not in later,
            lambda kind: kind in later[:2],
            lambda kind: kind == "Deposit",
        ):
            for transaction in facts["transactions"]:
                if kinds(transaction["type"]):
                    body = body_of(transaction, books.read_today())
                    changes.create(books, transaction["type"], body, transaction["Id"])
    return books


def held(store: Store, account: str) -> int:
    found = store.execute(
        "select coalesce(sum(cents), 0) from postings where account = ?", (account,)
    ).fetchone()
    return int(found[0])


def recorded() -> dict[str, float]:
    found: dict[str, float] = seed.read_sample()["balance_sheet_2025_sandbox"]
    return found


def test_receivables_and_payables_of_the_known_entries_are_as_recorded_to_the_cent(sample: Books) -> None:
    for name, account, sign in (("Accounts Receivable (A/R)", "84", 1), ("Accounts Payable (A/P)", "33", -1)):
        assert sign * held(sample.store, account) == round_to_cents(recorded()[name])


def test_with_opening_entries_for_what_is_missing_the_balance_sheet_is_the_recorded_one(
    sample: Books,
) -> None:
    owed = ("33", "41", "90", "43", "44", "34")
    wanted = {
        id: round_to_cents(recorded()[name]) * (-1 if id in owed else 1) for name, id in RECORDED.items()
    }
    wanted["89"] = 0  # the Arizona tax, recorded as 0.00 in the answer itself
    missing = {id: value - held(sample.store, id) for id, value in wanted.items()}
    missing["31"] = -sum(missing.values())
    line = "JournalEntryLineDetail"
    lines = [
        {"Amount": abs(value) / 100, "DetailType": line,
         line: {"PostingType": "Debit" if value > 0 else "Credit", "AccountRef": {"value": id}}}
        for id, value in missing.items() if value
    ]  # fmt: skip
    changes.create(sample, "JournalEntry", {"TxnDate": sample.read_today().isoformat(), "Line": lines})
    sheet = ask(sample.store, sample.realm, "BalanceSheet")
    assert (
        total(sheet, "TotalAssets")
        == total(sheet, "TotalLiabilitiesAndEquity")
        == round_to_cents(recorded()["Total assets"])
    )
    shown = {cells[0].get("id"): round_to_cents(cells[1]["value"]) for cells in data(sheet)}
    for name, id in RECORDED.items():
        assert shown[id] == round_to_cents(recorded()[name]), name
    earned = total(sheet, "RetainedEarnings") + total(sheet, "NetIncome")
    assert earned == round_to_cents(recorded()["Retained Earnings + Net Income"])
