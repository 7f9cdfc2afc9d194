"""Small books made by hand, as the tests of the month-end checklist need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from generator.insight_rules import FixRules
from runtime.insights.books import Account, Books, Item, Key, Kind, Line, Link, Span, Transaction
from runtime.insights.checklist import INSIGHT
from runtime.insights.report_rows import Report, Row

TODAY, MONTH = date(2026, 11, 20), "2026-10"
LISTS = frozenset({"accounts", "items", "templates", "settings"})
RESOURCES: Mapping[Kind, str] = {
    "invoice": "invoices",
    "sale": "sales_receipts",
    "customer_credit": "credit_memos",
    "refund": "refund_receipts",
    "customer_payment": "payments",
    "bill": "bills",
    "expense": "purchases",
    "vendor_credit": "vendor_credits",
    "vendor_payment": "bill_payments",
    "card_payment": "credit_card_payments",
    "deposit": "deposits",
    "transfer": "transfers",
    "journal": "journal_entries",
}
CUSTOMER, VENDOR = Key("customers", "1"), Key("vendors", "2")
ACCOUNTS = {
    "1": ("Checking", {"bank", "asset"}),
    "2": ("Card", {"card", "liability"}),
    "3": ("Receivables", {"receivable", "asset"}),
    "4": ("Payables", {"payable", "liability"}),
    "5": ("Undeposited", {"undeposited", "asset"}),
    "6": ("Uncategorised", {"uncategorised", "expense"}),
    "7": ("Ask", {"ask_accountant", "expense"}),
    "8": ("Suspense", {"suspense", "liability"}),
    "9": ("Opening", {"opening_balance", "equity"}),
    "10": ("Tax", {"sales_tax", "liability"}),
    "11": ("Rent", {"expense"}),
    "12": ("Depreciation", {"asset", "contra_asset"}),
}


def make(kind: Kind, id_: str, day: str, total: str = "0", **values: Any) -> Transaction:
    """Return a transaction of a day, such as "10-05" of 2026."""
    party = {"invoice": CUSTOMER, "customer_payment": CUSTOMER, "customer_credit": CUSTOMER}.get(kind)
    if kind in ("bill", "expense", "vendor_credit", "vendor_payment"):
        party = VENDOR
    values = {
        "party": party,
        "party_name": "Anna" if party == CUSTOMER else "Bert" if party else "",
        **values,
    }
    values["open"] = Decimal(values.get("open", "0"))
    on = date.fromisoformat(day if len(day) > 5 else f"2026-{day}")
    return Transaction(Key(RESOURCES[kind], id_), kind, on, total=Decimal(total), **values)


def settle(kind: Kind, id_: str, amount: str) -> Line:
    """Return a line that settles a transaction."""
    return Line(Decimal(amount), links=(Link(Key(RESOURCES[kind], id_), Decimal(amount)),))


def post(account: str, amount: str, side: Any = "", **values: Any) -> Line:
    """Return a line on an account."""
    return Line(Decimal(amount), account=account, side=side, **values)


def make_books(*transactions: Transaction, balances: Mapping[str, str] | None = None, **values: Any) -> Books:
    """Return books in which everything was read; the reports show zero, but for some balances of accounts."""
    accounts = {
        id_: Account(Key("accounts", id_), name, roles=frozenset(roles))
        for id_, (name, roles) in ACCOUNTS.items()
    }
    whole: dict[str, Any] = {
        "today": TODAY,
        "currency": "USD",
        "accounts": accounts,
        "lists": LISTS,
        "settings": {"home_currency": "USD"},
        "reports": make_reports(balances or {}),
        "read": dict.fromkeys(get_args(Kind), Span(None, values.get("today", TODAY))),
        "fixes": {"unsent_forms": (FixRules("send_it", {"id": "{id}"}, "Send it."),)},
    } | values
    ordered = sorted(transactions, key=lambda each: each.day)
    return Books(transactions=tuple(ordered), **whole)


def make_reports(balances: Mapping[str, str], **totals: str) -> dict[str, Report]:
    """Return the reports: a trial balance of some accounts, and totals of the others."""
    rows = []
    for id_, text in balances.items():
        amount = Decimal(text)
        cells = (id_, str(amount) if amount >= 0 else "", str(-amount) if amount < 0 else "")
        rows.append(Row("row", 0, cells, id_))
    debits = sum((Decimal(each.cells[1] or 0) for each in rows), Decimal(0))
    rows.append(Row("total", 0, ("TOTAL", str(debits), str(debits)), "", "G"))
    names = {"balance_sheet": ("receivable", "payable"), "aged_receivables": ("receivable",)}
    names["aged_payables"] = ("payable",)
    found = {"trial_balance": Report("trial_balance_tool", rows=tuple(rows), totals={"all": "G"})}
    for name, figures in names.items():
        shown = tuple(Row("total", 0, (each, totals.get(each, "0.00")), "", each) for each in figures)
        found[name] = Report(f"{name}_tool", rows=shown, totals={each: each for each in figures})
    return found


def check(books: Books, month: str = MONTH) -> dict[str, dict[str, Any]]:
    """Return the items of the checklist by their names."""
    return {each["name"]: each for each in INSIGHT.compute(books, {"month": month}).figures["items"]}


def check_item(name: str, *transactions: Transaction, **values: Any) -> dict[str, Any]:
    """Return one item over small books."""
    return check(make_books(*transactions, **values))[name]


def make_item(on_hand: str) -> dict[str, Item]:
    """Return one product that is counted."""
    return {"1": Item(Key("items", "1"), "Spade", on_hand=Decimal(on_hand), cost=Decimal(10))}


def list_statuses(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the statuses of some items."""
    return [each["status"] for each in items]
