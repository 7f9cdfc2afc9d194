"""Journal: every transaction of a period with its entries, debits and credits."""

from __future__ import annotations

from itertools import groupby

from runtime.simulators.quickbooks.reports import layout
from runtime.simulators.quickbooks.reports.detail_lines import Shown
from runtime.simulators.quickbooks.reports.detail_table import Table
from runtime.simulators.quickbooks.reports.layout import Row, make_cell
from runtime.simulators.quickbooks.reports.question import Question

COLUMNS = ("tx_date", "txn_type", "doc_num", "name", "memo", "account_name", "debt_amt", "credit_amt")
ONCE = frozenset({"tx_date", "txn_type", "txn_num", "doc_num", "due_date"})
"""Columns that only the first entry of a transaction fills."""


def report_journal(question: Question) -> Row:
    """Return the answer for one company: per transaction its entries and their sums, then the total."""
    period = question.read_period()
    table = Table(question, COLUMNS)
    found = table.lines.read_between(
        period.start, period.end, order="date, cast(txn_id as integer), txn_type, pk"
    )
    rows: list[Row] = []
    everything: list[Shown] = []
    for _, group in groupby(found, key=lambda posting: (posting.date, posting.txn_id, posting.txn_type)):
        shown = [Shown(posting, posting.cents) for posting in group]
        rows.append(_transaction(table, shown))
        everything += shown
    if question.is_sorted < 0:
        rows.reverse()
    head = layout.make_header(question, period, has_basis=False, is_empty=not rows)
    return layout.make_report(
        head, table.make_columns(), [*rows, table.make_grand_total(everything)] if rows else []
    )


def _transaction(table: Table, shown: list[Shown]) -> Row:
    rows = [table.make_row(one) for one in shown]
    for row in rows[1:]:
        row["ColData"] = [
            make_cell("") if key in ONCE else made
            for key, made in zip(table.keys, row["ColData"], strict=True)
        ]
    return {"Rows": {"Row": rows}, "Summary": table.make_total("", shown), "type": "Section"}
