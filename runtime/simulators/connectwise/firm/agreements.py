"""Agreements with their additions, and projects with their one phase. Called by `building`."""

from __future__ import annotations

from datetime import date, timedelta

from runtime.simulators.connectwise.firm.companies import CompanyRecords
from runtime.simulators.connectwise.firm.tables import AGREEMENT_TYPES, MANAGER, PROJECTS
from runtime.simulators.connectwise.firm.values import (
    DEPARTMENT,
    LOCATION,
    MONTHLY,
    TERMS,
    Body,
    Stamps,
    make_day,
    make_reference,
    to_dollars,
)
from runtime.simulators.provider.days import add_months
from runtime.simulators.provider.parties import Company
from runtime.simulators.provider.plan import Addition, Agreement, Item, Project

BILLABLE: Body = {"billTime": "Billable", "billExpenses": "Billable", "billProducts": "Billable"}


class AgreementRecords:
    """The records of agreements and projects, and the references to them."""

    def __init__(self, companies: CompanyRecords, stamps: Stamps, last_day: date) -> None:
        self.companies, self.stamps, self.last_day = companies, stamps, last_day

    def refer(self, agreement: Agreement) -> Body:
        """Return the reference to an agreement."""
        return make_reference(agreement.id, agreement.name, type=agreement.kind)

    def refer_to_project(self, project: Project) -> Body:
        """Return the reference to a project."""
        return make_reference(project.id, project.name)

    def make_agreement(self, agreement: Agreement, company: Company) -> Body:
        """Return an agreement: it is billed by its additions, and covers hours up to its limit."""
        limit = agreement.limit / 60
        covers = {"applicationUnits": "Hours", "applicationLimit": limit} if limit else {}
        following = add_months(self.last_day.replace(day=1), 1)
        next_invoice = following if agreement.is_invoiced else agreement.since
        return {
            "id": agreement.id, "name": agreement.name,
            "type": make_reference(AGREEMENT_TYPES[agreement.kind], agreement.kind),
            "company": self.companies.refer(company), "contact": self.companies.refer_to_contact(company),
            "site": self.companies.refer_to_site(company), "location": LOCATION, "department": DEPARTMENT,
            "startDate": make_day(agreement.since), **self._end(agreement), **covers,
            "applicationCycle": "CalendarMonth", "applicationUnlimitedFlag": not limit, "oneTimeFlag": False,
            "coverAgreementTime": True, "coverAgreementProduct": False, "coverAgreementExpense": False,
            "carryOverUnused": False, "allowOverruns": True, "billingCycle": MONTHLY, "billOneTimeFlag": False,
            "billingTerms": TERMS, "invoicingCycle": "CalendarYear", "billToCompany": self.companies.refer(company),
            "billAmount": 0.0, "taxable": False, "billStartDate": make_day(agreement.since), **BILLABLE,
            "employeeCompRate": "Actual", "employeeCompNotExceed": "Billing", "periodType": "Current",
            "autoInvoiceFlag": agreement.is_invoiced, "nextInvoiceDate": make_day(next_invoice), "customFields": [],
            "_info": self.stamps.enter(agreement.since, agreement.until or agreement.since, MANAGER),
        }  # fmt: skip

    def _end(self, agreement: Agreement) -> Body:
        if agreement.until is None:
            return {"noEndingDateFlag": True, "cancelledFlag": False, "agreementStatus": "Active"}
        last = make_day(agreement.until - timedelta(days=1))
        return {
            "endDate": last, "noEndingDateFlag": False, "cancelledFlag": True, "dateCancelled": last,
            "reasonCancelled": "Went to another provider", "agreementStatus": "Cancelled",
        }  # fmt: skip

    def make_addition(self, agreement: Agreement, addition: Addition, item: Item) -> Body:
        """Return an addition."""
        price, cost = addition.quantity * addition.price, addition.quantity * addition.cost
        ended = {"cancelledDate": make_day(addition.until)} if addition.until else {}
        return {
            "id": addition.id, "product": {"id": item.id, "identifier": item.code},
            "quantity": float(addition.quantity), "lessIncluded": 0.0, "unitPrice": to_dollars(addition.price),
            "unitCost": to_dollars(addition.cost), "billCustomer": "Billable",
            "effectiveDate": make_day(addition.since), **ended, "taxableFlag": False,
            "invoiceDescription": item.name, "agreementId": agreement.id, "description": item.name,
            "billedQuantity": float(addition.quantity), "extPrice": to_dollars(price), "extCost": to_dollars(cost),
            "margin": to_dollars(price - cost), "agreementStatus": self._end(agreement)["agreementStatus"],
            "_info": self.stamps.stamp(addition.since, MANAGER),
        }  # fmt: skip

    def make_project(self, project: Project, company: Company, minutes: int, cost: int) -> Body:
        """Return a project; `cost` is cents that its budget of hours costs."""
        is_over = project.last <= self.last_day
        revenue = project.fee or project.budget * project.rate // 60
        billing: Body = {"billingMethod": "FixedFee" if project.fee else "ActualRates"}
        if project.fee:
            billing["billingAmount"] = to_dollars(project.fee)
        return {
            "id": project.id, "name": project.name, **billing, **BILLABLE, "board": PROJECTS,
            "budgetHours": project.budget / 60, "budgetFlag": True, "budgetAnalysis": "ActualHours",
            "company": self.companies.refer(company), "contact": self.companies.refer_to_contact(company),
            "estimatedStart": make_day(project.first), "estimatedEnd": make_day(project.last),
            "estimatedHours": project.budget / 60, "estimatedTimeRevenue": to_dollars(revenue),
            "estimatedTimeCost": to_dollars(cost), "actualHours": minutes / 60,
            "percentComplete": 1.0 if is_over else 0.5, "status": {"id": 2, "name": "Closed"} if is_over
            else {"id": 1, "name": "Open"}, "closedFlag": is_over, "type": {"id": 2, "name": "Infrastructure"},
            "location": LOCATION, "department": DEPARTMENT, "billToCompany": self.companies.refer(company),
            "customFields": [], "_info": self.stamps.enter(project.first, project.last, MANAGER),
        }  # fmt: skip

    def make_phase(self, project: Project) -> Body:
        """Return the one phase of a project, under its own id."""
        return {
            "id": project.id, "projectId": project.id, "description": "Delivery", "board": PROJECTS,
            "status": {"id": 1, "name": "Open"}, **BILLABLE, "scheduledHours": project.budget / 60,
            "budgetHours": project.budget / 60, "locationId": 2, "businessUnitId": 10,
            "_info": self.stamps.stamp(project.first, MANAGER),
        }  # fmt: skip
