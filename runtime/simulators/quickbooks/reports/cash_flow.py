"""Statement of cash flows, indirect: net income, then what changed in every account that is not cash.

Cash is the bank accounts and undeposited funds.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.simulators.quickbooks.books.ledger import Account
from runtime.simulators.quickbooks.reports import layout, splits, sums
from runtime.simulators.quickbooks.reports.balance_sheet import RESULT_TYPES
from runtime.simulators.quickbooks.reports.layout import Row, Style, Values, make_section
from runtime.simulators.quickbooks.reports.question import Question

OPERATING = (
    "Accounts Receivable",
    "Other Current Asset",
    "Accounts Payable",
    "Credit Card",
    "Other Current Liability",
)
INVESTING = ("Fixed Asset", "Other Asset")
FINANCING = ("Long Term Liability", "Equity")
ADJUSTMENTS = "Adjustments to reconcile Net Income to Net Cash provided by operations:"


def report_cash_flow(question: Question) -> Row:
    """Return the answer for one company."""
    period = question.read_period()
    columns, booked = splits.split_movements(question, period)
    flow = Flow(
        question, {str(key[0]): layout.scale(values, -1) for key, values in booked.items()}, len(columns)
    )
    opening = sums.sum_postings(question, None, splits.get_day_before(period.start))
    beginning = sum(cents for key, cents in opening.items() if str(key[0]) in flow.cash)
    head = layout.make_header(question, period, splits.choose_split(question), is_empty=not booked)
    return layout.make_report(head, layout.make_columns("Account", columns), flow.make_rows(beginning))


def _is_cash(account: Account) -> bool:
    return account.type == "Bank" or account.subtype == "UndepositedFunds"


class Flow:
    """What every account brought in (positive) or took, per column."""

    def __init__(self, question: Question, amounts: dict[str, Values], width: int) -> None:
        self.question, self.amounts = question, amounts
        self.nothing: Values = (0,) * width
        self.is_split = splits.choose_split(question) not in ("Total", *splits.DIMENSIONS)
        self.cash = {account.id for account in question.accounts if _is_cash(account)}

    def make_part(self, types: tuple[str, ...]) -> tuple[list[Row], Values]:
        """Return rows and total of the accounts of some types."""
        chosen = [
            replace(account, name=account.full_name, parent=None)
            for kind in types
            for account in self.question.accounts
            if account.type == kind and not _is_cash(account)
        ]
        shown = {a.id: self.amounts[a.id] for a in chosen if any(self.amounts.get(a.id, ()))}
        return layout.make_account_rows(chosen, shown, len(self.nothing), Style(self.question.is_sorted))

    def make_rows(self, beginning: int) -> list[Row]:
        """Return the whole statement; `beginning` is the cash at the start, in cents."""
        results = {account.id for account in self.question.accounts if account.type in RESULT_TYPES}
        income = layout.add(self.nothing, *(values for id, values in self.amounts.items() if id in results))
        adjusted_rows, adjusted = self.make_part(OPERATING)
        invested_rows, invested = self.make_part(INVESTING)
        financed_rows, financed = self.make_part(FINANCING)
        operating = layout.add(income, adjusted)
        increase = layout.add(operating, invested, financed)
        start = self._beginning(beginning, increase)
        inner = [
            layout.make_row("Net Income", income, None, "NetIncome"),
            make_section(
                ADJUSTMENTS, "OperatingAdjustments", adjusted_rows, f"Total {ADJUSTMENTS}", adjusted
            ),
        ]
        return [
            _activities("OPERATING", "OperatingActivities", inner, operating),
            _activities("INVESTING", "InvestingActivities", invested_rows, invested),
            _activities("FINANCING", "FinancingActivites", financed_rows, financed),
            make_section(None, "CashIncrease", [], "Net cash increase for period", increase),
            layout.make_row("Cash at beginning of period", start, None, "BeginningCash"),
            make_section(None, "EndingCash", [], "Cash at end of period", layout.add(start, increase)),
        ]

    def _beginning(self, beginning: int, increase: Values) -> Values:
        """Return cash at the start of every column: spans of time follow on each other, other columns do not."""
        if not self.is_split:
            return (*(0 for _ in increase[:-1]), beginning)
        found, held = [], beginning
        for value in increase[:-1]:
            found.append(held)
            held += value or 0
        return (*found, beginning)


def _activities(name: str, group: str, rows: list[Row], total: Values) -> Row:
    return make_section(
        f"{name} ACTIVITIES", group, rows, f"Net cash provided by {name.lower()} activities", total
    )
