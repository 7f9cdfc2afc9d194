"""The analysis: what it reads, and the answer that it makes. Called by `operations.insights` through `INSIGHT`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.analysis import Analysis, Insight, Options, Records, Wanted, WantedReport
from runtime.insights.bookings import BOOKED
from runtime.insights.books import ZERO, Books, Kind
from runtime.insights.profit_bridge.changes import AccountChange, find_sections, find_stocked, list_changes
from runtime.insights.profit_bridge.confirming import confirm_figures
from runtime.insights.profit_bridge.months import Months, choose_months
from runtime.insights.profit_bridge.movements import (
    Movement,
    group_postings,
    name_account,
    name_item,
    name_party,
)
from runtime.insights.profit_bridge.postings import Posting, list_postings, list_read_kinds
from runtime.insights.profit_bridge.remarks import list_assumptions, list_missing
from runtime.insights.profit_bridge.rows import Row, list_accounts, list_items, list_parties
from runtime.insights.profit_bridge.sentences import describe_headline, describe_unknown
from runtime.insights.profit_bridge.statements import Section, Statement, read_statement
from runtime.insights.profit_bridge.steps import Step, list_causes, list_steps, write_bridge

BEFORE, AFTER = "before", "after"
LISTS = frozenset({"accounts", "items"})
"""What says to which accounts records are posted."""
USUAL_LIMIT = 10
"""Rows of a list: as many as the definition of the tool says, and as a person reads."""
MOST_EVIDENCE = 50
"""Records that are named for the whole answer: those of the largest steps."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both months, with all that is known of them."""

    months: Months
    statements: tuple[Statement, Statement] | None
    """None where the report of one of them was not read: then both are compared by their records."""
    sections: Mapping[str, Section]
    changes: Sequence[AccountChange]
    parties: Mapping[Any, Movement]
    items: Mapping[Any, Movement]

    @property
    def profit(self) -> tuple[Decimal, Decimal]:
        """The profit of both."""
        if self.statements is not None:
            return self.statements[0].profit, self.statements[1].profit
        movements = [each.movement for each in self.changes]
        before = sum((each.effect_before for each in movements), ZERO)
        return before, sum((each.effect_after for each in movements), ZERO)

    @property
    def unassigned(self) -> Decimal:
        """The change of profit that stands in no row of an account."""
        if self.statements is None:
            return ZERO
        return self.statements[1].unassigned - self.statements[0].unassigned


def plan(options: Options, today: date) -> Wanted:
    """Return what is read: the lines of both months, the accounts and items, and both reports."""
    months = choose_months(options, today)
    first, last = min(months), max(months)
    if months.are_adjacent:
        records: tuple[Records, ...] = (Records(BOOKED, first.first, last.last),)
    else:
        records = tuple(Records(BOOKED, each.first, each.last) for each in (first, last))
    names = (AFTER,) if months.before == months.after else (BEFORE, AFTER)
    days = {BEFORE: months.before, AFTER: months.after}
    reports = tuple(
        WantedReport(each, "profit_and_loss", days[each].first, days[each].last) for each in names
    )
    return Wanted(records, ("accounts", "items"), reports)


def compute(books: Books, options: Options) -> Analysis:
    """Return why the profit of two months differs."""
    months = choose_months(options, books.today)
    after = read_statement(books.reports.get(AFTER))
    before = after if months.before == months.after else read_statement(books.reports.get(BEFORE))
    kinds = list_read_kinds(books, months)
    has_reports = before is not None and after is not None
    missing = tuple(list_missing(books, months, (before, after)))
    if not has_reports and not (len(kinds) == len(BOOKED) and books.lists >= LISTS):
        return Analysis(_write_unknown(books, months, before, after), missing=missing)
    found = _compare(books, months, kinds, before, after)
    steps = list_steps(found.changes, found.unassigned)
    limit = int(options.get("limit") or USUAL_LIMIT)
    return Analysis(
        figures=_write_figures(books, found, steps, limit),
        evidence=_list_evidence(steps),
        assumptions=tuple(list_assumptions(books, months, found.changes, has_reports=has_reports)),
        ties=tuple(confirm_figures(months, (before, after), found.changes)),
        missing=missing,
    )


def _compare(
    books: Books, months: Months, kinds: Sequence[Kind], before: Statement | None, after: Statement | None
) -> Comparison:
    sections = find_sections(books, before, after)
    accounts = frozenset(sections)
    postings = [list(list_postings(books, month, kinds, accounts)) for month in months]

    def group(key: Callable[[Posting], Hashable]) -> dict[Any, Movement]:
        return group_postings(postings[0], postings[1], key)

    statements = (before, after) if before is not None and after is not None else None
    stocked = find_stocked(books, [each for month in postings for each in month])
    changes = list_changes(books, statements, sections, group(name_account), stocked)
    return Comparison(months, statements, sections, changes, group(name_party), group(name_item))


def _write_unknown(
    books: Books, months: Months, before: Statement | None, after: Statement | None
) -> dict[str, Any]:
    """Return the figures where too little was read to compare: none but the profit that a report shows."""
    return {
        "month": str(months.after),
        "compared_with": str(months.before),
        "currency": books.currency,
        "says": describe_unknown(months),
        "profit": {
            "before": before.profit if before is not None else None,
            "after": after.profit if after is not None else None,
            "change": None,
        },
        **{name: [] for name in ("bridge", "by_cause", "by_account", "by_customer", "by_item")},
        "lists": {},
    }


def _write_figures(books: Books, found: Comparison, steps: Sequence[Step], limit: int) -> dict[str, Any]:
    before, after = found.profit
    labels = {each.id: each.label for each in found.changes}
    rows = {
        "by_account": list_accounts(found.changes, found.parties, books),
        "by_customer": list_parties(found.parties, labels, found.sections, books),
        "by_item": list_items(found.items, labels, found.sections, books, found.months),
    }
    return {
        "month": str(found.months.after),
        "compared_with": str(found.months.before),
        "currency": books.currency,
        "says": describe_headline(found.months, before, after, [(each.label, each.amount) for each in steps]),
        "profit": {"before": before, "after": after, "change": after - before},
        "bridge": write_bridge(steps, before, limit),
        "by_cause": list_causes(found.changes, found.items, found.sections, found.unassigned, found.months),
        **{name: [each.write() for each in part[:limit]] for name, part in rows.items()},
        "lists": {
            "bridge": {"shown": min(limit, len(steps)), "count": len(steps)},
            **{name: _count(part, limit, after - before) for name, part in rows.items()},
        },
    }


def _count(rows: Sequence[Row], limit: int, change: Decimal) -> dict[str, Any]:
    """Return how many rows there are, and what of the change is in those not shown and in none of them."""
    rest = sum((each.effect for each in rows[limit:]), ZERO)
    whole = sum((each.effect for each in rows), ZERO)
    return {
        "shown": min(limit, len(rows)),
        "count": len(rows),
        "not_shown": rest,
        "not_assigned": change - whole,
    }


def _list_evidence(steps: Sequence[Step]) -> tuple[str, ...]:
    keys = [key for each in steps for key in each.evidence.keys]
    return tuple(dict.fromkeys(keys))[:MOST_EVIDENCE]


INSIGHT = Insight("explain_change", plan, compute)
