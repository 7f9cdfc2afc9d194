"""Tables as files: the same numbers, and no text that a spreadsheet would carry out."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import openpyxl
import pytest

from runtime.operations.exports.csv_file import write_csv
from runtime.operations.exports.sheet import Column, Sheet, SheetRow
from runtime.operations.exports.xlsx_file import write_xlsx
from runtime.operations.report_table import parse_report

SHEET = Sheet(
    "Sales: [2026]/1",
    (Column("Customer"), Column("Due", "day"), Column("Balance", "amount")),
    [
        SheetRow(("Anna", "2026-01-31", Decimal("1234.50"))),
        SheetRow(("Total", None, Decimal("-0.10")), is_total=True),
    ],
    ("Shop, as of Jan 31, 2026",),
)
HOSTILE = ["=cmd|' /C calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("x")']


def test_a_workbook_has_the_numbers_and_days_of_the_table() -> None:
    page = openpyxl.load_workbook(io.BytesIO(write_xlsx(SHEET))).active
    assert page is not None
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0][0] == "Shop, as of Jan 31, 2026"
    assert rows[2] == ["Customer", "Due", "Balance"]
    assert rows[3][0] == "Anna" and rows[3][1].date().isoformat() == "2026-01-31" and rows[3][2] == 1234.5
    assert rows[4] == ["Total", None, -0.1]


def test_csv_has_the_same_numbers_without_grouping() -> None:
    text = write_csv(SHEET).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["Customer", "Due", "Balance"], ["Anna", "2026-01-31", "1234.50"], ["Total", "", "-0.10"],
    ]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_begins_like_a_formula_is_none_in_any_file(text: str) -> None:
    sheet = Sheet("x", (Column(text),), [SheetRow((text,))])
    cell = next(
        csv.reader(io.StringIO(write_csv(sheet).decode("utf-8-sig").split("\r\n", 1)[1], newline=""))
    )[0]
    assert cell == f"'{text}"
    page = openpyxl.load_workbook(io.BytesIO(write_xlsx(sheet))).active
    assert page is not None and page["A2"].data_type == "s"


def test_a_report_is_a_table_whose_totals_are_found_by_their_group() -> None:
    table = parse_report(
        {
            "report": "ProfitAndLoss", "rows_in_all": 3, "columns": ["account", "No.", "Total"],
            "rows": [
                {"depth": 0, "kind": "header", "cells": ["Income", "", ""], "group": "Income"},
                {"depth": 1, "kind": "row", "cells": ["Design", "12", "4425.00"], "id": "82"},
                {"depth": 0, "kind": "total", "cells": ["Total Income", "", "4425.00"], "group": "Income"},
            ],
        }
    )  # fmt: skip
    total = table.find_total("Income")
    assert total is not None and total.read_amount() == Decimal("4425.00")
    assert table.find_total("Expenses") is None and table.is_whole
    assert table.numeric == (False, False, True)
    assert table.make_sheet("P&L").rows[1].cells == ("Design", "12", Decimal("4425.00"))
