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


def ref(value: str | int) -> Body:
    """A reference."""
    return {"value": str(value)}


def email(name: str) -> str:
    """An address under a domain that nobody has."""
    return re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".")[:60] + "@example.com"


def address(number: int) -> Body:
    """An invented address."""
    return {
        "Line1": f"{100 + number * 37 % 900} {STREETS[number % len(STREETS)]}", "City": CITIES[number % len(CITIES)],
        "CountrySubDivisionCode": "CA", "PostalCode": f"94{300 + number * 13 % 100}", "Country": "USA",
    }  # fmt: skip


def party(name: str, number: int) -> Body:
    """What customers and vendors have in common."""
    return {
        "DisplayName": name, "CompanyName": name, "PrimaryEmailAddr": {"Address": email(name)},
        "PrimaryPhone": {"FreeFormNumber": f"(650) 555-01{number % 100:02d}"}, "BillAddr": address(number),
    }  # fmt: skip


def customer(name: str, number: int, term: str = "3", parent: str | None = None) -> Body:
    """A customer, or a project below one."""
    body = {**party(name, number), "SalesTermRef": ref(term)}
    return {**body, "ParentRef": ref(parent), "Job": True} if parent else body


def vendor(name: str, number: int, term: str = "3") -> Body:
    """A vendor."""
    return {**party(name, number), "TermRef": ref(term)}


def sold(
    item: str,
    quantity: float,
    cents: int,
    words: str | None = None,
    taxed: bool = False,
    class_: str | None = None,
) -> Body:
    """A line that sells units of an item at a price in cents."""
    given: Body = {
        "ItemRef": ref(item),
        "Qty": quantity,
        "UnitPrice": cents / 100,
        "TaxCodeRef": ref("TAX" if taxed else "NON"),
    }
    if class_:
        given["ClassRef"] = ref(class_)
    line = {
        "Amount": round(quantity * cents) / 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": given,
    }
    return {**line, "Description": words} if words else line


def sale(customer: str, day: date, lines: list[Body], tax: str | None = None, **more: Any) -> Body:
    """A sales form; `tax` is the code of the tax on its taxed lines."""
    body: Body = {"CustomerRef": ref(customer), "TxnDate": day.isoformat(), "Line": lines, **more}
    return {**body, "TxnTaxDetail": {"TxnTaxCodeRef": ref(tax)}} if tax else body


