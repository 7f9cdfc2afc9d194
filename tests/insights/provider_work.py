"""The work system of the simulated provider as analyses get it, and who is who in it and in the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from runtime.insights.books import Key
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.insights.work_records import (
    Addition,
    Agreement,
    TimeEntry,
    Work,
    WorkClient,
    WorkExpense,
    WorkMember,
)
from runtime.simulators.provider.plan import Plan

LISTS = frozenset({"clients", "agreements", "additions", "members", "time_entries", "expenses"})


def make_work(plan: Plan, today: date) -> Work:
    """Return what the work system has of a plan."""
    return Work(
        today,
        clients={str(each.id): WorkClient(Key("companies", str(each.id)), each.name) for each in plan.companies},
        agreements={
            str(each.id): Agreement(
                Key("agreements", str(each.id)), str(each.company_id), each.name, each.kind, start=each.since,
                end=each.until,
            )
            for each in plan.agreements
        },
        additions=tuple(
            Addition(
                Key("additions", str(one.id)), str(each.id), one.item, plan.items[one.item].name,
                Decimal(one.quantity), price=_to_money(one.price), cost=_to_money(one.cost), start=one.since,
                end=one.until,
            )
            for each in plan.agreements
            for one in each.additions
        ),
        time_entries=tuple(
            TimeEntry(
                Key("time_entries", str(each.id)), str(each.company_id), each.day, str(each.technician_id),
                Decimal(each.minutes) / 60, rate=_to_money(each.rate), agreement=str(each.agreement_id or ""),
                invoice=each.invoice, is_billable=each.bill == "Billable",
            )
            for each in plan.time
        ),
        expenses=tuple(
            WorkExpense(
                Key("expenses", str(each.id)), str(each.company_id), each.day, amount=_to_money(each.cents),
                invoice=each.invoice, is_billable=each.bill == "Billable",
            )
            for each in plan.expenses
        ),
        members={
            str(each.id): WorkMember(Key("members", str(each.id)), f"{each.first} {each.last}")
            for each in plan.technicians
        },
        lists=LISTS,
    )  # fmt: skip


def make_mapping(plan: Plan) -> ClientMapping:
    """Return who is who, as the truths of a plan have it."""
    pairs = {str(each.company_id): each.customer_id for each in plan.truths.pairs}
    links = {id_: ClientLink(id_, "linked", customer) for id_, customer in pairs.items()}
    links |= {str(id_): ClientLink(str(id_), "not_a_client") for id_ in plan.truths.not_clients}
    return ClientMapping(links)


def _to_money(cents: int) -> Decimal:
    return Decimal(cents) / 100
