"""Profit and loss: income less expenses of a period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import ledger
from ..books import Books
from ..store import Store
from . import layout, options, periods, report


@report("ProfitAndLoss")
def profit_and_loss(store: Store, realm: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The answer for one company."""
    books = Books(store, realm)
    chosen = options.of(books, parameters)
    period = periods.of(parameters, books.today())
    columns, amounts = options.columns(store, realm, chosen, period)
    signed = {id: tuple(-value for value in values) for id, values in amounts.items()}
    accounts = ledger.accounts(store, realm)
    width = len(columns)

    def part(*types: str, sign: int = 1) -> tuple[list[layout.Row], layout.Values]:
        of_types = [account for account in accounts if account.type in types]
        shown = {
            a.id: tuple(sign * v for v in signed[a.id])
            for a in of_types
            if a.id in signed and any(signed[a.id])
        }
        return layout.account_rows(of_types, shown, width)

    income, goods = part("Income"), part("Cost of Goods Sold", sign=-1)
    expenses, other_income, other_expenses = (
        part("Expense", sign=-1),
        part("Other Income"),
        part("Other Expense", sign=-1),
    )
    gross = layout.minus(income[1], goods[1])
    operating = layout.minus(gross, expenses[1])
    other = layout.minus(other_income[1], other_expenses[1])
    rows = [
        layout.section("Income", "Income", income[0], "Total Income", income[1]),
        *(
            [layout.section("Cost of Goods Sold", "COGS", goods[0], "Total Cost of Goods Sold", goods[1])]
            if goods[0]
            else []
        ),
        layout.section(None, "GrossProfit", [], "Gross Profit", gross),
        layout.section("Expenses", "Expenses", expenses[0], "Total Expenses", expenses[1]),
        layout.section(None, "NetOperatingIncome", [], "Net Operating Income", operating),
        *_other("Other Income", "OtherIncome", other_income),
        *_other("Other Expenses", "OtherExpenses", other_expenses),
        *(
            [layout.section(None, "NetOtherIncome", [], "Net Other Income", other)]
            if other_income[0] or other_expenses[0]
            else []
        ),
        layout.section(None, "NetIncome", [], "Net Income", layout.plus(operating, other)),
    ]
    is_empty = not any(any(values) for values in signed.values())
    return {
        "Header": layout.header(
            store, realm, "ProfitAndLoss", period, chosen.basis, chosen.by, books.home_currency(), is_empty
        ),
        "Columns": layout.columns(columns),
        "Rows": {"Row": rows},
    }


def _other(title: str, group: str, part: tuple[list[layout.Row], layout.Values]) -> list[layout.Row]:
    return [layout.section(title, group, part[0], f"Total {title}", part[1])] if part[0] else []
