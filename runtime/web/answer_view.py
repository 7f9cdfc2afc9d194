"""What a page shows of the answer of any tool: a table of records, a report, the facts of a record, or a text.

Called by `run_pages`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runtime.operations.explorer.language import Entity
from runtime.operations.explorer.results import ResultTable, choose_paths, make_columns, make_table
from runtime.operations.formats import Formats
from runtime.operations.report_table import ReportTable, parse_report
from runtime.web.record_view import RecordView, show_record

MOST_ROWS = 1_000
"""Rows of a report on this page; the pages of reports have all of them."""
_BESIDE = ("records", "next_cursor", "returned", "total", "note")
"""What stands beside the records of a list."""


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer as a page shows it; one of the first four is there, unless there is no answer."""

    table: ResultTable | None = None
    report: ReportTable | None = None
    view: RecordView | None = None
    text: str = ""
    next_cursor: str = ""
    notes: list[str] = field(default_factory=list)
    total: int | None = None

    @property
    def is_table(self) -> bool:
        """Whether it can be a file with rows."""
        return self.table is not None or self.report is not None


def show_answer(
    value: Any, entity: Entity | None, identifier: str, named: tuple[str, ...], formats: Formats
) -> ShownAnswer:
    """Return what a page shows of an answer that was parsed."""
    if not isinstance(value, dict):
        return ShownAnswer(text="" if value is None else str(value))
    notes = [str(value["note"])] if value.get("note") else []
    if isinstance(value.get("records"), list):
        return _show_records(value, entity, identifier, () if "*" in named else named, formats, notes)
    if isinstance(value.get("rows"), list) and isinstance(value.get("columns"), list):
        return ShownAnswer(
            report=parse_report(value), notes=notes, next_cursor=str(value.get("next_cursor") or "")
        )
    shown = {name: each for name, each in value.items() if name != "note"}
    return ShownAnswer(view=show_record(shown), notes=notes)


def _show_records(
    value: dict[str, Any],
    entity: Entity | None,
    identifier: str,
    named: tuple[str, ...],
    formats: Formats,
    notes: list[str],
) -> ShownAnswer:
    records = value["records"]
    total = value.get("total")
    if not records and isinstance(total, int | Decimal):
        return ShownAnswer(view=show_record({"total": total}), notes=notes)
    paths, others = choose_paths(entity, named, records, shows_all=False)
    table = make_table(entity, identifier, make_columns(entity, paths, records), records, formats)
    return ShownAnswer(
        ResultTable(table.columns, table.rows, others),
        next_cursor=str(value.get("next_cursor") or ""),
        notes=notes,
        total=int(total) if isinstance(total, int | Decimal) else None,
    )
