"""Aging: how old what customers owe, or what is owed to vendors, is on a day; per name, or per item in buckets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from runtime.simulators.quickbooks.books.ledger import Posting
from runtime.simulators.quickbooks.reports import layout, open_items
from runtime.simulators.quickbooks.reports.detail_lines import Shown
from runtime.simulators.quickbooks.reports.detail_table import Table
from runtime.simulators.quickbooks.reports.layout import Column, Row, Values
from runtime.simulators.quickbooks.reports.open_items import OpenItem
from runtime.simulators.quickbooks.reports.question import Question

USUAL_DAYS, USUAL_BUCKETS = 30, 4
"""As the reports have them when nothing is asked for."""
RECEIVABLE = ("tx_date", "txn_type", "doc_num", "cust_name", "due_date", "subt_amount", "subt_open_bal")
PAYABLE = (
    "tx_date",
    "txn_type",
    "doc_num",
    "vend_name",
    "due_date",
    "past_due",
    "subt_neg_amount",
    "subt_neg_open_bal",
)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Length of a bucket in days, and how many there are after the current one."""

    days: int
    count: int

    def place(self, age: int) -> int:
        """Return 0 for what is not yet due, then 1 per bucket; the last one takes everything older."""
        return 0 if age <= 0 else min((age - 1) // self.days + 1, self.count)

    def make_titles(self) -> list[str]:
        """Return current · 1 - 30 · 31 - 60 · … · 91 and over."""
        firsts = [place * self.days + 1 for place in range(self.count)]
        return [
            "Current",
            *(f"{first} - {first + self.days - 1}" for first in firsts[:-1]),
            f"{firsts[-1]} and over",
        ]

    def make_columns(self) -> list[Column]:
        """Return the money columns of a summary."""
        keys = ["current", *(str(place) for place in range(self.count))]
        return [
            *(Column(title, key) for title, key in zip(self.make_titles(), keys, strict=True)),
            Column("Total", "total"),
        ]


def choose_buckets(question: Question) -> Buckets:
    """Return the buckets that a request asks for."""
    days = question.read_number("aging_period") or USUAL_DAYS
    return Buckets(days, min(question.read_number("num_periods") or USUAL_BUCKETS, 100))


def choose_last_day(question: Question, day: date) -> date:
    """Return the day to which age is counted: the report's, or today with aging_method=Current."""
    return question.today if question.read_choice("aging_method", "Report_Date") == "Current" else day


def count_days(question: Question, item: OpenItem, day: date) -> int:
    """Return days past due, or past the day of the transaction where the company counts so."""
    from_date = question.books.get_preference("ReportPrefs", "CalcAgingReportFromTxnDate")
    return (day - date.fromisoformat(item.date if from_date else item.due_date)).days


def report_aged_receivables(question: Question) -> Row:
    """Return what customers owe by age; sub-customers inside their parents."""
    return _summary(question, "receivable", "Customer")


def report_aged_payables(question: Question) -> Row:
    """Return what vendors are owed by age."""
    return _summary(question, "payable", "Vendor")


def _summary(question: Question, side: str, entity: str) -> Row:
    period = question.get_closing_day()
    split = choose_buckets(question)
    amounts: dict[str | None, list[int]] = {}
    for item in open_items.list_open_items(question, side, period.end):
        cells = amounts.setdefault(item.name_id, [0] * (split.count + 1))
        cells[split.place(count_days(question, item, choose_last_day(question, period.end)))] += item.left
    rows, total = make_name_rows(
        question, entity, {id: (*cells, sum(cells)) for id, cells in amounts.items()}
    )
    options = {"report_date": period.end.isoformat()}
    head = layout.make_header(question, period, "Total", has_basis=False, is_empty=not rows, options=options)
    columns = layout.make_columns(entity, split.make_columns(), has_keys=False)
    width = split.count + 2
    return layout.make_report(
        head, columns, [*rows, layout.make_grand_total(total or (0,) * width)] if rows else []
    )


def make_name_rows(
    question: Question, entity: str, amounts: dict[str | None, Values]
) -> tuple[list[Row], Values]:
    """Return rows of customers or vendors with amounts, sub-customers in sections of their parents; and the total."""
    records = read_names(question, entity)
    below: dict[str | None, list[str | None]] = {}
    shown = _with_parents(records, amounts)
    for id in shown:
        above = records.get(str(id), ("", None))[1]
        below.setdefault(above if above in shown else None, []).append(id)
    tree = Names(records, amounts, below, question.is_sorted)
    return tree.make_rows(None)


def read_names(question: Question, entity: str) -> dict[str, tuple[str, str | None]]:
    """Return Id -> name and parent of every customer or vendor."""
    rows: list[Any] = question.store.execute(
        "select id, name, body ->> '$.ParentRef.value' from records where realm = ? and entity = ?",
        (question.realm, entity),
    ).fetchall()
    return {id: (name or "", parent) for id, name, parent in rows}


def _with_parents(
    records: dict[str, tuple[str, str | None]], amounts: dict[str | None, Values]
) -> dict[str | None, None]:
    shown: dict[str | None, None] = {}
    for id in amounts:
        above: str | None = id
        while above is not None or id is None:
            shown[above] = None
            if above is None:
                break
            above = records.get(above, ("", None))[1]
    return shown


@dataclass(frozen=True)
class Names:
    """Names with amounts, and who is under whom."""

    records: dict[str, tuple[str, str | None]]
    amounts: dict[str | None, Values]
    below: dict[str | None, list[str | None]]
    order: int

    def make_rows(self, parent: str | None) -> tuple[list[Row], Values]:
        """Return rows under a parent and their total; () where there is none."""
        ids = sorted(self.below.get(parent, []), key=lambda id: self.get_title(id).lower())
        found = [self.make_row(id) for id in ids]
        if self.order:
            found.sort(key=lambda pair: self.order * (pair[1][-1] or 0))
        return [row for row, _ in found], layout.add(*(values for _, values in found)) if found else ()

    def make_row(self, id: str | None) -> tuple[Row, Values]:
        """Return one name: a row, or a section when there are others under it."""
        inner, total = self.make_rows(id) if id is not None else ([], ())
        own = self.amounts.get(id)
        cells = layout.make_cells(self.get_title(id), _blank(own), id, len(total))
        if not inner:
            assert own is not None
            return {"ColData": cells}, own
        cells[-1] = layout.make_money_cell((own or (0,))[-1])
        whole = layout.add(own, total) if own else total
        summary = {"ColData": layout.make_cells(f"Total {self.get_title(id)}", whole)}
        return {
            "Header": {"ColData": cells},
            "Rows": {"Row": inner},
            "Summary": summary,
            "type": "Section",
        }, whole

    def get_title(self, id: str | None) -> str:
        """Return the name as rows show it."""
        return self.records[id][0] if id in self.records else "Not Specified"


def _blank(values: Values | None) -> Values | None:
    """Return figures of a row with nothing in the place of zeros; the total stays."""
    return None if values is None else (*(value or None for value in values[:-1]), values[-1])


def report_aged_receivable_detail(question: Question) -> Row:
    """Open items of customers, a section per bucket."""
    return _detail(question, "receivable", RECEIVABLE)


def report_aged_payable_detail(question: Question) -> Row:
    """Open items of vendors, a section per bucket."""
    return _detail(question, "payable", PAYABLE)


def _detail(question: Question, side: str, usual: tuple[str, ...]) -> Row:
    period = question.get_closing_day()
    table = Table(question, usual)
    split = choose_buckets(question)
    day = choose_last_day(question, period.end)
    sections: list[list[Shown]] = [[] for _ in range(split.count + 1)]
    wanted = make_detail_filter(table)
    for item in open_items.list_open_items(question, side, period.end):
        days = count_days(question, item, day)
        if days >= (question.read_number("past_due") or days):
            shown = make_line(table, item, side)
            if wanted(shown, item):
                sections[split.place(days)].append(shown)
    titles = ["Current", *(f"{title} days past due" for title in split.make_titles()[1:-1])]
    titles.append(f"{split.make_titles()[-1].split()[0]} or more days past due")
    rows = [
        table.make_section(title, None, table.sort_rows(found), f"Total for {title}")
        for title, found in reversed(list(zip(titles, sections, strict=True)))
        if found
    ]
    options = {"report_date": period.end.isoformat()}
    head = layout.make_header(question, period, has_basis=False, is_empty=not rows, options=options)
    everything = [shown for found in sections for shown in found]
    return layout.make_report(
        head, table.make_columns(), [*rows, table.make_grand_total(everything)] if rows else []
    )


def make_line(table: Table, item: OpenItem, side: str) -> Shown:
    """Return an open item as a line of a detail report."""
    customer, vendor = (item.name_id, None) if side == "receivable" else (None, item.name_id)
    posting = Posting(
        item.txn_type, item.txn_id, None, item.date, "", item.total, customer, vendor, None, None, item.department,
        None, None, None,
    )  # fmt: skip
    memo = table.lines.read_body(posting).get("PrivateNote")
    line = Posting(
        item.txn_type, item.txn_id, None, item.date, "", item.total, customer, vendor, None, None, item.department,
        None, None, memo,
    )  # fmt: skip
    return Shown(line, item.total, None, item.left)


def make_detail_filter(table: Table) -> Callable[[Shown, OpenItem], bool]:
    """Return the filters that detail reports of open items have: terms, due days, shipping methods, custom fields."""
    question = table.question
    terms = set(question.read_ids("term"))
    due = question.get_range("duedate")
    texts = {
        name: question.read_text(name)
        for name in ("custom1", "custom2", "custom3")
        if question.read_text(name)
    }
    via = question.read_text("shipvia")

    def is_wanted(shown: Shown, item: OpenItem) -> bool:
        body = table.lines.read_body(shown.posting)
        term = body.get("SalesTermRef") or {}
        if terms and not terms & {term.get("value"), term.get("name")}:
            return False
        if due is not None and not due.start.isoformat() <= item.due_date <= due.end.isoformat():
            return False
        if via and (body.get("ShipMethodRef") or {}).get("name", "").lower() != via.lower():
            return False
        fields = {
            f"custom{field.get('DefinitionId')}": field.get("StringValue")
            for field in body.get("CustomField") or ()
        }
        return all(fields.get(name) == value for name, value in texts.items())

    return is_wanted
