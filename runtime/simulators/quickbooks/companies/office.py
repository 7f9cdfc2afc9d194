"""A business with an office: its own chart of accounts, a payroll, accruals, and what companies of this kind forget.

Called by `companies.consultancy` and `companies.it_services`, on top of `companies.business`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import forms
from runtime.simulators.quickbooks.companies.business import Business
from runtime.simulators.quickbooks.companies.forms import make_reference, make_spent_line


class Office(Business):
    """What the consultancy and the IT service provider have in common. Lists are found by name."""

    accounts: dict[str, str]
    items: dict[str, str]
    clients: dict[str, str]
    vendors: dict[str, str]

    def create_service(self, name: str, account: str, price: int) -> str:
        """Make a service with its price in cents; return its Id."""
        income = make_reference(self.accounts[account])
        body: Body = {"Name": name, "Type": "Service", "UnitPrice": price / 100, "IncomeAccountRef": income}
        return str(self.add("Item", body)["Id"])

    def create_party(self, entity: str, name: str, number: int, term: str = "3") -> str:
        """Make a customer or vendor; return its Id."""
        body = (
            forms.make_customer(name, number, term)
            if entity == "Customer"
            else forms.make_vendor(name, number)
        )
        return str(self.add(entity, body)["Id"])

    def open_with(self, day: date, opening: Mapping[str, int]) -> None:
        """Book opening balances in cents by account, debit positive, against opening balance equity."""
        entries = [(self.accounts[name], value) for name, value in opening.items()]
        rest = -sum(opening.values())
        self.book_journal_entry(
            day, "Opening balances", (*entries, (self.accounts["Opening Balance Equity"], rest))
        )

    def pay_wages(self, day: date, wages: int, taxes: int, collector: str) -> None:
        """Book wages from the bank, taxes on them owed and paid by cheque 15 days later."""
        values = {
            "Payroll:Wages": wages,
            "Payroll:Taxes": taxes,
            "Checking": -wages,
            "Payroll Liabilities": -taxes,
        }
        self.book_journal_entry(
            day, "Payroll", [(self.accounts[name], value) for name, value in values.items()]
        )
        line = make_spent_line(self.accounts["Payroll Liabilities"], taxes, "Payroll taxes")
        self.schedule(day + timedelta(days=15), lambda later: self.pay_by_cheque(later, collector, line))

    def pay_by_cheque(self, day: date, vendor: str, line: Body) -> None:
        """Book an expense paid from the bank."""
        self.spend(self.vendors[vendor], day, [line], by_card=False)

    def draw(self, day: date, value: int) -> None:
        """Book what the owners take at the end of a quarter, in cents."""
        if day.month % 3 == 0:
            entries = ((self.accounts["Owner's Equity"], value), (self.accounts["Checking"], -value))
            self.book_journal_entry(day, "Owners' draw", entries)

    def accrue(self, day: date, account: str, value: int, text: str) -> None:
        """Book an accrual at the end of a month that is taken back on the first of the next."""
        entries = ((self.accounts[account], value), (self.accounts["Accrued Liabilities"], -value))
        self.book_journal_entry(day, text, entries, Adjustment=True)
        first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        back = [(id, -cents) for id, cents in entries]
        self.schedule(first, lambda later: self.reverse(later, text, back))

    def reverse(self, day: date, text: str, entries: list[tuple[str, int]]) -> None:
        """Take an accrual back."""
        self.book_journal_entry(day, f"{text}, reversed", entries, Adjustment=True)

    def plan_unpaid_bill(
        self, days: int, vendor: str, account: str, value: int, text: str, number: str
    ) -> None:
        """Plan a bill, some days ago, that nobody pays."""

        def enter(day: date) -> None:
            body = forms.make_bill(
                self.vendors[vendor],
                day,
                [make_spent_line(self.accounts[account], value, text)],
                DocNumber=number,
            )
            self.add("Bill", body)

        self.schedule(self.count_back(days), enter)

    def plan_unassigned_deposit(self, days: int, value: int) -> None:
        """Plan money on the bank account, some days ago, that nobody has assigned."""
        source = self.accounts["Uncategorized Income"]
        body = forms.make_deposit(self.checking, self.count_back(days), source, value, "Wire transfer")
        self.schedule(self.count_back(days), lambda _day: self._add_deposit(body))

    def _add_deposit(self, body: Body) -> None:
        self.add("Deposit", body)
