"""What every customer owes and every vendor is owed on a day: the balance per name, and the transactions behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from runtime.simulators.quickbooks.reports import layout, open_items, sums
from runtime.simulators.quickbooks.reports.aging import (
    make_detail_filter,
    make_line,
    make_name_rows,
    read_names,
)
from runtime.simulators.quickbooks.reports.detail_lines import Shown
from runtime.simulators.quickbooks.reports.detail_table import Table
from runtime.simulators.quickbooks.reports.layout import Column, Row, Values
from runtime.simulators.quickbooks.reports.open_items import SIDES
from runtime.simulators.quickbooks.reports.question import Question

CUSTOMER = ("tx_date", "txn_type", "doc_num", "due_date", "subt_amount", "subt_open_bal", "rbal_open_bal")
VENDOR = (
    "tx_date",
    "txn_type",
    "doc_num",
    "due_date",
    "subt_neg_amount",
    "subt_neg_open_bal",
    "rbal_neg_open_bal",
)


def report_customer_balance(question: Question) -> Row:
    """Return a row per customer with a balance; sub-customers inside their parents."""
    return _summary(question, "receivable", "Customer", "arpaid")


def report_vendor_balance(question: Question) -> Row:
    """Return a row per vendor with a balance."""
    return _summary(question, "payable", "Vendor", "appaid")


def sum_balances(question: Question, side: str) -> Mapping[str | None, int]:
    """Name -> what the control accounts hold for it at the end of the report's day, in cents."""
    account_type, party, sign = SIDES[side]
    accounts = tuple(account.id for account in question.accounts if account.type == account_type)
    where: dict[str, Collection[str]] = {"account": accounts}
    where |= {name: ids for name, ids in question.where.items() if name in (party, "department")}
    found = sums.sum_postings(
        question, None, question.get_closing_day().end, (party,), where, basis="Accrual"
    )
    return {key[0]: sign * cents for key, cents in found.items()}


def _summary(question: Question, side: str, entity: str, paid: str) -> Row:
    period = question.get_closing_day()
    state = question.read_choice(paid, "Unpaid")
    amounts: dict[str | None, Values] = {
        id: (cents,)
        for id, cents in sum_balances(question, side).items()
        if state == "All" or bool(cents) == (state == "Unpaid")
    }
    rows, total = make_name_rows(question, entity, amounts)
    options = {"report_date": period.end.isoformat()}
    head = layout.make_header(question, period, "Total", has_basis=False, is_empty=not rows, options=options)
    columns = layout.make_columns(entity, [Column("Total", "total")])
    return layout.make_report(head, columns, [*rows, layout.make_grand_total(total)] if rows else [])


def report_customer_balance_detail(question: Question) -> Row:
    """Return a section per customer with its open transactions."""
    return _detail(question, "receivable", "Customer", CUSTOMER, "arpaid")


def report_vendor_balance_detail(question: Question) -> Row:
    """Return a section per vendor with its open transactions."""
    return _detail(question, "payable", "Vendor", VENDOR, "appaid")


def _detail(question: Question, side: str, entity: str, usual: tuple[str, ...], paid: str) -> Row:
    period = question.get_closing_day()
    table = Table(question, usual)
    state = question.read_choice(paid, "Unpaid")
    wanted = make_detail_filter(table)
    found: dict[str | None, list[Shown]] = {}
    for item in open_items.list_open_items(question, side, period.end, includes_settled=state != "Unpaid"):
        shown = make_line(table, item, side)
        if (state == "All" or bool(item.left) == (state == "Unpaid")) and wanted(shown, item):
            found.setdefault(item.name_id, []).append(shown)
    records = read_names(question, entity)
    titles = {id: records.get(str(id), ("Not Specified", None))[0] for id in found}
    rows = [
        _section(table, titles[id], id, found[id]) for id in sorted(found, key=lambda id: titles[id].lower())
    ]
    options = {"report_date": period.end.isoformat()}
    head = layout.make_header(question, period, has_basis=False, is_empty=not rows, options=options)
    everything = [shown for several in found.values() for shown in several]
    return layout.make_report(
        head, table.make_columns(), [*rows, table.make_grand_total(everything)] if rows else []
    )


def _section(table: Table, title: str, id: str | None, found: list[Shown]) -> Row:
    """Return transactions of one name with a running balance."""
    balance = 0
    rows: list[Shown] = []
    for shown in table.sort_rows(found):
        balance += shown.open or 0
        rows.append(Shown(shown.posting, shown.amount, balance, shown.open))
    return table.make_section(title, id, rows, f"Total for {title}")
