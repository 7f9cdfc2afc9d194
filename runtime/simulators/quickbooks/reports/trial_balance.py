"""Trial balance: the balance of every account on its side. Income and expenses count from the fiscal year's first day;
what was earned before is part of retained earnings, so that both sides agree.
"""

from __future__ import annotations

from runtime.simulators.quickbooks.reports import layout, periods, splits, sums
from runtime.simulators.quickbooks.reports.balance_sheet import RESULT_TYPES
from runtime.simulators.quickbooks.reports.layout import Column, Row
from runtime.simulators.quickbooks.reports.question import Question

ORDER = (
    "Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset", "Accounts Payable",
    "Credit Card", "Other Current Liability", "Long Term Liability", "Equity", "Income", "Cost of Goods Sold",
    "Expense", "Other Income", "Other Expense",
)  # fmt: skip
"""The order of account types in reports."""

USUAL = "this month-to-date"
"""Observed when no dates are given."""


def report_trial_balance(question: Question) -> Row:
    """Return the answer for one company; where columns are spans of time, both sides at the end of each."""
    period = question.read_period(USUAL)
    parts = [part for part in splits.make_nested_columns(question, period) if part.column.start] or [
        splits.make_nested_columns(question, period)[-1]
    ]
    found = [sum_closing(question, part.period) for part in parts]
    accounts = sorted(question.accounts, key=lambda a: (ORDER.index(a.type), a.full_name.lower()))
    shown = [account for account in accounts if any(balances.get(account.id) for balances in found)]
    if question.is_sorted:
        shown.sort(key=lambda account: question.is_sorted * found[-1].get(account.id, 0))
    rows: list[Row] = [
        {
            "ColData": layout.make_cells(
                account.full_name, _sides([b.get(account.id, 0) for b in found]), account.id
            )
        }
        for account in shown
    ]
    total: layout.Values = tuple(value for balances in found for value in _totals(balances))
    by = splits.choose_split(question) if len(parts) > 1 else None
    head = layout.make_header(question, period, by, is_empty=not shown)
    return layout.make_report(head, _columns(parts), [*rows, layout.make_grand_total(total)])


def _columns(parts: list[splits.Part]) -> Row:
    """Return debit and credit; nested under each span where there are several."""
    sides = [Column("Debit", "debit"), Column("Credit", "credit")]
    if len(parts) == 1:
        return layout.make_columns("Account", sides)
    shown = layout.make_columns("Account", [])
    inner = {"Column": [layout.make_column(side) for side in sides]}
    shown["Column"] += [{**layout.make_column(part.column), "Columns": inner} for part in parts]
    return shown


def _sides(balances: list[int]) -> layout.Values:
    return tuple(value if value and value > 0 else None for cents in balances for value in (cents, -cents))


def _totals(balances: dict[str, int]) -> tuple[int, int]:
    debits = sum(cents for cents in balances.values() if cents > 0)
    return debits, -sum(cents for cents in balances.values() if cents < 0)


def sum_closing(question: Question, period: periods.Period) -> dict[str, int]:
    """Return account -> balance at the end of the period, debit positive; adds up to zero."""
    balances = {str(key[0]): cents for key, cents in sums.sum_postings(question, None, period.end).items()}
    results = tuple(account.id for account in question.accounts if account.type in RESULT_TYPES)
    start = periods.find_span("year", period.end, question.fiscal_start)[0]
    where = {**question.where, "account": results}
    former = sums.sum_postings(question, None, splits.get_day_before(start), ("account",), where)
    for key, cents in former.items():
        balances[str(key[0])] -= cents
    retained = next(
        (account.id for account in question.accounts if account.subtype == "RetainedEarnings"), None
    )
    if retained is not None:
        balances[retained] = balances.get(retained, 0) + sum(former.values())
    return balances
