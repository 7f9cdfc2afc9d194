"""Profit and loss: income less expenses of a period."""

from __future__ import annotations

from runtime.simulators.quickbooks.reports import layout, splits
from runtime.simulators.quickbooks.reports.layout import Row, Style, Values
from runtime.simulators.quickbooks.reports.question import Question

PARTS = (
    ("Income", "Income", "Income", -1),
    ("Cost of Goods Sold", "COGS", "Cost of Goods Sold", 1),
    ("Expenses", "Expenses", "Expense", 1),
    ("Other Income", "OtherIncome", "Other Income", -1),
    ("Other Expenses", "OtherExpenses", "Other Expense", 1),
)
"""Title, group, account type, and the sign that makes its usual side positive."""


def report_profit_and_loss(question: Question) -> Row:
    """Return the answer for one company; every section is there, with or without accounts, as recorded in 2025."""
    period = question.read_period()
    columns, booked = splits.split_movements(question, period)
    amounts = {str(key[0]): values for key, values in booked.items()}
    style = Style(question.is_sorted)
    parts = {
        group: _part(question, amounts, account_type, sign, len(columns), style)
        for _, group, account_type, sign in PARTS
    }
    is_empty = not any(rows for rows, _ in parts.values())
    head = layout.make_header(
        question, period, splits.choose_split(question), is_empty=is_empty, options=layout.GAAP
    )
    return layout.make_report(head, layout.make_columns("Account", columns), _rows(parts))


def _part(
    question: Question, amounts: dict[str, Values], account_type: str, sign: int, width: int, style: Style
) -> tuple[list[Row], Values]:
    chosen = [account for account in question.accounts if account.type == account_type]
    shown = {a.id: layout.scale(amounts[a.id], sign) for a in chosen if any(amounts.get(a.id, ()))}
    return layout.make_account_rows(chosen, shown, width, style)


def _rows(parts: dict[str, tuple[list[Row], Values]]) -> list[Row]:
    total = {group: values for group, (_, values) in parts.items()}
    gross = layout.subtract(total["Income"], total["COGS"])
    operating = layout.subtract(gross, total["Expenses"])
    other = layout.subtract(total["OtherIncome"], total["OtherExpenses"])
    sections = {
        group: layout.make_section(title, group, parts[group][0], f"Total {title}", parts[group][1])
        for title, group, _, _ in PARTS
    }
    return [
        sections["Income"],
        sections["COGS"],
        layout.make_section(None, "GrossProfit", [], "Gross Profit", gross),
        sections["Expenses"],
        layout.make_section(None, "NetOperatingIncome", [], "Net Operating Income", operating),
        sections["OtherIncome"],
        sections["OtherExpenses"],
        layout.make_section(None, "NetOtherIncome", [], "Net Other Income", other),
        layout.make_section(None, "NetIncome", [], "Net Income", layout.add(operating, other)),
    ]
