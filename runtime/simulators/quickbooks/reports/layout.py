"""The structure that summary reports share: header, columns, and sections of accounts with their sub-accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..clock import stamp
from ..ledger import Account
from ..money import text
from ..store import Store
from .periods import Period

Row = dict[str, Any]
Values = tuple[int, ...]
"""Cents, one per money column."""


@dataclass(frozen=True, slots=True)
class Column:
    """A money column: its title, its key, and the days it covers when it is a period."""

    title: str
    key: str
    start: str | None = None
    end: str | None = None


def header(
    store: Store, realm: str, name: str, period: Period, basis: str, by: str, currency: str, is_empty: bool
) -> Row:
    """The Header of a summary report."""
    shown: Row = {"Time": stamp(store.clock.milliseconds()), "ReportName": name}
    if period.macro:
        shown["DateMacro"] = period.macro
    return shown | {
        "ReportBasis": basis,
        "StartPeriod": period.start.isoformat(),
        "EndPeriod": period.end.isoformat(),
        "SummarizeColumnsBy": by,
        "Currency": currency,
        "Option": [
            {"Name": "AccountingStandard", "Value": "GAAP"},
            {"Name": "NoReportData", "Value": "true" if is_empty else "false"},
        ],
    }


def columns(money: Iterable[Column]) -> Row:
    """The Columns: the account, then the money columns."""
    account = {"ColTitle": "", "ColType": "Account", "MetaData": [{"Name": "ColKey", "Value": "account"}]}
    return {"Column": [account, *(_money_column(column) for column in money)]}


def _money_column(column: Column) -> Row:
    metadata = [{"Name": "ColKey", "Value": column.key}]
    if column.start and column.end:
        metadata = [
            {"Name": "StartDate", "Value": column.start},
            {"Name": "EndDate", "Value": column.end},
            *metadata,
        ]
    return {"ColTitle": column.title, "ColType": "Money", "MetaData": metadata}


def cells(title: str, values: Values | None, id: str | None = None, width: int = 1) -> list[Row]:
    """The cells of a row; without values, empty ones."""
    first: Row = {"value": title} if id is None else {"value": title, "id": id}
    if values is None:
        return [first, *({"value": ""} for _ in range(width))]
    return [first, *({"value": text(value)} for value in values)]


def plus(*several: Values) -> Values:
    """Sums, column by column."""
    return tuple(sum(column) for column in zip(*several, strict=True))


def minus(one: Values, other: Values) -> Values:
    """Differences, column by column."""
    return tuple(a - b for a, b in zip(one, other, strict=True))


def section(title: str | None, group: str | None, rows: list[Row], total_title: str, total: Values) -> Row:
    """A section: title, rows, total. Without a title it is a total alone."""
    shown: Row = {}
    if title is not None:
        shown["Header"] = {"ColData": cells(title, None, width=len(total))}
    if rows:
        shown["Rows"] = {"Row": rows}
    shown["Summary"] = {"ColData": cells(total_title, total)}
    shown["type"] = "Section"
    if group:
        shown["group"] = group
    return shown


def account_rows(
    accounts: Iterable[Account], amounts: Mapping[str, Values], width: int
) -> tuple[list[Row], Values]:
    """Rows of accounts with entries, nested under their parents, and their total."""
    listed = list(accounts)
    known = {account.id for account in listed}
    below: dict[str | None, list[Account]] = {}
    for account in listed:
        below.setdefault(account.parent if account.parent in known else None, []).append(account)
    return _nested(below, None, amounts, (0,) * width)


def _nested(
    below: Mapping[str | None, list[Account]],
    parent: str | None,
    amounts: Mapping[str, Values],
    nothing: Values,
) -> tuple[list[Row], Values]:
    rows: list[Row] = []
    total = nothing
    for account in sorted(below.get(parent, []), key=lambda account: account.name.lower()):
        inner, sum_below = _nested(below, account.id, amounts, nothing)
        own = amounts.get(account.id)
        if inner:
            head = cells(account.name, own, account.id, len(nothing))
            whole = plus(own or nothing, sum_below)
            rows.append(
                {
                    "Header": {"ColData": head},
                    "Rows": {"Row": inner},
                    "Summary": {"ColData": cells(f"Total {account.name}", whole)},
                    "type": "Section",
                }
            )
            total = plus(total, whole)
        elif own is not None:
            rows.append({"ColData": cells(account.name, own, account.id), "type": "Data"})
            total = plus(total, own)
    return rows, total
