"""All figures of one dashboard, each with the read that it is from, so that a page can link to it and say when.

Called by the page of a company. A read that failed, or is not there yet, leaves its panels without figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

from generator.company_rules import (
    BalancePanel,
    Dashboard,
    ListPanel,
    OwedPanel,
    ProfitPanel,
    RankingPanel,
)
from generator.vendor import Integration
from runtime.operations.dashboard.company_reads import Asked, Reading
from runtime.operations.dashboard.figures import (
    Balance,
    Listing,
    Owed,
    Profit,
    Ranking,
    find_balance,
    find_listing,
    find_owed,
    find_profit,
    find_ranking,
)
from runtime.operations.dashboard.periods import MONTHS, Period, fill_arguments, make_values

F = TypeVar("F")
P = TypeVar("P", BalancePanel, OwedPanel, ProfitPanel, RankingPanel, ListPanel)


@dataclass(frozen=True, slots=True)
class Panel(Generic[F]):
    """The figures of a panel; None where they cannot be shown, and then its reading says why."""

    title: str
    reading: Reading
    figures: F | None = None


@dataclass(frozen=True, slots=True)
class Panels:
    """The panels of a dashboard; None for one that the integration does not have."""

    cash: Panel[Balance] | None = None
    receivables: Panel[Owed] | None = None
    payables: Panel[Owed] | None = None
    profit: Panel[Profit] | None = None
    ranking: Panel[Ranking] | None = None
    overdue: Panel[Listing] | None = None
    due: Panel[Listing] | None = None

    @property
    def every(self) -> tuple[Panel[Any], ...]:
        """The panels that are there."""
        found = (
            self.cash,
            self.receivables,
            self.payables,
            self.profit,
            self.ranking,
            self.overdue,
            self.due,
        )
        return tuple(each for each in found if each is not None)


def list_asked(dashboard: Dashboard, period: Period, today: date) -> dict[str, Asked]:
    """Return the calls that a dashboard needs, by the names of its reads."""
    values = make_values(dashboard, period, today)
    return {
        name: Asked(read.tool, read.resource, fill_arguments(read.arguments, values))
        for name, read in dashboard.reads.items()
    }


def make_panels(
    integration: Integration, dashboard: Dashboard, readings: Mapping[str, Reading], today: date
) -> Panels:
    """Return the panels of a dashboard with the figures that its reads have answered."""

    parts, find = dashboard, partial(find_listing, identifier=integration.identifier, today=today)
    return Panels(
        cash=_show(parts.cash, find_balance, readings),
        receivables=_show(parts.receivables, find_owed, readings),
        payables=_show(parts.payables, find_owed, readings),
        profit=_show(parts.profit, partial(find_profit, months=MONTHS), readings),
        ranking=_show(parts.ranking, find_ranking, readings),
        overdue=_show(parts.overdue, find, readings),
        due=_show(parts.due, find, readings),
    )


def _show(
    panel: P | None, find: Callable[[P, Mapping[str, Any]], F | None], readings: Mapping[str, Reading]
) -> Panel[F] | None:
    if panel is None:
        return None
    reading = readings[panel.read]
    return Panel(panel.title, reading, find(panel, reading.answer) if reading.answer is not None else None)
