"""Lines of forms for the tests of proposals."""

from __future__ import annotations

from typing import Any

PUMP, SERVICES = "11", "1"
"""An inventory item, and one without stock."""
CHECKING, SAVINGS, ADVERTISING = "35", "36", "7"
RECEIVABLE, PAYABLE = "84", "33"
"""The accounts of what customers owe, and of what vendors are owed."""
AMY, BOB = "1", "56"
"""A customer and a vendor."""


def sell(item: str, amount: float, quantity: float, **more: Any) -> dict[str, Any]:
    """A line that sells an item."""
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": amount / quantity, **more}
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail}


def spend(account: str, amount: float) -> dict[str, Any]:
    """A line of a bill for an account."""
    detail = {"AccountRef": {"value": account}}
    return {
        "DetailType": "AccountBasedExpenseLineDetail",
        "Amount": amount,
        "AccountBasedExpenseLineDetail": detail,
    }


def buy(item: str, amount: float, quantity: float) -> dict[str, Any]:
    """A line of a bill for an item."""
    detail = {"ItemRef": {"value": item}, "Qty": quantity, "UnitPrice": amount / quantity}
    return {
        "DetailType": "ItemBasedExpenseLineDetail",
        "Amount": amount,
        "ItemBasedExpenseLineDetail": detail,
    }


def post(side: str, account: str, amount: float, **more: Any) -> dict[str, Any]:
    """A line of a journal entry."""
    detail = {"PostingType": side, "AccountRef": {"value": account}, **more}
    return {"DetailType": "JournalEntryLineDetail", "Amount": amount, "JournalEntryLineDetail": detail}


def link(kind: str, record_id: str, amount: float) -> dict[str, Any]:
    """A line that pays a record."""
    return {"Amount": amount, "LinkedTxn": [{"TxnId": record_id, "TxnType": kind}]}
