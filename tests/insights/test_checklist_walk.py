"""The walk of an accountant: what each item says is what its evidence shows when it is opened, and its fix fixes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from tests.builtin import builtin_catalog
from tests.insights.companies import read_books
from tests.insights.month_end_company import (
    CARD,
    FIREWALL,
    SAVINGS,
    UNCATEGORISED,
    Planted,
    check_planted,
    find_item,
    make_planted,
    plant_everything,
)

FIXED_BY_WRITING = (
    "unapplied_credits", "unused_vendor_credits", "uncategorised", "ask_accountant", "unsent_forms",
    "bills_without_due_date", "journals_without_memo", "recurring", "negative_stock",
)  # fmt: skip
"""Items whose fix is one call; the deposit and the payment are two of their own below, and others are to be judged."""


def _owes(record: dict[str, Any]) -> Decimal:
    return Decimal(str(record["TotalAmt"]))


SHOWN: dict[str, Callable[[dict[str, Any]], bool]] = {
    "undeposited_funds": lambda payment: payment["DepositToAccountRef"]["name"] == "Undeposited Funds",
    "unapplied_payments": lambda payment: payment["UnappliedAmt"] == 50_000,
    "unapplied_credits": lambda credit: credit["RemainingCredit"] == 89,
    "unused_vendor_credits": lambda credit: credit["Balance"] == 50,
    "uncategorised": lambda purchase: UNCATEGORISED in json.dumps(purchase["Line"]),
    "ask_accountant": lambda bill: "Ask My Accountant" in json.dumps(bill["Line"]),
    "suspense": lambda account: account["Name"] == "Suspense" and account["CurrentBalance"] == -33,
    "negative_balances": lambda account: account["Id"] == SAVINGS and account["CurrentBalance"] == -5_000,
    "parties_in_credit": lambda customer: (
        customer["DisplayName"] == "Bramble Veterinary" and customer["Balance"] < 0
    ),
    "bank_accounts": lambda account: account["Id"] == CARD and account["AccountType"] == "Credit Card",
    "unsent_forms": lambda invoice: invoice["EmailStatus"] == "NeedToSend" and invoice["TotalAmt"] == 61_000,
    "bills_without_due_date": lambda bill: "DueDate" not in bill and bill["TotalAmt"] == 45,
    "journals_without_memo": lambda journal: "PrivateNote" not in journal,
    "recurring": lambda bill: (
        bill["VendorRef"]["name"] == "Fiberline" and bill["TxnDate"].startswith("2026-09")
    ),
    "negative_stock": lambda item: item["Id"] == FIREWALL and item["QtyOnHand"] < 0,
}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_the_evidence_of_an_item_shows_what_it_says(name: str) -> None:
    here = make_planted()

    item = find_item(check_planted(), name)

    assert item["status"] in ("open", "attention")
    assert item["evidence"][0] == here.keys[name]
    assert item["records"][0]["id"] == here.keys[name]
    assert SHOWN[name](here.open(here.keys[name]))


def test_the_amount_of_a_record_is_that_in_the_simulator() -> None:
    here, analysis = make_planted(), check_planted()

    for name in (
        "unapplied_payments",
        "uncategorised",
        "unsent_forms",
        "bills_without_due_date",
        "recurring",
    ):
        item = find_item(analysis, name)
        assert abs(item["records"][0]["amount"]) == _owes(here.open(here.keys[name])), name


def test_what_was_planted_is_all_that_is_found() -> None:
    here, analysis = make_planted(), check_planted()

    for name in SHOWN.keys() - {"suspense", "negative_balances"}:
        assert find_item(analysis, name)["evidence"] == [here.keys[name]], name


def test_every_fix_is_a_tool_whose_schema_takes_its_arguments() -> None:
    tools = builtin_catalog().by_name
    items = [each for each in check_planted().figures["items"] if each["status"] in ("open", "attention")]

    for item in items:
        assert item["fix"] is not None, item["name"]
        arguments = json.loads(json.dumps(item["fix"]["arguments"], default=float))
        jsonschema.validate(arguments, tools[item["fix"]["tool"]].input_schema)
        assert item["fix"]["says"].endswith(".")


def test_every_fix_that_only_reads_answers() -> None:
    here = make_planted()
    tools = builtin_catalog().by_name
    for item in check_planted().figures["items"]:
        if item["fix"] is not None and tools[item["fix"]["tool"]].risk == "read":
            assert _call(here, item["fix"])


@pytest.fixture
def company() -> Planted:
    """A company of its own, which is fixed."""
    return plant_everything()


def test_fixes_that_write_leave_their_items_without_the_record(company: Planted) -> None:
    before = company.check()
    for name in FIXED_BY_WRITING:
        _call(company, find_item(before, name)["fix"])
    after = company.check()

    for name in FIXED_BY_WRITING:
        planted = company.keys[name]
        assert planted not in find_item(after, name)["evidence"], name


def test_a_deposit_and_the_application_of_a_payment_are_made_by_their_fixes(company: Planted) -> None:
    before = company.check()
    _call(company, find_item(before, "unapplied_payments")["fix"])
    _call(company, find_item(before, "undeposited_funds")["fix"])
    after = company.check()

    assert find_item(after, "undeposited_funds")["status"] == "done"
    left = (
        find_item(before, "unapplied_payments")["amount"] - find_item(after, "unapplied_payments")["amount"]
    )
    assert left == find_item(before, "unapplied_payments")["fix"]["arguments"]["Line"][0]["Amount"]


def test_the_books_are_closed_by_the_fix_of_the_closing_date(company: Planted) -> None:
    _call(company, find_item(company.check(), "closing_date")["fix"])

    item = find_item(company.check(), "closing_date")
    assert (item["status"], item["fix"]) == ("done", None)
    assert "31 October 2026" in item["says"]


def test_receivables_and_payables_tie_with_everything_planted() -> None:
    analysis = check_planted()

    assert [each.as_dict() for each in analysis.ties if not each.agrees] == []
    assert [find_item(analysis, name)["status"] for name in ("receivables", "payables")] == ["done", "done"]


def test_a_recurring_invoice_that_was_not_made_is_found() -> None:
    here = make_planted()
    books = read_books(here.store)
    assert any(each.name == "Agreement Quill Publishing" for each in books.templates)

    item = find_item(check_planted("2026-09"), "recurring")

    assert [each["party"] for each in item["records"]] == ["Quill Publishing"]
    assert here.open(item["evidence"][0])["RecurringInfo"]["Name"] == "Agreement Quill Publishing"


def _call(here: Planted, fix: dict[str, Any]) -> Any:
    return here.company.call(fix["tool"], **json.loads(json.dumps(fix["arguments"], default=float)))
