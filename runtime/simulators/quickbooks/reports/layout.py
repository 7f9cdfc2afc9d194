"""The structure that reports share: header, columns, cells, sections, and sections of accounts with sub-accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.simulators.quickbooks.books.ledger import Account
from runtime.simulators.quickbooks.clock import format_stamp
from runtime.simulators.quickbooks.money import format_amount
from runtime.simulators.quickbooks.reports.periods import Period
from runtime.simulators.quickbooks.reports.question import NAMED, Question

Row = dict[str, Any]
Values = tuple[int | None, ...]
"""Cents, one per money column; None for an empty cell."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its key, its type, and the days it covers when it is a span of time."""

    title: str
    key: str
    start: str | None = None
    end: str | None = None
    type: str = "Money"


def make_header(
    question: Question,
    period: Period,
    by: str | None = None,
    *,
    has_basis: bool = True,
    is_empty: bool = False,
    options: Mapping[str, str] | None = None,
) -> Row:
    """Return the Header: time, name, macro, basis, days, what columns stand for, currency, filters, options."""
    shown: Row = {"Time": format_stamp(question.store.clock.get_milliseconds()), "ReportName": question.name}
    if period.macro:
        shown["DateMacro"] = period.macro
    if has_basis:
        shown["ReportBasis"] = question.basis
    shown |= {"StartPeriod": period.start.isoformat(), "EndPeriod": period.end.isoformat()}
    if by is not None:
        shown["SummarizeColumnsBy"] = by
    shown["Currency"] = question.books.get_home_currency()
    for name in NAMED:
        if question.read_ids(name):
            shown[name.capitalize()] = ",".join(question.read_ids(name))
    named = {**(options or {}), "NoReportData": "true" if is_empty else "false"}
    shown["Option"] = [{"Name": name, "Value": value} for name, value in named.items()]
    return shown


GAAP = {"AccountingStandard": "GAAP"}


def make_columns(first: str, money: Iterable[Column], *, has_keys: bool = True) -> Row:
    """Return the Columns: what rows stand for (an Account, a Customer …), then the others."""
    head: Row = {"ColTitle": "", "ColType": first}
    if has_keys:
        head["MetaData"] = [{"Name": "ColKey", "Value": first.lower()}]
    return {"Column": [head, *(make_column(one) for one in money)]}


def make_column(one: Column) -> Row:
    """Return one column with its key, and its days when it is a span of time."""
    metadata = [{"Name": "ColKey", "Value": one.key}]
    if one.start and one.end:
        metadata = [
            {"Name": "StartDate", "Value": one.start},
            {"Name": "EndDate", "Value": one.end},
            *metadata,
        ]
    return {"ColTitle": one.title, "ColType": one.type, "MetaData": metadata}


def make_report(head: Row, shown_columns: Row, rows: list[Row]) -> Row:
    """Return the whole answer."""
    return {"Header": head, "Columns": shown_columns, "Rows": {"Row": rows} if rows else {}}


def make_cell(value: str, id: str | None = None) -> Row:
    """Return one cell; `id` names the record behind it."""
    return {"value": value} if id is None else {"value": value, "id": id}


def make_money_cell(value: int | None) -> Row:
    """Return a money cell; None is empty."""
    return {"value": "" if value is None else format_amount(value)}


def make_cells(title: str, values: Values | None, id: str | None = None, width: int = 1) -> list[Row]:
    """Return the cells of a row; without values, empty ones."""
    filled: Values = (None,) * width if values is None else values
    return [make_cell(title, id), *(make_money_cell(value) for value in filled)]


def add(*several: Values) -> Values:
    """Return sums, column by column; an empty cell counts as nothing."""
    return tuple(sum(value or 0 for value in column) for column in zip(*several, strict=True))


def subtract(one: Values, other: Values) -> Values:
    """Return differences, column by column."""
    return tuple((a or 0) - (b or 0) for a, b in zip(one, other, strict=True))


def scale(values: Values, sign: int) -> Values:
    """Return values with a sign; empty cells stay empty."""
    return tuple(None if value is None else sign * value for value in values)


def make_section(
    title: str | None, group: str | None, rows: list[Row], total_title: str, total: Values
) -> Row:
    """Return a section: title, rows, total. Without a title it is a total alone."""
    shown: Row = {}
    if title is not None:
        shown["Header"] = {"ColData": make_cells(title, None, width=len(total))}
    if rows:
        shown["Rows"] = {"Row": rows}
    shown["Summary"] = {"ColData": make_cells(total_title, total)}
    shown["type"] = "Section"
    if group:
        shown["group"] = group
    return shown


def make_row(title: str, values: Values, id: str | None = None, group: str | None = None) -> Row:
    """Return a row of figures."""
    row: Row = {"ColData": make_cells(title, values, id), "type": "Data"}
    return row | {"group": group} if group else row


@dataclass(frozen=True, slots=True)
class Style:
    """How accounts are shown: the order (1 or -1 by total, 0 by name) and what a parent without an amount shows."""

    order: int = 0
    nothing: int | None = None


def make_account_rows(
    accounts: Iterable[Account], amounts: Mapping[str, Values], width: int, style: Style | None = None
) -> tuple[list[Row], Values]:
    """Return rows of accounts with entries, nested under their parents, and their total."""
    listed = list(accounts)
    known = {account.id for account in listed}
    below: dict[str | None, list[Account]] = {}
    for account in sorted(listed, key=lambda account: account.name.lower()):
        below.setdefault(account.parent if account.parent in known else None, []).append(account)
    return _nested(below, None, amounts, width, style or Style())


def _nested(
    below: Mapping[str | None, list[Account]],
    parent: str | None,
    amounts: Mapping[str, Values],
    width: int,
    style: Style,
) -> tuple[list[Row], Values]:
    found: list[tuple[Row, Values]] = []
    for account in below.get(parent, []):
        inner, sum_below = _nested(below, account.id, amounts, width, style)
        own = amounts.get(account.id)
        if inner:
            shown: Values = (style.nothing,) * width if own is None else own
            whole = add(shown, sum_below)
            found.append((_family(account, shown, inner, whole), whole))
        elif own is not None:
            found.append((make_row(account.name, own, account.id), own))
    if style.order:
        found.sort(key=lambda pair: style.order * (pair[1][-1] or 0))
    return [row for row, _ in found], add((0,) * width, *(values for _, values in found))


def _family(account: Account, own: Values, inner: list[Row], whole: Values) -> Row:
    return {
        "Header": {"ColData": make_cells(account.name, own, account.id)},
        "Rows": {"Row": inner},
        "Summary": {"ColData": make_cells(f"Total {account.name}", whole)},
        "type": "Section",
    }


def make_grand_total(values: Values, title: str = "TOTAL") -> Row:
    """Return the section that closes a flat report."""
    return {"Summary": {"ColData": make_cells(title, values)}, "type": "Section", "group": "GrandTotal"}


Answer = Callable[[Question], Row]
"""How a report answers a question; raises Fault."""
