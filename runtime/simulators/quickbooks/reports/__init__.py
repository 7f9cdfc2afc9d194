"""Reports, each a function of a question about one company's books: computed from the postings.

A report module registers its function under the name of its route with `report("ProfitAndLoss")`. `Question` reads the
parameters, `sums` asks the ledger on either basis, `splits` makes the columns, `layout` the structure; detail reports
read `lines` of the ledger and show them through `cells`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

from runtime.simulators.quickbooks.books.store import Store

Report = Callable[[Store, str, Mapping[str, str]], dict[str, Any]]
"""(store, realm, parameters) -> the answer with Header, Columns and Rows; raises Fault."""

REPORTS: dict[str, Report] = {}


def find(name: str) -> Report | None:
    """The report of a route, whatever the case of its name; None when there is none."""
    return REPORTS.get(name.lower())


from runtime.simulators.quickbooks.reports.layout import Answer  # noqa: E402  (it needs nothing of the registry)
from runtime.simulators.quickbooks.reports.question import Question  # noqa: E402


def report(name: str) -> Callable[[Answer], Answer]:
    """Registers a report under the name of its route."""

    def register(answer: Answer) -> Answer:
        REPORTS[name.lower()] = lambda store, realm, parameters: answer(
            Question(store, realm, name, parameters)
        )
        return answer

    return register


for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["REPORTS", "Report", "find", "report"]
