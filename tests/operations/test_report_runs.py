"""Runs of reports: read to their end, compared with the period before, asked by options, written as files."""

from __future__ import annotations

import asyncio
import hashlib
import io
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pypdfium2
import pytest

from runtime.errors import InvalidRequest, NotFound, RateLimited
from runtime.exchange.tool_answer import Answer
from runtime.operations.formats import Formats
from runtime.operations.report_runs import (
    ReportChoice,
    ReportView,
    find_report,
    list_reports,
    make_report_file,
    paper,
    read_options,
    run_report,
    write_options,
)
from runtime.operations.report_runs.periods import find_day_before, find_period_before
from tests.builtin import builtin_catalog
from tests.company import NOON

FORMATS = Formats(now=NOON)
SUMS = {
    "DejaVuSansCondensed-Bold.ttf": "6d2f2481e2aae944e8411cc5be515c69503ff7f5db52f2c67bcbe5d4de6bec13",
    "DejaVuSansCondensed.ttf": "2d8aa290adcf1ebcbb35f63e57cf32941b012eaab4b65096b904112cf3bac972",
}
"""SHA-256 of the fonts of DejaVu 2.37."""


class Vendor:
    """Answers rows by the first day that is asked for, some to a page, and notes the arguments of each call."""

    def __init__(self, rows: dict[str, list[tuple[str, int, str, str]]], page: int = 100) -> None:
        self._rows, self._page, self.asked = rows, page, list[dict[str, Any]]()

    async def call(self, _name: str, arguments: dict[str, Any]) -> Answer:
        self.asked.append(arguments)
        start = arguments.get("start_date", "2026-07-01")
        every = self._rows[start]
        first = int(arguments.get("next_cursor", 0))
        rows = every[first : first + self._page]
        answer: dict[str, Any] = {
            "rows_in_all": len(every), "report": "P", "start": start, "currency": "USD", "basis": "Accrual",
            "end": arguments.get("end_date", "2026-09-30"), "columns": ["account", "Total"],
            "rows": [{"kind": kind, "depth": depth, "cells": [name, total], "group": name if kind == "total" else ""}
                     for kind, depth, name, total in rows],
        }  # fmt: skip
        if first + self._page < len(every):
            answer["next_cursor"] = str(first + self._page)
        return Answer(orjson.dumps(answer).decode())


def run(vendor: Vendor, arguments: dict[str, Any] | None = None, compare: Any = "") -> ReportView:
    report = find_report(builtin_catalog(), "quickbooks", "profit_and_loss_reports")
    choice = ReportChoice(report.tool.name, arguments or {}, compare)
    return asyncio.run(run_report(vendor.call, report, choice))


def make_vendor() -> Vendor:
    return Vendor(
        {
            "2026-07-01": [
                ("header", 0, "Income", ""),
                ("row", 1, "Design", "100.00"),
                ("row", 1, "Planting", "50.00"),
                ("total", 0, "Income", "150.00"),
            ],
            "2026-04-01": [
                ("header", 0, "Income", ""),
                ("row", 1, "Design", "80.00"),
                ("row", 1, "Fountains", "20.00"),
                ("total", 0, "Income", "100.00"),
            ],
        }
    )


def test_a_report_is_read_to_its_end_however_many_answers_that_takes() -> None:
    vendor = Vendor({"2026-07-01": [("row", 0, str(at), "1.00") for at in range(25)]}, page=10)
    view = run(vendor)
    assert [row.label for row in view.rows] == [str(at) for at in range(25)]
    assert [each.get("next_cursor") for each in vendor.asked] == [None, "10", "20"]
    assert (view.calls, view.table.is_whole) == (3, True)


def test_a_comparison_has_the_rows_of_both_periods_and_each_column_adds_up() -> None:
    vendor = make_vendor()
    view = run(vendor, {"date_macro": "Last Fiscal Quarter"}, "previous period")
    shown = [
        (row.label, *(str(each) if each is not None else "" for each in row.cells[1:])) for row in view.rows
    ]
    assert vendor.asked[1] == {"start_date": "2026-04-01", "end_date": "2026-06-30"}
    assert [each.title for each in view.columns] == [
        "Account",
        "Total",
        "Previous period",
        "Change",
        "Change %",
    ]
    assert shown == [
        ("Income", "", "", "", ""),
        ("Design", "100.00", "80.00", "20.00", "0.2500"),
        ("Fountains", "", "20.00", "-20.00", "-1.0000"),
        ("Planting", "50.00", "", "50.00", ""),
        ("Income", "150.00", "100.00", "50.00", "0.5000"),
    ]
    for place in (1, 2, 3):
        parts = [row.cells[place] or Decimal(0) for row in view.rows if row.kind == "row"]
        assert sum(parts) == view.rows[-1].cells[place]  # type: ignore[arg-type]


