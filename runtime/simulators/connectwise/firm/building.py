"""All records of the firm, by the paths at which the API has them. Called by the simulator when it starts.

Records below another one stand under the path with `{parentId}`, and name their parent themselves.
"""

from __future__ import annotations

from collections import Counter

from runtime.simulators.connectwise.firm.agreements import AgreementRecords
from runtime.simulators.connectwise.firm.companies import CompanyRecords
from runtime.simulators.connectwise.firm.invoices import InvoiceRecords
from runtime.simulators.connectwise.firm.tables import make_member_reference, make_role, make_tables
from runtime.simulators.connectwise.firm.values import Body, Stamps
from runtime.simulators.connectwise.firm.work import References, WorkRecords
from runtime.simulators.provider.plan import Plan


def build_records(plan: Plan) -> dict[str, list[Body]]:
    """Return the records of a plan by path, each with its id and `_info.lastUpdated`, in the order of their ids."""
    stamps = Stamps(plan.parameters.last_day)
    companies = CompanyRecords(stamps)
    agreements = AgreementRecords(companies, stamps, plan.parameters.last_day)
    invoices = InvoiceRecords(plan, companies, agreements, stamps)
    references = _refer(plan, companies, agreements, invoices)
    return {
        **make_tables(plan, stamps),
        "/company/companies": [companies.make_company(one) for one in plan.companies],
        "/company/companies/{parentId}/sites": [companies.make_site(one) for one in plan.companies],
        "/company/contacts": [body for one in plan.companies for body in companies.list_contacts(one)],
        **_build_contracts(plan, agreements),
        **_build_work(plan, WorkRecords(references, {one.id: one for one in plan.tickets}, stamps)),
        "/finance/invoices": list(invoices.list_invoices()),
        "/procurement/products": [
            invoices.make_product(one, references.invoices[one.invoice])
            for one in sorted(plan.sales, key=lambda one: one.id) if one.company_id is not None
        ],
        "/sales/opportunities": list(invoices.list_opportunities()),
    }  # fmt: skip


def _refer(
    plan: Plan, companies: CompanyRecords, agreements: AgreementRecords, invoices: InvoiceRecords
) -> References:
    return References(
        companies={one.id: companies.refer(one) for one in plan.companies},
        sites={one.id: companies.refer_to_site(one) for one in plan.companies},
        contacts={one.id: companies.refer_to_contact(one) for one in plan.companies},
        members={one.id: make_member_reference(one) for one in plan.technicians},
        roles={one.id: make_role(one) for one in plan.technicians},
        agreements={one.id: agreements.refer(one) for one in plan.agreements},
        projects={one.id: agreements.refer_to_project(one) for one in plan.projects},
        invoices=invoices.map_references(),
    )


def _build_contracts(plan: Plan, agreements: AgreementRecords) -> dict[str, list[Body]]:
    companies = {one.id: one for one in plan.companies}
    minutes: Counter[int | None] = Counter()
    for entry in plan.time:
        minutes[entry.project_id] += entry.minutes
    hour = sum(one.cost for one in plan.technicians) // len(plan.technicians)
    return {
        "/finance/agreements": [
            agreements.make_agreement(one, companies[one.company_id]) for one in plan.agreements
        ],
        "/finance/agreements/{parentId}/additions": [
            agreements.make_addition(one, addition, plan.items[addition.item])
            for one in plan.agreements for addition in one.additions
        ],
        "/project/projects": [
            agreements.make_project(one, companies[one.company_id], minutes[one.id], one.budget * hour // 60)
            for one in plan.projects
        ],
        "/project/projects/{parentId}/phases": [agreements.make_phase(one) for one in plan.projects],
    }  # fmt: skip


def _build_work(plan: Plan, work: WorkRecords) -> dict[str, list[Body]]:
    minutes: Counter[int | None] = Counter()
    for entry in plan.time:
        minutes[entry.ticket_id] += entry.minutes
    tickets = [(one.project_id, work.make_ticket(one, minutes[one.id])) for one in plan.tickets]
    return {
        "/service/tickets": [body for project_id, body in tickets if project_id is None],
        "/project/tickets": [body for project_id, body in tickets if project_id is not None],
        "/time/entries": [work.make_time_entry(one) for one in plan.time],
        "/expense/entries": [work.make_expense(one) for one in sorted(plan.expenses, key=lambda one: one.id)],
    }
