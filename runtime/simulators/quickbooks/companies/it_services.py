"""An IT service provider: an agreement with every client that is invoiced on the first of the month, hours on top,
hardware bought from a distributor and sold on with sales tax.

Classes are lines of business. Planted: see `it_services_lists`.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from runtime.simulators.quickbooks.books.books import get_entity
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import forms, lists
from runtime.simulators.quickbooks.companies.forms import (
    make_bought_line,
    make_reference,
    make_sold_line,
    make_spent_line,
)
from runtime.simulators.quickbooks.companies.it_services_lists import (
    CLIENTS,
    HARDWARE,
    MORE,
    PAYROLL_TAX,
    SERVICES,
    VENDORS,
    WAGES,
    Agreement,
)
from runtime.simulators.quickbooks.companies.office import Office
from runtime.simulators.quickbooks.writes import recurring


class ItServices(Office):
    """The IT service provider's two years."""

    name = "Brightwire IT Services"
    industry = "Computer Systems Design"
    realm = "9130357849126564"
    steady, growing = 483, 1375
    season = (1.1, 0.9, 1.0, 1.0, 0.9, 0.8, 0.7, 1.2, 1.3, 1.0, 1.2, 1.3)

    def create_lists(self) -> None:
        """Create accounts, tax, services, hardware in stock, clients with agreements, vendors, lines of business."""
        lists.create_terms_and_methods(self.books)
        self.accounts = lists.create_accounts(self.books, MORE)
        self.owed_tax = lists.create_taxes(self.books)
        self.checking, self.card = self.accounts["Checking"], self.accounts["Company Card"]
        self.undeposited = self.accounts["Undeposited Funds"]
        self.items = {name: self.create_service(name, account, price) for name, account, price in SERVICES}
        self.items |= {name: self._hardware(name, price, cost) for name, price, cost in HARDWARE}
        lists.create_preferences(
            self.books,
            self.accounts["Discounts given"],
            self.items["Support hour"],
            has_tax=True,
            has_departments=False,
        )
        self.clients = {
            name: self.create_party("Customer", name, place, "2") for place, name in enumerate(CLIENTS)
        }
        self.vendors = {
            name: self.create_party("Vendor", name, place + 40) for place, name in enumerate(VENDORS)
        }
        self.lines = [
            str(self.add("Class", {"Name": name})["Id"]) for name in ("Agreements", "Projects", "Hardware")
        ]
        self.habits = {self.clients["Bramble Veterinary"]: "slow", self.clients["Tanner Construction"]: "slow",
                       self.clients["Velvet Room Restaurant"]: "never",
                       self.clients["Juno Accounting"]: "prompt"}  # fmt: skip
        self.customers = list(self.clients.values())
        self.create_more_customers(int(len(self.customers) * (self.scale - 1)) if self.scale > 2 else 0)
        self.stock = dict.fromkeys((name for name, _, _ in HARDWARE), 12)
        self.agreements = [self._agreement(customer) for customer in self.customers]

    def _agreement(self, customer: str) -> Agreement:
        seats = self.random.randint(3, 24)
        since = self.first if self.random.random() < 0.7 else self.choose_later_day(self.first, 60, 500)
        return Agreement(customer, seats, self.random.randint(0, 2), seats + self.random.randint(0, 6), since)

    def _hardware(self, name: str, price: int, cost: int) -> str:
        account = self.accounts
        body: Body = {
            "Name": name,
            "Type": "Inventory",
            "TrackQtyOnHand": True,
            "QtyOnHand": 12,
            "InvStartDate": self.first.isoformat(),
            "UnitPrice": price / 100,
            "PurchaseCost": cost / 100,
            "Taxable": True,
            "Sku": name.upper().replace(" ", "-"),
            "IncomeAccountRef": make_reference(account["Hardware Sales"]),
            "ExpenseAccountRef": make_reference(account["Cost of Hardware"]),
            "AssetAccountRef": make_reference(account["Inventory Asset"]),
        }
        return str(self.add("Item", body)["Id"])

    def plan(self) -> None:
        """Plan the calendar, and what is planted in it."""
        self.schedule(self.first, self.open_books)
        for agreement in self.agreements:
            self.schedule(agreement.since, partial(self.sign, agreement))
        for day in self.list_days():
            self.plan_day(day)
        rack = (
            "Cobalt Distribution",
            "Cost of Hardware",
            398_000,
            "Rack and cabling for Gable Architects",
            "CD-77120",
        )
        for days in (36, 29):
            self.plan_unpaid_bill(days, *rack)
        self.plan_unpaid_bill(99, "Fiberline", "Telephone & Internet", 118_500, "Second line", "FL-5540")
        self.schedule(self.count_back(26), self.book_on_wrong_account)
        self.schedule(self.count_back(22), self.sell_below_cost)
        self.plan_unassigned_deposit(9, 324_000)
        for days in (480, 210, 65):
            self.schedule(self.count_back(days), self.give_credit)
        self.schedule(self.count_back(120), self.give_refund)

    def plan_day(self, day: date) -> None:
        """Plan what the calendar brings on a day."""
        if day.weekday() < 5:
            busy = self.weigh_month(day)
            often = (
                (0.26 * busy, self.invoice_hours),
                (0.14 * busy, self.sell_hardware),
                (0.05, self.offer),
                (0.1, self.buy_small_things),
            )
            self.plan_often(day, often)
        if day.weekday() == 2 or (self.scale > 5 and day.weekday() < 5):
            self.schedule(day, self.deposit_payments)
        if day.weekday() == 0:
            self.schedule(day, self.restock)
        monthly = {
            1: (self.invoice_agreements,),
            2: (self.enter_month_bills,),
            6: (self.pay_licences,),
            25: (self.pay_card,),
            28: (self.close_month,),
        }
        for event in monthly.get(day.day, ()):
            self.schedule(day, event)
        if day.day == 20 and day.month % 3 == 1:
            self.schedule(day, self.pay_tax)
        if (day + timedelta(days=1)).day == 1:
            self.schedule(day, lambda later: self.pay_wages(later, WAGES, PAYROLL_TAX, "Helm Payroll"))

    def open_books(self, day: date) -> None:
        """Book opening balances."""
        self.open_with(
            day,
            {
                "Checking": 4_800_000,
                "Savings": 1_500_000,
                "Equipment:Original Cost": 2_600_000,
                "Bank Loan": -3_000_000,
            },
        )

    def sign(self, agreement: Agreement, day: date) -> None:
        """Plan the template of an agreement's invoices."""
        body = forms.make_sale(agreement.customer, day, self._agreed(agreement))
        name = f"Agreement {self.books.get_name('Customer', agreement.customer)}"
        recurring.create(self.books, get_entity("Invoice"), forms.make_monthly_template(name, day, body))

    def invoice_agreements(self, day: date) -> None:
        """Book the month's invoice of every agreement; one is forgotten in the month before last."""
        months_ago = (self.today.year - day.year) * 12 + self.today.month - day.month
        for agreement in self.agreements:
            is_forgotten = months_ago == 2 and agreement.customer == self.clients["Quill Publishing"]
            if agreement.since <= day and not is_forgotten:
                self.invoice(
                    agreement.customer, day, self._agreed(agreement), tax="2", PrivateNote="Agreement"
                )

    def _agreed(self, agreement: Agreement) -> list[Body]:
        items, line = self.items, self.lines[0]
        lines = [
            make_sold_line(items["Managed seat"], agreement.seats, 8_900, "Managed workplaces", class_=line)
        ]
        if agreement.servers:
            lines.append(
                make_sold_line(
                    items["Managed server"], agreement.servers, 19_500, "Managed servers", class_=line
                )
            )
            lines.append(
                make_sold_line(items["Cloud backup"], agreement.servers, 4_500, "Backup", class_=line)
            )
        lines.append(
            make_sold_line(items["Mailbox licence"], agreement.mailboxes, 1_250, "Mailboxes", class_=line)
        )
        return lines

    def invoice_hours(self, day: date) -> None:
        """Book hours outside the agreement."""
        customer, is_project = self.random.choice(self.customers), self.random.random() < 0.4
        item, price = ("Project hour", 15_500) if is_project else ("Support hour", 13_500)
        number = self.random.randint(4, 30) if is_project else self.random.randint(1, 6)
        self.invoice(
            customer,
            day,
            [make_sold_line(self.items[item], number, price, item, class_=self.lines[1])],
            tax="2",
        )

    def sell_hardware(self, day: date) -> None:
        """Book hardware from stock, with tax; some of it paid on the spot."""
        customer = self.random.choice(self.customers)
        name, price, _ = self.random.choice(HARDWARE)
        number = min(self.random.randint(1, 4), self.stock[name])
        if not number:
            return
        self.stock[name] -= number
        lines = [make_sold_line(self.items[name], number, price, name, taxed=True, class_=self.lines[2])]
        if self.random.random() < 0.2:
            self.add(
                "SalesReceipt",
                forms.make_sale(
                    customer, day, lines, tax="2", DepositToAccountRef=make_reference(self.checking)
                ),
            )
        else:
            self.invoice(customer, day, lines, tax="2")

    def restock(self, day: date) -> None:
        """Book an order and the distributor's bill for whatever runs low."""
        low = [(name, cost) for name, _, cost in HARDWARE if self.stock[name] < 6 * max(self.scale, 1)]
        if not low:
            return
        number = int(10 * max(self.scale, 1))
        lines = [make_bought_line(self.items[name], number, cost, name) for name, cost in low]
        for name, _ in low:
            self.stock[name] += number
        vendor = self.vendors["Cobalt Distribution"]
        self.add(
            "PurchaseOrder", {"VendorRef": make_reference(vendor), "TxnDate": day.isoformat(), "Line": lines}
        )
        self.bill(
            vendor, day, lines, DocNumber=f"CD-{self.find_unused_number(self.random.randint(10_000, 76_999))}"
        )

    def offer(self, day: date) -> None:
        """Book a quotation; a third of them become projects."""
        customer = self.random.choice(self.customers)
        lines = [
            make_sold_line(
                self.items["Project hour"],
                self.random.randint(8, 40),
                15_500,
                "Migration",
                class_=self.lines[1],
            )
        ]
        made = self.add("Estimate", forms.make_sale(customer, day, lines))
        if self.random.random() < 0.33:
            link = [{"TxnId": made["Id"], "TxnType": "Estimate"}]
            self.schedule(
                self.choose_later_day(day, 10, 30),
                lambda later: self.invoice_quotation(later, customer, lines, link),
            )

    def invoice_quotation(self, day: date, customer: str, lines: list[Body], link: list[Body]) -> None:
        """Book the invoice of a quotation."""
        again = [
            {name: value for name, value in line.items() if name not in ("Id", "LineNum")} for line in lines
        ]
        self.invoice(customer, day, again, tax="2", LinkedTxn=link)

    def buy_small_things(self, day: date) -> None:
        """Book fuel, parcels and lunches by card."""
        vendor, account = self.random.choice(
            (("Station 9 Fuel", "Vehicle"), ("Parcel Express", "Office Supplies"), ("Sandbar Grill", "Meals"))
        )
        line = make_spent_line(self.accounts[account], self.random.randint(1_800, 11_000), vendor)
        self.spend(self.vendors[vendor], day, [line])

    def enter_month_bills(self, day: date) -> None:
        """Book rent, lines and insurance on bills; hosting by card."""
        monthly = (
            ("Keystone Offices", "Rent", 310_000),
            ("Fiberline", "Telephone & Internet", 118_500),
            ("Anchor Insurance", "Insurance", 64_000),
        )
        for vendor, account, value in monthly:
            self.bill(self.vendors[vendor], day, [make_spent_line(self.accounts[account], value, account)])
        line = make_spent_line(self.accounts["Hosting"], 96_000 + self.random.randint(0, 22_000), "Servers")
        self.spend(self.vendors["Nimbus Hosting"], day, [line])

    def pay_licences(self, day: date) -> None:
        """Book what the mailboxes cost."""
        number = sum(agreement.mailboxes for agreement in self.agreements if agreement.since <= day)
        line = make_spent_line(
            self.accounts["Cost of Licences"], number * 910, f"{number} mailboxes", self.lines[0]
        )
        self.bill(self.vendors["Mailhouse Licences"], day, [line])

    def pay_tax(self, day: date) -> None:
        """Book the sales tax owed so far, by cheque."""
        owed = -self.sum_account(self.owed_tax)
        if owed > 0:
            self.spend(
                self.vendors["State Tax Office"],
                day,
                [make_spent_line(self.owed_tax, owed, "Sales tax")],
                by_card=False,
            )

    def close_month(self, day: date) -> None:
        """Book depreciation, and an accrual that is taken back on the first."""
        account = self.accounts
        worn = ((account["Depreciation"], 54_000), (account["Equipment:Depreciation"], -54_000))
        self.book_journal_entry(day, "Depreciation", worn, Adjustment=True)
        self.draw(day, 2_200_000)
        self.accrue(day, "Legal & Professional Fees", 40_000, "Accrued bookkeeping")

    def give_credit(self, day: date) -> None:
        """Book a credit memo for a month with an outage, used on a new invoice."""
        customer = self.clients["Driftwood Hotel"]
        made = self.add(
            "CreditMemo",
            forms.make_sale(customer, day, [make_sold_line(self.items["Managed seat"], 4, 8_900, "Outage")]),
        )
        lines = [make_sold_line(self.items["Support hour"], 4, 13_500, class_=self.lines[1])]
        invoice = self.invoice(customer, day, lines, tax="2")
        self.add("Payment", forms.make_credit_use(customer, day, made["Id"], invoice["Id"], 356.0))

    def give_refund(self, day: date) -> None:
        """Book a laptop that came back."""
        lines = [
            make_sold_line(self.items["Laptop 14"], 1, 118_000, "Returned", taxed=True, class_=self.lines[2])
        ]
        self.stock["Laptop 14"] += 1
        customer = self.clients["Indigo Yoga"]
        self.add(
            "RefundReceipt",
            forms.make_sale(customer, day, lines, tax="2", DepositToAccountRef=make_reference(self.checking)),
        )

    def book_on_wrong_account(self, day: date) -> None:
        """Book servers among the meals."""
        line = make_spent_line(self.accounts["Meals"], 216_000, "Dedicated servers, 3 months")
        self.spend(self.vendors["Nimbus Hosting"], day, [line])

    def sell_below_cost(self, day: date) -> None:
        """Book firewalls for less than they cost."""
        lines = [
            make_sold_line(self.items["Firewall"], 2, 39_000, "Firewall", taxed=True, class_=self.lines[2])
        ]
        self.invoice(self.clients["Osprey Dental"], day, lines, tax="2")
