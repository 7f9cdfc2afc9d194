"""The table of clients and behaviours, from the reports of the tests that made it. Printed by conftest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SIGNS = {"passed": "yes", "failed": "NO", "skipped": "-"}


def table_of(reports: Iterable[Any]) -> list[str]:
    """The lines of the table: a row for each client, a column for each behaviour; none without such reports."""
    cells: dict[str, dict[str, str]] = {}
    for report in reports:
        found = dict(report.user_properties)
        if "client" in found and "behaviour" in found:
            row = cells.setdefault(found["client"], {})
            sign = SIGNS[report.outcome]
            row[found["behaviour"]] = "NO" if "NO" in (row.get(found["behaviour"]), sign) else sign
    columns = list(dict.fromkeys(name for row in cells.values() for name in row))
    rows = [
        ["client", *columns],
        *([name, *(row.get(each, "-") for each in columns)] for name, row in cells.items()),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return lines if cells else []
