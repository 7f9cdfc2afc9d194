"""A landscaper, on the lists of the familiar sample company: seasonal work in gardens, material for it, fuel, a truck.

Planted: see `PLANTED`.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import forms, seed
from runtime.simulators.quickbooks.companies.business import Business
from runtime.simulators.quickbooks.companies.forms import ref, sold, spent
from runtime.simulators.quickbooks.companies.planted import Planted

PLANTED = (
    Planted(
        "duplicate bill",
        "Diego's Road Warrior Bodyshop, INV-20388, $755.00: entered 47 and again 43 days ago, unpaid",
    ),
    Planted(
        "mis-posted expense",
        "cheque of $612.40 to Ellis Equipment Rental 33 days ago: truck repair on Office Expenses",
    ),
    Planted("uncategorised deposit", "deposit of $1,875.00 to Checking 19 days ago on Uncategorized Income"),
    Planted(
        "slow payer",
        "Cool Cars (3), Kookies by Kathy (16), Sonnenschein (24): 60 to 115 days",
    ),
    Planted(
        "overdue customer",
        "Red Rock Diner (20) and Jeff's Jalopies (12) have not paid anything for two years",
    ),
    Planted("unpaid bill", "Robertson & Associates, $315.00 for a consultation, due more than 60 days ago"),
)

CHECKING, SAVINGS, CARD, UNDEPOSITED, EQUITY = "35", "36", "41", "4", "34"

MONTHLY: tuple[tuple[int, str, str, int, str], ...] = (
    (1, "40", "17", 90_000, "Office and yard rent"), (4, "32", "77", 7_436, "Telephone"),
    (8, "48", "76", 11_460, "Gas and electric"), (12, "31", "11", 24_123, "Liability insurance"),
    (15, "39", "57", 18_000, "Workers compensation"), (20, "47", "70", 25_000, "Bookkeeping"),
)  # fmt: skip
"""Day of the month, vendor, account, cents, what for."""

SERVICES: tuple[tuple[str, tuple[int, ...], tuple[int, int]], ...] = (
    ("4", (7500,), (2, 8)), ("6", (3000, 3500), (2, 8)), ("7", (5000,), (3, 12)), ("18", (3500,), (1, 6)),
    ("10", (3500,), (1, 3)), ("9", (5000, 6500), (1, 5)), ("14", (4000, 5500), (2, 10)),
)  # fmt: skip
GOODS = (("15", 1000), ("11", 1500), ("16", 200), ("17", 400))
MATERIAL = (("46", "64"), ("51", "65"), ("50", "66"), ("41", "67"))
STOCK = (("11", 10, 1000), ("16", 40, 75), ("17", 30, 250), ("5", 2, 12_500))


class Landscaper(Business):
    """The landscaper's two years."""

    name = "Craig's Design and Landscaping Services"
    industry = "Landscaping Services"
    steady, growing = 400, 1005
    season = (0.45, 0.5, 0.9, 1.3, 1.6, 1.5, 1.3, 1.2, 1.1, 0.9, 0.6, 0.4)
    habits = {
        "3": "slow",
        "16": "slow",
        "24": "slow",
        "26": "prompt",
        "28": "prompt",
        "12": "never",
        "20": "never",
    }
    checking, undeposited, card = CHECKING, UNDEPOSITED, CARD

    def lists(self) -> None:
        """The lists of the sample company under their Ids, and two classes."""
        facts = seed.sample()
        seed.basics(self.books, facts)
        seed.preferences(self.books)
        seed.people(self.books, facts)
        seed.products(self.books, facts, self.first.isoformat())
        for name in ("Residential", "Commercial"):
            seed.made(self.books, "Class", {"Name": name})
        self.customers = [
            customer["Id"] for customer in facts["customers"] if customer["Id"] not in ("7", "22")
        ]
        self.more_customers(int(len(self.customers) * (self.scale - 1) / 4) if self.scale > 2 else 0)

    def plan(self) -> None:
        """The calendar, and what is planted in it."""
        self.at(self.first, self.open_books)
        for day in self.days():
            self.plan_day(day)
        for days in (47, 43):
            self.at(self.ago(days), self.duplicate_bill)
        self.at(self.ago(96), self.unpaid_bill)
        self.at(self.ago(33), self.wrong_account)
        self.at(self.ago(19), self.nameless_deposit)
        for days in (410, 151, 64):
            self.at(self.ago(days), self.credit)
        for days in (300, 88):
            self.at(self.ago(days), self.refund)

    def plan_day(self, day: date) -> None:
        """What the calendar brings on a day."""
        busy = self.busy(day)
        if day.weekday() < 5:
            for _ in range(self.often(0.62 * busy)):
                self.at(day, self.sell)
            for _ in range(self.often(0.08)):
                self.at(day, self.cash_sale)
            for _ in range(self.often(0.22 * busy)):
                self.at(day, self.material)
            for _ in range(self.often(0.2)):
                self.at(day, self.fuel)
        for monthly in MONTHLY:
            if day.day == monthly[0]:
                self.at(day, partial(self.monthly, monthly))
        if day.weekday() == 4 or (self.scale > 5 and day.weekday() < 5):
            self.at(day, self.bring_to_bank)
        if day.day == 25:
            self.at(day, self.pay_card)
        if day.day == 28:
            self.at(day, self.close_month)
        for _ in range(self.often(0.06) if day.weekday() < 5 else 0):
            self.at(day, self.offer)
        if day.day == 3 and day.month % 3 == 1:
            self.at(day, self.restock)
            self.at(day, self.pay_tax)

    def open_books(self, day: date) -> None:
        """Opening balances."""
        opening = (
            (CHECKING, 1_250_000),
            (SAVINGS, 300_000),
            ("38", 1_349_500),
            ("44", -2_500_000),
            ("43", -400_000),
        )
        rest = -sum(value for _, value in opening)
        self.journal(day, "Opening balances", (*opening, (EQUITY, rest)))

    def service(self, customer: str) -> Body:
        """A line that sells work."""
        item, prices, (low, high) = self.random.choice(SERVICES)
        kind = "2" if int(customer) % 4 == 0 else "1"
        return sold(item, self.random.randint(low, high), self.random.choice(prices), class_=kind)

    def sell(self, day: date) -> None:
        """An invoice for work, sometimes with goods; a fountain now and then."""
        customer = self.random.choice(self.customers)
        lines = [self.service(customer) for _ in range(self.random.randint(1, 3))]
        if self.random.random() < 0.35:
            item, price = self.random.choice(GOODS)
            lines.append(sold(item, self.random.randint(1, 3), price, taxed=True))
        if self.random.random() < 0.03:
            lines.append(sold("5", 1, 27_500, "Rock Fountain", taxed=True))
        address = forms.email(self.books.name_of("Customer", customer) or "")
        words = {"value": "Thank you for your business and have a great day!"}
        self.invoice(customer, day, lines, tax="2", BillEmail={"Address": address}, CustomerMemo=words)

    def cash_sale(self, day: date) -> None:
        """A sale paid on the spot."""
        customer = self.random.choice(self.customers)
        lines = [sold("4", self.random.randint(1, 4), 7_500)]
        self.add("SalesReceipt", forms.sale(customer, day, lines, DepositToAccountRef=ref(CHECKING)))

    def material(self, day: date) -> None:
        """Material for the jobs: half on the card, half on a bill."""
        vendor, account = self.random.choice(MATERIAL)
        lines = [
            spent(account, int(self.random.randint(6_000, 32_000) * self.busy(day)), "Material for jobs")
        ]
        if self.random.random() < 0.5:
            self.spend(vendor, day, lines)
        else:
            self.bill(vendor, day, lines)

    def fuel(self, day: date) -> None:
        """Fuel on the card."""
        self.spend("33", day, [spent("56", self.random.randint(3_800, 9_500), "Fuel")])

    def monthly(self, usual: tuple[int, str, str, int, str], day: date) -> None:
        """A bill that comes every month, a little different each time."""
        _, vendor, account, value, words = usual
        cents = value + self.random.randint(-value // 20, value // 20)
        self.bill(vendor, day, [spent(account, cents, words)])

    def close_month(self, day: date) -> None:
        """Depreciation, bank charges, interest, and something put aside."""
        self.journal(day, "Depreciation of the truck", (("40", 22_500), ("39", -22_500)), Adjustment=True)
        self.journal(day, "Interest on the notes", (("8", 10_400), ("43", -10_400)))
        self.spend("39", day, [spent("8", 2_500 + 100 * day.month, "Bank charges")], by_card=False)
        if day.month % 3 == 0:
            self.add("Transfer", forms.transfer(CHECKING, SAVINGS, day, 250))

    def restock(self, day: date) -> None:
        """Goods for the shelves, on a bill."""
        lines = [
            forms.bought(item, number, price, "Stock") for item, number, price in STOCK[:3] if self.often(0.9)
        ]
        if lines:
            self.bill("46", day, lines)

    def pay_tax(self, day: date) -> None:
        """Sales tax of the quarter, by cheque."""
        owed = -self.held("90")
        if owed > 0:
            self.spend("53", day, [spent("90", owed, "Sales tax of the quarter")], by_card=False)

    def offer(self, day: date) -> None:
        """An estimate; a fifth of them are accepted and invoiced."""
        customer = self.random.choice(self.customers)
        lines = [self.service(customer), sold("5", 1, 27_500, taxed=True)]
        made = self.add("Estimate", forms.sale(customer, day, lines))
        if self.random.random() < 0.2:
            link = [{"TxnId": made["Id"], "TxnType": "Estimate"}]
            again = [self.service(customer)]
            self.at(self.after(day, 5, 15), lambda later: self.sell_again(later, customer, again, link))

    def sell_again(self, day: date, customer: str, lines: list[Body], link: list[Body]) -> None:
        """The invoice that an estimate leads to."""
        self.invoice(customer, day, lines, tax="2", LinkedTxn=link)

    def credit(self, day: date) -> None:
        """A credit memo that is applied to a new invoice of the customer."""
        customer = "8"
        made = self.add("CreditMemo", forms.sale(customer, day, [sold("12", 1, 7_500, "Plants that died")]))
        invoice = self.invoice(customer, day, [sold("6", 6, 3_500, class_="2")], tax="2")
        self.add("Payment", forms.credit_use(customer, day, made["Id"], invoice["Id"], 75.0))

    def refund(self, day: date) -> None:
        """Money given back."""
        body = forms.sale(
            "15", day, [sold("12", 1, 8_750, "Job not done")], DepositToAccountRef=ref(CHECKING)
        )
        self.add("RefundReceipt", body)

    def duplicate_bill(self, day: date) -> None:
        """The same bill, entered twice."""
        self.add(
            "Bill", forms.bill("36", day, [spent("75", 75_500, "Mower overhaul")], DocNumber="INV-20388")
        )

    def unpaid_bill(self, day: date) -> None:
        """A bill that was forgotten."""
        self.add("Bill", forms.bill("49", day, [spent("71", 31_500, "Consultation")], DocNumber="R-1187"))

    def wrong_account(self, day: date) -> None:
        """A repair of the truck among the office expenses."""
        self.spend("38", day, [spent("15", 61_240, "Truck: brakes and clutch")], by_card=False)

    def nameless_deposit(self, day: date) -> None:
        """Money on the account that nobody has assigned."""
        self.add("Deposit", forms.deposit(CHECKING, day, "30", 187_500, "Mobile deposit"))
