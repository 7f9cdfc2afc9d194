"""What was found: a finding, the records it is about, its lasting id, and how amounts and days are written in reasons.

Called by every search of this package. A score says how sure a search is: `CUTS` has the least one of a sensitivity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.insights.anomalies.history import Entry, History
from runtime.insights.books import Key

PREFIXES: Mapping[str, str] = {
    "duplicate": "dup", "unusual_amount": "amount", "new_vendor": "vendor", "round_amount": "round",
    "below_limit": "limit", "weekend": "day", "backdated": "back", "number_gap": "gap",
    "number_repeated": "repeat", "unusual_account": "account", "shared_details": "shared", "digits": "digits",
}  # fmt: skip
"""What the ids of the findings of each kind begin with."""
CUTS: Mapping[str, int] = {"low": 70, "medium": 50, "high": 30}
"""The least score by sensitivity. Every search was set so that what scores 50 is seldom right in clean books: measured
on simulated companies, see `tests.insights.faults`."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Subject(NamedTuple):
    """A record that a finding is about."""

    key: Key
    number: str = ""
    party: str = ""
    day: date | None = None
    amount: Decimal | None = None
    currency: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        currency = {"currency": self.currency} if self.currency else {}
        return {
            "id": str(self.key),
            "number": self.number,
            "party": self.party,
            "day": self.day,
            "amount": self.amount,
            **currency,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that looks wrong. `details` are figures of its kind, such as the numbers that are missing."""

    kind: str
    score: int
    reason: str
    records: tuple[Subject, ...]
    suggestion: str = ""
    details: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        """The same in every run and every period: made of the kind and the records."""
        names = "|".join((self.kind, *sorted(str(each.key) for each in self.records)))
        return f"{PREFIXES[self.kind]}-{hashlib.sha256(names.encode()).hexdigest()[:12]}"

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        suggestion = {"suggestion": self.suggestion} if self.suggestion else {}
        return {
            "id": self.id,
            "kind": self.kind,
            "score": self.score,
            "reason": self.reason,
            "records": [each.as_dict() for each in self.records],
            **suggestion,
            **(self.details or {}),
        }


Search = Callable[[History], Iterable[Finding]]


def make_subject(history: History, entry: Entry) -> Subject:
    """Return a transaction as a record of a finding; its currency is named where it is not that of the company."""
    record = entry.record
    foreign = record.currency if record.currency != history.books.currency else ""
    return Subject(record.key, record.number, history.name(entry), record.day, entry.amount, foreign)


def write_money(amount: Decimal, currency: str) -> str:
    """Return an amount as it stands in a reason."""
    return f"{amount:,.2f} {currency}".rstrip()


def write_entry(history: History, entry: Entry) -> str:
    """Return the amount of a transaction as it stands in a reason."""
    return write_money(entry.amount, entry.record.currency or history.books.currency)


def write_cents(history: History, cents: float) -> str:
    """Return cents of the company's currency as they stand in a reason."""
    return write_money(Decimal(round(cents)) / 100, history.books.currency)


def write_day(day: date) -> str:
    """Return a day as it stands in a reason."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def limit_score(value: float) -> int:
    """Return a score between 0 and 100."""
    return max(0, min(100, round(value)))
