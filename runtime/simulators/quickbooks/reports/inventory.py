"""Stock: how much of every item there is, what it cost, and every movement of it. At average cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from runtime.simulators.quickbooks.books.ledger import Posting
from runtime.simulators.quickbooks.money import format_amount, parse_decimal
from runtime.simulators.quickbooks.reports import layout
from runtime.simulators.quickbooks.reports.cells import format_number
from runtime.simulators.quickbooks.reports.columns import KINDS
from runtime.simulators.quickbooks.reports.detail_lines import COLUMNS, Lines, Shown
from runtime.simulators.quickbooks.reports.layout import Column, Row, make_cell
from runtime.simulators.quickbooks.reports.question import Question

SUMMARY = (
    Column("SKU", "sku", type="String"), Column("Qty", "qty", type="Quantity"), Column("Asset Value", "asset_value"),
    Column("Calc. Avg", "calc_avg"),
)  # fmt: skip
DETAIL = (
    "tx_date",
    "txn_type",
    "doc_num",
    "name",
    "quantity",
    "rate",
    "home_amount",
    "qty_on_hand",
    "asset_value",
)
TITLES = {"rate": ("Rate", "Money"), "home_amount": ("Inventory Cost", "Money"), "quantity": ("Qty", "Quantity"),
          "qty_on_hand": ("Qty on Hand", "Quantity"), "asset_value": ("Asset Value", "Money"),
          "asset_value_nt": ("Asset Value", "Money"), "rate_inventory": ("Inventory Rate", "Money"),
          "txn_id": ("Transaction Id", "String"), "item_sku": ("SKU", "String"),
          "service_date": ("Service Date", "Date"), "exch_rate": ("Exchange Rate", "Rate")}  # fmt: skip
USUAL = "this month-to-date"


@dataclass
class Stock:
    """Units and cents of an item."""

    quantity: Decimal = Decimal(0)
    cents: int = 0


def read_movements(question: Question, until: str) -> Iterator[Posting]:
    """Return every change of stock up to a day, oldest first."""
    ids = question.read_ids("item")
    clause = f" and item in ({','.join('?' * len(ids))})" if ids else ""
    rows = question.store.execute(
        f"select {COLUMNS} from postings where realm = ? and quantity is not null and date <= ?{clause}"
        " order by date, pk",
        (question.realm, until, *ids),
    )
    return (Posting(*row) for row in rows)


def report_valuation_summary(question: Question) -> Row:
    """Return a row per item in stock on a day."""
    period = question.get_closing_day()
    stock: dict[str, Stock] = defaultdict(Stock)
    for posting in read_movements(question, period.end.isoformat()):
        _add(stock[str(posting.item)], posting)
    lines = Lines(question)
    names = lines.names["item"]
    rows: list[Row] = [
        {
            "ColData": [
                make_cell(names.get(id, ""), id),
                make_cell(str(lines.read_record("Item", id).get("Sku") or "")),
                *_cells(held),
            ]
        }
        for id, held in sorted(stock.items(), key=lambda pair: names.get(pair[0], "").lower())
    ]
    if rows:
        units, value = (
            sum(held.quantity for held in stock.values()),
            sum(held.cents for held in stock.values()),
        )
        cells = [
            make_cell("TOTAL"),
            make_cell(""),
            make_cell(format_number(units)),
            make_cell(format_amount(value)),
            make_cell(""),
        ]
        rows.append({"Summary": {"ColData": cells}, "type": "Section", "group": "GrandTotal"})
    options = {"report_date": period.end.isoformat()}
    head = layout.make_header(question, period, "Total", has_basis=False, is_empty=not rows, options=options)
    return layout.make_report(head, layout.make_columns("ProductsAndService", SUMMARY), rows)


def _add(stock: Stock, posting: Posting) -> None:
    stock.quantity += parse_decimal(posting.quantity)
    stock.cents += posting.cents


def _cells(held: Stock) -> list[Row]:
    return [
        make_cell(format_number(held.quantity)),
        make_cell(format_amount(held.cents)),
        make_cell(_average(held.cents, held.quantity)),
    ]


def _average(cents: int, quantity: Decimal) -> str:
    if not quantity:
        return ""
    return format_amount(int((Decimal(cents) / quantity).quantize(Decimal(1), ROUND_HALF_UP)))


def report_valuation_detail(question: Question) -> Row:
    """Return a section per item with its movements in a period."""
    period = question.read_period(USUAL)
    asked = {part.strip() for part in (question.read_text("columns") or "").split(",")}
    keys = [
        key for key in (*KINDS, *TITLES) if key in asked and key in {*DETAIL, *TITLES, "memo", "account_name"}
    ]
    detail = Detail(question, list(dict.fromkeys(keys)) or list(DETAIL))
    rows = detail.make_sections(period.start.isoformat(), period.end.isoformat())
    head = layout.make_header(question, period, has_basis=False, is_empty=not rows)
    return layout.make_report(head, detail.make_columns(), rows)


class Detail:
    """Sections of movements with what is left after each."""

    def __init__(self, question: Question, keys: list[str]) -> None:
        self.question, self.keys, self.lines = question, keys, Lines(question)

    def make_columns(self) -> Row:
        """Return the Columns of the answer."""
        titles = {key: TITLES.get(key) or (KINDS[key].title, KINDS[key].type) for key in self.keys}
        return {
            "Column": [
                layout.make_column(Column(titles[key][0], key, type=titles[key][1])) for key in self.keys
            ]
        }

    def make_sections(self, since: str, until: str) -> list[Row]:
        """Return items with movements in the period, or with stock at its start."""
        stock: dict[str, Stock] = defaultdict(Stock)
        rows: dict[str, list[Row]] = defaultdict(list)
        for posting in read_movements(self.question, until):
            held = stock[str(posting.item)]
            if posting.date >= since and not rows[str(posting.item)] and (held.quantity or held.cents):
                rows[str(posting.item)].append(self._beginning(held))
            _add(held, posting)
            if posting.date >= since:
                rows[str(posting.item)].append(self._row(posting, held))
        names = self.lines.names["item"]
        return [
            self._section(names.get(id, ""), id, found, stock[id])
            for id, found in sorted(rows.items(), key=lambda pair: names.get(pair[0], "").lower())
            if found
        ]

    def _section(self, name: str, id: str, rows: list[Row], held: Stock) -> Row:
        head = [make_cell(name, id), *(make_cell("") for _ in self.keys[1:])]
        return {
            "Header": {"ColData": head},
            "Rows": {"Row": rows},
            "Summary": {"ColData": [make_cell(f"Total for {name}"), *self._held(held)]},
            "type": "Section",
        }

    def _beginning(self, held: Stock) -> Row:
        return {"ColData": [make_cell("Beginning Balance"), *self._held(held)], "type": "Data"}

    def _held(self, held: Stock) -> list[Row]:
        shown = {"qty_on_hand": format_number(held.quantity), "asset_value": format_amount(held.cents)}
        return [make_cell(shown.get(key, "")) for key in self.keys[1:]]

    def _row(self, posting: Posting, held: Stock) -> Row:
        each = _average(posting.cents, parse_decimal(posting.quantity))
        item = self.lines.read_record("Item", posting.item)
        special = {
            "quantity": format_number(posting.quantity),
            "rate": each,
            "rate_inventory": each,
            "home_amount": format_amount(posting.cents),
            "qty_on_hand": format_number(held.quantity),
            "asset_value": format_amount(held.cents),
            "asset_value_nt": format_amount(held.cents),
            "txn_id": posting.txn_id,
            "item_sku": str(item.get("Sku") or ""),
            "service_date": "",
            "exch_rate": "1",
        }
        shown = Shown(posting, posting.cents)
        cells = [
            make_cell(special[key]) if key in special else KINDS[key].make(self.lines, shown)
            for key in self.keys
        ]
        return {"ColData": cells, "type": "Data"}
