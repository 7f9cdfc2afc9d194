"""Sales below the list price of their product. Called by `checking`. No entry corrects them: the next invoice does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from runtime.insights.bookings import CUSTOMERS, Booking, to_cents
from runtime.insights.books import Key
from runtime.insights.margin_check.findings import Finding
from runtime.insights.margin_check.ledger import Ledger, find_month

LEAST = Decimal("0.01")
"""The part of the list price below which a difference is rounding."""


def find_low_prices(ledger: Ledger) -> Iterator[Finding]:
    """Yield the products that a customer was invoiced below the list price in a month."""
    groups: dict[tuple[date, str, str], list[Booking]] = defaultdict(list)
    for each in ledger.period:
        if each.is_sale and each.group == "income" and _measure_lack(ledger, each) > 0:
            groups[find_month(each.transaction.day), each.customer, each.line.item].append(each)
    for (month, customer, item), bookings in groups.items():
        lack = sum((_measure_lack(ledger, each) for each in bookings), Decimal(0))
        product, name = ledger.books.items[item], ledger.books.name_party(Key(CUSTOMERS, customer))
        prices = ", ".join(f"{price:,.2f}" for price in sorted({each.line.price or 0 for each in bookings}))
        says = (
            f"{product.name} was invoiced to {name} at {prices} in {month:%B %Y}; "
            f"the list price is {product.price:,.2f}, which is {to_cents(lack):,.2f} more in all."
        )
        advice = "If it was not agreed, invoice the list price from now on."
        finding = Finding("price_below_list", month, says, lack, lack, advice=advice)
        for each in bookings:
            finding.records[str(each.transaction.key)] += _measure_lack(ledger, each)
        yield finding


def _measure_lack(ledger: Ledger, booking: Booking) -> Decimal:
    """Return what a line lacks to the list price, in the company's currency; nothing for a credit or rounding."""
    item, line = ledger.books.items.get(booking.line.item), booking.line
    if item is None or item.price <= 0 or not line.price or not line.quantity or booking.amount >= 0:
        return Decimal(0)
    price = line.price * booking.transaction.rate
    if line.price < 0 or item.price - price < LEAST * item.price:
        return Decimal(0)
    return (item.price - price) * abs(line.quantity)
