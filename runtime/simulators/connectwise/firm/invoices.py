"""Invoices that came from the work system, products sold, and opportunities. Called by `building`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from runtime.simulators.connectwise.firm.agreements import AgreementRecords
from runtime.simulators.connectwise.firm.companies import CompanyRecords
from runtime.simulators.connectwise.firm.tables import MANAGER, SENT
from runtime.simulators.connectwise.firm.values import (
    CURRENCY,
    TERMS,
    Body,
    Stamps,
    make_day,
    make_reference,
    to_dollars,
)
from runtime.simulators.provider.parties import Company
from runtime.simulators.provider.plan import Document, Plan, Sale

FIRST_INVOICE = 70_001
"""The id of the first one: any that no other record has, so that a wrong reference shows."""
OFFER_EVERY = 6
"""One client of so many has an open opportunity."""


class InvoiceRecords:
    """The invoices that the work system has: not those of customers and agreements that it does not know."""

    def __init__(
        self, plan: Plan, companies: CompanyRecords, agreements: AgreementRecords, stamps: Stamps
    ) -> None:
        self.plan, self.companies, self.stamps, self.agreement_records = plan, companies, stamps, agreements
        self.by_id = {company.id: company for company in plan.companies}
        self.agreements = {agreement.id: agreement for agreement in plan.agreements}
        self.projects = {str(project.id): project for project in plan.projects}
        self.first_companies = {
            client.number: client.company_ids[0] for client in plan.clients if client.company_ids
        }
        self.documents = [one for one in plan.documents if self._is_known(one)]

    def _is_known(self, document: Document) -> bool:
        if document.kind != "invoice" or document.lines[0].client not in self.first_companies:
            return False
        return document.reason != "agreement" or document.lines[0].agreement_id is not None

    def map_references(self) -> Mapping[str, Body]:
        """Return the references to invoices by their numbers."""
        return {
            document.number: {"id": FIRST_INVOICE + place, "identifier": document.number}
            for place, document in enumerate(self.documents)
        }

    def list_invoices(self) -> Iterator[Body]:
        """Yield the invoices."""
        for place, document in enumerate(self.documents):
            yield self._invoice(FIRST_INVOICE + place, document)

    def _find_company(self, document: Document) -> Company:
        line = document.lines[0]
        if line.agreement_id is not None:
            return self.by_id[self.agreements[line.agreement_id].company_id]
        assert line.client is not None
        return self.by_id[self.first_companies[line.client]]

    def _invoice(self, id: int, document: Document) -> Body:
        company, total = self._find_company(document), sum(line.cents for line in document.lines)
        paid = total if document.paid_on else 0
        return {
            "id": id, "invoiceNumber": document.number, **self._apply(document), "status": SENT,
            "company": self.companies.refer(company), "billToCompany": self.companies.refer(company),
            "billingSite": self.companies.refer_to_site(company), "billingTerms": TERMS,
            "date": make_day(document.day), "dueDate": make_day(document.day + timedelta(days=30)),
            "locationId": 2, "departmentId": 10, "taxableFlag": False, **_make_totals(document),
            "agreementAmount": 0.0, "subtotal": to_dollars(total), "salesTax": 0.0, "total": to_dollars(total),
            "payments": to_dollars(paid), "credits": 0.0, "balance": to_dollars(total - paid),
            "specialInvoiceFlag": False, "currency": CURRENCY, "_info": self.stamps.stamp(document.day, MANAGER),
        }  # fmt: skip

    def _apply(self, document: Document) -> Body:
        """Return the type of an invoice, and what it is for."""
        agreement_id = document.lines[0].agreement_id
        if agreement_id is not None:
            agreement = self.agreement_records.refer(self.agreements[agreement_id])
            applied = {"applyToType": "Agreement", "applyToId": agreement_id, "agreement": agreement}
            return {"type": "Agreement", **applied}
        if document.reason != "project":
            return {"type": "Standard", "applyToType": "All"}
        project = self.projects[document.number.split("-")[1]]
        kind = "Progress" if project.fee else "Standard"
        reference = self.agreement_records.refer_to_project(project)
        return {"type": kind, "applyToType": "Project", "applyToId": project.id, "project": reference}

    def make_product(self, sale: Sale, invoice: Body) -> Body:
        """Return goods that were sold to a company."""
        item = self.plan.items[sale.item]
        assert sale.company_id is not None
        price, cost = sale.quantity * sale.price, sale.quantity * sale.cost
        return {
            "id": sale.id, "catalogItem": {"id": item.id, "identifier": item.code}, "description": item.name,
            "customerDescription": item.name, "quantity": float(sale.quantity), "price": to_dollars(sale.price),
            "cost": to_dollars(sale.cost), "extPrice": to_dollars(price), "extCost": to_dollars(cost),
            "margin": to_dollars(price - cost), "discount": 0.0, "agreementAmount": 0.0,
            "billableOption": "Billable", "locationId": 2, "businessUnitId": 10, "taxableFlag": False,
            "cancelledFlag": False, "purchaseDate": make_day(sale.day), "listPrice": to_dollars(item.price),
            "company": self.companies.refer(self.by_id[sale.company_id]), "productClass": "NonInventory",
            "invoice": invoice, "_info": self.stamps.stamp(sale.day, MANAGER),
        }  # fmt: skip

    def list_opportunities(self) -> Iterator[Body]:
        """Yield what is offered to some clients and to those who are none yet."""
        asked = [
            one for one in self.plan.companies
            if one.kind == "prospect" or (one.client is not None and one.client % OFFER_EVERY == 0)
        ]  # fmt: skip
        for place, company in enumerate(asked):
            last_day = self.plan.parameters.last_day
            yield {
                "id": 880 + place, "name": f"{company.name[:60]} phone system",
                "expectedCloseDate": make_day(last_day + timedelta(days=30 + place)),
                "type": make_reference(2, "Project"), "stage": make_reference(2, "Quote"),
                "status": make_reference(1, "Open"), "probability": make_reference(5, "50"),
                "primarySalesRep": make_reference(300, "Morgan Blake", identifier=MANAGER), "locationId": 2,
                "businessUnitId": 10, "company": self.companies.refer(company),
                "contact": self.companies.refer_to_contact(company), "site": self.companies.refer_to_site(company),
                "totalSalesTax": 0.0, "customFields": [],
                "_info": self.stamps.stamp(last_day - timedelta(days=20 + place), MANAGER),
            }  # fmt: skip


def _make_totals(document: Document) -> Body:
    """Return what an invoice has of services, expenses and products; additions of agreements are products."""
    totals = {"serviceTotal": 0, "expenseTotal": 0, "productTotal": 0}
    for line in document.lines:
        name = {"expenses": "expenseTotal", "hourly": "serviceTotal", "projects": "serviceTotal"}
        totals[name.get(line.stream, "productTotal")] += line.cents
    return {key: to_dollars(cents) for key, cents in totals.items()}
