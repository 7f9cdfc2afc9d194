"""Books of any size, made directly as values in seconds: for tests and measurements of what size costs.

Two years that end on a day: invoices of many customers and their payments, bills and their payments, expenses, wages.
Nothing is odd in them, and they are the same for the same size and seed. Reports there are none.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from heapq import heappop, heappush

from runtime.insights.books import ZERO, Account, Books, Item, Key, Kind, Line, Link, Party, Span, Transaction
from runtime.simulators.quickbooks.companies.bulk import pause_collection
from tests.insights.changing import replace

TODAY = date(2026, 11, 20)
DAYS = 730
BANK, CARD, RECEIVABLE, PAYABLE, SALES, WAGES, EQUITY = "1", "2", "3", "4", "5", "6", "7"
ROLES = {
    BANK: ("Checking", {"bank", "asset"}), CARD: ("Card", {"card", "liability"}),
    RECEIVABLE: ("Receivables", {"receivable", "asset"}), PAYABLE: ("Payables", {"payable", "liability"}),
    SALES: ("Sales", {"income"}), WAGES: ("Wages", {"expense", "payroll"}), EQUITY: ("Equity", {"equity"}),
}  # fmt: skip
COSTS = tuple(str(number) for number in range(20, 40))
"""Accounts for expenses."""
KINDS: tuple[Kind, ...] = (
    "invoice", "customer_payment", "bill", "vendor_payment", "expense", "customer_credit", "refund", "sale",
    "vendor_credit", "card_payment", "deposit", "transfer", "journal",
)  # fmt: skip


def make_large_books(count: int, *, seed: int = 1, today: date = TODAY) -> Books:
    """Return books of exactly so many transactions."""
    with pause_collection():
        return _make_books(count, seed, today)


def _make_books(count: int, seed: int, today: date) -> Books:
    chance = random.Random(seed)
    customers, vendors = max(5, min(count // 60, 4_000)), max(5, min(count // 150, 1_500))
    parties = [_make_party("customers", each) for each in range(customers)]
    parties += [_make_party("vendors", each) for each in range(vendors)]
    days = [today - timedelta(days=DAYS - 1 - place * DAYS // count) for place in range(count)]
    found = _Years(chance, parties[:customers], parties[customers:]).make_all(days)
    found.sort(key=lambda each: (each.day, each.key.resource, len(each.key.id), each.key.id))
    return Books(
        today=today,
        currency="USD",
        transactions=tuple(found),
        accounts=_make_accounts(found),
        parties={each.key: each for each in parties},
        items={"1": Item(Key("items", "1"), "Work", price=Decimal(100), income_account=SALES)},
        settings={"home_currency": "USD", "fiscal_month": "January"},
        read=dict.fromkeys(KINDS, Span(None, today)),
        lists=frozenset({"accounts", "customers", "vendors", "employees", "items", "templates", "settings"}),
    )


class _Years:
    """Makes one transaction after the other; payments settle what was made before, and what nobody paid is open."""

    def __init__(self, chance: random.Random, customers: list[Party], vendors: list[Party]) -> None:
        self._chance, self._customers, self._vendors = chance, customers, vendors
        self._usual = [chance.randint(40, 4_000) for _ in vendors]
        self._waiting: list[tuple[date, int]] = []
        """When a document is paid, and its place; the next one first."""
        self._made: list[Transaction] = []
        self._number = 1_000
        self._lines: dict[tuple[str, Decimal], Line] = {}
        self._moments: dict[date, datetime] = {}

    def make_all(self, days: list[date]) -> list[Transaction]:
        """Return a transaction for each day of a list, which has them in order."""
        for place, day in enumerate(days):
            self._made.append(self._make_next(str(place + 1), day))
        for _, place in self._waiting:
            self._made[place] = replace(self._made[place], open=self._made[place].total)
        return self._made

    def _make_next(self, id: str, day: date) -> Transaction:
        """Return a payment where one is due, else something new."""
        if self._waiting and self._waiting[0][0] <= day:
            return self._settle(id, day, self._made[heappop(self._waiting)[1]])
        part = self._chance.random()
        if part < 0.5:
            return self._sell(Key("invoices", id), day)
        if part < 0.98:
            return self._buy(Key("bills" if part < 0.75 else "purchases", id), day)
        return self._pay_wages(Key("journal_entries", id), day)

    def _sell(self, key: Key, day: date) -> Transaction:
        party, self._number = self._chance.choice(self._customers), self._number + 1
        total = Decimal(self._chance.randint(5_000, 400_000)) / 100
        self._wait(day, 20, 55)
        return self._make(key, "invoice", day, party, self._line(total, SALES), str(self._number))

    def _buy(self, key: Key, day: date) -> Transaction:
        place = self._chance.randrange(len(self._vendors))
        total = Decimal(round(self._usual[place] * self._chance.uniform(70, 130))) / 100
        line, party = self._line(total, COSTS[place % len(COSTS)]), self._vendors[place]
        if key.resource == "purchases":
            return self._make(key, "expense", day, party, line, "", CARD)
        self._wait(day, 15, 40)
        return self._make(key, "bill", day, party, line, f"B{key.id}")

    def _wait(self, day: date, low: int, high: int) -> None:
        """Let the document that is made next be paid some days later."""
        heappush(self._waiting, (day + timedelta(days=self._chance.randint(low, high)), len(self._made)))

    def _settle(self, id: str, day: date, paid: Transaction) -> Transaction:
        is_sale = paid.kind == "invoice"
        key = Key("payments" if is_sale else "bill_payments", id)
        line = Line(paid.total, links=(Link(paid.key, paid.total),))
        party = Party(paid.party or key, paid.party_name)
        kind: Kind = "customer_payment" if is_sale else "vendor_payment"
        return self._make(key, kind, day, party, line, str(7_000 + int(id)), BANK)

    def _pay_wages(self, key: Key, day: date) -> Transaction:
        total = Decimal(self._chance.randint(500_000, 900_000)) / 100
        debit, credit = Line(total, WAGES, side="debit"), Line(total, BANK, side="credit")
        made = self._make(key, "journal", day, None, debit, key.id)
        return replace(made, lines=(debit, credit), memo="Wages")

    def _line(self, amount: Decimal, account: str) -> Line:
        """Return a line; equal ones are the same, to save memory."""
        return self._lines.setdefault((account, amount), Line(amount, account))

    def _make(
        self, key: Key, kind: Kind, day: date, party: Party | None, line: Line, number: str, account: str = ""
    ) -> Transaction:
        return Transaction(
            key,
            kind,
            day,
            number,
            due=day + timedelta(days=30) if kind in ("invoice", "bill") else None,
            party=party.key if party is not None else None,
            party_name=party.name if party is not None else "",
            total=line.amount,
            currency="USD",
            account=account,
            entered=self._moments.setdefault(day, datetime.combine(day, time(17), UTC)),
            lines=(line,),
        )


def _make_party(resource: str, place: int) -> Party:
    name = f"{'Customer' if resource == 'customers' else 'Vendor'} {place + 1}"
    return Party(
        Key(resource, str(place + 1)),
        name,
        f"{resource}{place + 1}@example.com",
        f"(415) {place % 900 + 100}-{place // 900:04d}",
        f"{place + 1} Dogwood Avenue" if resource == "customers" else f"{place + 1} Regent Street",
        f"9{place % 9000 + 1000}",
    )


def _make_accounts(transactions: list[Transaction]) -> dict[str, Account]:
    """Return accounts with the balances that the transactions come to."""
    balances = dict.fromkeys(ROLES, ZERO)
    for each in transactions:
        for account, amount in _list_movements(each):
            balances[account] += amount
    found = {
        id: Account(Key("accounts", id), name, balance=balances[id], roles=frozenset(roles))
        for id, (name, roles) in ROLES.items()
    }
    costs = {id: Account(Key("accounts", id), f"Cost {id}", roles=frozenset({"expense"})) for id in COSTS}
    return found | costs


def _list_movements(each: Transaction) -> Iterator[tuple[str, Decimal]]:
    if each.kind == "invoice":
        yield RECEIVABLE, each.total
    elif each.kind == "customer_payment":
        yield from ((RECEIVABLE, -each.total), (BANK, each.total))
    elif each.kind == "bill":
        yield PAYABLE, each.total
    elif each.kind == "vendor_payment":
        yield from ((PAYABLE, -each.total), (BANK, -each.total))
    elif each.kind == "expense":
        yield CARD, each.total
    else:
        yield BANK, -each.total
