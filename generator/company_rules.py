"""Where a vendor says what a company is, and what its dashboard shows, as the catalog holds them. Part of `vendor`.

`stages.company_rules` makes them; the runtime reads them for the pages of a company. Nothing here is an amount: a panel
names a read and where in its answer the figure stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from generator.mapping_rules import MappingRules
from generator.vendor_rules import Setting

Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
PLACEHOLDERS = ("today", "yesterday", "in_a_week", "year_start", "period_start", "step")
"""What the arguments of a read may name: days relative to today, and how a period is split."""


@dataclass(frozen=True, slots=True)
class DashboardRead:
    """A call that a dashboard makes: one tool, with `{placeholders}` in its arguments."""

    tool: str
    resource: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BalancePanel:
    """A balance over time: the total of a group of rows, in each column of a report."""

    title: str
    about: str
    read: str
    group: str


@dataclass(frozen=True, slots=True)
class OwedPanel:
    """What is owed, by how late it is: the total of a report whose columns are ages, and then their sum."""

    title: str
    read: str
    group: str
    ages: tuple[str, ...]
    """What the columns are called; the first one is what is not late."""


@dataclass(frozen=True, slots=True)
class ProfitPanel:
    """Income, costs and what is left in each month: totals of groups of rows, in each column of a report."""

    title: str
    read: str
    income: tuple[str, ...]
    costs: tuple[str, ...]
    net: str


@dataclass(frozen=True, slots=True)
class RankingPanel:
    """Records by their amounts in a report, the greatest first."""

    title: str
    read: str
    records: str
    """The resource that the rows are records of."""
    group: str
    """The group of the row that has the sum of all."""


@dataclass(frozen=True, slots=True)
class ListPanel:
    """Records of a list, with what is shown of each. Paths are steps inside a record."""

    title: str
    read: str
    records: str
    number: tuple[str, ...]
    party: tuple[str, ...]
    day: tuple[str, ...]
    amount: tuple[str, ...]
    report: str = ""
    """The resource of the report that has all of them; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the dashboard of a company shows. A panel that is None is not there."""

    reads: dict[str, DashboardRead] = field(default_factory=dict)
    week: str = ""
    """What the argument that splits a period takes for weeks."""
    month: str = ""
    week_end: Weekday = "Sunday"
    """The last day of the vendor's weeks."""
    cash: BalancePanel | None = None
    receivables: OwedPanel | None = None
    payables: OwedPanel | None = None
    profit: ProfitPanel | None = None
    ranking: RankingPanel | None = None
    overdue: ListPanel | None = None
    due: ListPanel | None = None


@dataclass(frozen=True, slots=True)
class CompanyRules:
    """Where the currency and the country of a company are read, what its dashboard shows, and whom it maps."""

    currency: Setting | None = None
    country: Setting | None = None
    countries: dict[str, str] = field(default_factory=dict)
    """ISO 3166 codes of countries that the vendor names otherwise."""
    dashboard: Dashboard | None = None
    mapping: MappingRules = field(default_factory=MappingRules)
