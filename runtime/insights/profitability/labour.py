"""What hours cost: the cost of an hour times the multiplier of its type of work. Called by `tallies` and `agreements`.

The cost of an hour is that of the time entry, else of the member, else what the caller says. Hours without any cost
count as work that costs nothing, and are said.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from runtime.insights.bookings import to_cents
from runtime.insights.books import ZERO
from runtime.insights.work_records import TimeEntry, Work


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a work system. `usual_cost` is what an hour costs where no record says it; None for not known."""

    work: Work
    usual_cost: Decimal | None = None

    def find_cost(self, entry: TimeEntry) -> Decimal | None:
        """Return what an hour of an entry costs; None where it is not known. A cost of zero is no cost."""
        member = self.work.members.get(entry.member)
        cost = entry.cost or (member.cost if member is not None else None) or self.usual_cost
        return cost * self._find_multiplier(entry) if cost else None

    def find_price(self, entry: TimeEntry) -> Decimal | None:
        """Return what an hour of an entry is sold for by itself; None where it is not known."""
        member = self.work.members.get(entry.member)
        return entry.rate or (member.rate if member is not None else None) or None

    def has_no_multiplier(self, entry: TimeEntry) -> bool:
        """Whether the type of its work has a multiplier of zero, which would make the work free."""
        type_ = self.work.work_types.get(entry.work_type)
        return type_ is not None and type_.multiplier == ZERO

    def _find_multiplier(self, entry: TimeEntry) -> Decimal:
        type_ = self.work.work_types.get(entry.work_type)
        return (type_.multiplier if type_ is not None else None) or Decimal(1)


def compute_cost(entry: TimeEntry, rates: Rates) -> Decimal | None:
    """Return what a time entry cost, in cents; None where it is not known."""
    cost = rates.find_cost(entry)
    return None if cost is None else to_cents(entry.hours * cost)


def is_given_away(entry: TimeEntry) -> bool:
    """Whether billable work outside agreements and projects was not invoiced."""
    is_open = entry.is_billable and not entry.is_billed and not entry.invoice and not entry.is_written_off
    return is_open and not entry.agreement and not entry.project
