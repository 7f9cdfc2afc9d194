"""The walk itself: what an item names is opened, and what is not there, or does not fit its tool, is said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.analysis import Analysis
from runtime.simulators.quickbooks.books.store import Store
from tests.insights.companies import make_store
from tests.insights.walking import find_faults, open_record, walk

GET = "get_single_quick_books_invoice_by_id"


def make_item(**parts: Any) -> dict[str, Any]:
    """Return an item that is right but for some parts."""
    return {"name": "undeposited", "status": "open", "says": "One payment is not deposited.", **parts}


def find(*items: dict[str, Any]) -> list[str]:
    """Return what is wrong with some items."""
    return find_faults(Analysis({"items": list(items)}), make_store("landscaper"))


def find_id(store: Store, entity: str) -> str:
    """Return the Id of some record."""
    return str(store.execute("select id from records where entity = ? limit 1", (entity,)).fetchone()[0])


def test_evidence_is_opened_in_the_books_of_the_simulator():
    store = make_store("landscaper")
    key = f"invoices:{find_id(store, 'Invoice')}"

    [item] = walk(Analysis({"items": [make_item(evidence=[key])]}), store).values()

    assert item.records[key]["CustomerRef"]["value"] and item.faults == ()


def test_accounts_names_and_recurring_transactions_are_opened_too():
    store = make_store("it_services")

    for resource, entity in (
        ("accounts", "Account"),
        ("vendors", "Vendor"),
        ("recurring_transactions", "RecurringTransaction"),
    ):
        assert open_record(store, f"{resource}:{find_id(store, entity)}"), resource


def test_a_record_that_is_not_there_is_said():
    id = find_id(make_store("landscaper"), "Invoice")

    for key in ("invoices:99999", f"bills:{id}", f"nothing:{id}", "invoices", ""):
        assert find(make_item(evidence=[key])) == [f"undeposited: {key} is not in the books"]


def test_a_status_that_is_none_and_an_item_without_words_are_said():
    assert find(make_item(status="todo"), make_item(name="drafts", says="")) == [
        "undeposited: todo is no status",
        "drafts: says nothing",
    ]


def test_an_item_that_is_listed_twice_is_said():
    assert find(make_item(), make_item()) == ["undeposited: listed twice"]


def test_a_fix_is_a_call_that_its_tool_takes():
    id = find_id(make_store("landscaper"), "Invoice")

    assert find(make_item(fix={"tool": GET, "arguments": {"id": id}})) == []
    assert find(make_item(fix={"tool": "get_quick_books_balance_sheet_report"})) == []


def test_a_fix_by_a_tool_that_is_not_there_or_with_arguments_it_refuses_is_said():
    [unknown] = find(make_item(fix={"tool": "shut_the_books", "arguments": {}}))
    [refused] = find(make_item(fix={"tool": GET, "arguments": {"number": "1"}}))
    [missing] = find(make_item(fix={"tool": GET, "arguments": {"id": "99999"}}))

    assert unknown == "undeposited: there is no tool shut_the_books"
    assert refused.startswith(f"undeposited: {GET} does not take the arguments: ")
    assert missing == "undeposited: invoices:99999 is not in the books"


def test_a_fix_may_hold_exact_amounts_and_days():
    store = make_store("landscaper")
    body = open_record(store, f"invoices:{find_id(store, 'Invoice')}")
    assert body is not None
    given = {
        "CustomerRef": body["CustomerRef"],
        "TotalAmt": Decimal("12.50"),
        "TxnDate": date(2026, 11, 20),
    }

    assert find(make_item(fix={"tool": "create_a_quick_books_payment", "arguments": given})) == []
