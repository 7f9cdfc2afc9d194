"""The demo company: a landscaper as in the familiar sample, with a year of business that ends today.

Seasonal sales, customers who pay quickly, slowly or not at all, monthly bills paid late or by card, fuel and material
on the card, deposits, transfers, journal entries; a bill entered twice, an expense on the wrong account, a deposit
that nobody has put anywhere. The same seed and day give the same company.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from . import company
from .books import Books
from .changes import create
from .clock import PACIFIC, Clock
from .company import ref
from .store import Body, Store

NAME = "Craig's Design and Landscaping Services"
CHECKING, SAVINGS, CARD, UNDEPOSITED, EQUITY = "35", "36", "41", "4", "34"
SEASON = (0.5, 0.55, 0.9, 1.2, 1.5, 1.5, 1.3, 1.2, 1.1, 0.9, 0.6, 0.5)

HABITS = {"3": "slow", "7": "slow", "12": "never", "16": "slow", "20": "never", "24": "slow", "26": "prompt"}
"""Customers who do not simply pay after about 30 days."""

MONTHLY_BILLS: tuple[tuple[int, str, str, int, str], ...] = (
    (1, "39", "17", 90_000, "Office and yard rent"),
    (4, "32", "77", 7_436, "Telephone"),
    (8, "48", "76", 11_460, "Gas and electric"),
    (12, "31", "11", 24_123, "Liability insurance"),
    (15, "47", "57", 18_000, "Workers compensation"),
    (20, "50", "70", 25_000, "Bookkeeping"),
)
"""Day of the month, vendor, account, cents, what for."""

SERVICES: tuple[tuple[str, tuple[int, ...], tuple[int, int]], ...] = (
    ("4", (7500,), (2, 8)), ("6", (3000, 3500), (2, 8)), ("7", (5000,), (3, 12)), ("18", (3500,), (1, 6)),
    ("10", (3500,), (1, 3)), ("9", (5000, 6500), (1, 5)),
)  # fmt: skip
GOODS: tuple[tuple[str, int], ...] = (
    ("15", 1000),
    ("14", 800),
    ("13", 2250),
    ("11", 1500),
    ("16", 200),
    ("17", 400),
)
MATERIAL_VENDORS = (("44", "66"), ("51", "65"), ("43", "63"), ("46", "67"), ("34", "64"))


def make(store: Store, seed: int = 1, realm: str = company.REALM) -> None:
    """Makes the company in the store."""
    books = company.found(store, realm, NAME)
    with books.loading():
        Year(books, seed).run()


class Year:
    """The events of a year in the order of their days; an event may bring about later ones."""

    def __init__(self, books: Books, seed: int) -> None:
        self.books = books
        self.random = random.Random(seed)  # noqa: S311 (repeatable on purpose)
        self.today = books.today()
        self.first = self.today - timedelta(days=365)
        self.events: list[tuple[date, int, Callable[[date], None]]] = []
        self.received: list[Body] = []
        self.order = 0

    def at(self, day: date, event: Callable[[date], None]) -> None:
        """Plans an event; what lies after today never happens."""
        if day <= self.today:
            self.order += 1
            heapq.heappush(self.events, (day, self.order, event))

    def run(self) -> None:
        """Makes the lists, plans the year, and lets it happen day by day."""
        clock = self.books.clock
        self.set_clock(self.first - timedelta(days=1))
        facts = company.sample()
        company.company_info(self.books, NAME, "Landscaping Services")
        company.basics(self.books, facts)
        company.preferences(self.books)
        company.people(self.books, facts)
        company.products(self.books, facts, self.first.isoformat())
        for name in ("Residential", "Commercial"):
            company.made(self.books, "Class", {"Name": name})
        self.customers = [customer["Id"] for customer in facts["customers"] if not customer.get("ParentRef")]
        self.plan()
        while self.events:
            day, _, event = heapq.heappop(self.events)
            self.set_clock(day)
            event(day)
        self.books.clock = clock

    def set_clock(self, day: date) -> None:
        """Lets records be stamped in the afternoon of a day."""
        moment = datetime.combine(day, time(14), PACIFIC).timestamp()
        self.books.clock = Clock(frozen=min(moment, self.books.store.clock.seconds()))

    def add(self, entity: str, body: Body) -> Body:
        """A record through the change functions."""
        return create(self.books, entity, body)

    def plan(self) -> None:
        """Puts down everything that does not follow from something else."""
        self.at(self.first, self.open_books)
        day = self.first
        while day <= self.today:
            self.plan_day(day)
            day += timedelta(days=1)
        self.at(self.today - timedelta(days=47), self.duplicate_bill)
        self.at(self.today - timedelta(days=33), self.wrong_account)
        self.at(self.today - timedelta(days=19), self.nameless_deposit)

    def plan_day(self, day: date) -> None:
        """What the calendar brings on a day."""
        for number, vendor, account, value, words in MONTHLY_BILLS:
            if day.day == number:
                self.at(day, self.bill(vendor, account, value, words))
        if day.weekday() < 5 and self.random.random() < 0.62 * SEASON[day.month - 1]:
            self.at(day, self.sell)
        if day.weekday() == 0:
            self.at(day, self.fuel)
        if day.weekday() == 2 and self.random.random() < 0.7:
            self.at(day, self.material)
        if day.weekday() == 4:
            self.at(day, self.bring_to_bank)
        if day.day == 25:
            self.at(day, self.pay_card)
        if day.day == 28:
            self.at(day, self.close_month)
        if day.day == 10 and day.month % 2:
            self.at(day, self.offer)
        if day.day == 18:
            self.at(day, self.cash_sale)

    def open_books(self, day: date) -> None:
        """Opening balances."""
        opening = (
            (CHECKING, 1_250_000),
            (SAVINGS, 300_000),
            ("38", 1_349_500),
            ("44", -2_500_000),
            ("43", -400_000),
        )
        lines = [_journal_line(account, cents) for account, cents in opening]
        lines.append(_journal_line(EQUITY, -sum(cents for _, cents in opening)))
        self.add(
            "JournalEntry", {"TxnDate": day.isoformat(), "PrivateNote": "Opening balances", "Line": lines}
        )

    def sell(self, day: date) -> None:
        """An invoice, and its payment some time later, as the customer is used to."""
        customer = self.random.choice(self.customers)
        lines = [self.service_line(customer) for _ in range(self.random.randint(1, 3))]
        if self.random.random() < 0.35:
            item, price = self.random.choice(GOODS)
            lines.append(_sales_line(item, self.random.randint(1, 3), price, taxed=True))
        body = {
            "CustomerRef": ref(customer), "TxnDate": day.isoformat(), "Line": lines,
            "BillEmail": {"Address": company.email_of(self.books.name_of("Customer", customer) or "")},
            "CustomerMemo": {"value": "Thank you for your business and have a great day!"}, "TxnTaxDetail": {"TxnTaxCodeRef": ref(2)},
        }  # fmt: skip
        invoice = self.add("Invoice", body)
        low, high = {"prompt": (3, 12), "slow": (55, 110), "never": (400, 500)}.get(
            HABITS.get(customer, ""), (14, 42)
        )
        self.at(
            day + timedelta(days=self.random.randint(low, high)), lambda later: self.receive(later, invoice)
        )

    def service_line(self, customer: str) -> Body:
        """A line that sells work."""
        item, prices, (low, high) = self.random.choice(SERVICES)
        kind = "2" if int(customer) % 4 == 0 else "1"
        return _sales_line(item, self.random.randint(low, high), self.random.choice(prices), class_=kind)

    def receive(self, day: date, invoice: Body) -> None:
        """A payment: mostly the whole, sometimes half."""
        value = invoice["TotalAmt"] if self.random.random() < 0.93 else round(invoice["TotalAmt"] / 2, 2)
        payment = self.add(
            "Payment",
            {"CustomerRef": ref(invoice["CustomerRef"]["value"]), "TxnDate": day.isoformat(), "TotalAmt": value,
             "PaymentMethodRef": ref(self.random.choice((2, 2, 3))), "PaymentRefNum": str(self.random.randint(1000, 9999)),
             "Line": [{"Amount": value, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}]},
        )  # fmt: skip
        self.received.append(payment)

    def bring_to_bank(self, day: date) -> None:
        """The week's payments go to the bank in one deposit."""
        if len(self.received) < 2:
            return
        taken, self.received = self.received, []
        links = [
            {
                "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
                "Amount": payment["TotalAmt"],
            }
            for payment in taken
        ]
        self.add("Deposit", {"DepositToAccountRef": ref(CHECKING), "TxnDate": day.isoformat(), "Line": links})

    def bill(self, vendor: str, account: str, value: int, words: str) -> Callable[[date], None]:
        """A bill of a vendor; it is paid by cheque or card later on."""

        def enter(day: date) -> None:
            cents = value + self.random.randint(-value // 20, value // 20)
            made = self.add("Bill", _bill(vendor, account, cents, day, words, 30))
            self.at(day + timedelta(days=self.random.randint(20, 50)), lambda later: self.pay(later, made))

        return enter

    def pay(self, day: date, bill: Body) -> None:
        """A bill payment."""
        by_card = self.random.random() < 0.25
        how: Body = (
            {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": ref(CARD)}}
            if by_card
            else {"PayType": "Check", "CheckPayment": {"BankAccountRef": ref(CHECKING)}}
        )
        line = {"Amount": bill["TotalAmt"], "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
        self.add(
            "BillPayment",
            {
                "VendorRef": ref(bill["VendorRef"]["value"]),
                "TxnDate": day.isoformat(),
                "TotalAmt": bill["TotalAmt"],
                "Line": [line],
                **how,
            },
        )

    def fuel(self, day: date) -> None:
        """Fuel on the card."""
        self.spend(day, CARD, "CreditCard", "33", "56", self.random.randint(3_800, 9_500), "Fuel")

    def material(self, day: date) -> None:
        """Material for the jobs: half on the card, half on a bill."""
        vendor, account = self.random.choice(MATERIAL_VENDORS)
        value = int(self.random.randint(6_000, 32_000) * SEASON[day.month - 1])
        if self.random.random() < 0.5:
            self.spend(day, CARD, "CreditCard", vendor, account, value, "Material")
        else:
            self.bill(vendor, account, value, "Material for jobs")(day)

    def spend(
        self, day: date, account: str, kind: str, vendor: str, category: str, value: int, words: str
    ) -> None:
        """An expense."""
        self.add(
            "Purchase",
            {"PaymentType": kind, "AccountRef": ref(account), "EntityRef": {"value": vendor, "type": "Vendor"},
             "TxnDate": day.isoformat(), "Line": [_expense_line(category, value, words)]},
        )  # fmt: skip

    def pay_card(self, day: date) -> None:
        """Most of the card is paid from the bank."""
        self.books.settle_balances()
        owed = -int((self.books.read("Account", CARD)["CurrentBalance"]) * 100)
        if owed > 10_000:
            self.add(
                "CreditCardPayment",
                {
                    "CreditCardAccountRef": ref(CARD),
                    "BankAccountRef": ref(CHECKING),
                    "Amount": owed // 100,
                    "TxnDate": day.isoformat(),
                },
            )

    def close_month(self, day: date) -> None:
        """Depreciation, interest, and something put aside."""
        lines = [_journal_line("40", 22_500), _journal_line("39", -22_500)]
        self.add(
            "JournalEntry",
            {"TxnDate": day.isoformat(), "PrivateNote": "Depreciation of the truck", "Line": lines},
        )
        self.spend(
            day, CHECKING, "Check", "41", "8", 12_500 + 100 * day.month, "Loan interest and bank charges"
        )
        if day.month % 3 == 0:
            self.add(
                "Transfer",
                {
                    "FromAccountRef": ref(CHECKING),
                    "ToAccountRef": ref(SAVINGS),
                    "Amount": 250,
                    "TxnDate": day.isoformat(),
                },
            )

    def offer(self, day: date) -> None:
        """An estimate."""
        customer = self.random.choice(self.customers)
        lines = [self.service_line(customer), _sales_line("5", 1, 27_500, taxed=True)]
        self.add("Estimate", {"CustomerRef": ref(customer), "TxnDate": day.isoformat(), "Line": lines})

    def cash_sale(self, day: date) -> None:
        """A sale paid on the spot."""
        customer = self.random.choice(self.customers)
        lines = [_sales_line("4", self.random.randint(1, 4), 7_500)]
        self.add(
            "SalesReceipt",
            {
                "CustomerRef": ref(customer),
                "TxnDate": day.isoformat(),
                "DepositToAccountRef": ref(CHECKING),
                "Line": lines,
            },
        )

    def duplicate_bill(self, day: date) -> None:
        """The same bill twice, four days apart."""
        for later in (0, 4):
            body = _bill("36", "75", 75_500, day + timedelta(days=later), "Mower overhaul", 30)
            self.add("Bill", {**body, "DocNumber": "INV-20388"})

    def wrong_account(self, day: date) -> None:
        """A repair of the truck among the office expenses."""
        self.spend(day, CHECKING, "Check", "38", "15", 61_240, "Truck: brakes and clutch")

    def nameless_deposit(self, day: date) -> None:
        """Money on the account that nobody has assigned."""
        line = {
            "Amount": 1875.0,
            "DetailType": "DepositLineDetail",
            "DepositLineDetail": {"AccountRef": ref("30")},
        }
        self.add(
            "Deposit", {"DepositToAccountRef": ref(CHECKING), "TxnDate": day.isoformat(), "Line": [line]}
        )


def _sales_line(item: str, quantity: int, cents: int, taxed: bool = False, class_: str | None = None) -> Body:
    given: dict[str, Any] = {
        "ItemRef": ref(item),
        "Qty": quantity,
        "UnitPrice": cents / 100,
        "TaxCodeRef": ref("TAX" if taxed else "NON"),
    }
    if class_:
        given["ClassRef"] = ref(class_)
    return {
        "Amount": quantity * cents / 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": given,
    }


def _expense_line(account: str, cents: int, words: str) -> Body:
    detail = {"AccountRef": ref(account)}
    return {
        "Amount": cents / 100,
        "Description": words,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


def _journal_line(account: str, cents: int) -> Body:
    detail = {"AccountRef": ref(account), "PostingType": "Debit" if cents > 0 else "Credit"}
    return {
        "Amount": abs(cents) / 100,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": detail,
    }


def _bill(vendor: str, account: str, cents: int, day: date, words: str, days: int) -> Body:
    due = (day + timedelta(days=days)).isoformat()
    return {
        "VendorRef": ref(vendor),
        "TxnDate": day.isoformat(),
        "DueDate": due,
        "Line": [_expense_line(account, cents, words)],
    }
