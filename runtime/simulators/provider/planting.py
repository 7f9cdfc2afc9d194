"""Writing down what is planted: each truth is read from the plan that it was planted in. Called by `making`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from runtime.simulators.provider import chart
from runtime.simulators.provider.clients import Cast, Firms
from runtime.simulators.provider.contracts import BELOW_LIST, Contracts, list_active
from runtime.simulators.provider.costs import MISPOSTED_ACCOUNT, OVERHEAD_MONTHS
from runtime.simulators.provider.days import end_month
from runtime.simulators.provider.goods import Goods
from runtime.simulators.provider.parties import Customer
from runtime.simulators.provider.plan import Agreement, Document, Parameters
from runtime.simulators.provider.sums import sum_books, sum_clients, sum_labour
from runtime.simulators.provider.truths import (
    BelowList,
    ClientMonth,
    CostLater,
    Misposted,
    NeverBilled,
    Overused,
    Truths,
    Unbilled,
    Unprofitable,
    WithoutAgreement,
)
from runtime.simulators.provider.work import Work
from runtime.simulators.provider.workload import UNBILLED_BEFORE


@dataclass(frozen=True, slots=True)
class Made:
    """All parts of a plan, to read truths from."""

    parameters: Parameters
    months: tuple[date, ...]
    firms: Firms
    contracts: Contracts
    work: Work
    goods: Goods
    sub_customers: tuple[Customer, ...]
    documents: tuple[Document, ...]

    @property
    def cast(self) -> Cast:
        """Return who plays which part."""
        return self.firms.cast

    @property
    def complete(self) -> tuple[date, ...]:
        """Return the months that are over."""
        return tuple(month for month in self.months if end_month(month) <= self.parameters.last_day)


def list_truths(made: Made) -> Truths:
    """Return everything that is planted."""
    firms, complete = made.firms, made.complete
    figures = tuple(sum_clients(firms, made.months, made.documents, made.work.time))
    return Truths(
        pairs=firms.pairs,
        only_in_work=tuple(one.company_ids[0] for one in firms.clients if one.customer_id is None),
        only_in_books=tuple(one.customer_id or "" for one in firms.clients if not one.company_ids),
        not_clients=tuple(one.id for one in firms.companies if one.client is None),
        sub_customers=tuple((one.id, one.parent) for one in made.sub_customers),
        unprofitable=_note_unprofitable(made, figures),
        overused=_note_overused(made),
        misposted_cost=_note_misposted(made),
        labour_as_overhead=_note_labour(made),
        tool_as_overhead=_note_tool(made),
        cost_later=_note_cost_later(made.goods),
        never_billed=_note_never_billed(made),
        without_agreement=_note_without_agreement(made),
        unbilled=_note_unbilled(made),
        below_list=_note_below_list(made),
        complete_months=complete,
        figures=figures,
        books=tuple(sum_books(made.months, made.documents)),
        labour=tuple(sum_labour(complete, made.work.technicians, made.work.time)),
    )


def _find_agreement(made: Made, client: int, kind: str = "Managed Services") -> Agreement:
    return next(one for one in made.contracts.agreements if (one.client, one.kind) == (client, kind))


def _note_unprofitable(made: Made, figures: Sequence[ClientMonth]) -> Unprofitable:
    number, complete = made.cast.unprofitable, made.complete
    client = made.firms.clients[number]
    mine = [one for one in figures if one.client == number and one.month in complete]
    return Unprofitable(
        number, client.customer_id or "", client.company_ids[0], "time", sum(one.revenue for one in mine),
        sum(one.product_cost for one in mine), sum(one.labour for one in mine), sum(one.minutes for one in mine),
    )  # fmt: skip


def _note_overused(made: Made) -> Overused:
    agreement = _find_agreement(made, made.cast.overused)
    minutes = dict.fromkeys(made.complete, 0)
    for entry in made.work.time:
        if entry.agreement_id == agreement.id and entry.day.replace(day=1) in minutes:
            minutes[entry.day.replace(day=1)] += entry.minutes
    return Overused(agreement.id, agreement.client, agreement.limit, tuple(minutes.items()))


def _note_misposted(made: Made) -> Misposted:
    sale = made.goods.misposted
    right = chart.ITEMS[sale.item].expense
    return Misposted(
        (sale.bill,), (sale.billed,), chart.HARDWARE, None, MISPOSTED_ACCOUNT, right, sale.quantity * sale.cost
    )  # fmt: skip


def _note_labour(made: Made) -> Misposted:
    wrong = [one for one in made.documents if one.reason == "payroll"][-OVERHEAD_MONTHS:]
    last = made.work.technicians[-1]
    cents = sum(
        line.cents for one in wrong for line in one.lines if f" {last.first} {last.last}," in line.text
    )
    numbers, days = tuple(one.number for one in wrong), tuple(one.day for one in wrong)
    return Misposted(numbers, days, "", last.id, "Payroll:Wages", "Technician Wages", cents)


def _note_tool(made: Made) -> Misposted:
    found = [one for one in made.documents if one.party == chart.RMM]
    cents = sum(line.cents for one in found for line in one.lines)
    numbers, days = tuple(one.number for one in found), tuple(one.day for one in found)
    return Misposted(numbers, days, chart.RMM, None, "Software Subscriptions", "Delivery Tools", cents)


def _note_cost_later(goods: Goods) -> CostLater:
    sale = goods.cost_later
    revenue, cost = sale.quantity * sale.price, sale.quantity * sale.cost
    return CostLater(sale.invoice, sale.bill, sale.client, sale.day, sale.billed, revenue, cost)


def _note_never_billed(made: Made) -> NeverBilled:
    agreement = _find_agreement(made, made.cast.never_billed, "Backup")
    due = [sum(one.quantity * one.price for one in list_active(agreement, month)) for month in made.months]
    return NeverBilled(agreement.id, agreement.client, due[-1], sum(due))


def _note_without_agreement(made: Made) -> WithoutAgreement:
    client = made.firms.clients[made.cast.without_agreement]
    found = [one for one in made.documents if one.reason == "agreement" and one.party == client.customer_id]
    cents = sum(line.cents for one in found for line in one.lines)
    return WithoutAgreement(
        client.number, client.customer_id or "", tuple(one.number for one in found), cents
    )


def _note_unbilled(made: Made) -> Unbilled:
    number, month = made.cast.unbilled, made.months[-1 - UNBILLED_BEFORE]
    time = [
        one for one in made.work.time
        if one.client == number and one.day.replace(day=1) == month and one.rate and not one.invoice
    ]  # fmt: skip
    spent = [
        one for one in made.work.expenses
        if one.client == number and one.day.replace(day=1) == month and one.bill == "Billable" and not one.invoice
    ]  # fmt: skip
    return Unbilled(
        number, month, tuple(one.id for one in time), tuple(one.id for one in spent),
        sum(one.minutes * one.rate // 60 for one in time), sum(one.cents for one in spent),
    )  # fmt: skip


def _note_below_list(made: Made) -> BelowList:
    agreement = _find_agreement(made, made.cast.below_list)
    addition = next(one for one in agreement.additions if one.price == BELOW_LIST)
    wanted = chart.ITEMS[addition.item].price
    monthly = (wanted - addition.price) * addition.quantity
    months = sum(addition in list_active(agreement, month) for month in made.months)
    return BelowList(
        agreement.id, addition.id, agreement.client, addition.item, addition.quantity, addition.price, wanted, monthly,
        monthly * months,
    )  # fmt: skip
