"""The structure of detail reports: which columns, rows of cells, sections with sums, groups and order of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from runtime.simulators.quickbooks.money import format_amount
from runtime.simulators.quickbooks.reports.columns import KINDS
from runtime.simulators.quickbooks.reports.detail_lines import Lines, Shown
from runtime.simulators.quickbooks.reports.layout import Column, Row, make_cell, make_column
from runtime.simulators.quickbooks.reports.question import Question, read_report_facts

CONDITIONAL = {
    "klass_name": ("ClassTrackingPerTxn", "ClassTrackingPerTxnLine"),
    "dept_name": ("TrackDepartments",),
}
"""Columns that show by themselves where the company tracks classes or locations."""

SUMMED = frozenset(
    {"amount", "nat_amount", "subt_nat_amount", "subt_amount", "subt_neg_amount", "subt_open_bal",
     "subt_neg_open_bal", "debt_amt", "credit_amt", "nat_open_bal", "neg_open_bal", "net_amount"}
)  # fmt: skip
"""Money columns that sections add up; running balances they do not."""


class Table:
    """The columns of one report and the making of its rows."""

    def __init__(self, question: Question, usual: Sequence[str]) -> None:
        self.question = question
        self.lines = Lines(question)
        self.keys = choose_columns(question, usual)

    def make_columns(self) -> Row:
        """Return the Columns of the answer."""
        return {
            "Column": [make_column(Column(KINDS[key].title, key, type=KINDS[key].type)) for key in self.keys]
        }

    def make_row(self, shown: Shown) -> Row:
        """Return one line."""
        return {"ColData": [KINDS[key].make(self.lines, shown) for key in self.keys], "type": "Data"}

    def make_head(self, title: str, id: str | None = None) -> Row:
        """Return the Header of a section: title on the first cell, the others empty."""
        return {"ColData": [make_cell(title, id), *(make_cell("") for _ in self.keys[1:])]}

    def make_beginning(self, cents: int) -> Row:
        """Return the row that says what an account held before."""
        balances = [
            make_cell(format_amount(cents)) if key.startswith("rbal") else make_cell("")
            for key in self.keys[1:]
        ]
        return {"ColData": [make_cell("Beginning Balance"), *balances], "type": "Data"}

    def make_total(self, title: str, rows: Iterable[Shown]) -> Row:
        """Return the Summary of a section: the sums of its money columns."""
        listed = list(rows)
        cells = [self._sum(key, listed) if key in SUMMED else make_cell("") for key in self.keys[1:]]
        return {"ColData": [make_cell(title), *cells]}

    def _sum(self, key: str, rows: list[Shown]) -> Row:
        if key == "debt_amt":
            return make_cell(format_amount(sum(max(row.posting.cents, 0) for row in rows)))
        if key == "credit_amt":
            return make_cell(format_amount(sum(max(-row.posting.cents, 0) for row in rows)))
        if key.endswith("open_bal"):
            return make_cell(format_amount(sum(row.open or 0 for row in rows)))
        return make_cell(format_amount(sum(row.amount or 0 for row in rows)))

    def make_section(
        self, title: str, id: str | None, rows: list[Shown], total: str, inner: list[Row] | None = None
    ) -> Row:
        """Return a section of lines with a title and a sum; `inner` takes the place of the plain rows."""
        shown: Row = {"Header": self.make_head(title, id)}
        made = [self.make_row(row) for row in rows] if inner is None else inner
        if made:
            shown["Rows"] = {"Row": made}
        return shown | {"Summary": self.make_total(total, rows), "type": "Section"}

    def make_grand_total(self, rows: list[Shown], title: str = "TOTAL") -> Row:
        """Return the section that closes a report."""
        return {"Summary": self.make_total(title, rows), "type": "Section", "group": "GrandTotal"}

    def sort_rows(self, rows: list[Shown]) -> list[Shown]:
        """Return rows by the column and direction that the request names; as they come when it names none."""
        key = self.question.read_text("sort_by")
        reverse = self.question.is_sorted < 0
        if key is None or key not in KINDS:
            return rows[::-1] if reverse and self.question.is_sorted else rows
        kind = KINDS[key]
        return sorted(
            rows, key=_order(lambda row: str(kind.make(self.lines, row)["value"]), kind.type), reverse=reverse
        )


def _order(value: Callable[[Shown], str], kind: str) -> Callable[[Shown], Any]:
    if kind not in ("Money", "Number", "Rate"):
        return lambda row: value(row).lower()

    def amount(row: Shown) -> float:
        try:
            return float(value(row))
        except ValueError:
            return float("-inf")

    return amount


def choose_columns(question: Question, usual: Sequence[str]) -> list[str]:
    """Return ids of the columns to show: those asked for (in the order of the report), else the usual ones."""
    known = {entry["id"] for entry in read_report_facts()[question.name].get("columns") or ()} | set(usual)
    asked = {part.strip() for part in (question.read_text("columns") or "").split(",")}
    allowed = known | set(CONDITIONAL) | SUMMED | {key for key in KINDS if key.startswith("rbal")}
    if question.name.startswith("TransactionListBy"):
        allowed |= {entry["id"] for entry in read_report_facts()["TransactionList"].get("columns") or ()}
    found = [key for key in KINDS if key in asked & allowed]
    return found or _usual(question, list(usual))


def _usual(question: Question, keys: list[str]) -> list[str]:
    """Return the usual columns, and those that the company's tracking adds, before the account or amount."""
    for key, preferences in CONDITIONAL.items():
        if key not in keys and any(
            question.books.get_preference("AccountingInfoPrefs", name) for name in preferences
        ):
            place = next((keys.index(name) for name in ("memo", "account_name") if name in keys), len(keys))
            if any(entry["id"] == key for entry in CONDITIONAL_IN.get(question.name, ())):
                keys.insert(place, key)
    return keys


_BOTH = ({"id": "klass_name"}, {"id": "dept_name"})
_PLACE = ({"id": "dept_name"},)
CONDITIONAL_IN: dict[str, tuple[dict[str, str], ...]] = {
    "GeneralLedger": _BOTH, "ProfitAndLossDetail": _BOTH, "AgedPayableDetail": _PLACE, "AgedReceivableDetail": _PLACE,
    "CustomerBalanceDetail": _PLACE, "VendorBalanceDetail": _PLACE, "TransactionList": _PLACE,
    "TransactionListByCustomer": _PLACE, "TransactionListByVendor": _PLACE, "TransactionListWithSplits": _PLACE,
}  # fmt: skip
"""Reports in which those columns exist, after the facts' `conditional_columns`."""
