"""Bodies of transactions and lists as a client would send them, with invented particulars at domains nobody has.

Amounts are whole cents where a function takes them as `cents`, else the numbers that bodies carry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from runtime.simulators.quickbooks.books.store import Body

FAMILY_NAMES = (
    "Adeyemi", "Barlow", "Castellan", "Drummond", "Eastgate", "Fairweather", "Gallagher", "Hollis", "Iverson", "Jansen",
    "Kowalski", "Lindqvist", "Marchetti", "Novak", "Okafor", "Pemberton", "Quigley", "Rasmussen", "Sorensen", "Takeda",
)  # fmt: skip
TRADES = (
    "Bakery", "Dental", "Hardware", "Law Office", "Logistics", "Clinic", "Studio", "Foods", "Motors", "Printing",
    "Realty", "School", "Travel", "Winery",
)  # fmt: skip
STREETS = (
    "Willow Lane",
    "Harbor Street",
    "Orchard Road",
    "Mission Court",
    "Laurel Avenue",
    "Quarry Way",
    "Fern Drive",
)
CITIES = ("Bayshore", "Middlefield", "Millbrae", "Half Moon Bay", "South Orange")


def make_reference(value: str | int) -> Body:
    """Return a reference."""
    return {"value": str(value)}


def make_email(name: str) -> str:
    """Return an address under a domain that nobody has."""
    return re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".")[:60] + "@example.com"


def make_address(number: int) -> Body:
    """Return an invented address."""
    return {
        "Line1": f"{100 + number * 37 % 900} {STREETS[number % len(STREETS)]}", "City": CITIES[number % len(CITIES)],
        "CountrySubDivisionCode": "CA", "PostalCode": f"94{300 + number * 13 % 100}", "Country": "USA",
    }  # fmt: skip


def make_party(name: str, number: int) -> Body:
    """Return what customers and vendors have in common."""
    return {
        "DisplayName": name, "CompanyName": name, "PrimaryEmailAddr": {"Address": make_email(name)},
        "PrimaryPhone": {"FreeFormNumber": f"(650) 555-01{number % 100:02d}"}, "BillAddr": make_address(number),
    }  # fmt: skip


def make_customer(name: str, number: int, term: str = "3", parent: str | None = None) -> Body:
    """Return a customer, or a project below one."""
    body = {**make_party(name, number), "SalesTermRef": make_reference(term)}
    return {**body, "ParentRef": make_reference(parent), "Job": True} if parent else body


def make_vendor(name: str, number: int, term: str = "3") -> Body:
    """Return a vendor."""
    return {**make_party(name, number), "TermRef": make_reference(term)}


def make_sold_line(
    item: str,
    quantity: float,
    cents: int,
    text: str | None = None,
    *,
    taxed: bool = False,
    class_: str | None = None,
) -> Body:
    """Return a line that sells units of an item at a price in cents."""
    given: Body = {
        "ItemRef": make_reference(item),
        "Qty": quantity,
        "UnitPrice": cents / 100,
        "TaxCodeRef": make_reference("TAX" if taxed else "NON"),
    }
    if class_:
        given["ClassRef"] = make_reference(class_)
    line = {
        "Amount": round(quantity * cents) / 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": given,
    }
    return {**line, "Description": text} if text else line


def make_sale(customer: str, day: date, lines: list[Body], tax: str | None = None, **more: Any) -> Body:
    """Return a sales form; `tax` is the code of the tax on its taxed lines."""
    body: Body = {"CustomerRef": make_reference(customer), "TxnDate": day.isoformat(), "Line": lines, **more}
    return {**body, "TxnTaxDetail": {"TxnTaxCodeRef": make_reference(tax)}} if tax else body


def make_monthly_template(name: str, since: date, body: Body) -> Body:
    """Return a template that makes a transaction on the first of every month."""
    schedule = {
        "IntervalType": "Monthly",
        "NumInterval": 1,
        "DayOfMonth": 1,
        "StartDate": since.isoformat(),
    }
    info = {"Name": name, "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    return {**{key: value for key, value in body.items() if key != "TxnDate"}, "RecurringInfo": info}


def make_payment(customer: str, day: date, value: float, invoice: str, number: str, method: str) -> Body:
    """Return money for one invoice."""
    line = {"Amount": value, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
    return {
        "CustomerRef": make_reference(customer), "TxnDate": day.isoformat(), "TotalAmt": value, "PaymentRefNum": number,
        "PaymentMethodRef": make_reference(method), "Line": [line] if value else [],
    }  # fmt: skip


def make_credit_use(customer: str, day: date, credit: str, invoice: str, value: float) -> Body:
    """Return a payment of nothing that applies a credit memo to an invoice."""
    return {
        "CustomerRef": make_reference(customer), "TxnDate": day.isoformat(), "TotalAmt": 0,
        "PrivateNote": "Created by QB Online to link credits to charges.",
        "Line": [
            {"Amount": value, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]},
            {"Amount": value, "LinkedTxn": [{"TxnId": credit, "TxnType": "CreditMemo"}]},
        ],
    }  # fmt: skip


def make_deposit_of_payments(account: str, day: date, payments: Sequence[Body]) -> Body:
    """Return payments brought to the bank."""
    lines = [
        {
            "Amount": one["TotalAmt"],
            "LinkedTxn": [{"TxnId": one["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
        }
        for one in payments
    ]
    return {"DepositToAccountRef": make_reference(account), "TxnDate": day.isoformat(), "Line": lines}


def make_deposit(account: str, day: date, source: str, cents: int, note: str) -> Body:
    """Return money on the bank account from an account that says what for."""
    detail = {"AccountRef": make_reference(source)}
    line = {
        "Amount": cents / 100,
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": detail,
        "Description": note,
    }
    return {
        "DepositToAccountRef": make_reference(account),
        "TxnDate": day.isoformat(),
        "Line": [line],
        "PrivateNote": note,
    }


def make_spent_line(
    account: str, cents: int, text: str, class_: str | None = None, customer: str | None = None
) -> Body:
    """Return a line that spends on an account, for a customer if one is named (who is then billable)."""
    detail: Body = {"AccountRef": make_reference(account)}
    if class_:
        detail["ClassRef"] = make_reference(class_)
    if customer:
        detail |= {"CustomerRef": make_reference(customer), "BillableStatus": "Billable"}
    kind = "AccountBasedExpenseLineDetail"
    return {"Amount": cents / 100, "Description": text, "DetailType": kind, kind: detail}


def make_bought_line(item: str, quantity: int, cents: int, text: str) -> Body:
    """Return a line that buys units of an item at a price in cents."""
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": make_reference(item), "Qty": quantity, "UnitPrice": cents / 100}
    return {"Amount": quantity * cents / 100, "Description": text, "DetailType": kind, kind: detail}


def make_bill(vendor: str, day: date, lines: list[Body], due: int = 30, **more: Any) -> Body:
    """Return a bill that is due after some days."""
    return {
        "VendorRef": make_reference(vendor),
        "TxnDate": day.isoformat(),
        "DueDate": (day + timedelta(days=due)).isoformat(),
        "Line": lines,
        **more,
    }


def make_bill_payment(bill: Body, day: date, value: float, account: str, *, by_card: bool) -> Body:
    """Return a payment of one bill."""
    how: Body = (
        {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": make_reference(account)}}
        if by_card
        else {"PayType": "Check", "CheckPayment": {"BankAccountRef": make_reference(account)}}
    )
    line = {"Amount": value, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    vendor = bill["VendorRef"]["value"]
    return {
        "VendorRef": make_reference(vendor),
        "TxnDate": day.isoformat(),
        "TotalAmt": value,
        "Line": [line],
        **how,
    }


def make_purchase(vendor: str, day: date, account: str, kind: str, lines: list[Body]) -> Body:
    """Return an expense paid at once."""
    payee = {"value": vendor, "type": "Vendor"}
    return {
        "PaymentType": kind,
        "AccountRef": make_reference(account),
        "EntityRef": payee,
        "TxnDate": day.isoformat(),
        "Line": lines,
    }


def make_card_payment(card: str, bank: str, day: date, dollars: int) -> Body:
    """Return money from the bank to the card."""
    return {
        "CreditCardAccountRef": make_reference(card),
        "BankAccountRef": make_reference(bank),
        "Amount": dollars,
        "TxnDate": day.isoformat(),
    }


def make_transfer(source: str, target: str, day: date, dollars: int) -> Body:
    """Return money from one bank account to another."""
    return {
        "FromAccountRef": make_reference(source),
        "ToAccountRef": make_reference(target),
        "Amount": dollars,
        "TxnDate": day.isoformat(),
    }


def make_journal_entry(day: date, text: str, entries: Sequence[tuple[str, int]], **more: Any) -> Body:
    """Return a journal entry; cents are positive for a debit."""
    lines = [_entry(account, cents, text) for account, cents in entries if cents]
    return {"TxnDate": day.isoformat(), "PrivateNote": text, "Line": lines, **more}


def _entry(account: str, cents: int, text: str) -> Body:
    detail = {"AccountRef": make_reference(account), "PostingType": "Debit" if cents > 0 else "Credit"}
    kind = "JournalEntryLineDetail"
    return {"Amount": abs(cents) / 100, "Description": text, "DetailType": kind, kind: detail}