def monthly_template(name: str, since: date, body: Body) -> Body:
    """A template that makes a transaction on the first of every month."""
    schedule = {
        "IntervalType": "Monthly",
        "NumInterval": 1,
        "DayOfMonth": 1,
        "StartDate": since.isoformat(),
    }
    info = {"Name": name, "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    return {**{key: value for key, value in body.items() if key != "TxnDate"}, "RecurringInfo": info}


def payment(customer: str, day: date, value: float, invoice: str, number: str, method: str) -> Body:
    """Money for one invoice."""
    line = {"Amount": value, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
    return {
        "CustomerRef": ref(customer), "TxnDate": day.isoformat(), "TotalAmt": value, "PaymentRefNum": number,
        "PaymentMethodRef": ref(method), "Line": [line] if value else [],
    }  # fmt: skip


def credit_use(customer: str, day: date, credit: str, invoice: str, value: float) -> Body:
    """A payment of nothing that applies a credit memo to an invoice."""
    return {
        "CustomerRef": ref(customer), "TxnDate": day.isoformat(), "TotalAmt": 0,
        "PrivateNote": "Created by QB Online to link credits to charges.",
        "Line": [
            {"Amount": value, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]},
            {"Amount": value, "LinkedTxn": [{"TxnId": credit, "TxnType": "CreditMemo"}]},
        ],
    }  # fmt: skip


def deposit_of(account: str, day: date, payments: Sequence[Body]) -> Body:
    """Payments brought to the bank."""
    lines = [
        {
            "Amount": one["TotalAmt"],
            "LinkedTxn": [{"TxnId": one["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
        }
        for one in payments
    ]
    return {"DepositToAccountRef": ref(account), "TxnDate": day.isoformat(), "Line": lines}


def deposit(account: str, day: date, source: str, cents: int, note: str) -> Body:
    """Money on the bank account from an account that says what for."""
    detail = {"AccountRef": ref(source)}
    line = {
        "Amount": cents / 100,
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": detail,
        "Description": note,
    }
    return {
        "DepositToAccountRef": ref(account),
        "TxnDate": day.isoformat(),
        "Line": [line],
        "PrivateNote": note,
    }


def spent(
    account: str, cents: int, words: str, class_: str | None = None, customer: str | None = None
) -> Body:
    """A line that spends on an account, for a customer if one is named (who is then billable)."""
    detail: Body = {"AccountRef": ref(account)}
    if class_:
        detail["ClassRef"] = ref(class_)
    if customer:
        detail |= {"CustomerRef": ref(customer), "BillableStatus": "Billable"}
    kind = "AccountBasedExpenseLineDetail"
    return {"Amount": cents / 100, "Description": words, "DetailType": kind, kind: detail}


def bought(item: str, quantity: int, cents: int, words: str) -> Body:
    """A line that buys units of an item at a price in cents."""
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": ref(item), "Qty": quantity, "UnitPrice": cents / 100}
    return {"Amount": quantity * cents / 100, "Description": words, "DetailType": kind, kind: detail}


def bill(vendor: str, day: date, lines: list[Body], due: int = 30, **more: Any) -> Body:
    """A bill that is due after some days."""
    return {
        "VendorRef": ref(vendor), "TxnDate": day.isoformat(), "DueDate": (day + timedelta(days=due)).isoformat(),
        "Line": lines, **more,
    }  # fmt: skip


def bill_payment(bill: Body, day: date, value: float, account: str, by_card: bool) -> Body:
    """A payment of one bill."""
    how: Body = (
        {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": ref(account)}}
        if by_card
        else {"PayType": "Check", "CheckPayment": {"BankAccountRef": ref(account)}}
    )
    line = {"Amount": value, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    vendor = bill["VendorRef"]["value"]
    return {"VendorRef": ref(vendor), "TxnDate": day.isoformat(), "TotalAmt": value, "Line": [line], **how}


def purchase(vendor: str, day: date, account: str, kind: str, lines: list[Body]) -> Body:
    """An expense paid at once."""
    payee = {"value": vendor, "type": "Vendor"}
    return {
        "PaymentType": kind, "AccountRef": ref(account), "EntityRef": payee, "TxnDate": day.isoformat(), "Line": lines,
    }  # fmt: skip


def card_payment(card: str, bank: str, day: date, dollars: int) -> Body:
    """Money from the bank to the card."""
    return {
        "CreditCardAccountRef": ref(card), "BankAccountRef": ref(bank), "Amount": dollars, "TxnDate": day.isoformat(),
    }  # fmt: skip


def transfer(source: str, target: str, day: date, dollars: int) -> Body:
    """Money from one bank account to another."""
    return {
        "FromAccountRef": ref(source), "ToAccountRef": ref(target), "Amount": dollars, "TxnDate": day.isoformat(),
    }  # fmt: skip


def journal(day: date, words: str, entries: Sequence[tuple[str, int]], **more: Any) -> Body:
    """A journal entry; cents are positive for a debit."""
    lines = [_entry(account, cents, words) for account, cents in entries if cents]
    return {"TxnDate": day.isoformat(), "PrivateNote": words, "Line": lines, **more}


def _entry(account: str, cents: int, words: str) -> Body:
    detail = {"AccountRef": ref(account), "PostingType": "Debit" if cents > 0 else "Credit"}
    kind = "JournalEntryLineDetail"
    return {"Amount": abs(cents) / 100, "Description": words, "DetailType": kind, kind: detail}
