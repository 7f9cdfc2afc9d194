"""What was planted, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from runtime.simulators.quickbooks.books.store import Store

KINDS = (
    "duplicate", "unusual_amount", "new_vendor", "round_amount", "below_limit", "weekend", "backdated", "number_gap",
    "number_repeated", "unusual_account", "shared_details", "digits",
)  # fmt: skip
"""The kinds of `find_anomalies`, in the order of its definition."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, the records that it is about ("bills:12"), and what was done.

    `agreed` are the other kinds under which an auditor would report the same records.
    """

    kind: str
    records: frozenset[str]
    what: str = ""
    agreed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PlantedCompany:
    """Books with faults between two days. `agreed` has kinds that are right, but not asked for, by record."""

    store: Store
    start: date
    end: date
    faults: tuple[Fault, ...]
    agreed: Mapping[str, frozenset[str]]

    def list_faults(self, kind: str) -> list[Fault]:
        """Return the faults of a kind."""
        return [each for each in self.faults if each.kind == kind]

    def agrees(self, kind: str, record: str) -> bool:
        """Whether an auditor would agree with a finding of a kind about a record, though nobody asks for it."""
        planted = (record in each.records and kind in each.agreed for each in self.faults)
        return kind in self.agreed.get(record, ()) or any(planted)
