"""Balance sheet: what the company owns and owes at the end of a day. Income not yet closed shows as net income and
retained earnings, which the service works out and never books.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from runtime.simulators.quickbooks.reports import layout, periods, splits, sums
from runtime.simulators.quickbooks.reports.layout import Row, Style, Values, make_section
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


def report_balance_sheet(question: Question) -> Row:
    """Return the answer for one company."""
    period = question.read_period()
    sheet = Sheet(question, period)
    head = layout.make_header(
        question, period, splits.choose_split(question), is_empty=not sheet.amounts, options=layout.GAAP
    )
    return layout.make_report(
        head, layout.make_columns("Account", sheet.columns), [sheet.make_assets(), sheet.make_claims()]
    )


class Sheet:
    """Balances at the end of each column's day, and the sections made of them."""

    def __init__(self, question: Question, period: Period) -> None:
        self.question = question
        self.columns, balances = splits.split_balances(question, period)
        self.amounts = {str(key[0]): values for key, values in balances.items()}
        self.nothing: Values = (0,) * len(self.columns)
        self.style = Style(question.is_sorted, nothing=0)
        self.earnings = self._earnings(period)

    def _earnings(self, period: Period) -> tuple[Values, Values]:
        """Return profit of the years before, and of the year so far, in every column (positive for a profit)."""
        results = {account.id for account in self.question.accounts if account.type in RESULT_TYPES}
        whole = layout.add(self.nothing, *(values for id, values in self.amounts.items() if id in results))
        where = {**self.question.where, "account": tuple(results)}
        if splits.choose_split(self.question) in splits.DIMENSIONS:
            before = self._former_by_dimension(period, where)
        else:
            starts = splits.list_year_starts(self.question, period)
            until = {
                start: sum(
                    sums.sum_postings(
                        self.question, None, splits.get_day_before(start), ("account",), where
                    ).values()
                )
                for start in set(starts)
            }
            before = tuple(until[start] for start in starts)
        return layout.scale(before, -1), layout.scale(layout.subtract(whole, before), -1)

    def _former_by_dimension(self, period: Period, where: Mapping[str, Collection[str]]) -> Values:
        """Return what results came to before the fiscal year, for the customer, class … of every column."""
        start = periods.find_span("year", period.end, self.question.fiscal_start)[0]
        columns, former = splits.split_balances(
            self.question, replace(period, end=splits.get_day_before(start)), where
        )
        totals = layout.add((0,) * len(columns), *former.values())
        by_key = {column.key: value for column, value in zip(columns, totals, strict=True)}
        return tuple(by_key.get(column.key, 0) for column in self.columns)

    def make_part(self, account_type: str, sign: int) -> tuple[list[Row], Values]:
        """Return rows and total of the accounts of a type."""
        chosen = [account for account in self.question.accounts if account.type == account_type]
        shown = {a.id: layout.scale(self.amounts[a.id], sign) for a in chosen if a.id in self.amounts}
        return layout.make_account_rows(chosen, shown, len(self.nothing), self.style)

    def make_sections(self, parts: tuple[tuple[str, str, str], ...], sign: int) -> tuple[list[Row], Values]:
        """Return sections of several types, and their total."""
        rows: list[Row] = []
        total = self.nothing
        for title, group, account_type in parts:
            inner, value = self.make_part(account_type, sign)
            total = layout.add(total, value)
            rows.append(make_section(title, group, inner, f"Total {title}", value))
        return rows, total

    def make_assets(self) -> Row:
        """Return what the company owns."""
        current, current_total = self.make_sections(CURRENT_ASSETS, 1)
        lasting, lasting_total = self.make_sections(LASTING_ASSETS, 1)
        rows = [
            make_section("Current Assets", "CurrentAssets", current, "Total Current Assets", current_total),
            *lasting,
        ]
        return make_section(
            "Assets", "TotalAssets", rows, "Total Assets", layout.add(current_total, lasting_total)
        )

    def make_claims(self) -> Row:
        """Return what it owes, and what is left for its owners."""
        current, current_total = self.make_sections(CURRENT_LIABILITIES, -1)
        lasting, lasting_total = self.make_sections(LASTING_LIABILITIES, -1)
        title = "Current Liabilities"
        liabilities = [
            make_section(title, "CurrentLiabilities", current, f"Total {title}", current_total),
            *lasting,
        ]
        owed = layout.add(current_total, lasting_total)
        equity_rows, equity = self.make_equity()
        rows = [
            make_section("Liabilities", "Liabilities", liabilities, "Total Liabilities", owed),
            make_section("Equity", "Equity", equity_rows, "Total Equity", equity),
        ]
        title = "Liabilities and Equity"
        return make_section(
            title, "TotalLiabilitiesAndEquity", rows, f"Total {title}", layout.add(owed, equity)
        )

    def make_equity(self) -> tuple[list[Row], Values]:
        """Return what was earned in former years and in this one, then the equity accounts."""
        before, now = self.earnings
        accounts = [account for account in self.question.accounts if account.type == "Equity"]
        retained = next((account for account in accounts if account.subtype == "RetainedEarnings"), None)
        booked = self.amounts.get(retained.id, self.nothing) if retained else self.nothing
        former = layout.subtract(before, booked)
        others = [account for account in accounts if account is not retained]
        shown = {a.id: layout.scale(self.amounts[a.id], -1) for a in others if a.id in self.amounts}
        rows, total = layout.make_account_rows(others, shown, len(self.nothing), self.style)
        name, id = (retained.name, retained.id) if retained else ("Retained Earnings", None)
        first = [
            layout.make_row(name, former, id, "RetainedEarnings"),
            layout.make_row("Net Income", now, None, "NetIncome"),
        ]
        return [*first, *rows], layout.add(total, former, now)
