"""What a table of 5,000 rows costs in this process: from the rows that were read to the HTML of the table."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from generator.catalog import Catalog
from runtime.exchange.tool_answer import Answer
from runtime.operations.explorer.language import find_queryable
from runtime.operations.explorer.results import choose_paths, make_columns, make_table
from runtime.operations.formats import Formats
from runtime.operations.report_runs import list_reports
from runtime.operations.report_runs.report_run import run_report
from runtime.operations.report_runs.report_view import ReportChoice
from runtime.server.app import GC_THRESHOLD
from runtime.web.report_links import ReportLinks
from runtime.web.report_rows import write_report_rows
from runtime.web.report_view import show_table
from runtime.web.routes import Pages
from runtime.web.rows import write_rows
from tests.bench.entry import Aim, Row
from tests.bench.load import Wrong

ROWS = 5_000
AIM = Aim("under", 150)
_INTEGRATION, _REPORT, _ENTITY, _IDENTIFIER = "quickbooks", "transaction_list_reports", "Invoice", "Id"
_COLUMNS = ("Date", "Transaction Type", "Num", "Name", "Amount")
_FORMATS = Formats("USD", "US")


def measure_tables(catalog: Catalog, rounds: int) -> list[Row]:
    """Return what the table of a report costs, and that of a result of the explorer."""
    makers = {"a report": _make_report(catalog), "the explorer": _make_result(catalog)}
    return [
        Row(f"processor time of a table of {name}, {ROWS:,} rows", "", "", _time(make, rounds), AIM, "ms")
        for name, make in makers.items()
    ]


def _time(make: Callable[[], str], rounds: int) -> list[float]:
    """Return what each time costs after the first one, which compiles the template.

    Garbage is searched for as a server has it from its start: seldom, and not among what lives long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    costs = []
    for _ in range(rounds + 1):
        began = time.process_time()
        html = make()
        costs.append(1e3 * (time.process_time() - began))
        if html.count("<tr") < ROWS:
            raise Wrong(f"not a table of {ROWS:,} rows: {html[:400]}")
    return costs[1:]


def _make_report(catalog: Catalog) -> Callable[[], str]:
    reports = [each for group in list_reports(catalog, _INTEGRATION) for each in group.reports]
    report = next(each for each in reports if each.resource == _REPORT)

    async def call(_name: str, _arguments: dict[str, Any]) -> Answer:
        return Answer(_report_answer())

    view = asyncio.run(run_report(call, report, ReportChoice(report.tool.name)))
    pages, links = Pages(), ReportLinks(catalog, _INTEGRATION, "bench")

    def make() -> str:
        shown = show_table(view, _FORMATS, links)
        rows = write_report_rows(shown.rows)
        return bytes(pages.show("report_table", table=shown, rows=rows, view=view, facts=()).body).decode()

    return make


def _report_answer() -> str:
    rows = [
        {
            "kind": "row", "depth": 1, "ids": {"1": str(number)},
            "cells": ["2026-11-20", "Invoice", str(number), f"Customer {number % 90}", f"{number}.50"],
        }
        for number in range(ROWS)
    ]  # fmt: skip
    facts = {"report": "Any", "start": "2026-01-01", "end": "2026-11-20", "currency": "USD"}
    answer = {"returned": ROWS, "rows_in_all": ROWS, **facts, "columns": _COLUMNS, "rows": rows}
    return orjson.dumps(answer).decode()


def _make_result(catalog: Catalog) -> Callable[[], str]:
    queryable = find_queryable(catalog, _INTEGRATION)
    entity = queryable.find(_ENTITY) if queryable else None
    records = [_make_record(number) for number in range(ROWS)]

    def make() -> str:
        paths, _ = choose_paths(entity, (), records, shows_all=False)
        table = make_table(entity, _IDENTIFIER, make_columns(entity, paths, records), records, _FORMATS)
        return str(write_rows(table.rows, "/company/bench"))

    return make


def _make_record(number: int) -> dict[str, Any]:
    return {
        _IDENTIFIER: str(number),
        "DocNumber": f"10{number}",
        "CustomerRef": {"value": "24", "name": f"Customer {number % 90}"},
        "TxnDate": "2026-11-01",
        "TotalAmt": Decimal(number) + Decimal("0.50"),
        "Balance": Decimal(number) + Decimal("0.50"),
    }
