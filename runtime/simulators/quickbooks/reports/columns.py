"""Every column that a detail report can show, by its id: those of the line, then those of its customer or vendor."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.simulators.quickbooks.reports.cells import LEDGER, Kind
from runtime.simulators.quickbooks.reports.party_cells import PARTY

KINDS: Mapping[str, Kind] = {**LEDGER, **PARTY}
"""In the order in which reports show them."""
