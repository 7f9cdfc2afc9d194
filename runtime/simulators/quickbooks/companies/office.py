"""A business with an office: its own chart of accounts, a payroll, accruals, and what companies of this kind forget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.companies import forms
from runtime.simulators.quickbooks.companies.business import Business
from runtime.simulators.quickbooks.companies.forms import ref, spent


class Office(Business):
    """What the consultancy and the IT service provider have in common. Lists are kept by name."""

    accounts: dict[str, str]
    items: dict[str, str]
    clients: dict[str, str]
    vendors: dict[str, str]

    def service(self, name: str, account: str, price: int) -> str:
        """Makes a service with its price in cents; says its Id."""
        income = ref(self.accounts[account])
        body: Body = {"Name": name, "Type": "Service", "UnitPrice": price / 100, "IncomeAccountRef": income}
        return str(self.add("Item", body)["Id"])

    def party(self, entity: str, name: str, number: int, term: str = "3") -> str:
        """Makes a customer or vendor; says its Id."""
        body = forms.customer(name, number, term) if entity == "Customer" else forms.vendor(name, number)
        return str(self.add(entity, body)["Id"])

    def open_with(self, day: date, opening: Mapping[str, int]) -> None:
        """Opening balances in cents by account, debit positive, against opening balance equity."""
        entries = [(self.accounts[name], value) for name, value in opening.items()]
        rest = -sum(opening.values())
        self.journal(day, "Opening balances", (*entries, (self.accounts["Opening Balance Equity"], rest)))

    def payroll(self, day: date, wages: int, taxes: int, collector: str) -> None:
        """Wages from the bank, taxes on them owed and paid by cheque 15 days later."""
        values = {
            "Payroll:Wages": wages,
            "Payroll:Taxes": taxes,
            "Checking": -wages,
            "Payroll Liabilities": -taxes,
        }
        self.journal(day, "Payroll", [(self.accounts[name], value) for name, value in values.items()])
        line = spent(self.accounts["Payroll Liabilities"], taxes, "Payroll taxes")
        self.at(day + timedelta(days=15), lambda later: self.by_cheque(later, collector, line))

    def by_cheque(self, day: date, vendor: str, line: Body) -> None:
        """An expense paid from the bank."""
        self.spend(self.vendors[vendor], day, [line], by_card=False)

    def draw(self, day: date, value: int) -> None:
        """What the owners take at the end of a quarter, in cents."""
        if day.month % 3 == 0:
            entries = ((self.accounts["Owner's Equity"], value), (self.accounts["Checking"], -value))
            self.journal(day, "Owners' draw", entries)

    def accrue(self, day: date, account: str, value: int, words: str) -> None:
        """An accrual at the end of a month that is taken back on the first of the next."""
        entries = ((self.accounts[account], value), (self.accounts["Accrued Liabilities"], -value))
        self.journal(day, words, entries, Adjustment=True)
        first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        back = [(id, -cents) for id, cents in entries]
        self.at(first, lambda later: self.reverse(later, words, back))

    def reverse(self, day: date, words: str, entries: list[tuple[str, int]]) -> None:
        """Takes an accrual back."""
        self.journal(day, f"{words}, reversed", entries, Adjustment=True)

    def unpaid(self, days: int, vendor: str, account: str, value: int, words: str, number: str) -> None:
        """Plans a bill, some days ago, that nobody pays."""

        def enter(day: date) -> None:
            body = forms.bill(
                self.vendors[vendor], day, [spent(self.accounts[account], value, words)], DocNumber=number
            )
            self.add("Bill", body)

        self.at(self.ago(days), enter)

    def nameless_deposit(self, days: int, value: int) -> None:
        """Plans money on the bank account, some days ago, that nobody has assigned."""
        source = self.accounts["Uncategorized Income"]
        body = forms.deposit(self.checking, self.ago(days), source, value, "Wire transfer")
        self.at(self.ago(days), lambda day: self._add_deposit(body))

    def _add_deposit(self, body: Body) -> None:
        self.add("Deposit", body)
