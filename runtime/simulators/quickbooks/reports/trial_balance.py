"""Trial balance: the balance of every account on its side. Income and expenses count from the fiscal year's first day;
what was earned before is part of retained earnings, so that both sides agree.
"""

from __future__ import annotations

from . import layout, periods, report, splits, sums
from .balance_sheet import RESULT_TYPES
from .layout import Column, Row
from .question import Question

ORDER = (
    "Bank", "Accounts Receivable", "Other Current Asset", "Fixed Asset", "Other Asset", "Accounts Payable",
    "Credit Card", "Other Current Liability", "Long Term Liability", "Equity", "Income", "Cost of Goods Sold",
    "Expense", "Other Income", "Other Expense",
)  # fmt: skip
"""The order of account types in reports."""

USUAL = "this month-to-date"
"""Observed when no dates are given."""


@report("TrialBalance")
def trial_balance(question: Question) -> Row:
    """The answer for one company."""
    period = question.period(USUAL)
    balances = closing(question, period)
    accounts = sorted(question.accounts, key=lambda a: (ORDER.index(a.type), a.full_name.lower()))
    shown = [(account, balances[account.id]) for account in accounts if balances.get(account.id)]
    if question.is_sorted:
        shown.sort(key=lambda pair: question.is_sorted * pair[1])
    rows: list[Row] = [
        {"ColData": layout.cells(account.full_name, _sides(cents), account.id)} for account, cents in shown
    ]
    debits = sum(cents for _, cents in shown if cents > 0)
    credits = -sum(cents for _, cents in shown if cents < 0)
    head = layout.header(question, period, is_empty=not shown)
    columns = [Column("Debit", "debit"), Column("Credit", "credit")]
    return layout.report(
        head, layout.columns("Account", columns), [*rows, layout.grand_total((debits, credits))]
    )


def _sides(cents: int) -> layout.Values:
    return (cents, None) if cents > 0 else (None, -cents)


def closing(question: Question, period: periods.Period) -> dict[str, int]:
    """Account -> balance at the end of the period, debit positive; adds up to zero."""
    balances = {str(key[0]): cents for key, cents in sums.sums(question, None, period.end).items()}
    results = tuple(account.id for account in question.accounts if account.type in RESULT_TYPES)
    start = periods.around("year", period.end, question.fiscal_start)[0]
    where = {**question.where, "account": results}
    former = sums.sums(question, None, splits.day_before(start), ("account",), where)
    for key, cents in former.items():
        balances[str(key[0])] -= cents
    retained = next(
        (account.id for account in question.accounts if account.subtype == "RetainedEarnings"), None
    )
    if retained is not None:
        balances[retained] = balances.get(retained, 0) + sum(former.values())
    return balances
