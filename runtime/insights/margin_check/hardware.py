"""Hardware that was sold and whose cost is not booked in the same month. Called by `checking`.

Only of products whose stock is not counted: of the others the vendor books the cost with the sale. A sale takes its
cost from purchases for the same customer that name it, then from other ones for the customer, then from the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from runtime.insights.bookings import Booking, is_stocked, to_cents
from runtime.insights.books import ZERO
from runtime.insights.margin_check.findings import Entry, Finding
from runtime.insights.margin_check.ledger import LATER_MONTHS, Ledger, find_last_day, find_month
from runtime.insights.period_pairs import subtract_months

HARDWARE = "hardware"
USUAL_COST = Decimal("0.74")
"""The cost of hardware as a part of its price where the product has none: the gross margin of products was 26.3 % in a
benchmark of the second quarter of 2024 (BTA news)."""
ENOUGH = Decimal("0.5")
"""The part of the expected cost that counts as booked: prices of suppliers move, and a bill may be split."""

_FOREIGN = 4
"""The rank of a cost of another customer."""


@dataclass(slots=True)
class Cost:
    """A purchase of hardware, and what of it no sale has taken yet."""

    booking: Booking
    left: Decimal


def find_hardware(ledger: Ledger, moved: Iterable[Booking]) -> Iterator[Finding]:
    """Yield sales without their cost; `moved` has costs that stand elsewhere by error and are there all the same."""
    costs = _gather_costs(ledger, moved)
    sales: dict[date, list[Booking]] = defaultdict(list)
    for each in ledger.bookings:
        if _is_sale(ledger, each):
            sales[find_month(each.transaction.day)].append(each)
    open_ = [
        each
        for month in sorted(sales)
        for each in sorted(sales[month], key=lambda one: one.amount)
        if not _take(ledger, each, costs.get(month, ()))
    ]
    for each in open_:
        if ledger.days.has(each.transaction.day):
            yield _make(ledger, each, costs)


def _gather_costs(ledger: Ledger, moved: Iterable[Booking]) -> dict[date, list[Cost]]:
    found: dict[date, list[Cost]] = defaultdict(list)
    others = {id(each) for each in moved}
    for each in ledger.bookings:
        is_cost = each.group == "cost_of_sales" and not each.is_sale
        if each.amount > 0 and (id(each) in others or (is_cost and _is_hardware(ledger, each))):
            found[find_month(each.transaction.day)].append(Cost(each, each.amount))
    return found


def _is_sale(ledger: Ledger, booking: Booking) -> bool:
    return (
        booking.group == "income"
        and booking.is_sale
        and booking.amount < 0
        and not is_stocked(ledger.books.items.get(booking.line.item))
        and _is_hardware(ledger, booking)
    )


def _is_hardware(ledger: Ledger, booking: Booking) -> bool:
    item = ledger.books.items.get(booking.line.item)
    names = (ledger.books.name_account(booking.account), item.name if item is not None else booking.line.text)
    return ledger.topics.has(HARDWARE, *names)


def _expect(ledger: Ledger, sale: Booking) -> Decimal:
    """Return what a sale should have cost."""
    item = ledger.books.items.get(sale.line.item)
    if item is not None and item.cost > 0 and sale.line.quantity:
        return item.cost * abs(sale.line.quantity)
    return -sale.amount * USUAL_COST


def _take(ledger: Ledger, sale: Booking, costs: Iterable[Cost]) -> bool:
    """Whether a sale finds its cost, which it takes then."""
    expected = _expect(ledger, sale)
    ranked = sorted((_rank(ledger, sale, each), place) for place, each in enumerate(costs))
    several, found, need = list(costs), list[tuple[Cost, Decimal]](), expected
    for rank, place in ranked:
        cost = several[place]
        if rank < _FOREIGN and need > 0 and cost.left > 0:
            part = min(cost.left, need)
            found.append((cost, part))
            need -= part
    if expected - need < ENOUGH * expected:
        return False
    for cost, part in found:
        cost.left -= part
    return True


def _rank(ledger: Ledger, sale: Booking, cost: Cost) -> int:
    """Return how well a cost fits a sale, the best first; `_FOREIGN` for one of another customer."""
    customer = ledger.find_root(cost.booking.customer)
    if customer and customer != ledger.find_root(sale.customer):
        return _FOREIGN
    item = ledger.books.items.get(sale.line.item)
    text = cost.booking.line.text.casefold()
    is_named = item is not None and (
        cost.booking.line.item == sale.line.item or (bool(item.name) and item.name.casefold() in text)
    )
    return (0 if customer else 2) + (not is_named)


def _make(ledger: Ledger, sale: Booking, costs: dict[date, list[Cost]]) -> Finding:
    month, record = find_month(sale.transaction.day), sale.transaction
    later = _find_later(ledger, sale, month, costs)
    amount = later.left if later is not None else to_cents(_expect(ledger, sale))
    item = ledger.books.items.get(sale.line.item)
    what = item.name if item is not None else sale.line.text or "Hardware"
    name = ledger.books.name_party(record.party, record.party_name)
    sold = f"{what} was sold to {name} for {to_cents(-sale.amount):,.2f} in {month:%B %Y}"
    finding = Finding("hardware_without_cost", month, "", amount, -amount)
    finding.records[str(record.key)] = -sale.amount
    if later is None:
        finding.says = f"{sold}, and no purchase of it is booked. Its cost is estimated at {amount:,.2f}."
        finding.advice = "Find the supplier's bill and enter it; the entry here only accrues it."
        account = ""
    else:
        booked, account = later.booking.transaction, later.booking.account
        finding.records[str(booked.key)] = amount
        finding.says = f"{sold}; its cost of {amount:,.2f} is booked on {booked.day}, in another month."
        finding.advice = "Reverse the entry in the month of the bill."
        if ledger.days.has(booked.day):
            finding.effect = ZERO
        later.left = ZERO
    account = account or ledger.find_account("cost_of_sales", HARDWARE)
    accrued = ledger.find_account("liability", "accrued_cost")
    if account and accrued:
        day = min(find_last_day(month), ledger.days.end)
        finding.entry = Entry(account, accrued, amount, day, f"Accrue the cost of {what} for {name}"[:200])
    return finding


def _find_later(ledger: Ledger, sale: Booking, month: date, costs: dict[date, list[Cost]]) -> Cost | None:
    """Return the purchase for the same customer that came in a later month and no other sale has taken."""
    expected = _expect(ledger, sale)
    for later in range(1, LATER_MONTHS + 1):
        for rank in (0, 1):
            for each in costs.get(subtract_months(month, -later), ()):
                if each.left >= ENOUGH * expected and _rank(ledger, sale, each) == rank:
                    return each
    return None
