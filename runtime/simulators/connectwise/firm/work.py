"""Tickets, time entries and expenses. Called by `building`, after everything that they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.simulators.connectwise.firm import tables
from runtime.simulators.connectwise.firm.agreements import BILLABLE
from runtime.simulators.connectwise.firm.values import (
    DEPARTMENT,
    LOCATION,
    Body,
    Stamps,
    make_day,
    make_moment,
    make_reference,
    to_dollars,
)
from runtime.simulators.provider.plan import Expense, Ticket, TimeEntry

HOUR = 135.0
"""The list rate of an hour that an agreement covers, in dollars."""


@dataclass(frozen=True, slots=True)
class References:
    """References by id; invoices by number."""

    companies: Mapping[int, Body]
    sites: Mapping[int, Body]
    contacts: Mapping[int, Body]
    members: Mapping[int, Body]
    roles: Mapping[int, Body]
    agreements: Mapping[int, Body]
    projects: Mapping[int, Body]
    invoices: Mapping[str, Body]


class WorkRecords:
    """The records of what technicians do."""

    def __init__(self, references: References, tickets: Mapping[int, Ticket], stamps: Stamps) -> None:
        self.to, self.tickets, self.stamps = references, tickets, stamps

    def make_ticket(self, ticket: Ticket, minutes: int) -> Body:
        """Return a ticket of the help desk or of a project."""
        is_project, member = ticket.project_id is not None, self.to.members[ticket.technician_id]
        changed = ticket.closed or ticket.opened
        kind = {} if is_project else {"recordType": "ServiceTicket"}
        body: Body = {
            "id": ticket.id, "summary": ticket.summary, **kind,
            "board": tables.PROJECTS if is_project else tables.HELP_DESK,
            "status": self._status(ticket, is_project=is_project), "workRole": self.to.roles[ticket.technician_id],
            "workType": tables.REGULAR, "company": self.to.companies[ticket.company_id],
            "site": self.to.sites[ticket.company_id], "contact": self.to.contacts[ticket.company_id],
            "owner": member, "priority": tables.PRIORITY, "budgetHours": 0.0, "closedFlag": ticket.closed is not None,
            "actualHours": minutes / 60, "approved": True, **BILLABLE, "location": LOCATION,
            "department": DEPARTMENT, "customFields": [],
            "_info": self.stamps.enter(ticket.opened, changed, member["identifier"]),
        }  # fmt: skip
        if ticket.closed is not None:
            body |= {"closedDate": make_moment(ticket.closed, 17 * 60), "closedBy": member["identifier"]}
        return {**body, **self._refer(ticket.agreement_id, ticket.project_id)}

    def _status(self, ticket: Ticket, *, is_project: bool) -> Body:
        if is_project:
            return tables.PROJECT_CLOSED if ticket.closed else tables.PROJECT_IN_PROGRESS
        return tables.CLOSED if ticket.closed else tables.IN_PROGRESS

    def _refer(self, agreement_id: int | None, project_id: int | None) -> Body:
        body: Body = {}
        if agreement_id is not None:
            body["agreement"] = self.to.agreements[agreement_id]
            body["agreementType"] = body["agreement"]["type"]
        if project_id is not None:
            body |= {"project": self.to.projects[project_id], "phase": make_reference(project_id, "Delivery")}
        return body

    def make_time_entry(self, entry: TimeEntry) -> Body:
        """Return a time entry with its money."""
        member = self.to.members[entry.technician_id]
        ended = make_moment(entry.day, entry.start + entry.minutes)
        return {
            "id": entry.id, "company": self.to.companies[entry.company_id], **self._charge(entry.ticket_id),
            "member": member, "locationId": 2, "businessUnitId": 10, "workType": tables.REGULAR,
            "workRole": self.to.roles[entry.technician_id], "timeStart": make_moment(entry.day, entry.start),
            "timeEnd": ended, "hoursDeduct": 0.0, "actualHours": entry.minutes / 60, "billableOption": entry.bill,
            "notes": "", "enteredBy": member["identifier"], "dateEntered": ended,
            "hourlyCost": f"{entry.cost / 100:.2f}", **_make_time_money(entry),
            **self._refer(entry.agreement_id, entry.project_id), **self._invoice(entry.invoice),
            "_info": self.stamps.stamp(entry.day, member["identifier"]),
        }  # fmt: skip

    def _charge(self, ticket_id: int | None) -> Body:
        if ticket_id is None:
            return {"chargeToId": tables.MEETING, "chargeToType": "ChargeCode"}
        ticket = self.tickets[ticket_id]
        kind = "ServiceTicket" if ticket.project_id is None else "ProjectTicket"
        summary = {"id": ticket_id, "summary": ticket.summary}
        return {"chargeToId": ticket_id, "chargeToType": kind, "ticket": summary}

    def _invoice(self, number: str) -> Body:
        return {"invoice": self.to.invoices[number]} if number else {}

    def make_expense(self, expense: Expense) -> Body:
        """Return an expense."""
        amount, is_billable = to_dollars(expense.cents), expense.bill == "Billable"
        ticket = self.tickets[expense.ticket_id]
        return {
            "id": expense.id, "company": self.to.companies[expense.company_id], **self._charge(expense.ticket_id),
            "type": make_reference(tables.EXPENSE_TYPES[expense.kind], expense.kind),
            "member": self.to.members[expense.technician_id], "amount": amount, "billableOption": expense.bill,
            "date": make_day(expense.day), "locationId": 2, "businessUnitId": 10, "notes": ticket.summary,
            "billAmount": amount if is_billable else 0.0, "invoiceAmount": amount if is_billable else 0.0,
            "status": "Billed" if expense.invoice else "ReadyToBill" if is_billable else "ApprovedByTierOne",
            **self._refer_of(ticket), **self._invoice(expense.invoice),
            "_info": self.stamps.stamp(expense.day, tables.MANAGER),
        }  # fmt: skip

    def _refer_of(self, ticket: Ticket) -> Body:
        body = self._refer(ticket.agreement_id, ticket.project_id)
        body.pop("agreementType", None)
        return body


def _make_time_money(entry: TimeEntry) -> Body:
    """Return hours and money of an entry: covered by an agreement, to be invoiced, or for nothing."""
    hours = entry.minutes / 60
    if entry.agreement_id is not None:
        amount = round(hours * HOUR, 2)
        return {
            "hoursBilled": hours, "invoiceHours": hours, "hourlyRate": HOUR, "agreementHours": hours,
            "agreementAmount": amount, "extendedInvoiceAmount": amount, "status": "BilledAgreement",
        }  # fmt: skip
    if not entry.rate:
        return {
            "hoursBilled": 0.0,
            "invoiceHours": 0.0,
            "extendedInvoiceAmount": 0.0,
            "status": "ApprovedByTierOne",
        }
    return {
        "hoursBilled": hours, "invoiceHours": hours, "hourlyRate": to_dollars(entry.rate), "agreementHours": 0.0,
        "agreementAmount": 0.0, "extendedInvoiceAmount": to_dollars(entry.minutes * entry.rate // 60),
        "status": "Billed" if entry.invoice else "ReadyToBill",
    }  # fmt: skip
