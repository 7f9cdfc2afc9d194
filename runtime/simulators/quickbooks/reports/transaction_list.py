"""Transaction lists: one row per transaction, flat or in groups; by customer and by vendor; with all their entries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from runtime.simulators.quickbooks.reports import layout, periods, transactions
from runtime.simulators.quickbooks.reports.detail_lines import SHOWN_TYPES, Lines, Shown
from runtime.simulators.quickbooks.reports.detail_table import Table
from runtime.simulators.quickbooks.reports.layout import Row
from runtime.simulators.quickbooks.reports.question import Question

COLUMNS = (
    "tx_date",
    "txn_type",
    "doc_num",
    "is_no_post",
    "name",
    "memo",
    "account_name",
    "other_account",
    "subt_nat_amount",
)
BY_CUSTOMER = ("tx_date", "txn_type", "doc_num", "is_no_post", "memo", "account_name", "amount")
BY_VENDOR = ("tx_date", "txn_type", "doc_num", "is_no_post", "memo", "account_name", "nat_amount")
SPLITS = ("tx_date", "txn_type", "doc_num", "is_no_post", "memo", "account_name", "amount")
SPLITS_USUAL = "this fiscal quarter"

Group = tuple[str, str | None]
"""Title and Id of what a transaction is listed under."""


def report_transaction_list(question: Question) -> Row:
    """Return the answer for one company: flat, or a section per group."""
    return _listed(question, COLUMNS, question.read_text("group_by"))


def report_by_customer(question: Question) -> Row:
    """Return a section per customer."""
    return _listed(question, BY_CUSTOMER, question.read_text("group_by") or "Customer", "customer")


def report_by_vendor(question: Question) -> Row:
    """Return a section per vendor."""
    return _listed(question, BY_VENDOR, question.read_text("group_by") or "Vendor", "vendor")


def _listed(
    question: Question, usual: tuple[str, ...], group_by: str | None, needed: str | None = None
) -> Row:
    period = question.read_period()
    table = Table(question, usual)
    found = transactions.list_transactions(question, table.lines, period)
    if needed:
        found = [shown for shown in found if getattr(shown.posting, needed)]
    rows = _rows(table, found, group_by)
    head = layout.make_header(question, period, has_basis=False, is_empty=not found)
    return layout.make_report(head, table.make_columns(), rows)


def _rows(table: Table, found: list[Shown], group_by: str | None) -> list[Row]:
    key = GROUPS.get(str(group_by or "None").lower())
    if key is None:
        return [table.make_row(shown) for shown in table.sort_rows(found)]
    groups: dict[Group, list[Shown]] = {}
    for shown in found:
        groups.setdefault(key(table.lines, shown), []).append(shown)
    return [
        table.make_section(title, id, table.sort_rows(rows), f"Total for {title}")
        for (title, id), rows in sorted(groups.items(), key=lambda pair: pair[0][0].lower())
    ]


def _party(dimension: str) -> Callable[[Lines, Shown], Group]:
    def group(lines: Lines, shown: Shown) -> Group:
        id = getattr(shown.posting, dimension)
        return (lines.names[dimension].get(id, ""), id) if id else ("Not Specified", None)

    return group


def _name(lines: Lines, shown: Shown) -> Group:
    name, id = lines.get_name(shown.posting)
    return name or "Not Specified", id


def _account(lines: Lines, shown: Shown) -> Group:
    return lines.get_account_name(shown.posting.account) or "Not Specified", shown.posting.account or None


def _kind(lines: Lines, shown: Shown) -> Group:
    return SHOWN_TYPES.get(lines.get_kind(shown.posting), shown.posting.txn_type), None


def _method(lines: Lines, shown: Shown) -> Group:
    reference = lines.read_body(shown.posting).get("PaymentMethodRef") or {}
    return str(
        lines.read_record("PaymentMethod", reference.get("value")).get("Name") or "Not Specified"
    ), None


def _span(unit: str, *, is_fiscal: bool = False) -> Callable[[Lines, Shown], Group]:
    def group(lines: Lines, shown: Shown) -> Group:
        first = lines.question.fiscal_start if is_fiscal else 1
        start, end = periods.find_span(unit, date.fromisoformat(shown.posting.date), first)
        return f"{start.isoformat()} - {end.isoformat()}", None

    return group


GROUPS: dict[str, Callable[[Lines, Shown], Group]] = {
    "name": _name, "account": _account, "transaction type": _kind, "customer": _party("customer"),
    "vendor": _party("vendor"), "employee": _party("employee"), "location": _party("department"),
    "payment method": _method, "day": lambda _lines, shown: (shown.posting.date, None), "week": _span("week"),
    "month": _span("month"), "quarter": _span("quarter"), "year": _span("year"),
    "fiscal quarter": _span("quarter", is_fiscal=True), "fiscal year": _span("year", is_fiscal=True),
}  # fmt: skip


def report_with_splits(question: Question) -> Row:
    """Return a section per transaction with all its entries."""
    period = question.read_period(SPLITS_USUAL)
    table = Table(question, SPLITS)
    found = transactions.list_transactions(question, table.lines, period)
    rows = [_with_entries(table, shown) for shown in table.sort_rows(found)]
    group_by = str(question.read_text("group_by") or "None").lower()
    if group_by in ("name", "account", "transaction type"):
        rows = _grouped(table, found, GROUPS[group_by])
    head = layout.make_header(question, period, has_basis=False, is_empty=not found)
    return layout.make_report(head, table.make_columns(), rows)


def _with_entries(table: Table, shown: Shown) -> Row:
    """Return a transaction: its own side first, then the others."""
    entries = table.lines.list_entries(shown.posting)
    rows = [Shown(entry, table.lines.get_natural_cents(entry)) for entry in entries] or [shown]
    return {
        "Header": table.make_head(shown.posting.date, shown.posting.txn_id),
        "Rows": {"Row": [table.make_row(one) for one in rows]},
        "type": "Section",
    }


def _grouped(table: Table, found: list[Shown], key: Callable[[Lines, Shown], Group]) -> list[Row]:
    groups: dict[Group, list[Shown]] = {}
    for shown in found:
        groups.setdefault(key(table.lines, shown), []).append(shown)
    return [
        table.make_section(
            title,
            id,
            rows,
            f"Total for {title}",
            [_with_entries(table, shown) for shown in table.sort_rows(rows)],
        )
        for (title, id), rows in sorted(groups.items(), key=lambda pair: pair[0][0].lower())
    ]
