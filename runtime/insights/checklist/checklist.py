"""What the month-end checklist reads, and its items in their order. The tool month_end_checklist is served by it."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

from runtime.insights.analysis import Analysis, Insight, Options, Records, Wanted, WantedReport
from runtime.insights.books import Books, Kind
from runtime.insights.checklist import accounts, banks, control, forms, recurring, settling, stock
from runtime.insights.checklist.items import ORDER, Check, Finding, answer_item, judge_check
from runtime.insights.checklist.month import Month, Period, find_period, write_day

CHECKS: tuple[Check, ...] = (
    *settling.CHECKS, *accounts.CHECKS, *banks.CHECKS, *forms.CHECKS, *recurring.CHECKS, *control.CHECKS,
    *stock.CHECKS,
)  # fmt: skip
MOST_EVIDENCE = 200
"""Records that the answer names in all: those of each item stand with it."""
_SETTLED_LATER: tuple[Kind, ...] = (
    "invoice", "customer_credit", "customer_payment", "bill", "vendor_credit", "vendor_payment", "journal", "expense",
)  # fmt: skip
_OPEN: tuple[Kind, ...] = ("invoice", "customer_credit", "customer_payment", "bill", "vendor_credit")


def list_wanted(options: Options, today: date) -> Wanted:
    """Return what is read: the month and the half year before, what settled it since, and what is open."""
    period = find_period(options, today)
    if not period.has_begun:
        return Wanted()
    until, deposited = (None, None) if period.is_recent else (period.as_of, period.deposits_until)
    others = tuple(each for each in get_args(Kind) if each not in (*_SETTLED_LATER, "deposit"))
    return Wanted(
        records=(
            Records(_SETTLED_LATER, period.since, until),
            Records(("deposit",), period.since, deposited),
            Records(others, period.since, period.as_of),
            Records(_OPEN, is_open=True),
        ),
        lists=("accounts", "items", "templates", "settings"),
        reports=_list_reports(period),
    )


def _list_reports(period: Period) -> tuple[WantedReport, ...]:
    day = period.compared_on
    return (
        WantedReport("trial_balance", "trial_balance", period.start, period.as_of),
        WantedReport("balance_sheet", "balance_sheet", day.replace(day=1), day),
        WantedReport("aged_receivables", "aged_receivables", None, day),
        WantedReport("aged_payables", "aged_payables", None, day),
    )


def compute(books: Books, options: Options) -> Analysis:
    """Return the items of a month, what is to do first."""
    month = Month(books, find_period(options, books.today))
    found = [(check, judge_check(month, check)) for check in CHECKS]
    found.sort(key=lambda each: ORDER.index(each[1].status))
    counts = {status: sum(each.status == status for _, each in found) for status in ORDER}
    figures: dict[str, Any] = {
        "month": month.period.start.isoformat()[:7],
        "is_over": month.period.is_over,
        "items": [answer_item(month, *each) for each in found],
        "counts": counts,
    }
    return Analysis(
        figures,
        _list_evidence(found),
        _list_assumptions(month),
        tuple(control.list_ties(month)) if month.period.has_begun else (),
        books.missing,
    )


def _list_evidence(found: list[tuple[Check, Finding]]) -> tuple[str, ...]:
    keys = dict.fromkeys(
        str(record.key)
        for _, each in found
        if each.status in ("open", "attention")
        for record in each.records
    )
    return tuple(keys)[:MOST_EVIDENCE]


def _list_assumptions(month: Month) -> tuple[str, ...]:
    period, books = month.period, month.books
    found = ["Whether an account matches the statement of the bank cannot be seen here."]
    if not period.is_over:
        found.append(f"{month.name} has not ended: what stands here is as of {write_day(books.today)}.")
    if period.has_begun and not period.is_recent:
        found.append("Open items are compared as of today, as the month ended long ago.")
    if any(each.rate != 1 for each in books.transactions):
        found.append("Amounts in other currencies are at the rates of their transactions.")
    return tuple(found)


INSIGHT = Insight("month_end_checklist", list_wanted, compute)
