"""Billable time and expenses of the work system that nobody invoiced or wrote off. Called by `checking`.

What an agreement covers is invoiced with it. Time of a month that is not over is work in progress, and no finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from runtime.insights.bookings import to_cents
from runtime.insights.books import ZERO, Key
from runtime.insights.margin_check.agreements import make_accrual
from runtime.insights.margin_check.clients import Clients
from runtime.insights.margin_check.findings import OF_WORK_SYSTEM, CheckName, Finding
from runtime.insights.margin_check.ledger import find_last_day, find_month
from runtime.insights.work_records import TimeEntry, WorkExpense


def find_unbilled_time(clients: Clients) -> Iterator[Finding]:
    """Yield the unbilled time of each client and month."""
    found: dict[tuple[str, date], dict[Key, Decimal]] = defaultdict(dict)
    for each in clients.work.time_entries:
        if (value := _value_time(each)) > 0 and _is_due(clients, each.client, each.day):
            found[each.client, find_month(each.day)][each.key] = value
    yield from _make_all(clients, "unbilled_time", "Time", found)


def find_unbilled_expenses(clients: Clients) -> Iterator[Finding]:
    """Yield the unbilled expenses of each client and month."""
    found: dict[tuple[str, date], dict[Key, Decimal]] = defaultdict(dict)
    for each in clients.work.expenses:
        if (value := _value_expense(each)) > 0 and _is_due(clients, each.client, each.day):
            found[each.client, find_month(each.day)][each.key] = value
    yield from _make_all(clients, "unbilled_expenses", "Expenses", found)


def _is_due(clients: Clients, client: str, day: date) -> bool:
    ledger = clients.ledger
    is_over = find_last_day(find_month(day)) < ledger.books.today
    return ledger.days.has(day) and is_over and bool(client) and clients.find_customer(client) is not None


def _value_time(entry: TimeEntry) -> Decimal:
    """Return what an entry would be invoiced at beside what its agreement covers."""
    if not entry.is_billable or entry.is_billed or entry.invoice or entry.is_written_off:
        return ZERO
    hours = (entry.billed_hours or entry.hours) - entry.agreement_hours
    return max(hours * entry.rate - entry.agreement_amount, ZERO)


def _value_expense(expense: WorkExpense) -> Decimal:
    is_open = expense.is_billable and not (expense.is_billed or expense.invoice or expense.is_written_off)
    return (expense.bill_amount or expense.amount) if is_open else ZERO


def _make_all(
    clients: Clients, check: CheckName, what: str, found: dict[tuple[str, date], dict[Key, Decimal]]
) -> Iterator[Finding]:
    for (client, month), records in found.items():
        amount, name = sum(records.values(), ZERO), clients.name(client)
        says = (
            f"{what} of {name} in {month:%B %Y} for {to_cents(amount):,.2f} is billable, and on no invoice."
        )
        advice = "Invoice it, or write it off; the entry here only accrues the income."
        finding = Finding(check, month, says, amount, amount, advice=advice)
        for key, value in records.items():
            finding.records[OF_WORK_SYSTEM.format(key)] = value
        finding.entry = make_accrual(clients.ledger, month, amount, f"Accrue {what.lower()} of {name}")
        yield finding
