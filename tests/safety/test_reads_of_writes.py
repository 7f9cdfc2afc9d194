"""How often a write reads at the vendor before it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.company import Company

COOL_CARS, NORTON, DESIGN, CHECKING, SPENT = "3", "46", "4", "35", "7"
SALES, COST, ENTRY = "SalesItemLineDetail", "AccountBasedExpenseLineDetail", "JournalEntryLineDetail"


def invoice(amount: float) -> dict[str, Any]:
    line = {"Amount": amount, "DetailType": SALES, SALES: {"ItemRef": {"value": DESIGN}}}
    return {"CustomerRef": {"value": COOL_CARS}, "Line": [line] * 3}


def bill(amount: float) -> dict[str, Any]:
    line = {"Amount": amount, "DetailType": COST, COST: {"AccountRef": {"value": SPENT}}}
    return {"VendorRef": {"value": NORTON}, "Line": [line]}


def entry(amount: float) -> dict[str, Any]:
    sides = {"Debit": CHECKING, "Credit": SPENT}
    lines = [
        {
            "Amount": amount,
            "DetailType": ENTRY,
            ENTRY: {"PostingType": side, "AccountRef": {"value": account}},
        }
        for side, account in sides.items()
    ]
    return {"Line": lines}


def reads(company: Company, tool: str, **arguments: Any) -> list[str]:
    """Return the statements and paths that are read for one call."""
    company.client.requests.clear()
    company.answer(tool, **arguments)
    return [request.url for request in company.client.requests if request.verb == "GET"]


@pytest.mark.parametrize(
    ("tool", "make", "first", "next_"),
    [
        ("create invoices", invoice, 3, 1),
        ("create bills", bill, 3, 1),
        ("create journal_entries", entry, 2, 1),
    ],
)
def test_a_usual_create_reads_a_few_times_and_the_next_one_only_for_its_twin(
    company, tool, make, first, next_
):
    assert len(reads(company, tool, **make(10))) <= first
    assert len(reads(company, tool, **make(11))) <= next_


def test_what_a_list_has_just_shown_is_not_looked_up(company):
    company.list("customers")
    company.list("items")

    found = reads(company, "create invoices", **invoice(10))

    assert not [url for url in found if "FROM%20Customer" in url or "FROM%20Item" in url]


def test_what_a_get_has_just_shown_is_not_looked_up(company):
    company.call("get customers", id=COOL_CARS)

    assert not [url for url in reads(company, "create invoices", **invoice(10)) if "FROM%20Customer" in url]


def test_a_name_that_was_made_inactive_meanwhile_is_found_inactive(company):
    [name] = [each for each in company.list("customers") if each["Id"] == "5"]
    company.call("update customers", id="5", Active=False)

    error = company.refused("create invoices", **{**invoice(10), "CustomerRef": {"value": name["Id"]}})

    assert "no longer in use" in error.message


def test_a_balance_is_looked_up_anew_after_a_payment(company):
    made = company.call("create invoices", **invoice(10))
    due = {
        "TotalAmt": 30,
        "Line": [{"Amount": 30, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}],
    }
    company.call("create payments", CustomerRef={"value": COOL_CARS}, **due)

    found = reads(company, "create payments", CustomerRef={"value": COOL_CARS}, allow_duplicate=True, **due)

    assert [url for url in found if "FROM%20Invoice" in url]
