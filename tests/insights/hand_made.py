"""Small books made by hand, for tests of one rule each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from runtime.insights.books import Account, Books, Item, Key, Line, Link, Party, Span, Transaction
from runtime.insights.report_rows import Report, Row
from tests.insights.changing import replace

TODAY = date(2026, 11, 20)
KINDS = (
    "invoice", "sale", "customer_credit", "refund", "customer_payment", "bill", "expense", "vendor_credit",
    "vendor_payment", "deposit", "journal",
)  # fmt: skip
RESOURCES = {
    "invoice": "invoices",
    "sale": "sales_receipts",
    "customer_credit": "credit_memos",
    "refund": "refund_receipts",
    "customer_payment": "payments",
    "bill": "bills",
    "expense": "purchases",
    "vendor_credit": "vendor_credits",
    "deposit": "deposits",
    "journal": "journal_entries",
}
ACCOUNTS = {
    "sales": "income",
    "interest": "other_income",
    "goods": "cost_of_sales",
    "rent": "expense",
    "stock": "inventory",
    "bank": "bank",
    "owed": "receivable",
    "retainers": "liability",
}
WHOLE = frozenset({"accounts", "customers", "vendors", "items", "segments"})


def make_customer(id_: str, name: str = "", **more: Any) -> Party:
    """Return a customer."""
    return Party(Key("customers", id_), name or f"Customer {id_}", **more)


def make_vendor(id_: str, name: str = "") -> Party:
    """Return a vendor."""
    return Party(Key("vendors", id_), name or f"Vendor {id_}")


def make_item(id_: str, *, cost: str = "0", on_hand: str | None = None) -> Item:
    """Return a product; of which stock is counted where `on_hand` is given."""
    held = None if on_hand is None else Decimal(on_hand)
    return Item(
        Key("items", id_),
        f"Item {id_}",
        held,
        Decimal(0),
        Decimal(cost),
        "sales",
        "goods",
        "stock" if on_hand else "",
    )


def make_transaction(
    kind: Any, id_: str, day: date, party: Key | None, *lines: Line, **more: Any
) -> Transaction:
    """Return a transaction of some lines, whose sum is its total where none is given."""
    total = more.pop("total", None)
    if total is None:
        total = sum((each.amount for each in lines), Decimal(0))
    amounts = {name: Decimal(more.pop(name)) for name in ("open", "rate", "tax") if name in more}
    return Transaction(
        Key(RESOURCES[kind], id_),
        kind,
        day,
        party=party,
        total=Decimal(total),
        lines=lines,
        **amounts,
        **more,
    )


def make_invoice(
    id_: str, customer: str, amount: str, *, late: int = 0, paid: int | None = None, **more: Any
) -> Any:
    """Return an invoice due `late` days ago, and, where it was paid `paid` days after its due day, the payment."""
    due = TODAY - timedelta(late)
    party = Key("customers", customer)
    values = {"due": due, "number": f"N{id_}", "open": amount if paid is None else "0"} | more
    invoice = make_transaction(
        "invoice", id_, due - timedelta(30), party, make_line(amount, "sales", item="1"), **values
    )
    if paid is None:
        return [invoice]
    settled = replace(make_line(amount), links=(Link(invoice.key, Decimal(amount)),))
    return [invoice, make_transaction("customer_payment", f"9{id_}", due + timedelta(paid), party, settled)]


def make_line(amount: str, account: str = "", **more: Any) -> Line:
    """Return a line."""
    if "quantity" in more:
        more["quantity"] = Decimal(more["quantity"])
    return Line(Decimal(amount), account, **more)


def make_books(
    transactions: Iterable[Transaction] = (),
    *,
    parties: Iterable[Party] = (),
    items: Iterable[Item] = (),
    reports: Mapping[str, Report] | None = None,
    **more: Any,
) -> Books:
    """Return books of some transactions, all of which were read."""
    values: dict[str, Any] = {
        "currency": "USD",
        "read": dict.fromkeys(KINDS, Span(None, date.max)),
        "lists": WHOLE,
    } | more
    return Books(
        TODAY,
        transactions=tuple(sorted(transactions, key=lambda each: each.day)),
        accounts={
            id_: Account(Key("accounts", id_), id_.title(), roles=frozenset({role}))
            for id_, role in ACCOUNTS.items()
        },
        parties={each.key: each for each in parties},
        items={each.key.id: each for each in items},
        reports=reports or {},
        **values,
    )


def make_report(rows: Mapping[str, str], total: str, figure: str = "all", **more: Any) -> Report:
    """Return a report with an amount for each Id, and a total."""
    found = [Row("row", 0, (id_, *amount.split("|")), id_) for id_, amount in rows.items()]
    closing = Row("total", 0, ("TOTAL", *total.split("|")), "", "Total")
    return Report("report_tool", ("name", "amount"), (*found, closing), {figure: "Total"}, **more)
