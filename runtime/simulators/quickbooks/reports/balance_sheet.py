"""Balance sheet: what the company owns and owes at the end of a day. Income not yet closed shows as net income and
retained earnings, which the service works out and never books.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from runtime.simulators.quickbooks.reports import layout, periods, splits, sums
from runtime.simulators.quickbooks.reports.layout import Row, Style, Values, section
from runtime.simulators.quickbooks.reports.periods import Period
from runtime.simulators.quickbooks.reports.question import Question

CURRENT_ASSETS = (
    ("Bank Accounts", "BankAccounts", "Bank"),
    ("Accounts Receivable", "AR", "Accounts Receivable"),
    ("Other Current Assets", "OtherCurrentAssets", "Other Current Asset"),
)
LASTING_ASSETS = (
    ("Fixed Assets", "FixedAssets", "Fixed Asset"),
    ("Other Assets", "OtherAssets", "Other Asset"),
)
CURRENT_LIABILITIES = (
    ("Accounts Payable", "AP", "Accounts Payable"),
    ("Credit Cards", "CreditCards", "Credit Card"),
    ("Other Current Liabilities", "OtherCurrentLiabilities", "Other Current Liability"),
)
LASTING_LIABILITIES = (("Long-term Liabilities", "LongTermLiabilities", "Long Term Liability"),)
RESULT_TYPES = ("Income", "Cost of Goods Sold", "Expense", "Other Income", "Other Expense")


def balance_sheet(question: Question) -> Row:
    """The answer for one company."""
    period = question.period()
    sheet = Sheet(question, period)
    head = layout.header(
        question, period, splits.by(question), is_empty=not sheet.amounts, options=layout.GAAP
    )
    return layout.report(head, layout.columns("Account", sheet.columns), [sheet.assets(), sheet.claims()])


class Sheet:
    """Balances at the end of each column's day, and the sections made of them."""

    def __init__(self, question: Question, period: Period) -> None:
        self.question = question
        self.columns, balances = splits.balances(question, period)
        self.amounts = {str(key[0]): values for key, values in balances.items()}
        self.nothing: Values = (0,) * len(self.columns)
        self.style = Style(question.is_sorted, nothing=0)
        self.earnings = self._earnings(period)

    def _earnings(self, period: Period) -> tuple[Values, Values]:
        """Profit of the years before, and of the year so far, in every column (positive for a profit)."""
        results = {account.id for account in self.question.accounts if account.type in RESULT_TYPES}
        whole = layout.plus(self.nothing, *(values for id, values in self.amounts.items() if id in results))
        where = {**self.question.where, "account": tuple(results)}
        if splits.by(self.question) in splits.DIMENSIONS:
            before = self._former_by_dimension(period, where)
        else:
            starts = splits.starts(self.question, period)
            until = {
                start: sum(
                    sums.sums(self.question, None, splits.day_before(start), ("account",), where).values()
                )
                for start in set(starts)
            }
            before = tuple(until[start] for start in starts)
        return layout.turned(before, -1), layout.turned(layout.minus(whole, before), -1)

    def _former_by_dimension(self, period: Period, where: Mapping[str, Collection[str]]) -> Values:
        """What results came to before the fiscal year, for the customer, class … of every column."""
        start = periods.around("year", period.end, self.question.fiscal_start)[0]
        columns, former = splits.balances(self.question, replace(period, end=splits.day_before(start)), where)
        totals = layout.plus((0,) * len(columns), *former.values())
        by_key = {column.key: value for column, value in zip(columns, totals, strict=True)}
        return tuple(by_key.get(column.key, 0) for column in self.columns)

    def part(self, account_type: str, sign: int) -> tuple[list[Row], Values]:
        """Rows and total of the accounts of a type."""
        chosen = [account for account in self.question.accounts if account.type == account_type]
        shown = {a.id: layout.turned(self.amounts[a.id], sign) for a in chosen if a.id in self.amounts}
        return layout.account_rows(chosen, shown, len(self.nothing), self.style)

    def several(self, parts: tuple[tuple[str, str, str], ...], sign: int) -> tuple[list[Row], Values]:
        """Sections of several types, and their total."""
        rows: list[Row] = []
        total = self.nothing
        for title, group, account_type in parts:
            inner, value = self.part(account_type, sign)
            total = layout.plus(total, value)
            rows.append(section(title, group, inner, f"Total {title}", value))
        return rows, total

    def assets(self) -> Row:
        """What the company owns."""
        current, current_total = self.several(CURRENT_ASSETS, 1)
        lasting, lasting_total = self.several(LASTING_ASSETS, 1)
        rows = [
            section("Current Assets", "CurrentAssets", current, "Total Current Assets", current_total),
            *lasting,
        ]
        return section(
            "Assets", "TotalAssets", rows, "Total Assets", layout.plus(current_total, lasting_total)
        )

    def claims(self) -> Row:
        """What it owes, and what is left for its owners."""
        current, current_total = self.several(CURRENT_LIABILITIES, -1)
        lasting, lasting_total = self.several(LASTING_LIABILITIES, -1)
        title = "Current Liabilities"
        liabilities = [
            section(title, "CurrentLiabilities", current, f"Total {title}", current_total),
            *lasting,
        ]
        owed = layout.plus(current_total, lasting_total)
        equity_rows, equity = self.equity()
        rows = [
            section("Liabilities", "Liabilities", liabilities, "Total Liabilities", owed),
            section("Equity", "Equity", equity_rows, "Total Equity", equity),
        ]
        title = "Liabilities and Equity"
        return section(title, "TotalLiabilitiesAndEquity", rows, f"Total {title}", layout.plus(owed, equity))

    def equity(self) -> tuple[list[Row], Values]:
        """What was earned in former years and in this one, then the equity accounts."""
        before, now = self.earnings
        accounts = [account for account in self.question.accounts if account.type == "Equity"]
        retained = next((account for account in accounts if account.subtype == "RetainedEarnings"), None)
        booked = self.amounts.get(retained.id, self.nothing) if retained else self.nothing
        former = layout.minus(before, booked)
        others = [account for account in accounts if account is not retained]
        shown = {a.id: layout.turned(self.amounts[a.id], -1) for a in others if a.id in self.amounts}
        rows, total = layout.account_rows(others, shown, len(self.nothing), self.style)
        name, id = (retained.name, retained.id) if retained else ("Retained Earnings", None)
        first = [
            layout.data(name, former, id, "RetainedEarnings"),
            layout.data("Net Income", now, None, "NetIncome"),
        ]
        return [*first, *rows], layout.plus(total, former, now)
