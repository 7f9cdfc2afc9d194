"""QuickBooks Online in code: only what its definitions cannot say.

A report comes as sections within sections. `report_rows` lays it flat, so that a model reads one list: each row
has its depth, what it is (header, row or total), its cells, and the Id of the account, customer or transaction
that a cell is about. Every figure stays the text that the report gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

MOST_CHANGES = 1000
"""QuickBooks' own bound of one answer, which does not say that it was reached."""
READ_ON = "There may be more: ask again from the latest LastUpdatedTime here."


def report_rows(answer: Any) -> dict[str, Any]:
    """Return a report as `{report, basis, start, end, currency, columns, rows, totals}`.

    `columns` are the titles, in the order of each row's `cells`. `totals` repeats every total, so that
    they are there even when the rows are read page by page.
    """
    header = answer["Header"]
    rows = list(_rows(answer.get("Rows") or {}, 0))
    shape = {
        "report": header.get("ReportName", ""),
        "basis": header.get("ReportBasis"),
        "start": header.get("StartPeriod"),
        "end": header.get("EndPeriod"),
        "currency": header.get("Currency"),
        "columns": [_title(column) for column in _flat_columns(answer.get("Columns") or {})],
        "rows": rows,
        "totals": [row for row in rows if row["kind"] == "total"],
    }
    options = {each.get("Name"): each.get("Value") for each in header.get("Option") or []}
    if options.get("NoReportData") == "true":
        shape["note"] = "QuickBooks has no data for this report and period."
    return {name: value for name, value in shape.items() if value is not None}


def changes(answer: Any) -> dict[str, Any]:
    """Return what changed since a moment as `{rows}`: each row is `{entity, record}`, or `{entity, deleted}` with
    an Id.
    """
    rows = [
        {"entity": entity, "deleted": record.get("Id")}
        if record.get("status") == "Deleted"
        else {"entity": entity, "record": record}
        for response in answer["CDCResponse"]
        for part in response.get("QueryResponse") or []
        for entity, records in part.items()
        if isinstance(records, list)
        for record in records
    ]
    if len(rows) < MOST_CHANGES:
        return {"rows": rows}
    return {"rows": rows, "may_be_cut": f"QuickBooks answers {MOST_CHANGES} changes at most. {READ_ON}"}


def _rows(container: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    for row in container.get("Row") or []:
        group = row.get("group")
        if "ColData" in row:
            yield _row("row", depth, row["ColData"], group)
        if cells := (row.get("Header") or {}).get("ColData"):
            yield _row("header", depth, cells, group)
        if inner := row.get("Rows"):
            yield from _rows(inner, depth + 1)
        if cells := (row.get("Summary") or {}).get("ColData"):
            yield _row("total", depth, cells, group)


def _row(kind: str, depth: int, cells: list[dict[str, Any]], group: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {"depth": depth, "kind": kind, "cells": [cell.get("value", "") for cell in cells]}
    if group:
        row["group"] = group
    ids = {str(at): cell["id"] for at, cell in enumerate(cells) if cell.get("id")}
    if list(ids) == ["0"]:
        row["id"] = ids["0"]
    elif ids:
        row["ids"] = ids
    return row


def _flat_columns(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for column in container.get("Column") or []:
        inner = column.get("Columns")
        if inner:
            yield from _flat_columns(inner)
        else:
            yield column


def _title(column: dict[str, Any]) -> str:
    if title := column.get("ColTitle"):
        return str(title)
    keys = {each.get("Name"): each.get("Value") for each in column.get("MetaData") or []}
    return str(keys.get("ColKey") or column.get("ColType") or "")


BEHAVIOURS: dict[str, Callable[[Any], dict[str, Any]]] = {"report_rows": report_rows, "changes": changes}
"""By the name that definitions give after `quickbooks.`"""
