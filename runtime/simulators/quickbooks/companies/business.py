"""A company that does business day by day: events in the order of their days, each of which may bring about later ones.

Everything is entered through the change functions that API writes use, so the rules and the postings are the same; a
bulk load writes the balances once and looks lists up once. The same seed, day and size give the same company.
"""

from __future__ import annotations

import heapq
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from runtime.simulators.quickbooks.books.balances import load_in_bulk
from runtime.simulators.quickbooks.books.store import Body, Store
from runtime.simulators.quickbooks.clock import PACIFIC, Clock
from runtime.simulators.quickbooks.companies import forms, seed
from runtime.simulators.quickbooks.companies.bulk import BulkBooks, pause_collection, postpone_indexes
from runtime.simulators.quickbooks.money import round_to_cents
from runtime.simulators.quickbooks.writes.changes import create

YEARS = 2
"""So that reports have a last year to compare with."""
USUAL_SIZE = 1500
"""Transactions that a company has when nothing is said; larger ones do the same business with more customers."""

PATIENCE: Mapping[str, tuple[int, int]] = {
    "prompt": (3, 12), "usual": (14, 42), "slow": (60, 115), "never": (1500, 1600),
}  # fmt: skip
"""Days from invoice to payment, by the habit of the customer."""

Event = Callable[[date], None]
Progress = Callable[[int, int], None]
"""(days done, days in all)."""


