"""The figures in the answers of a dashboard's reads: looked up by the group of a report's row, or by a path in records.

Pure functions over what a tool has answered. A figure is the report's own text as a decimal; what is added up is named
so in the definitions. What a report does not have is None, and never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from generator.company_rules import BalancePanel, ListPanel, OwedPanel, ProfitPanel, RankingPanel
from runtime.operations.formats import parse_decimal
from runtime.operations.report_table import ReportRow, ReportTable, parse_report
from runtime.upstream.answer import follow_path

Amounts = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance at the end of each step of a period. `names` are the vendor's names of the steps."""

    names: tuple[str, ...]
    amounts: Amounts

    @property
    def last(self) -> Decimal | None:
        """How it stands now."""
        return self.amounts[-1] if self.amounts else None

    @property
    def first(self) -> Decimal | None:
        """How it stood at the end of the first step; None where there is one only."""
        return self.amounts[0] if len(self.amounts) > 1 else None


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed, in the order of age."""

    ages: tuple[tuple[str, Decimal], ...]
    total: Decimal

    @property
    def late(self) -> Decimal:
        """What should have been paid by now."""
        return sum((amount for _, amount in self.ages[1:]), Decimal(0))


@dataclass(frozen=True, slots=True)
class Profit:
    """Income, costs and what is left, for each month; the last one is not over."""

    income: Amounts
    costs: Amounts
    net: Amounts


@dataclass(frozen=True, slots=True)
class Ranked:
    """A record and its amount. `share` is of the sum of all."""

    name: str
    id: str
    amount: Decimal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Records by their amounts, the greatest first, and the sum of all as the report has it."""

    entries: tuple[Ranked, ...]
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A record of a list. `days` are those since the day on which it was due."""

    id: str
    number: str
    party: str
    day: str
    amount: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Records of a list. `total` is the sum of those that were read."""

    records: tuple[Listed, ...]
    total: Decimal
    is_whole: bool


def find_balance(panel: BalancePanel, answer: Mapping[str, Any]) -> Balance:
    """Return a balance over time."""
    table = parse_report(answer)
    row = _find_row(table, answer, panel.group)
    amounts = tuple(parse_decimal(each) for each in row.cells[1:]) if row else ()
    return Balance(table.columns[1:] if row else (), amounts)


def find_owed(panel: OwedPanel, answer: Mapping[str, Any]) -> Owed | None:
    """Return what is owed by age; nothing owed where the report has no rows, None where its columns are others."""
    table = parse_report(answer)
    row = _find_row(table, answer, panel.group)
    if row is None and not table.rows:
        return Owed(tuple((name, Decimal(0)) for name in panel.ages), Decimal(0))
    if row is None or len(row.cells) != len(panel.ages) + 2:
        return None
    amounts = [parse_decimal(each) or Decimal(0) for each in row.cells[1:]]
    return Owed(tuple(zip(panel.ages, amounts[:-1], strict=True)), amounts[-1])


def find_profit(panel: ProfitPanel, answer: Mapping[str, Any], months: int) -> Profit:
    """Return income, costs and what is left of so many months, which are the first columns of the report."""
    table = parse_report(answer)
    income, costs, net = (
        _add_groups(table, answer, groups, months) for groups in (panel.income, panel.costs, (panel.net,))
    )
    return Profit(income, costs, net)


def _add_groups(table: ReportTable, answer: Mapping[str, Any], groups: Sequence[str], months: int) -> Amounts:
    """Return the sum of the totals of some groups in each month; none where the report has no column for each."""
    if len(table.columns) <= months:
        return ()
    rows = [row for row in (_find_row(table, answer, each) for each in groups) if row is not None]
    return tuple(
        sum((parse_decimal(row.cells[place]) or Decimal(0) for row in rows), Decimal(0)) if rows else None
        for place in range(1, months + 1)
    )


def find_ranking(panel: RankingPanel, answer: Mapping[str, Any]) -> Ranking:
    """Return records by their amounts. One with others below it has the sum of them, as the report has it."""
    table = parse_report(answer)
    total_row = _find_row(table, answer, panel.group)
    total = total_row.read_amount() if total_row else None
    found = sorted(_list_outer(table, panel.group), key=lambda each: -each[2])
    return Ranking(
        tuple(Ranked(name, id_, amount, amount / total if total else None) for name, id_, amount in found),
        total,
    )


def _list_outer(table: ReportTable, group: str) -> Iterator[tuple[str, str, Decimal]]:
    """Yield name, Id and amount of each outermost row: a row of its own, or a header with the total below it."""
    header: ReportRow | None = None
    for row in table.rows:
        if row.depth or row.group == group:
            continue
        if row.kind == "header":
            header = row
            continue
        named = header if row.kind == "total" and header is not None else row
        header = None
        if (amount := row.read_amount()) is not None:
            yield named.label, named.id, amount


def find_listing(panel: ListPanel, answer: Mapping[str, Any], identifier: str, today: date) -> Listing:
    """Return the records of a list, in the order of their days."""
    records = tuple(_read_record(panel, each, identifier, today) for each in answer.get("records", ()))
    total = sum((each.amount for each in records), Decimal(0))
    return Listing(
        tuple(sorted(records, key=lambda each: each.day)), total, answer.get("next_cursor") is None
    )


def _read_record(panel: ListPanel, record: Mapping[str, Any], identifier: str, today: date) -> Listed:
    day = str(follow_path(record, panel.day) or "")
    try:
        passed = (today - date.fromisoformat(day[:10])).days
    except ValueError:
        passed = 0
    return Listed(
        str(record.get(identifier, "")),
        str(follow_path(record, panel.number) or ""),
        str(follow_path(record, panel.party) or ""),
        day,
        parse_decimal(follow_path(record, panel.amount)) or Decimal(0),
        passed,
    )


def _find_row(table: ReportTable, answer: Mapping[str, Any], group: str) -> ReportRow | None:
    """Return the total of a group, or the row that is one: among the rows, or the totals beside those of a part."""
    if (found := table.find_total(group)) is not None:
        return found
    beside = parse_report({**answer, "rows": answer.get("totals", ())})
    return beside.find_total(group) or next((row for row in table.rows if row.group == group), None)


def compare(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return a change as a share of what it was before; None where that was not above zero, or one is not known."""
    if now is None or before is None or before <= 0:
        return None
    return (now - before) / before
