"""Sales by product or service: quantity, amount, share, average price, and for goods their cost and margin."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from runtime.simulators.quickbooks.money import format_amount, parse_decimal
from runtime.simulators.quickbooks.reports import layout, splits, sums
from runtime.simulators.quickbooks.reports.cells import format_number
from runtime.simulators.quickbooks.reports.detail_lines import Lines
from runtime.simulators.quickbooks.reports.layout import Row, make_cell
from runtime.simulators.quickbooks.reports.question import Question
from runtime.simulators.quickbooks.reports.sales_by_name import (
    SALES,
    filter_by_account_types,
    filter_by_sales,
)

COLUMNS = (
    ("Quantity", "quantity", "Quantity"), ("Amount", "amount", "Money"), ("% of Sales", "percent", "Percent"),
    ("Avg Price", "avg_price", "Money"), ("COGS", "cogs", "Money"), ("Gross Margin", "gross_margin", "Money"),
    ("Gross Margin %", "gross_margin_percent", "Percent"),
)  # fmt: skip


@dataclass
class Sold:
    """What was sold of an item: units, and cents of income and cost."""

    quantity: Decimal = Decimal(0)
    amount: int = 0
    cost: int = 0


def report_item_sales(question: Question) -> Row:
    """Return the answer for one company: a row per item, nested columns under the total or under every part of it."""
    period = question.read_period()
    parts = splits.make_nested_columns(question, period)
    sold = [_sold(question, part) for part in parts]
    names = question.read_names("item")
    whole = [_whole(several) for several in sold]
    ids = sorted(sold[-1], key=lambda id: (id is None, names.get(str(id), "").lower()))
    if question.is_sorted:
        ids.sort(key=lambda id: question.is_sorted * sold[-1][id].amount)
    rows: list[Row] = [
        {
            "ColData": [make_cell(names.get(str(id), "Not Specified"), id), *_row(id, sold, whole)],
            "type": "Data",
        }
        for id in ids
    ]
    if rows:
        figures = [value for one in whole for value in _cells(one, one)]
        rows.append(
            {"Summary": {"ColData": [make_cell("TOTAL"), *figures]}, "type": "Section", "group": "GrandTotal"}
        )
    head = layout.make_header(question, period, splits.choose_split(question), is_empty=not rows)
    return layout.make_report(head, _columns(parts), rows)


def _row(id: str | None, sold: list[dict[str | None, Sold]], whole: list[Sold]) -> list[Row]:
    """Return the figures of an item in every part; empty where nothing of it was sold."""
    cells: list[Row] = []
    for several, total in zip(sold, whole, strict=True):
        cells += _cells(several[id], total) if id in several else [make_cell("") for _ in COLUMNS]
    return cells


def _whole(sold: dict[str | None, Sold]) -> Sold:
    return Sold(
        sum((one.quantity for one in sold.values()), Decimal(0)),
        sum(one.amount for one in sold.values()),
        sum(one.cost for one in sold.values()),
    )


def _columns(parts: list[splits.Part]) -> Row:
    inner = [layout.make_column(layout.Column(title, key, type=kind)) for title, key, kind in COLUMNS]
    first = {
        "ColTitle": "",
        "ColType": "ProductsAndService",
        "MetaData": [{"Name": "ColKey", "Value": "item"}],
    }
    return {
        "Column": [
            first,
            *({**layout.make_column(part.column), "Columns": {"Column": inner}} for part in parts),
        ]
    }


def _cells(one: Sold, whole: Sold) -> list[Row]:
    margin = one.amount - one.cost
    average = _cents(Decimal(one.amount) / one.quantity) if one.quantity else None
    goods = (
        (format_amount(one.cost), format_amount(margin), _percent(margin, one.amount))
        if one.cost
        else ("", "", "")
    )
    figures = (format_number(one.quantity), format_amount(one.amount), _percent(one.amount, whole.amount))
    return [
        make_cell(value) for value in (*figures, "" if average is None else format_amount(average), *goods)
    ]


def _cents(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _percent(part: int, whole: int) -> str:
    """Return a share in percent with two decimals; empty without a whole."""
    return format_amount(_cents(Decimal(part) * 10000 / whole)) if whole else ""


def _sold(question: Question, part: splits.Part) -> dict[str | None, Sold]:
    """Return item -> what sales forms booked for it in a part of the report, and its units from their lines."""
    period = part.period
    found: dict[str | None, Sold] = defaultdict(Sold)
    income = {**filter_by_sales(question), **part.where}
    for key, cents in sums.sum_postings(question, period.start, period.end, ("item",), income).items():
        if key[0] is not None:
            found[key[0]].amount = -cents
    cost = {**filter_by_account_types(question, ("Cost of Goods Sold",)), **part.where, "txn_type": SALES}
    for key, cents in sums.sum_postings(question, period.start, period.end, ("item",), cost).items():
        if key[0] is not None:
            found[key[0]].cost = cents
    for id, units in _units(question, part).items():
        if id in found:
            found[id].quantity = units
    return dict(found)


def _units(question: Question, part: splits.Part) -> dict[str | None, Decimal]:
    period = part.period
    lines = Lines(question)
    units: dict[str | None, Decimal] = defaultdict(Decimal)
    where = {**filter_by_sales(question), **part.where}
    seen: set[tuple[str, str, str | None]] = set()
    for posting in lines.read_between(period.start, period.end, where):
        key = (posting.txn_type, posting.txn_id, posting.line)
        if posting.item is None or key in seen:
            continue
        seen.add(key)
        sign = -1 if posting.txn_type in ("CreditMemo", "RefundReceipt") else 1
        units[posting.item] += sign * parse_decimal(lines.find_detail(posting).get("Qty") or 0)
    return units
