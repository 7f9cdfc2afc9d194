"""What the books spend: licences and backup per client, goods, tools, payroll, overheads, small purchases.

Called by `making`, after `billing`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from runtime.simulators.provider import chart
from runtime.simulators.provider.contracts import Contracts, list_active
from runtime.simulators.provider.days import draw_later_day, end_month, list_workdays
from runtime.simulators.provider.goods import Goods
from runtime.simulators.provider.parties import Technician
from runtime.simulators.provider.plan import Document, Line, Parameters
from runtime.simulators.provider.work import Work

MISPOSTED_ACCOUNT = "Office Supplies"
"""Where the distributor's bill stands that is on a wrong account."""
OVERHEAD_MONTHS = 4
"""Complete months in which the last technician's pay stands in overhead."""
SMALL_A_MONTH = 6
"""Purchases of fuel, parcels and lunches."""
USUAL_ENTRIES = 230
"""Time entries a month of a firm with the overheads of `chart.OVERHEADS`; a larger one has more of them."""
DEPRECIATION = 54_000
"""Cents a month."""


class Costs:
    """The makers of bills, purchases and journal entries, each for the whole time."""

    def __init__(self, parameters: Parameters, months: Sequence[date]) -> None:
        self.parameters, self.months, self.last_day = parameters, months, parameters.last_day
        self.scale = max(0.5, parameters.time_entries / parameters.months / USUAL_ENTRIES)
        self.complete = [month for month in months if end_month(month) <= self.last_day]

    def _bill(
        self, number: str, day: date, vendor: str, lines: Iterable[Line], reason: str, days: tuple[int, int] = (18, 38)
    ) -> Document:  # fmt: skip
        done = draw_later_day(f"{self.parameters.seed}/{number}", day, days, self.last_day)
        return Document(number, "bill", day, vendor, tuple(lines), done, reason=reason)  # type: ignore[arg-type]

    def _purchase(self, number: str, day: date, vendor: str, lines: Iterable[Line], reason: str) -> Document:
        return Document(number, "purchase", day, vendor, tuple(lines), day, reason=reason)  # type: ignore[arg-type]

    def list_resold(self, contracts: Contracts) -> Iterator[Document]:
        """Yield the bills of licences and backup on the sixth, with a line for each client."""
        for month in self.months:
            for vendor, short in ((chart.LICENCES, "ML"), (chart.BACKUP, "VB")):
                lines = list(_list_resold_lines(contracts, month, vendor))
                if lines:
                    yield self._bill(
                        f"{short}-{month:%y%m}", month + timedelta(days=5), vendor, lines, "product_cost"
                    )

    def list_goods(self, goods: Goods) -> Iterator[Document]:
        """Yield the distributor's bills."""
        for sale in goods.sales:
            item = chart.ITEMS[sale.item]
            account = MISPOSTED_ACCOUNT if sale == goods.misposted else item.expense
            text = f"{sale.quantity} x {item.name}"
            line = Line(account, sale.quantity * sale.cost, text, sale.client)
            yield self._bill(sale.bill, sale.billed, chart.HARDWARE, [line], "product_cost")

    def list_expenses(self, work: Work) -> Iterator[Document]:
        """Yield what technicians spent for clients, by card."""
        for expense in work.expenses:
            line = Line("Client Travel", expense.cents, expense.kind, expense.client)
            yield self._purchase(f"EX-{expense.id}", expense.day, chart.FUEL, [line], "product_cost")

    def list_payroll(self, technicians: Sequence[Technician]) -> Iterator[Document]:
        """Yield a journal entry for each month that is over: who works for clients above the gross margin."""
        for month in self.complete:
            day = end_month(month)
            is_wrong = month in self.complete[-OVERHEAD_MONTHS:]
            lines: list[Line] = []
            for technician in technicians:
                in_overhead = is_wrong and technician == technicians[-1]
                lines += _pay(technician, month, in_overhead=in_overhead)
            for name, cents in chart.OFFICE:
                lines += _list_pay_lines(name, round(cents * self.scale), "Payroll:Wages", "Payroll:Taxes")
            yield Document(f"PAY-{month:%y%m}", "journal", day, "", tuple(lines), None, "Payroll", "payroll")

    def list_tools(self) -> Iterator[Document]:
        """Yield subscriptions by card on the third."""
        for month in self.months:
            for place, (vendor, account, cents) in enumerate(chart.TOOLS):
                line = Line(account, round(cents * self.scale), f"Subscription {month:%B %Y}")
                day = month + timedelta(days=2)
                yield self._purchase(f"SUB{place + 1}-{month:%y%m}", day, vendor, [line], "tool")

    def list_overheads(self) -> Iterator[Document]:
        """Yield the bills of each month on the second, depreciation and small purchases."""
        for month in self.months:
            for place, (vendor, account, cents) in enumerate(chart.OVERHEADS):
                line = Line(account, round(cents * self.scale), account)
                number, day = f"OH{place + 1}-{month:%y%m}", month + timedelta(days=1)
                yield self._bill(number, day, vendor, [line], "overhead")
        for month in self.complete:
            worn = Line("Depreciation", DEPRECIATION, "Depreciation")
            day = end_month(month)
            yield Document(f"DEP-{month:%y%m}", "journal", day, "", (worn,), None, "Depreciation", "overhead")

    def list_small(self, others: int) -> Iterator[Document]:
        """Yield small purchases by card, as many as the books want beside the other transactions."""
        wanted = max(0, self.parameters.transactions - others)
        for month in self.months:
            source = random.Random(f"{self.parameters.seed}/small/{month}")  # noqa: S311 (repeatable on purpose)
            for place in range(max(SMALL_A_MONTH, wanted // len(self.months))):
                vendor, account = source.choice(chart.SMALL)
                day = month + timedelta(days=source.randrange(end_month(month).day))
                line = Line(account, source.randint(900, 7_500), vendor)
                if day <= self.last_day:
                    yield self._purchase(f"CC{month:%y%m}-{place + 1}", day, vendor, [line], "overhead")


def _list_resold_lines(contracts: Contracts, month: date, vendor: str) -> Iterator[Line]:
    owed: dict[tuple[int, str], tuple[int, int]] = {}
    for agreement in (*contracts.agreements, contracts.unknown):
        for one in list_active(agreement, month):
            if chart.ITEMS[one.item].vendor == vendor:
                number, cents = owed.get((agreement.client, one.item), (0, 0))
                owed[agreement.client, one.item] = number + one.quantity, cents + one.quantity * one.cost
    for (client, code), (number, cents) in sorted(owed.items()):
        item = chart.ITEMS[code]
        yield Line(item.expense, cents, f"{number} x {item.name}", client)


def sum_pay(technician: Technician, month: date) -> int:
    """Return the cents that a technician costs in a month, with taxes."""
    return technician.cost * len(list_workdays(month, end_month(month))) * technician.capacity // 60


def _pay(technician: Technician, month: date, *, in_overhead: bool) -> list[Line]:
    whole = sum_pay(technician, month)
    accounts = ("Payroll:Wages", "Payroll:Taxes")
    if not in_overhead:
        accounts = ("Technician Wages", "Technician Payroll Taxes")
    return _list_pay_lines(f"{technician.first} {technician.last}, {technician.role}", whole, *accounts)


def _list_pay_lines(name: str, whole: int, wages: str, taxes: str) -> list[Line]:
    """Return what somebody costs as wages and the taxes on them."""
    part = whole * chart.PAYROLL_TAX // 100
    return [Line(wages, whole - part, f"Wages {name}"), Line(taxes, part, f"Payroll taxes {name}")]
