"""Balance sheet: what the company owns and owes at the end of a day. Income not yet closed shows as net income and
retained earnings, which the service works out and never books.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from .. import ledger
from ..books import Books
from ..store import Store
from . import layout, options, periods, report
from .layout import Row, Values, section

CURRENT_ASSETS = (
    ("Bank Accounts", "BankAccounts", "Bank"),
    ("Accounts Receivable", "AR", "Accounts Receivable"),
    ("Other Current Assets", "OtherCurrentAssets", "Other Current Asset"),
)
CURRENT_LIABILITIES = (
    ("Accounts Payable", "AP", "Accounts Payable"),
    ("Credit Cards", "CreditCards", "Credit Card"),
    ("Other Current Liabilities", "OtherCurrentLiabilities", "Other Current Liability"),
)
RESULT_TYPES = ("Income", "Cost of Goods Sold", "Expense", "Other Income", "Other Expense")


@report("BalanceSheet")
def balance_sheet(store: Store, realm: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The answer for one company."""
    books = Books(store, realm)
    chosen = options.of(books, parameters)
    period = periods.of(parameters, books.today())
    spans = options.spans_of(chosen.by, period)
    sheet = Sheet(store, realm, chosen, [end for _, _, end in spans])
    columns = [layout.Column("Total", "total")]
    if chosen.by != "Total":
        columns = [
            layout.Column(title, title, start.isoformat(), end.isoformat()) for title, start, end in spans
        ]
    header = layout.header(
        store, realm, "BalanceSheet", period, chosen.basis, chosen.by, books.home_currency(), sheet.is_empty
    )
    return {
        "Header": header,
        "Columns": layout.columns(columns),
        "Rows": {"Row": [sheet.assets(), sheet.claims()]},
    }


class Sheet:
    """Balances at the end of each column's day, and the sections made of them."""

    def __init__(self, store: Store, realm: str, chosen: options.Options, days: list[date]) -> None:
        self.accounts = ledger.accounts(store, realm)
        self.nothing: Values = (0,) * len(days)
        ends = [ledger.balances(store, realm, day, ("account",), chosen.where) for day in days]
        starts = [
            ledger.balances(store, realm, date(day.year, 1, 1) - timedelta(1), ("account",), chosen.where)
            for day in days
        ]
        self.balances = {a.id: tuple(end.get((a.id,), 0) for end in ends) for a in self.accounts}
        before = {a.id: tuple(start.get((a.id,), 0) for start in starts) for a in self.accounts}
        results = [account.id for account in self.accounts if account.type in RESULT_TYPES]
        self.earned_before = layout.plus(self.nothing, *(before[id] for id in results))
        earned = layout.plus(self.nothing, *(self.balances[id] for id in results))
        self.earned_now = layout.minus(earned, self.earned_before)
        self.is_empty = not any(any(values) for values in self.balances.values())

    def part(self, account_type: str, sign: int) -> tuple[list[Row], Values]:
        """Rows and total of the accounts of a type."""
        chosen = [account for account in self.accounts if account.type == account_type]
        shown = {
            a.id: tuple(sign * v for v in self.balances[a.id]) for a in chosen if any(self.balances[a.id])
        }
        return layout.account_rows(chosen, shown, len(self.nothing))

    def several(self, parts: tuple[tuple[str, str, str], ...], sign: int) -> tuple[list[Row], Values]:
        """Sections of several types, those without accounts left out, and their total."""
        rows: list[Row] = []
        total = self.nothing
        for title, group, account_type in parts:
            inner, value = self.part(account_type, sign)
            total = layout.plus(total, value)
            if inner:
                rows.append(section(title, group, inner, f"Total {title}", value))
        return rows, total

    def assets(self) -> Row:
        """What the company owns."""
        current, current_total = self.several(CURRENT_ASSETS, 1)
        long_lived, long_total = self.several(
            (("Fixed Assets", "FixedAssets", "Fixed Asset"), ("Other Assets", "OtherAssets", "Other Asset")),
            1,
        )
        rows = [
            section("Current Assets", "CurrentAssets", current, "Total Current Assets", current_total),
            *long_lived,
        ]
        return section("Assets", "TotalAssets", rows, "Total Assets", layout.plus(current_total, long_total))

    def claims(self) -> Row:
        """What it owes, and what is left for its owners."""
        current, current_total = self.several(CURRENT_LIABILITIES, -1)
        long_term, long_total = self.several(
            (("Long-term Liabilities", "LongTermLiabilities", "Long Term Liability"),), -1
        )
        liabilities = [
            section(
                "Current Liabilities",
                "CurrentLiabilities",
                current,
                "Total Current Liabilities",
                current_total,
            ),
            *long_term,
        ]
        owed = layout.plus(current_total, long_total)
        equity_rows, equity = self.equity()
        rows = [
            section("Liabilities", "Liabilities", liabilities, "Total Liabilities", owed),
            section("Equity", "Equity", equity_rows, "Total Equity", equity),
        ]
        title = "Liabilities and Equity"
        return section(title, "TotalLiabilitiesAndEquity", rows, f"Total {title}", layout.plus(owed, equity))

    def equity(self) -> tuple[list[Row], Values]:
        """Equity accounts, what was earned in former years, what was earned in this one."""
        retained = next((a for a in self.accounts if a.subtype == "RetainedEarnings"), None)
        booked = self.balances[retained.id] if retained else self.nothing
        former = tuple(-value for value in layout.plus(booked, self.earned_before))
        chosen = [a for a in self.accounts if a.type == "Equity" and a is not retained]
        shown = {a.id: tuple(-v for v in self.balances[a.id]) for a in chosen if any(self.balances[a.id])}
        rows, total = layout.account_rows(chosen, shown, len(self.nothing))
        earned = tuple(-value for value in self.earned_now)
        name = retained.name if retained else "Retained Earnings"
        rows.append(
            {
                "ColData": layout.cells(name, former, retained.id if retained else None),
                "type": "Data",
                "group": "RetainedEarnings",
            }
        )
        rows.append({"ColData": layout.cells("Net Income", earned), "type": "Data", "group": "NetIncome"})
        return rows, layout.plus(total, former, earned)
