"""What the diagnostic of the gross margin found, and its checks by their names. Called by the checks and `checking`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from runtime.insights.bookings import to_cents
from runtime.insights.books import ZERO, Books
from runtime.insights.fix_calls import fill_first

CheckName = Literal[
    "labour_in_overhead", "tools_in_overhead", "unusual_account", "hardware_without_cost", "price_below_list",
    "agreement_without_invoice", "invoice_without_agreement", "unbilled_time", "unbilled_expenses",
]  # fmt: skip
TITLES: Mapping[CheckName, str] = {
    "labour_in_overhead": "Labour for clients booked as overhead",
    "tools_in_overhead": "Tools for clients booked as overhead",
    "unusual_account": "Costs across the gross margin, against the habit",
    "hardware_without_cost": "Hardware sold without its cost in the month",
    "price_below_list": "Sold below the list price",
    "agreement_without_invoice": "Agreements that were not invoiced",
    "invoice_without_agreement": "Recurring invoices without an agreement",
    "unbilled_time": "Billable time that was not invoiced",
    "unbilled_expenses": "Billable expenses that were not invoiced",
}
OF_WORK: tuple[CheckName, ...] = (
    "agreement_without_invoice", "invoice_without_agreement", "unbilled_time", "unbilled_expenses",
)  # fmt: skip
"""The checks that need a work system, and who is who in it and in the books."""
OF_WORK_SYSTEM = "work/{}"
"""How the key of a record of the work system is written beside those of the books."""
CORRECTION = "margin_correction"
"""The call of definitions that books a correction."""
MOST_RECORDS = 10
"""Records of a finding that are named: as many as one opens."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A correcting entry: an amount from one account to another, on a day."""

    debit: str
    credit: str
    amount: Decimal
    day: date
    text: str


@dataclass(slots=True)
class Finding:
    """Something found. `effect` is what putting it right adds to the gross margin of the period.

    `records` has the amount of each record, by its key; `entry` is the correction, None where an entry is none.
    """

    check: CheckName
    month: date
    says: str
    amount: Decimal = ZERO
    effect: Decimal = ZERO
    records: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    entry: Entry | None = None
    advice: str = ""

    def list_records(self) -> list[str]:
        """Return its records, the largest first."""
        found = self.records
        return sorted(found, key=lambda key: (-abs(found[key]), len(key), key))[:MOST_RECORDS]

    def as_dict(self, books: Books) -> dict[str, Any]:
        """As plain values, for answers."""
        return {
            "check": self.check,
            "title": TITLES[self.check],
            "month": f"{self.month:%Y-%m}",
            "says": self.says,
            "amount": to_cents(self.amount),
            "effect_on_margin": to_cents(self.effect),
            "records": self.list_records(),
            "records_count": len(self.records),
            "correction": _fill(self.entry, books),
            "advice": self.advice,
        }


def _fill(entry: Entry | None, books: Books) -> dict[str, Any] | None:
    if entry is None or not to_cents(entry.amount):
        return None
    is_back = entry.amount < 0
    debit, credit = (entry.credit, entry.debit) if is_back else (entry.debit, entry.credit)
    values = {
        "debit": debit,
        "credit": credit,
        "amount": to_cents(abs(entry.amount)),
        "day": entry.day,
        "text": entry.text,
    }
    return fill_first(books.fixes.get(CORRECTION, ()), "", values)