class Business(ABC):
    """The events of a company's history. A kind of business fills in the lists and the calendar."""

    name = "Company"
    industry = "Services"
    realm = seed.REALM
    season: Sequence[float] = (1.0,) * 12
    """How busy each month is, January first."""
    steady, growing = 400, 1000
    """Transactions of the usual size that stay as they are in a larger company, and those that become more."""
    habits: Mapping[str, str] = {}
    """Customer -> how it pays; "usual" when it is not listed."""
    checking = undeposited = card = ""
    """Ids of the accounts that money goes through."""

    def __init__(
        self, store: Store, seed: int = 1, size: int = USUAL_SIZE, progress: Progress | None = None
    ) -> None:
        store.execute("insert into companies values (?, ?)", (self.realm, self.name))
        self.books = BulkBooks(store, self.realm)
        self.random = random.Random(f"{seed}{self.name}")  # noqa: S311 (repeatable on purpose)
        self.scale = 1.0 if size == USUAL_SIZE else max(size - self.steady, 1) / self.growing
        self.progress = progress
        self.today = self.books.read_today()
        self.first = date(self.today.year - YEARS, self.today.month, min(self.today.day, 28))
        self.events: list[tuple[date, int, Event]] = []
        self.received: list[Body] = []
        self.customers: list[str] = []
        self.order = 0
        self.used: set[int] = set()
        self.balances: dict[str, int] = {}
        """Cents on the accounts that events ask for, as far as this business entered them."""

    @abstractmethod
    def create_lists(self) -> None:
        """Make accounts, customers, vendors, products …"""

    @abstractmethod
    def plan(self) -> None:
        """Put down what the calendar brings, with `at`."""

    def make(self) -> None:
        """Make the lists, then lets the years happen."""
        usual = self.books.clock
        with pause_collection(), load_in_bulk(self.books), postpone_indexes(self.books.store, self.scale):
            self.set_clock(self.first - timedelta(days=1))
            seed.create_company_info(self.books, self.name, self.industry)
            seed.create_customer_types(self.books)
            self.create_lists()
            self.plan()
            self._run()
        self.books.clock = usual

    def _run(self) -> None:
        whole = (self.today - self.first).days
        reached = -1
        while self.events:
            day, _, event = heapq.heappop(self.events)
            if (day - self.first).days != reached:
                reached = (day - self.first).days
                self.set_clock(day)
                if self.progress is not None:
                    self.progress(reached, whole)
            event(day)
        if self.progress is not None:
            self.progress(whole, whole)

    def set_clock(self, day: date) -> None:
        """Let records be stamped in the afternoon of a day."""
        moment = datetime.combine(day, time(14), PACIFIC).timestamp()
        self.books.clock = Clock(frozen=min(moment, self.books.store.clock.read_seconds()))

    def schedule(self, day: date, event: Event) -> None:
        """Plan an event; what lies after today never happens."""
        if self.first <= day <= self.today:
            self.order += 1
            heapq.heappush(self.events, (day, self.order, event))

    def count_back(self, days: int) -> date:
        """Return a day before today."""
        return self.today - timedelta(days=days)

    def choose_later_day(self, day: date, low: int, high: int) -> date:
        """Return a day some days later, at random."""
        return day + timedelta(days=self.random.randint(low, high))

    def draw_count(self, rate: float) -> int:
        """Return how many times something happens on a day, with this many expected at the usual size."""
        expected = rate * self.scale
        return int(expected) + (self.random.random() < expected % 1)

    def plan_often(self, day: date, often: Iterable[tuple[float, Event]]) -> None:
        """Plan what happens on a day by chance: how many times each is expected at the usual size, and what."""
        for rate, event in often:
            for _ in range(self.draw_count(rate)):
                self.schedule(day, event)

    def weigh_month(self, day: date) -> float:
        """Return how busy the month of a day is."""
        return self.season[day.month - 1]

    def find_unused_number(self, number: int) -> int:
        """Return a number for a bill: this one, or the next that no bill has yet, for a number used twice is a
        error.
        """
        while number in self.used:
            number += 1
        self.used.add(number)
        return number

    def add(self, entity: str, body: Body, id: str | None = None) -> Body:
        """Return a record through the change functions."""
        return create(self.books, entity, body, id)

    def create_more_customers(self, number: int) -> None:
        """Create customers beyond the usual ones, for large companies."""
        for place in range(number):
            family, trade = forms.FAMILY_NAMES[place % 20], forms.TRADES[place // 7 % 14]
            name = f"{family} {trade} {place + 1}"
            made = self.add("Customer", forms.make_customer(name, place + 200))
            self.customers.append(str(made["Id"]))

    def invoice(self, customer: str, day: date, lines: list[Body], **more: Any) -> Body:
        """Return an invoice, and its payment some time later, as the customer is used to."""
        made = self.add("Invoice", forms.make_sale(customer, day, lines, **more))
        low, high = PATIENCE[self.habits.get(customer, "usual")]
        self.schedule(self.choose_later_day(day, low, high), lambda later: self.receive(later, made))
        return made

    def receive(self, day: date, invoice: Body) -> None:
        """Book a payment: mostly of the whole, sometimes of half."""
        self.received.append(self.pay_in(day, invoice, 1.0 if self.random.random() < 0.95 else 0.5))

    def pay_in(self, day: date, invoice: Body, part: float) -> Body:
        """Return a payment of a part of what is open of an invoice."""
        left = round_to_cents((self.books.find("Invoice", invoice["Id"]) or {}).get("Balance"))
        value = (left if part == 1.0 else round(left * part)) / 100
        number = str(self.random.randint(1000, 9999))
        customer = invoice["CustomerRef"]["value"]
        return self.add(
            "Payment",
            forms.make_payment(customer, day, value, invoice["Id"], number, self.random.choice("2234")),
        )

    def deposit_payments(self, day: date, at_once: int = 20) -> None:
        """Bring what was received to the bank, at most so many payments in one deposit."""
        taken = [payment for payment in self.received if payment["TotalAmt"]]
        self.received = []
        for start in range(0, len(taken), at_once):
            self.add(
                "Deposit", forms.make_deposit_of_payments(self.checking, day, taken[start : start + at_once])
            )

    def bill(
        self, vendor: str, day: date, lines: list[Body], pays: tuple[int, int] = (18, 38), **more: Any
    ) -> Body:
        """Return a bill, and its payment by cheque or card later on."""
        made = self.add("Bill", forms.make_bill(vendor, day, lines, **more))
        self.schedule(self.choose_later_day(day, *pays), lambda later: self.pay_bill(later, made))
        return made

    def pay_bill(self, day: date, bill: Body) -> None:
        """Book a bill payment of what is open."""
        left = round_to_cents((self.books.find("Bill", bill["Id"]) or {}).get("Balance"))
        if left:
            account = self.card if self.random.random() < 0.2 else self.checking
            self._counted(account, -left)
            self.add(
                "BillPayment",
                forms.make_bill_payment(bill, day, left / 100, account, by_card=account == self.card),
            )

    def spend(self, vendor: str, day: date, lines: list[Body], *, by_card: bool = True) -> Body:
        """Return an expense, by card or from the bank."""
        account = self.card if by_card else self.checking
        self._counted(account, -sum(round_to_cents(line["Amount"]) for line in lines))
        return self.add(
            "Purchase", forms.make_purchase(vendor, day, account, "CreditCard" if by_card else "Check", lines)
        )

    def pay_card(self, day: date) -> None:
        """Pay what was bought by card since the last time from the bank, in whole dollars."""
        owed = -self.balances.get(self.card, 0) // 100
        if owed > 100:
            self._counted(self.card, owed * 100)
            self.add("CreditCardPayment", forms.make_card_payment(self.card, self.checking, day, owed))

    def book_journal_entry(
        self, day: date, text: str, entries: Sequence[tuple[str, int]], **more: Any
    ) -> Body:
        """Return a journal entry; cents are positive for a debit."""
        return self.add("JournalEntry", forms.make_journal_entry(day, text, entries, **more))

    def _counted(self, account: str, value: int) -> None:
        self.balances[account] = self.balances.get(account, 0) + value

    def sum_account(self, account: str) -> int:
        """Return cents on an account by the postings so far, debit positive."""
        row = self.books.store.execute(
            "select coalesce(sum(cents), 0) from postings where realm = ? and account = ?",
            (self.realm, account),
        ).fetchone()
        return int(row[0])

    def list_days(self) -> Sequence[date]:
        """Return every day of the history."""
        return [self.first + timedelta(days=place) for place in range((self.today - self.first).days + 1)]
