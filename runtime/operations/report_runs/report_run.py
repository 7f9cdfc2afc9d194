"""A run of a report: its tool is called until every row is there, and once more for what it is compared with.

Called by the page of a report and by scheduled reports, each with its own coroutine function that calls a tool.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

import orjson

from runtime.errors import InvalidRequest
from runtime.exchange.tool_answer import Answer
from runtime.operations.report_runs.comparison import compare_tables
from runtime.operations.report_runs.periods import find_day_before, find_period_before
from runtime.operations.report_runs.report_list import Report
from runtime.operations.report_runs.report_view import ReportChoice, ReportView, make_columns, make_rows
from runtime.operations.report_table import ReportTable, parse_report

CallTool = Callable[[str, dict[str, Any]], Awaitable[Answer]]
"""Calls a tool by its name with arguments. The error of the call is in the answer, and is raised here."""
MOST_CALLS = 40
"""Answers that one report is read in. At the usual 32 kB of an answer this is some 12,000 rows; pages ask for larger

ones. A report with more is shown as far as it was read, which it says."""
_MACRO = "date_macro"
_DAY = "report_date"


async def run_report(call: CallTool, report: Report, choice: ReportChoice) -> ReportView:
    """Return a run of a report.

    Raises the error of a call, or InvalidRequest for a report without rows and for what cannot be compared.
    """
    if not report.has_rows:
        raise InvalidRequest(f"{report.title} is no table.", advice="Read it by its tool, or on its page.")
    table, note, calls = await _read_table(call, report, choice.arguments)
    if not choice.compare:
        columns = make_columns(table)
        rows = make_rows(table, columns)
        return ReportView(report, choice, table, columns, rows, note, None, calls)
    before, _, more = await _read_table(call, report, _find_arguments_before(report, choice, table))
    columns, rows = compare_tables(table, before, choice.compare)
    return ReportView(report, choice, table, columns, rows, note, before, calls + more)


def _find_arguments_before(report: Report, choice: ReportChoice, table: ReportTable) -> dict[str, Any]:
    """Return the arguments that read the same report for the period before."""
    if not report.can_compare or not table.end:
        raise InvalidRequest(
            f"{report.title} cannot be compared with another period.", advice="Run it without a comparison."
        )
    by_year = choice.compare == "previous year"
    arguments = {name: value for name, value in choice.arguments.items() if name != _MACRO}
    end = date.fromisoformat(table.end[:10])
    if report.period_arguments == (_DAY,):
        return arguments | {_DAY: find_day_before(end, by_year=by_year).isoformat()}
    start = date.fromisoformat(table.start[:10]) if table.start else end
    days = find_period_before(start, end, by_year=by_year)
    return arguments | {
        name: day.isoformat() for name, day in zip(report.period_arguments, days, strict=True)
    }


async def _read_table(
    call: CallTool, report: Report, arguments: Mapping[str, Any]
) -> tuple[ReportTable, str, int]:
    """Return a report with all its rows, what the vendor's integration remarks of it, and how many calls it took."""
    first = await _read_answer(call, report.tool.name, dict(arguments))
    rows, cursor, calls = list(first.get("rows", ())), first.get("next_cursor"), 1
    while cursor and calls < MOST_CALLS:
        answer = await _read_answer(call, report.tool.name, {**arguments, "next_cursor": cursor})
        rows += answer.get("rows", ())
        cursor, calls = answer.get("next_cursor"), calls + 1
    note = "" if first.get("next_cursor") else str(first.get("note", ""))
    return parse_report({**first, "rows": rows}), note, calls


async def _read_answer(call: CallTool, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    answer = await call(name, arguments)
    if answer.error is not None:
        raise answer.error
    found: dict[str, Any] = orjson.loads(answer.text)
    return found
