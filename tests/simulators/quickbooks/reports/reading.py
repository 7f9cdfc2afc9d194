"""Asking for reports and reading figures out of their nested rows. Amounts come out in whole cents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.money import round_to_cents
from runtime.simulators.quickbooks.reports.index import find_report

Body = dict[str, Any]


def ask(store: Store, realm: str, name: str, /, **parameters: str) -> Body:
    found = find_report(name)
    assert found is not None, name
    return found(
        store, realm, {"class" if key == "class_" else key: value for key, value in parameters.items()}
    )


def every(rows: Body) -> Iterator[Body]:
    """Return every row at any depth, outer ones first."""
    for row in rows.get("Row", ()):
        yield row
        yield from every(row.get("Rows", {}))


def values(cells: list[Body]) -> list[str]:
    return [cell["value"] for cell in cells]


def figures(cells: list[Body]) -> list[int]:
    """Return the money cells after the title; an empty cell is nothing."""
    return [round_to_cents(cell["value"]) for cell in cells[1:]]


def of_group(report: Body, group: str) -> list[int]:
    """Return the figures of the row or section with a group id."""
    for row in every(report["Rows"]):
        if row.get("group") == group:
            return figures(row.get("Summary", row)["ColData"])
    raise AssertionError(f"no group {group}")


def total(report: Body, group: str) -> int:
    return of_group(report, group)[-1]


def keys(report: Body) -> list[str]:
    return [
        next((entry["Value"] for entry in column.get("MetaData", ()) if entry["Name"] == "ColKey"), "")
        for column in report["Columns"]["Column"]
    ]


def titles(report: Body) -> list[str]:
    return [column["ColTitle"] for column in report["Columns"]["Column"]]


def data(report: Body) -> list[list[Body]]:
    """Return the cells of every plain row."""
    return [row["ColData"] for row in every(report["Rows"]) if "ColData" in row]


def option(report: Body, name: str) -> str | None:
    return next((entry["Value"] for entry in report["Header"]["Option"] if entry["Name"] == name), None)
