"""Small books made by hand, for one rule of an analysis each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from runtime.insights.books import Account, Books, Key, Kind, Line, Link, Span, Transaction

TODAY = date(2026, 6, 30)
RESOURCES: dict[str, str] = {
    "invoice": "invoices",
    "sale": "sales_receipts",
    "customer_payment": "payments",
    "bill": "bills",
    "expense": "purchases",
    "vendor_payment": "bill_payments",
    "card_payment": "credit_card_payments",
    "deposit": "deposits",
    "transfer": "transfers",
    "journal": "journal_entries",
    "customer_credit": "credit_memos",
}


def back(days: int) -> date:
    """Return a day before today; one after it for a number below zero."""
    return TODAY - timedelta(days=days)


def customer(id: str) -> Key:
    return Key("customers", id)


def vendor(id: str) -> Key:
    return Key("vendors", id)


class BookMaker:
    """Makes books: a bank account, a card, undeposited funds, and what is added."""

    def __init__(self, bank: str = "1000", **more: Account) -> None:
        self.accounts = {
            "1": Account(
                Key("accounts", "1"), "Bank", balance=Decimal(bank), roles=frozenset({"bank", "asset"})
            ),
            "2": Account(Key("accounts", "2"), "Undeposited", roles=frozenset({"undeposited", "asset"})),
            "3": Account(Key("accounts", "3"), "Card", roles=frozenset({"card", "liability"})),
            **more,
        }
        self.transactions: list[Transaction] = []

    def add(self, kind: Kind, day: date, total: Any = 0, **more: Any) -> Transaction:
        """Return a transaction, which the books have then."""
        id = str(len(self.transactions) + 1)
        made = Transaction(Key(RESOURCES[kind], id), kind, day, total=Decimal(str(total)), **more)
        self.transactions.append(made)
        return made

    def settle(
        self, kind: Kind, day: date, paid: Transaction, part: Any = None, account: str = "1"
    ) -> Transaction:
        """Return the payment of an invoice or a bill, whole or in part."""
        amount = paid.total if part is None else Decimal(str(part))
        line = Line(amount, links=(Link(paid.key, amount),))
        return self.add(kind, day, amount, party=paid.party, lines=(line,), account=account)

    def add_paid(self, kind: Kind, day: date, total: Any, after: int, party: Key) -> None:
        """Add an invoice or a bill that is due in 30 days, and its payment some days after its day."""
        made = self.add(kind, day, total, party=party, party_name=party.id, due=day + timedelta(days=30))
        paying: Kind = "customer_payment" if kind == "invoice" else "vendor_payment"
        self.settle(paying, day + timedelta(days=after), made)

    def add_open(self, kind: Kind, day: date, total: Any, party: Key, **more: Any) -> Transaction:
        """Return an open invoice or bill that is due in 30 days."""
        due = more.pop("due", day + timedelta(days=30))
        return self.add(
            kind, day, total, open=Decimal(str(total)), party=party, party_name=party.id, due=due, **more
        )

    def make(self, **more: Any) -> Books:
        """Return the books, everything of which was read."""
        ordered: Iterable[Transaction] = sorted(self.transactions, key=lambda each: each.day)
        values: dict[str, Any] = {
            "today": TODAY,
            "currency": "USD",
            "transactions": tuple(ordered),
            "accounts": self.accounts,
            "read": dict.fromkeys((*RESOURCES, "refund", "vendor_credit"), Span(None, TODAY)),
            "lists": frozenset({"accounts", "templates"}),
        }
        return Books(**values | more)
