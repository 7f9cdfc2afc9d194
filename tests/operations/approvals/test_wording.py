"""A waiting change says in good English and in names what it would do, whatever Ids its arguments have."""

from __future__ import annotations

import json

import pytest

from tests.operations.approvals.proposing_lines import (
    ADVERTISING,
    AMY,
    BOB,
    CHECKING,
    PUMP,
    SAVINGS,
    SERVICES,
    link,
    post,
    sell,
    spend,
)


def find_invoice(company):
    return company.list("invoices", DocNumber="356")[0]


def create_invoice(_company):
    return "create invoices", {
        "CustomerRef": {"value": AMY},
        "DueDate": "2026-12-15",
        "Line": [sell(PUMP, 100, 2)],
    }


def create_numbered_invoice(_company):
    given = {"CustomerRef": {"value": AMY}, "DocNumber": "2001", "Line": [sell(PUMP, 1000, 2)]}
    return "create invoices", given


def create_bill(_company):
    return "create bills", {"VendorRef": {"value": BOB}, "Line": [spend(ADVERTISING, 750.5)]}


def create_payment(company):
    invoice = find_invoice(company)
    given = {"TotalAmt": 10, "Line": [link("Invoice", invoice["Id"], 10)]}
    return "create payments", {"CustomerRef": invoice["CustomerRef"], **given}


def create_journal_entry(_company):
    return "create journal_entries", {"Line": [post("Debit", CHECKING, 200), post("Credit", SAVINGS, 200)]}


def create_customer(_company):
    return "create customers", {"DisplayName": "Jane Doe"}


def move_due_date(company):
    return "update invoices", {"id": find_invoice(company)["Id"], "DueDate": "2026-12-30"}


def add_line(company):
    return "update invoices", {"id": find_invoice(company)["Id"], "Line": [sell(SERVICES, 300, 3)]}


def change_customer(_company):
    return "update customers", {"id": AMY, "Notes": "Call first"}


def delete_invoice(company):
    invoice = find_invoice(company)
    return "delete invoices", {"id": invoice["Id"], "SyncToken": invoice["SyncToken"]}


def void_invoice(company):
    invoice = find_invoice(company)
    return "void invoices", {"id": invoice["Id"], "SyncToken": invoice["SyncToken"]}


def send_invoice(company):
    return "send invoices", {"id": find_invoice(company)["Id"], "send_to": "a@customer.example"}


SAID = {
    create_invoice: "Create invoice of Amy's Bird Sanctuary, 100.00 USD",
    create_numbered_invoice: "Create invoice 2001 of Amy's Bird Sanctuary, 1,000.00 USD",
    create_bill: "Create bill of Bob's Burger Joint, 750.50 USD",
    create_payment: "Create payment of Video Games by Dan, 10.00 USD",
    create_journal_entry: "Create journal entry, 200.00 USD",
    create_customer: "Create customer Jane Doe",
    move_due_date: "Update invoice 356 of Video Games by Dan: due date Dec 19, 2026 → Dec 30, 2026",
    add_line: "Update invoice 356 of Video Games by Dan: line 5 added (amount 300.00, item Services, qty 3)",
    change_customer: "Update customer Amy's Bird Sanctuary: notes set to Call first",
    delete_invoice: "Delete invoice 356 of Video Games by Dan, 900.00 USD",
    void_invoice: "Void invoice 356 of Video Games by Dan, 900.00 USD",
    send_invoice: "Email invoice 356 of Video Games by Dan, 900.00 USD",
}


@pytest.mark.parametrize("case", SAID, ids=lambda each: each.__name__)
def test_a_change_says_what_it_would_do(company, case):
    tool, given = case(company)

    proposal = company.propose(tool, **given)

    assert proposal.says == SAID[case]


def test_fields_are_in_names_amounts_and_days(company):
    proposal = company.propose("create invoices", **create_invoice(company)[1])

    assert [(each.field, each.after) for each in proposal.changed] == [
        ("Customer", "Amy's Bird Sanctuary"),
        ("Due date", "Dec 15, 2026"),
        ("Line: Amount", "100.00"),
        ("Line: Item", "Pump"),
        ("Line: Qty", "2"),
        ("Line: Unit price", "50.00"),
    ]
    assert (proposal.party, proposal.amount, proposal.currency) == ("Amy's Bird Sanctuary", "100.00", "USD")


def test_accounts_of_lines_and_paid_records_are_in_names(company):
    bill = company.propose(*["create bills"], **create_bill(company)[1])
    payment = company.propose("create payments", **create_payment(company)[1])

    assert ("Line: Account", "Advertising") in [(each.field, each.after) for each in bill.changed]
    assert ("Linked txn: Txn id", "356") in [(each.field, each.after) for each in payment.changed]


def test_names_are_in_what_is_shown_and_not_in_what_is_sent(company):
    proposal = company.propose("create invoices", **create_invoice(company)[1])

    assert proposal.after["CustomerRef"] == {"value": AMY, "name": "Amy's Bird Sanctuary"}
    assert "name" not in json.dumps(proposal.arguments, default=str)


def test_a_tax_that_is_worked_out_anew_is_no_change_of_its_own(company):
    tax = {"TxnTaxCodeRef": {"value": "2"}}
    taxed = [sell(PUMP, 100, 2, TaxCodeRef={"value": "TAX"})]
    made = company.call("create invoices", CustomerRef={"value": AMY}, Line=taxed, TxnTaxDetail=tax)
    line = {"Id": made["Line"][0]["Id"], **sell(PUMP, 150, 3, TaxCodeRef={"value": "TAX"})}

    proposal = company.propose("update invoices", id=made["Id"], Line=[line])

    assert made["TxnTaxDetail"]["TotalTax"] > 0
    assert [each.field for each in proposal.changed] == ["Line 1: Amount", "Line 1: Qty"]


def test_each_write_of_a_batch_says_itself(company):
    calls = [
        {"tool": company._name(tool), "arguments": given}
        for tool, given in (create_bill(company), create_customer(company))
    ]

    proposals = company.propose_all("run_a_quick_books_batch", calls=calls)

    assert [each.says for each in proposals] == [SAID[create_bill], SAID[create_customer]]


def test_a_hostile_name_is_on_one_line_and_cut(company):
    name = "Evil\n<script>" + "x" * 300

    proposal = company.propose("create customers", DisplayName=name[:90])

    assert "\n" not in proposal.says
    assert "<script>" in proposal.says
