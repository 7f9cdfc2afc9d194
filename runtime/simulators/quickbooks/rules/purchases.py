"""Purchases: Bill, Purchase (cheque, cash, card), VendorCredit, PurchaseOrder. Lines, totals, days, paying accounts."""

from __future__ import annotations

from runtime.simulators.quickbooks.books import settlement, sources
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault, make_missing_fault
from runtime.simulators.quickbooks.money import make_amount, round_to_cents
from runtime.simulators.quickbooks.rules import lines, references

PAYING_TYPES = {"Cash": {"Bank", "Other Current Asset"}, "Check": {"Bank"}, "CreditCard": {"Credit Card"}}


def prepare_vendor_form(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Work out what follows from the lines of a bill, a vendor credit or a purchase order."""
    references.require_reference(body, "VendorRef")
    if entity == "Bill":
        sources.check_sources(books, entity, body)
    settlement.refuse_changed_owner(books, entity, body, old)
    _common(books, body, old)
    lines.fill_account(books, body, "APAccountRef", books.find_first_account("Accounts Payable"))
    if entity == "PurchaseOrder":
        lines.fill_number(books, entity, "order", body)
        body.setdefault("POStatus", "Open")
        return
    if entity == "Bill":
        vendor = books.find("Vendor", get_reference(body.get("VendorRef"))) or {}
        term = get_reference(body.get("SalesTermRef")) or get_reference(vendor.get("TermRef"))
        term_reference = references.make_reference(books, "Term", term)
        if term_reference:
            body["SalesTermRef"] = term_reference
        body.setdefault("DueDate", lines.compute_due_day(books, body, term))
        _check_bill_number(books, body)
    body["Balance"] = make_amount(
        settlement.get_open_amount(books, entity, body, round_to_cents(body["TotalAmt"]))
    )


def _check_bill_number(books: Books, body: Body) -> None:
    if body.get("DocNumber") and books.get_other_preference("WarnDuplicateBillNumber") == "true":
        lines.refuse_duplicate(books, "Bill", body)


def prepare_purchase(books: Books, _entity: str, body: Body, old: Body | None) -> None:
    """Work out what follows from the lines of an expense, and check the account it is paid from."""
    kind = body.get("PaymentType")
    if not kind:
        raise make_missing_fault("PaymentType")
    account = books.find("Account", references.require_reference(body, "AccountRef")) or {}
    if account.get("AccountType") not in PAYING_TYPES.get(str(kind), {account.get("AccountType")}):
        raise make_fault(
            "6430",
            f"Invalid account type used : {account.get('AccountType')} for PaymentType {kind}",
            "AccountRef",
        )
    if body.get("Credit") and kind != "CreditCard":
        raise make_business_fault("Only a credit card purchase can be a refund.", "Credit")
    _common(books, body, old)


def _common(books: Books, body: Body, old: Body | None) -> None:
    lines.check_open(books, old)
    lines.fill_day(books, body)
    lines.fill_currency(books, body)
    booked = [line for line in body.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]
    if not booked:
        raise make_business_fault("You must fill out at least one detail line.")
    for position, line in enumerate(booked, 1):
        _line(books, body, line)
        line["LineNum"] = position
    body["Line"] = booked
    lines.assign_ids(body, old)
    tax = round_to_cents((body.get("TxnTaxDetail") or {}).get("TotalTax"))
    total = sum(round_to_cents(line.get("Amount")) for line in booked) + tax
    if total < 0:
        raise make_business_fault("Transaction amount must be 0 or greater.")
    body["TotalAmt"] = make_amount(total)


def _line(books: Books, body: Body, line: Body) -> None:
    lines.require_detail(line)
    kind = line["DetailType"]
    if kind not in ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail", "DescriptionOnly"):
        raise make_business_fault(f"A line of type {kind} does not belong on this transaction.")
    if kind == "DescriptionOnly":
        line.pop("Amount", None)
        return
    lines.require_amount(line)
    line["Amount"] = make_amount(round_to_cents(line["Amount"]))
    given = line.setdefault(lines.DETAIL_KEYS[kind], {})
    if kind == "AccountBasedExpenseLineDetail":
        references.require_reference(given, "AccountRef")
    else:
        item = books.find("Item", references.require_reference(given, "ItemRef")) or {}
        lines.check_item(item, body, line)
        lines.check_product(line)
    given.setdefault("BillableStatus", "NotBillable")
    if given["BillableStatus"] == "Billable" and not get_reference(given.get("CustomerRef")):
        raise make_fault("6310", "MissingCustomer", "CustomerRef")
    if not get_reference(given.get("TaxCodeRef")):
        given["TaxCodeRef"] = {"value": "NON"}
    given["TaxCodeRef"].pop("name", None)
