"""A landscaper, on the lists of the familiar sample company: seasonal work in gardens, material for it, fuel, a truck.

Planted: see `PLANTED`.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import forms, seed
from runtime.simulators.quickbooks.companies.business import Business
from runtime.simulators.quickbooks.companies.forms import make_reference, make_sold_line, make_spent_line
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

    def create_lists(self) -> None:
        """Create the lists of the sample company under their Ids, and two classes."""
        facts = seed.read_sample()
        seed.create_basics(self.books, facts)
        seed.create_preferences(self.books)
        seed.create_people(self.books, facts)
        seed.create_products(self.books, facts, self.first.isoformat())
        for name in ("Residential", "Commercial"):
            seed.create_record(self.books, "Class", {"Name": name})
        self.customers = [
            customer["Id"] for customer in facts["customers"] if customer["Id"] not in ("7", "22")
        ]
        self.create_more_customers(int(len(self.customers) * (self.scale - 1) / 4) if self.scale > 2 else 0)

    def plan(self) -> None:
        """Plan the calendar, and what is planted in it."""
        self.schedule(self.first, self.open_books)
        for day in self.list_days():
            self.plan_day(day)
        for days in (47, 43):
            self.schedule(self.count_back(days), self.enter_bill_twice)
        self.schedule(self.count_back(96), self.enter_unpaid_bill)
        self.schedule(self.count_back(33), self.book_on_wrong_account)
        self.schedule(self.count_back(19), self.plan_unassigned_deposit)
        for days in (410, 151, 64):
            self.schedule(self.count_back(days), self.give_credit)
        for days in (300, 88):
            self.schedule(self.count_back(days), self.give_refund)

    def plan_day(self, day: date) -> None:
        """Plan what the calendar brings on a day."""
        is_workday, busy = day.weekday() < 5, self.weigh_month(day)
        if is_workday:
            often = (
                (0.62 * busy, self.sell),
                (0.08, self.sell_for_cash),
                (0.22 * busy, self.buy_material),
                (0.2, self.buy_fuel),
            )
            self.plan_often(day, often)
        for monthly in MONTHLY:
            if day.day == monthly[0]:
                self.schedule(day, partial(self.enter_monthly_bill, monthly))
        if day.weekday() == 4 or (self.scale > 5 and is_workday):
            self.schedule(day, self.deposit_payments)
        for event in {25: (self.pay_card,), 28: (self.close_month,)}.get(day.day, ()):
            self.schedule(day, event)
        if is_workday:
            self.plan_often(day, ((0.06, self.offer),))
        if day.day == 3 and day.month % 3 == 1:
            self.schedule(day, self.restock)
            self.schedule(day, self.pay_tax)

    def open_books(self, day: date) -> None:
        """Book opening balances."""
        opening = (
            (CHECKING, 1_250_000),
            (SAVINGS, 300_000),
            ("38", 1_349_500),
            ("44", -2_500_000),
            ("43", -400_000),
        )
        rest = -sum(value for _, value in opening)
        self.book_journal_entry(day, "Opening balances", (*opening, (EQUITY, rest)))

    def create_service(self, customer: str) -> Body:
        """Return a line that sells work."""
        item, prices, (low, high) = self.random.choice(SERVICES)
        kind = "2" if int(customer) % 4 == 0 else "1"
        return make_sold_line(item, self.random.randint(low, high), self.random.choice(prices), class_=kind)

    def sell(self, day: date) -> None:
        """Book an invoice for work, sometimes with goods; a fountain now and then."""
        customer = self.random.choice(self.customers)
        lines = [self.create_service(customer) for _ in range(self.random.randint(1, 3))]
        if self.random.random() < 0.35:
            item, price = self.random.choice(GOODS)
            lines.append(make_sold_line(item, self.random.randint(1, 3), price, taxed=True))
        if self.random.random() < 0.03:
            lines.append(make_sold_line("5", 1, 27_500, "Rock Fountain", taxed=True))
        address = forms.make_email(self.books.get_name("Customer", customer) or "")
        text = {"value": "Thank you for your business and have a great day!"}
        self.invoice(customer, day, lines, tax="2", BillEmail={"Address": address}, CustomerMemo=text)

    def sell_for_cash(self, day: date) -> None:
        """Book a sale paid on the spot."""
        customer = self.random.choice(self.customers)
        lines = [make_sold_line("4", self.random.randint(1, 4), 7_500)]
        self.add(
            "SalesReceipt",
            forms.make_sale(customer, day, lines, DepositToAccountRef=make_reference(CHECKING)),
        )

    def buy_material(self, day: date) -> None:
        """Book material for the jobs: half on the card, half on a bill."""
        vendor, account = self.random.choice(MATERIAL)
        lines = [
            make_spent_line(
                account, int(self.random.randint(6_000, 32_000) * self.weigh_month(day)), "Material for jobs"
            )
        ]
        if self.random.random() < 0.5:
            self.spend(vendor, day, lines)
        else:
            self.bill(vendor, day, lines)

    def buy_fuel(self, day: date) -> None:
        """Book fuel on the card."""
        self.spend("33", day, [make_spent_line("56", self.random.randint(3_800, 9_500), "Fuel")])

    def enter_monthly_bill(self, usual: tuple[int, str, str, int, str], day: date) -> None:
        """Book a bill that comes every month, a little different each time."""
        _, vendor, account, value, text = usual
        cents = value + self.random.randint(-value // 20, value // 20)
        self.bill(vendor, day, [make_spent_line(account, cents, text)])

    def close_month(self, day: date) -> None:
        """Book depreciation, bank charges, interest, and something put aside."""
        self.book_journal_entry(
            day, "Depreciation of the truck", (("40", 22_500), ("39", -22_500)), Adjustment=True
        )
        self.book_journal_entry(day, "Interest on the notes", (("8", 10_400), ("43", -10_400)))
        self.spend("39", day, [make_spent_line("8", 2_500 + 100 * day.month, "Bank charges")], by_card=False)
        if day.month % 3 == 0:
            self.add("Transfer", forms.make_transfer(CHECKING, SAVINGS, day, 250))

    def restock(self, day: date) -> None:
        """Book goods for the shelves, on a bill."""
        lines = [
            forms.make_bought_line(item, number, price, "Stock")
            for item, number, price in STOCK[:3]
            if self.draw_count(0.9)
        ]
        if lines:
            self.bill("46", day, lines)

    def pay_tax(self, day: date) -> None:
        """Book sales tax of the quarter, by cheque."""
        owed = -self.sum_account("90")
        if owed > 0:
            self.spend("53", day, [make_spent_line("90", owed, "Sales tax of the quarter")], by_card=False)

    def offer(self, day: date) -> None:
        """Book an estimate; a fifth of them are accepted and invoiced."""
        customer = self.random.choice(self.customers)
        lines = [self.create_service(customer), make_sold_line("5", 1, 27_500, taxed=True)]
        made = self.add("Estimate", forms.make_sale(customer, day, lines))
        if self.random.random() < 0.2:
            link = [{"TxnId": made["Id"], "TxnType": "Estimate"}]
            again = [self.create_service(customer)]
            self.schedule(
                self.choose_later_day(day, 5, 15), lambda later: self.sell_again(later, customer, again, link)
            )

    def sell_again(self, day: date, customer: str, lines: list[Body], link: list[Body]) -> None:
        """Book the invoice that an estimate leads to."""
        self.invoice(customer, day, lines, tax="2", LinkedTxn=link)

    def give_credit(self, day: date) -> None:
        """Book a credit memo that is applied to a new invoice of the customer."""
        customer = "8"
        made = self.add(
            "CreditMemo", forms.make_sale(customer, day, [make_sold_line("12", 1, 7_500, "Plants that died")])
        )
        invoice = self.invoice(customer, day, [make_sold_line("6", 6, 3_500, class_="2")], tax="2")
        self.add("Payment", forms.make_credit_use(customer, day, made["Id"], invoice["Id"], 75.0))

    def give_refund(self, day: date) -> None:
        """Book money given back."""
        body = forms.make_sale(
            "15",
            day,
            [make_sold_line("12", 1, 8_750, "Job not done")],
            DepositToAccountRef=make_reference(CHECKING),
        )
        self.add("RefundReceipt", body)

    def enter_bill_twice(self, day: date) -> None:
        """Book the same bill, entered twice."""
        self.add(
            "Bill",
            forms.make_bill(
                "36", day, [make_spent_line("75", 75_500, "Mower overhaul")], DocNumber="INV-20388"
            ),
        )

    def enter_unpaid_bill(self, day: date) -> None:
        """Book a bill that was forgotten."""
        self.add(
            "Bill",
            forms.make_bill("49", day, [make_spent_line("71", 31_500, "Consultation")], DocNumber="R-1187"),
        )

    def book_on_wrong_account(self, day: date) -> None:
        """Book a repair of the truck among the office expenses."""
        self.spend("38", day, [make_spent_line("15", 61_240, "Truck: brakes and clutch")], by_card=False)

    def plan_unassigned_deposit(self, day: date) -> None:
        """Plan money on the account that nobody has assigned."""
        self.add("Deposit", forms.make_deposit(CHECKING, day, "30", 187_500, "Mobile deposit"))
