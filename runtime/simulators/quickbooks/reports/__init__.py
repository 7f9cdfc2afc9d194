"""Reports, each a function of the store, the company and the request's parameters: computed from the postings.

A report module registers its function under the name of its route with `report("ProfitAndLoss")`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..store import Store

Report = Callable[[Store, str, Mapping[str, str]], dict[str, Any]]
"""(store, realm, parameters) -> the answer with Header, Columns and Rows; raises Fault."""

REPORTS: dict[str, Report] = {}


def report(name: str) -> Callable[[Report], Report]:
    """Registers a report under the name of its route."""

    def register(function: Report) -> Report:
        REPORTS[name.lower()] = function
        return function

    return register


def find(name: str) -> Report | None:
    """The report of a route, whatever the case of its name; None when there is none."""
    return REPORTS.get(name.lower())


from . import balance_sheet, profit_and_loss  # noqa: E402  (they register themselves)

__all__ = ["REPORTS", "Report", "balance_sheet", "find", "profit_and_loss", "report"]
