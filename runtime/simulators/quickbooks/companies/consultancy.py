"""A consultancy: hours of five people billed by the month, retainers, workshops, travel that clients pay for.

Classes are practices, departments are offices. Planted: see `consultancy_lists`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import forms, lists
from runtime.simulators.quickbooks.companies.consultancy_lists import (
    CLIENTS,
    ITEMS,
    MORE,
    PAYROLL_TAX,
    PEOPLE,
    RETAINED,
    VENDORS,
    WAGES,
)
from runtime.simulators.quickbooks.companies.forms import make_reference, make_sold_line, make_spent_line
from runtime.simulators.quickbooks.companies.office import Office
from runtime.simulators.quickbooks.writes.changes import update


class Consultancy(Office):
    """The consultancy's two years."""

    name = "Juniper Vale Consulting"
    industry = "Management Consulting"
    realm = "9130357849126557"
    steady, growing = 608, 1205
    season = (0.9, 1.0, 1.2, 1.2, 1.1, 0.9, 0.7, 0.5, 1.2, 1.3, 1.2, 0.6)

    def create_lists(self) -> None:
        """Create accounts, items, clients with projects, vendors, people, practices, offices."""
        lists.create_terms_and_methods(self.books)
        self.accounts = lists.create_accounts(self.books, MORE)
        self.checking, self.card = self.accounts["Checking"], self.accounts["Company Card"]
        self.undeposited = self.accounts["Undeposited Funds"]
        self.items = {name: self.create_service(name, account, price) for name, account, price in ITEMS}
        lists.create_preferences(
            self.books,
            self.accounts["Discounts given"],
            self.items["Strategy"],
            has_tax=False,
            has_departments=True,
        )
        self.clients = {
            name: self.create_party("Customer", name, place) for place, name in enumerate(CLIENTS)
        }
        self.vendors = {
            name: self.create_party("Vendor", name, place + 40) for place, name in enumerate(VENDORS)
        }
        self.people = [self._person(given, family) for given, family in PEOPLE]
        self.practices = [
            str(self.add("Class", {"Name": name})["Id"]) for name in ("Strategy", "Research", "Training")
        ]
        self.offices = [str(self.add("Department", {"Name": name})["Id"]) for name in ("Oakland", "Denver")]
        self.habits = {self.clients["Halden Foods"]: "slow", self.clients["Orchard Street Theatre"]: "never",
                       self.clients["Alder Credit Union"]: "prompt"}  # fmt: skip
        self.customers = [id for name, id in self.clients.items() if name not in RETAINED]
        for name in ("Delta Freight", "Juniper Airlines"):
            self._projects(name)
        self.create_more_customers(int(8 * (self.scale - 1)) if self.scale > 2 else 0)
        self.invoice_hours: dict[str, float] = defaultdict(float)

    def _person(self, given: str, family: str) -> str:
        return str(self.add("Employee", {"GivenName": given, "FamilyName": family})["Id"])

    def _projects(self, name: str) -> None:
        """Create two projects in the place of the client itself."""
        parent = self.clients[name]
        self.customers.remove(parent)
        for place, title in enumerate(("Network study", "Board training")):
            body = forms.make_customer(f"{name} {title}", place + 80, parent=parent)
            self.customers.append(str(self.add("Customer", body)["Id"]))

    def plan(self) -> None:
        """Plan the calendar, and what is planted in it."""
        self.schedule(self.first, self.open_books)
        for day in self.list_days():
            self.plan_day(day)
        fee = ("Lark & Finch Research", "Subcontractors", 420_000, "Panel of 40 interviews", "LF-0931")
        for days in (58, 51):
            self.plan_unpaid_bill(days, *fee)
        self.plan_unpaid_bill(
            97, "Marlow Legal", "Legal & Professional Fees", 275_000, "Review of contracts", "ML-221"
        )
        self.schedule(self.count_back(75), self.book_unbilled_travel)
        self.schedule(self.count_back(40), self.book_on_wrong_account)
        self.plan_unassigned_deposit(12, 650_000)
        for days in (520, 230, 70):
            self.schedule(self.count_back(days), self.give_credit)
        self.schedule(self.count_back(140), self.give_refund)

    def plan_day(self, day: date) -> None:
        """Plan what the calendar brings on a day."""
        if day.weekday() < 5:
            self._plan_work(day)
        if day.weekday() == 3 or (self.scale > 5 and day.weekday() < 5):
            self.schedule(day, self.deposit_payments)
        monthly = {1: (self.pay_rent, self.bill_retainers), 3: (self.pay_subscriptions,), 9: (self.enter_small_bills,),
                   25: (self.pay_card,), 28: (self.close_month,)}  # fmt: skip
        for event in monthly.get(day.day, ()):
            self.schedule(day, event)
        if (day + timedelta(days=1)).day == 1:
            self.schedule(day, lambda later: self.pay_wages(later, WAGES, PAYROLL_TAX, "Gold Coast Bank"))
            self.schedule(day, self.bill_hours)

    def _plan_work(self, day: date) -> None:
        busy = self.weigh_month(day)
        often = (
            (0.75 * busy, self.work),
            (0.13 * busy, self.book_travel),
            (0.1, self.lunch),
            (0.11 * busy, self.hold_workshop),
            (0.07, self.offer),
            (0.06 * busy, self.buy_research),
        )
        self.plan_often(day, often)

    def open_books(self, day: date) -> None:
        """Book opening balances."""
        self.open_with(
            day,
            {
                "Checking": 6_400_000,
                "Savings": 2_000_000,
                "Equipment:Original Cost": 1_800_000,
                "Bank Loan": -2_400_000,
            },
        )

    def work(self, day: date) -> None:
        """Book hours of one person for a client, billed at the end of the month."""
        place = self.random.randrange(len(self.people))
        customer = self.random.choice(self.customers)
        hours = self.random.randint(2, 8)
        self.invoice_hours[customer] += hours
        item = self.items["Research" if place % 2 else "Strategy"]
        self.add(
            "TimeActivity",
            {
                "NameOf": "Employee",
                "EmployeeRef": make_reference(self.people[place]),
                "CustomerRef": make_reference(customer),
                "ItemRef": make_reference(item),
                "TxnDate": day.isoformat(),
                "Hours": hours,
                "Minutes": 0,
                "BillableStatus": "Billable",
                "HourlyRate": 120 if place % 2 else 185,
                "Description": "Work at the client",
            },
        )

    def bill_hours(self, day: date) -> None:
        """Book an invoice per client for the month's hours."""
        hours, self.invoice_hours = self.invoice_hours, defaultdict(float)
        for customer, number in sorted(hours.items(), key=lambda pair: int(pair[0])):
            part = round(number * 0.6, 1)
            rest, text = round(number - part, 1), "Hours of the month"
            lines = [
                make_sold_line(self.items["Strategy"], part, 18_500, text, class_=self.practices[0]),
                make_sold_line(self.items["Research"], rest, 12_000, text, class_=self.practices[1]),
            ]
            self.invoice(customer, day, lines, DepartmentRef=make_reference(self.offices[int(customer) % 2]))

    def bill_retainers(self, day: date) -> None:
        """Book retainers in advance: owed to the client until the month is over."""
        for name in RETAINED:
            line = make_sold_line(
                self.items["Retainer"], 1, 300_000, "Retainer of the month", class_=self.practices[0]
            )
            self.invoice(self.clients[name], day, [line], DepartmentRef=make_reference(self.offices[0]))

    def hold_workshop(self, day: date) -> None:
        """Book a day of training, paid at once or on invoice."""
        customer = self.random.choice(self.customers)
        lines = [make_sold_line(self.items["Workshop"], 1, 240_000, "One day", class_=self.practices[2])]
        office = make_reference(self.offices[1])
        if self.random.random() < 0.3:
            account = make_reference(self.checking)
            self.add(
                "SalesReceipt",
                forms.make_sale(customer, day, lines, DepositToAccountRef=account, DepartmentRef=office),
            )
        else:
            self.invoice(customer, day, lines, DepartmentRef=office)

    def offer(self, day: date) -> None:
        """Book a proposal; every fourth becomes work."""
        customer = self.random.choice(self.customers)
        lines = [
            make_sold_line(
                self.items["Strategy"],
                self.random.randint(20, 80),
                18_500,
                "Proposal",
                class_=self.practices[0],
            )
        ]
        self.add(
            "Estimate", forms.make_sale(customer, day, lines, DepartmentRef=make_reference(self.offices[0]))
        )

    def book_travel(self, day: date) -> None:
        """Book travel by card for a client, passed on at cost two weeks later."""
        customer, value = self.random.choice(self.customers), self.random.randint(14_000, 92_000)
        line = make_spent_line(
            self.accounts["Travel"], value, "Travel to the client", self.practices[0], customer
        )
        bought = self.spend(self.vendors["Blue Mesa Travel"], day, [line])
        again = make_sold_line(self.items["Travel at cost"], 1, value, "Travel", class_=self.practices[0])
        self.schedule(
            self.choose_later_day(day, 10, 20), lambda later: self.pass_on(later, customer, again, bought)
        )

    def pass_on(self, day: date, customer: str, line: Body, bought: Body) -> None:
        """Book travel on an invoice; the expense is not billable any more."""
        self.invoice(customer, day, [line])
        for spent_line in bought["Line"]:
            spent_line["AccountBasedExpenseLineDetail"]["BillableStatus"] = "HasBeenBilled"
        update(self.books, "Purchase", bought)

    def lunch(self, day: date) -> None:
        """Book a meal by card."""
        line = make_spent_line(
            self.accounts["Meals"], self.random.randint(2_400, 14_000), "Lunch", self.practices[0]
        )
        self.spend(self.vendors["Corner Bistro"], day, [line])

    def buy_research(self, day: date) -> None:
        """Book research bought in."""
        line = make_spent_line(
            self.accounts["Subcontractors"],
            self.random.randint(80_000, 420_000),
            "Interviews",
            self.practices[1],
        )
        self.bill(
            self.vendors["Lark & Finch Research"],
            day,
            [line],
            DocNumber=f"LF-{self.find_unused_number(self.random.randint(1000, 9999))}",
        )

    def pay_rent(self, day: date) -> None:
        """Book the rent of both offices, and in January the insurance of the year."""
        self.bill(
            self.vendors["Hilltop Properties"],
            day,
            [make_spent_line(self.accounts["Rent"], 420_000, "Rent of the offices")],
        )
        if day.month == 1:
            line = make_spent_line(self.accounts["Prepaid Expenses"], 480_000, "Insurance of the year")
            self.bill(self.vendors["Quarterdeck Insurance"], day, [line])

    def pay_subscriptions(self, day: date) -> None:
        """Book software by card."""
        line = make_spent_line(
            self.accounts["Software Subscriptions"], 64_900 + 1_000 * (day.year % 10), "Subscriptions"
        )
        self.spend(self.vendors["Sable Software"], day, [line])

    def enter_small_bills(self, day: date) -> None:
        """Book telephone and paper."""
        value = 21_000 + self.random.randint(0, 4_000)
        self.bill(
            self.vendors["Pioneer Telephone"],
            day,
            [make_spent_line(self.accounts["Telephone & Internet"], value, "Lines")],
        )
        line = make_spent_line(
            self.accounts["Office Supplies"], self.random.randint(3_000, 18_000), "Paper and toner"
        )
        self.spend(self.vendors["Paper & Ink"], day, [line], by_card=False)

    def close_month(self, day: date) -> None:
        """Book depreciation, a twelfth of the insurance, retainers earned, an accrual that is taken back on the
        first.
        """
        account = self.accounts
        self.book_journal_entry(
            day,
            "Depreciation",
            ((account["Depreciation"], 37_500), (account["Equipment:Depreciation"], -37_500)),
            Adjustment=True,
        )
        self.book_journal_entry(
            day,
            "Insurance of the month",
            ((account["Insurance"], 40_000), (account["Prepaid Expenses"], -40_000)),
            Adjustment=True,
        )
        earned = 300_000 * len(RETAINED)
        self.book_journal_entry(
            day,
            "Retainers earned",
            ((account["Client Retainers"], earned), (account["Retainer Income"], -earned)),
        )
        self.draw(day, 250_000)
        self.accrue(day, "Legal & Professional Fees", 65_000, "Accrued audit fee")

    def give_credit(self, day: date) -> None:
        """Book a credit memo, used on a new invoice."""
        customer = self.clients["Bexley Hospital"]
        body = forms.make_sale(
            customer, day, [make_sold_line(self.items["Research"], 5, 12_000, "Hours billed twice")]
        )
        made = self.add("CreditMemo", body)
        invoice = self.invoice(
            customer, day, [make_sold_line(self.items["Strategy"], 10, 18_500, class_=self.practices[0])]
        )
        self.add("Payment", forms.make_credit_use(customer, day, made["Id"], invoice["Id"], 600.0))

    def give_refund(self, day: date) -> None:
        """Book a workshop that was cancelled."""
        lines = [make_sold_line(self.items["Refund"], 1, 120_000, "Workshop cancelled")]
        customer = self.clients["Elmwood College"]
        self.add(
            "RefundReceipt",
            forms.make_sale(customer, day, lines, DepositToAccountRef=make_reference(self.checking)),
        )

    def book_unbilled_travel(self, day: date) -> None:
        """Book travel for a client that was never passed on."""
        line = make_spent_line(
            self.accounts["Travel"], 89_000, "Flights, workshop in Denver", None, self.clients["Cedar Bank"]
        )
        self.spend(self.vendors["Blue Mesa Travel"], day, [line])

    def book_on_wrong_account(self, day: date) -> None:
        """Book flights among the office supplies."""
        line = make_spent_line(self.accounts["Office Supplies"], 134_800, "Flights to Boston, 2 persons")
        self.spend(self.vendors["Blue Mesa Travel"], day, [line])
