"""How late each customer usually pays, and so how unusual a delay is. Called by `dunning`.

A delay is what lies between the due day of an invoice and the payment that settled it. A customer with few payments is
judged by all customers together, the more the fewer there are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median

from runtime.insights.books import Books, Key, Transaction

PRIOR = 3
"""What all customers together count for, in payments: a customer with three of its own is judged half by them."""
FEW = 5
"""With fewer payments in all nothing is usual, and `LONG` days are taken to be unusual."""
LONG = 30
"""As many days as most terms of payment give."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Days between due day and payment, in order: of each customer, by the Id of its uppermost parent, and of all."""

    own: Mapping[str, Sequence[int]] = field(default_factory=dict)
    everybody: Sequence[int] = ()

    def measure_unusual(self, customer: str, days: int) -> Decimal:
        """Return the share of payments that had come in before a delay: 0 for a usual delay, 1 for one never seen."""
        own = self.own.get(customer, ())
        if len(self.everybody) < FEW:
            general = min(days / LONG, 1.0)
        else:
            general = bisect_left(self.everybody, days) / len(self.everybody)
        found = (bisect_left(own, days) + PRIOR * general) / (len(own) + PRIOR)
        return Decimal(str(round(found, 4)))

    def find_usual(self, customer: str) -> int | None:
        """Return the delay of half of a customer's payments; None without any."""
        own = self.own.get(customer, ())
        return round(median(own)) if own else None

    def find_expected(self, customer: str, days: int) -> int | None:
        """Return the delay to expect of an invoice that is so many days late; None for one later than any so far."""
        for known in (self.own.get(customer, ()), self.everybody):
            later = known[bisect_right(known, days) :]
            if len(later) >= PRIOR or (later and known is self.everybody):
                return round(median(later))
        return None


def find_due(invoice: Transaction) -> date:
    """Return the day on which an invoice is due: its own day where it names none."""
    return invoice.due or invoice.day


def collect_delays(books: Books, find_family: Callable[[Key | None], str]) -> Delays:
    """Return the delays of the invoices that were paid whole, as far as both were read."""
    paid: dict[Key, date] = {}
    for payment in books.list_kinds("customer_payment"):
        if payment.total > 0 and payment.day <= books.today:
            for link in payment.list_settled():
                paid[link.key] = max(paid.get(link.key, payment.day), payment.day)
    own: dict[str, list[int]] = {}
    for key, day in paid.items():
        invoice = books.by_key.get(key)
        if invoice is not None and invoice.kind == "invoice" and not invoice.open:
            own.setdefault(find_family(invoice.party), []).append((day - find_due(invoice)).days)
    for several in own.values():
        several.sort()
    return Delays(own, sorted(days for several in own.values() for days in several))
