"""Making the plan of an IT service provider: everything in its order, from parameters alone.

Called by both simulators and by tests. The same parameters give the same plan.
"""

from __future__ import annotations

from collections.abc import Iterable

from runtime.simulators.provider import chart
from runtime.simulators.provider.billing import Sold, make_invoices
from runtime.simulators.provider.clients import SEATS_AN_HOUR, make_firms
from runtime.simulators.provider.contracts import make_contracts
from runtime.simulators.provider.costs import Costs
from runtime.simulators.provider.days import list_months
from runtime.simulators.provider.goods import make_goods
from runtime.simulators.provider.plan import Document, Parameters, Plan, Project
from runtime.simulators.provider.planting import Made, list_truths
from runtime.simulators.provider.projects import make_projects
from runtime.simulators.provider.work import hire_technicians, make_work
from runtime.simulators.provider.workload import Workload, estimate_hours

PAYMENTS_A_DEPOSIT = 20
"""Payments that one deposit brings to the bank, at most: what the books of a simulator do."""
FEWEST_MONTHS = 8
"""So that each thing planted has complete months before and after it."""


def make_plan(parameters: Parameters) -> Plan:
    """Return the business. Raises ValueError for fewer clients or months than its parts need."""
    if parameters.months < FEWEST_MONTHS:
        raise ValueError(f"a provider is shown for at least {FEWEST_MONTHS} months")
    made, projects = _make_parts(parameters)
    firms, work, contracts = made.firms, made.work, made.contracts
    return Plan(
        parameters=parameters, name=chart.NAME, first_day=made.months[0], months=made.months, accounts=chart.ACCOUNTS,
        items=chart.ITEMS, vendors=chart.VENDORS, technicians=work.technicians, clients=firms.clients,
        companies=firms.companies, customers=(*firms.customers, *made.sub_customers),
        agreements=contracts.agreements, projects=projects, tickets=work.tickets, time=work.time,
        expenses=work.expenses, sales=made.goods.sales, documents=made.documents, truths=list_truths(made),
    )  # fmt: skip


def _make_parts(parameters: Parameters) -> tuple[Made, tuple[Project, ...]]:
    months = list_months(parameters.last_day, parameters.months)
    hours = estimate_hours(parameters)
    firms = make_firms(parameters, months[0], hours)
    contracts = make_contracts(parameters, firms, months, 60 / SEATS_AN_HOUR)
    projects, subs = make_projects(parameters, firms, months, hours)
    workload = Workload(parameters, firms, months, contracts.agreements, projects)
    own = next(one.id for one in firms.companies if one.kind == "own")
    work = make_work(parameters, workload, hire_technicians(parameters, months[0]), own)
    goods = make_goods(parameters, firms, months)
    sold = Sold(contracts, projects, work, goods)
    invoices = make_invoices(parameters, firms, months, sold)
    costs = Costs(parameters, months)
    spent = [
        *costs.list_resold(contracts), *costs.list_goods(goods), *costs.list_expenses(work),
        *costs.list_payroll(work.technicians), *costs.list_tools(), *costs.list_overheads(),
    ]  # fmt: skip
    documents = [one for one in (*invoices, *spent) if one.day <= parameters.last_day]
    documents += costs.list_small(_count_transactions(documents))
    documents.sort(key=lambda one: (one.day, one.kind, one.number))
    return Made(parameters, months, firms, contracts, work, goods, subs, tuple(documents)), projects


def _count_transactions(documents: Iterable[Document]) -> int:
    """Return how many transactions the books have with payments and deposits."""
    count = paid = 0
    for document in documents:
        is_settled = document.kind in ("invoice", "bill") and document.paid_on is not None
        count += 1 + is_settled
        paid += is_settled and document.kind == "invoice"
    return count + paid // PAYMENTS_A_DEPOSIT
