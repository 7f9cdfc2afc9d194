"""Agreements of the work system without invoices in the books, and recurring invoices without an agreement.

Called by `checking`. A part of an agreement is invoiced where a line of the customer's invoices of the month has its
amount, or its name. Of an agreement that is billed each few months the lines of as many months count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from runtime.insights.bookings import Booking, to_cents
from runtime.insights.books import ZERO
from runtime.insights.margin_check.clients import Clients
from runtime.insights.margin_check.findings import OF_WORK_SYSTEM, Entry, Finding
from runtime.insights.margin_check.ledger import Ledger, find_last_day, find_month, split_words
from runtime.insights.period_pairs import subtract_months
from runtime.insights.valuation.series import count_month, find_step, is_steady
from runtime.insights.work_records import Agreement

BILLED = Decimal("0.5")
"""The part of an agreement's amount from which it is invoiced: a part that changed is found by its name."""
Lines = Mapping[tuple[str, date], list[Booking]]
"""The lines of sales by customer and month."""


def group_sales(ledger: Ledger) -> Lines:
    """Return the lines of sales, by the customer at the top and the first day of the month."""
    found: dict[tuple[str, date], list[Booking]] = defaultdict(list)
    for each in ledger.bookings:
        if each.is_sale and each.group == "income" and each.customer:
            found[ledger.find_root(each.customer), find_month(each.transaction.day)].append(each)
    return found


def find_unbilled_agreements(clients: Clients, lines: Lines) -> Iterator[Finding]:
    """Yield agreements of each month of the period that no invoice has."""
    ledger = clients.ledger
    for month in ledger.months:
        last = find_last_day(month)
        by_customer: dict[str, list[Agreement]] = defaultdict(list)
        for each in clients.list_agreements(month, last):
            if each.months > 0 and _is_whole(each, month, last):
                by_customer[clients.find_customer(each.client) or f" {each.client}"].append(each)
        if last <= ledger.days.end and last < ledger.books.today:
            for customer, several in by_customer.items():
                yield from _judge(clients, lines, customer, month, several)


def _is_whole(agreement: Agreement, first: date, last: date) -> bool:
    """Whether an agreement holds over a whole month: of a part the amount is not known."""
    return (agreement.start is None or agreement.start <= first) and (
        agreement.end is None or agreement.end >= last
    )


def _judge(
    clients: Clients, lines: Lines, customer: str, month: date, agreements: Sequence[Agreement]
) -> Iterator[Finding]:
    taken: set[int] = set()
    for each in sorted(agreements, key=lambda one: (one.months, one.key.id)):
        months = [subtract_months(month, back) for back in range(each.months)]
        around = (
            [] if each.months == 1 else [subtract_months(month, -ahead) for ahead in range(1, each.months)]
        )
        found = [line for one in (*months, *around) for line in lines.get((customer, one), ())]
        parts = clients.list_parts(each, month)
        whole = sum((amount for amount, _ in parts), ZERO)
        billed = sum((amount for amount, names in parts if _take(clients, found, taken, amount, names)), ZERO)
        if whole > 0 and billed < BILLED * whole:
            yield _make(clients, customer, month, each, (whole - billed) / each.months)


def _take(
    clients: Clients, lines: Sequence[Booking], taken: set[int], amount: Decimal, names: Sequence[str]
) -> bool:
    """Whether a line has the amount, or else the name, of a part; no other part has it then."""
    free = [each for each in lines if id(each) not in taken and each.amount < 0]
    wanted = [split_words(each) for each in names if each.strip()]

    def is_named(line: Booking) -> bool:
        item = clients.ledger.books.items.get(line.line.item)
        texts = [split_words(line.line.text), split_words(item.name) if item is not None else frozenset()]
        return any(one and (one == text or one < text) for one in wanted for text in texts)

    same = [each for each in free if to_cents(-each.amount) == to_cents(amount)]
    chosen = next((each for each in same if is_named(each)), None) or next(iter(same), None)
    chosen = chosen or next((each for each in free if is_named(each)), None)
    if chosen is None:
        return False
    taken.add(id(chosen))
    return True


def _make(clients: Clients, customer: str, month: date, agreement: Agreement, amount: Decimal) -> Finding:
    ledger, name = clients.ledger, clients.name(agreement.client)
    called = agreement.name or agreement.kind or f"agreement {agreement.key.id}"
    says = f"The agreement {called} of {name} comes to {to_cents(amount):,.2f} for {month:%B %Y}; no invoice has it."
    advice = "Invoice it, if it was agreed; the entry here only accrues the income."
    if customer.startswith(" "):
        advice = "No customer is mapped to this client: map it first, then invoice it."
    finding = Finding("agreement_without_invoice", month, says, amount, amount, advice=advice)
    finding.records[OF_WORK_SYSTEM.format(agreement.key)] = amount
    finding.entry = make_accrual(ledger, month, amount, f"Accrue {called} of {name}")
    return finding


def make_accrual(ledger: Ledger, month: date, amount: Decimal, text: str) -> Entry | None:
    """Return the entry that accrues income which is not invoiced; None without accounts for it."""
    accrued = ledger.find_account("asset", "accrued_income")
    income = ledger.find_account("income", "service_income", text)
    if not accrued or not income:
        return None
    return Entry(accrued, income, amount, min(find_last_day(month), ledger.days.end), text[:200])


def find_invoices_without_agreement(clients: Clients, lines: Lines) -> Iterator[Finding]:
    """Yield what recurs in the invoices of a month to a customer who has no agreement then."""
    ledger = clients.ledger
    recurring = _find_recurring(lines)
    for month in ledger.months:
        last = find_last_day(month)
        agreed = {clients.find_customer(each.client) for each in clients.list_agreements(month, last)}
        for (customer, of), several in lines.items():
            found = [each for each in several if (customer, _name_product(each)) in recurring]
            inside = [each for each in found if ledger.days.has(each.transaction.day)]
            if of == month and customer not in agreed and inside:
                yield _make_without(clients, customer, month, inside)


def _find_recurring(lines: Lines) -> set[tuple[str, str]]:
    """Return the products, or accounts, that each customer is invoiced again and again for similar amounts."""
    months: dict[tuple[str, str], dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (customer, month), several in lines.items():
        for each in several:
            months[customer, _name_product(each)][count_month(month.year, month.month)] -= each.amount
    found = set()
    for key, amounts in months.items():
        billed = {month: amount for month, amount in amounts.items() if amount > 0}
        if find_step(billed) and is_steady(list(billed.values())):
            found.add(key)
    return found


def _name_product(booking: Booking) -> str:
    return booking.line.item or f"account {booking.account}"


def _make_without(clients: Clients, customer: str, month: date, bookings: Sequence[Booking]) -> Finding:
    amount = -sum((each.amount for each in bookings), ZERO)
    name = clients.name_customer(customer)
    says = f"{name} was invoiced {to_cents(amount):,.2f} that recur for {month:%B %Y}, and has no agreement then."
    advice = (
        "Record the agreement, so that its work is covered and its end is known. The books stay as they are."
    )
    finding = Finding("invoice_without_agreement", month, says, amount, ZERO, advice=advice)
    for each in bookings:
        finding.records[str(each.transaction.key)] -= each.amount
    return finding