def test_the_error_of_a_call_is_raised_and_a_report_without_periods_is_not_compared() -> None:
    async def fail(_name: str, _arguments: dict[str, Any]) -> Answer:
        return Answer(status=429, error=RateLimited("Wait.", retry_after=3))

    profit, accounts, fec = (
        find_report(builtin_catalog(), "quickbooks", name)
        for name in ("profit_and_loss_reports", "account_list_reports", "fec_reports")
    )
    with pytest.raises(RateLimited):
        asyncio.run(run_report(fail, profit, ReportChoice(profit.tool.name)))
    with pytest.raises(InvalidRequest, match="cannot be compared"):
        asyncio.run(
            run_report(make_vendor().call, accounts, ReportChoice(accounts.tool.name, {}, "previous year"))
        )
    with pytest.raises(InvalidRequest, match="is no table"):
        asyncio.run(run_report(fail, fec, ReportChoice(fec.tool.name)))


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2026-07-01", "2026-09-30", "2026-04-01 2026-06-30"),
        ("2026-03-01", "2026-03-31", "2026-02-01 2026-02-28"),
        ("2026-01-01", "2026-11-20", "2025-01-01 2025-11-20"),
        ("2026-11-01", "2026-11-20", "2026-10-01 2026-10-20"),
        ("2026-10-01", "2026-11-20", "2026-07-01 2026-08-20"),
        ("2026-11-15", "2026-11-21", "2026-11-08 2026-11-14"),
        ("2025-01-01", "2026-12-31", "2023-01-01 2024-12-31"),
    ],
)
def test_the_period_before_is_of_the_same_kind(start: str, end: str, before: str) -> None:
    found = find_period_before(date.fromisoformat(start), date.fromisoformat(end), by_year=False)
    assert " ".join(each.isoformat() for each in found) == before


def test_the_last_day_of_a_month_stays_the_last() -> None:
    assert find_day_before(date(2026, 2, 28), by_year=False) == date(2026, 1, 31)
    assert find_day_before(date(2024, 2, 29), by_year=True) == date(2023, 2, 28)
    assert find_day_before(date(2026, 3, 30), by_year=False) == date(2026, 2, 28)


def test_reports_are_grouped_by_the_tag_that_is_their_own() -> None:
    groups = list_reports(builtin_catalog(), "quickbooks")
    assert sum(len(group.reports) for group in groups) == 30
    assert groups[0].key == "accounting"
    assert {each.resource: group.key for group in groups for each in group.reports}[
        "item_sales_reports"
    ] == "sales"
    with pytest.raises(NotFound):
        find_report(builtin_catalog(), "quickbooks", "invoices")


def test_every_example_of_a_report_passes_through_its_form_unchanged() -> None:
    differing = []
    for group in list_reports(builtin_catalog(), "quickbooks"):
        for report in group.reports:
            for example in report.tool.examples:
                choice = ReportChoice(report.tool.name, example.arguments)
                entered = read_options(report, write_options(report, choice))
                if entered.errors or dict(entered.choice.arguments) != example.arguments:
                    differing.append((report.resource, example.arguments, entered))
    assert differing == []


def test_a_named_period_is_used_in_place_of_days_and_half_a_period_is_refused() -> None:
    report = find_report(builtin_catalog(), "quickbooks", "profit_and_loss_reports")
    named = read_options(
        report, [("date_macro", "Last Month"), ("start_date", "x"), ("end_date", "2026-01-31")]
    )
    half = read_options(report, [("start_date", "2026-01-01")])
    turned = read_options(report, [("start_date", "2026-02-01"), ("end_date", "2026-01-01")])
    assert (named.choice.arguments, named.errors) == ({"date_macro": "Last Month"}, {})
    assert list(half.errors) == ["end_date"]
    assert turned.errors == {"end_date": "The last day is before the first one."}


def test_what_is_no_option_is_ignored_and_too_many_values_are_refused() -> None:
    report = find_report(builtin_catalog(), "quickbooks", "profit_and_loss_reports")
    sent = [
        ("next_cursor", "x"),
        ("limit", "1"),
        ("compare", "never"),
        ("customer", "\n".join(map(str, range(101)))),
    ]
    entered = read_options(report, sent)
    assert entered.choice == ReportChoice(report.tool.name)
    assert "at most 100" in entered.errors["customer"]


def test_a_wide_report_is_in_landscape_and_goes_on_to_pages_of_its_own() -> None:
    titles = ["account", *(f"A long name of month {at}" for at in range(40))]
    rows = [{"kind": "row", "depth": 0, "cells": ["Design", *(f"{1000 + at}.00" for at in range(40))]}]
    answer = {"rows_in_all": 1, "columns": titles, "rows": rows, "start": "2026-01-01", "end": "2026-01-31"}

    async def call(_name: str, _arguments: dict[str, Any]) -> Answer:
        return Answer(orjson.dumps(answer).decode())

    report = find_report(builtin_catalog(), "quickbooks", "profit_and_loss_reports")
    view = asyncio.run(run_report(call, report, ReportChoice(report.tool.name)))
    pages = list(pypdfium2.PdfDocument(make_report_file(view, "pdf", FORMATS, "A").content))
    texts = [page.get_textpage().get_text_range() for page in pages]
    assert len(pages) > 1
    assert all(page.get_width() > page.get_height() for page in pages)
    assert all("Design" in text for text in texts)
    assert all(any(f"{1000 + at:,}.00" in text for text in texts) for at in range(40))


def test_a_file_has_a_plain_name_and_the_head_says_what_it_is() -> None:
    made = make_report_file(run(make_vendor(), compare="previous period"), "pdf", FORMATS, "Bäcker\n<b>")
    text = pypdfium2.PdfDocument(io.BytesIO(made.content))[0].get_textpage().get_text_range()
    assert made.name == "profit-and-loss-2026-07-01-to-2026-09-30.pdf"
    assert "Bäcker <b>" in text
    assert "Jul 1 – Sep 30, 2026, accrual basis, USD, compared with Apr 1 – Jun 30, 2026" in text  # noqa: RUF001


def test_the_fonts_are_the_published_files_with_their_licence() -> None:
    folder = paper.FONTS
    sums = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.glob("*.ttf")}
    assert sums == SUMS
    assert "Permission is hereby granted" in (folder / "licence.txt").read_text(encoding="utf-8")
