"""Purchases: Bill, Purchase (cheque, cash, card), VendorCredit, PurchaseOrder. Lines, totals, days, paying accounts."""

from __future__ import annotations

from runtime.simulators.quickbooks.books import settlement, sources
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, reference
from runtime.simulators.quickbooks.faults import business, fault, missing
from runtime.simulators.quickbooks.money import amount, cents
from runtime.simulators.quickbooks.rules import lines, references

PAYING_TYPES = {"Cash": {"Bank", "Other Current Asset"}, "Check": {"Bank"}, "CreditCard": {"Credit Card"}}


def prepare_vendor_form(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Works out what follows from the lines of a bill, a vendor credit or a purchase order."""
    references.required(body, "VendorRef")
    if entity == "Bill":
        sources.check_sources(books, entity, body)
    settlement.keep_owner(books, entity, body, old)
    _common(books, body, old)
    lines.account_reference(books, body, "APAccountRef", books.first_account("Accounts Payable"))
    if entity == "PurchaseOrder":
        lines.number(books, entity, "order", body)
        body.setdefault("POStatus", "Open")
        return
    if entity == "Bill":
        vendor = books.find("Vendor", reference(body.get("VendorRef"))) or {}
        term = reference(body.get("SalesTermRef")) or reference(vendor.get("TermRef"))
        term_reference = references.to(books, "Term", term)
        if term_reference:
            body["SalesTermRef"] = term_reference
        body.setdefault("DueDate", lines.due_day(books, body, term))
        _check_bill_number(books, body)
    body["Balance"] = amount(settlement.open_amount(books, entity, body, cents(body["TotalAmt"])))


def _check_bill_number(books: Books, body: Body) -> None:
    if body.get("DocNumber") and books.other_preference("WarnDuplicateBillNumber") == "true":
        lines.refuse_duplicate(books, "Bill", body)


def prepare_purchase(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Works out what follows from the lines of an expense, and checks the account it is paid from."""
    kind = body.get("PaymentType")
    if not kind:
        raise missing("PaymentType")
    account = books.find("Account", references.required(body, "AccountRef")) or {}
    if account.get("AccountType") not in PAYING_TYPES.get(str(kind), {account.get("AccountType")}):
        raise fault(
            "6430",
            f"Invalid account type used : {account.get('AccountType')} for PaymentType {kind}",
            "AccountRef",
        )
    if body.get("Credit") and kind != "CreditCard":
        raise business("Only a credit card purchase can be a refund.", "Credit")
    _common(books, body, old)


def _common(books: Books, body: Body, old: Body | None) -> None:
    lines.check_open(books, old)
    lines.default_day(books, body)
    lines.currency(books, body)
    kept = [line for line in body.get("Line") or [] if line.get("DetailType") != "SubTotalLineDetail"]
    if not kept:
        raise business("You must fill out at least one detail line.")
    for position, line in enumerate(kept, 1):
        _line(books, body, line)
        line["LineNum"] = position
    body["Line"] = kept
    lines.keep_identities(body, old)
    tax = cents((body.get("TxnTaxDetail") or {}).get("TotalTax"))
    total = sum(cents(line.get("Amount")) for line in kept) + tax
    if total < 0:
        raise business("Transaction amount must be 0 or greater.")
    body["TotalAmt"] = amount(total)


def _line(books: Books, body: Body, line: Body) -> None:
    lines.require_detail(line)
    kind = line["DetailType"]
    if kind not in ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail", "DescriptionOnly"):
        raise business(f"A line of type {kind} does not belong on this transaction.")
    if kind == "DescriptionOnly":
        line.pop("Amount", None)
        return
    lines.require_amount(line)
    line["Amount"] = amount(cents(line["Amount"]))
    given = line.setdefault(lines.DETAIL_KEYS[kind], {})
    if kind == "AccountBasedExpenseLineDetail":
        references.required(given, "AccountRef")
    else:
        item = books.find("Item", references.required(given, "ItemRef")) or {}
        lines.check_item(item, body, line)
        lines.check_product(line)
    given.setdefault("BillableStatus", "NotBillable")
    if given["BillableStatus"] == "Billable" and not reference(given.get("CustomerRef")):
        raise fault("6310", "MissingCustomer", "CustomerRef")
    if not reference(given.get("TaxCodeRef")):
        given["TaxCodeRef"] = {"value": "NON"}
    given["TaxCodeRef"].pop("name", None)
