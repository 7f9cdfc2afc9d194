"""Answers of analyses as files: what is missing first, every figure a figure, and no text a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import openpyxl
import pypdfium2
import pytest

from runtime.operations.exports.csv_file import write_csv_tables
from runtime.operations.exports.sheet import Column, Sheet, SheetRow
from runtime.operations.exports.xlsx_file import write_xlsx_tables
from runtime.operations.insight_views import InsightRow, InsightTable, InsightView, make_insight_file
from runtime.operations.report_runs import FORMATS as FILE_FORMATS
from runtime.operations.report_runs import FileFormat
from tests.operations.insight_answers import (
    CLEAN,
    FIGURES,
    FORMATS,
    HOSTILE,
    MISSING,
    TIES,
    make_answer,
    show,
)

COMPANY = "=Elm & <b>Bakery</b>"
PART = {"complete": False, "missing": MISSING, "continue_from": "rd_1", "retry_after": 60}
BASIS = {"ties": TIES, "assumptions": [HOSTILE], "evidence": ["invoices:7", "bills:1"]}


def write(view: InsightView, format: FileFormat) -> bytes:
    return make_insight_file(view, format, FORMATS, COMPANY).content


def read_csv(view: InsightView) -> list[list[str]]:
    return list(csv.reader(io.StringIO(write(view, "csv").decode("utf-8-sig"))))


def read_pdf(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


@pytest.mark.parametrize("name", FIGURES)
def test_no_cell_of_a_csv_file_begins_like_a_formula(name: str) -> None:
    lines = read_csv(show(name, **PART, **BASIS))

    cells = [cell for line in lines for cell in line]
    assert any(cell == f"'{CLEAN}" for cell in cells)
    for cell in cells:
        if cell.startswith(("=", "+", "@", "\t")):
            pytest.fail(cell)
        if cell.startswith("-"):
            Decimal(cell)  # a figure


@pytest.mark.parametrize("name", FIGURES)
def test_a_workbook_has_a_sheet_for_each_table_numbers_as_such_and_no_formula(name: str) -> None:
    view = show(name, **PART, **BASIS)

    book = openpyxl.load_workbook(io.BytesIO(write(view, "xlsx")))

    assert book.sheetnames[0] == "Summary" and book.sheetnames[-1] == "Basis of the figures"
    assert len(book.sheetnames) == len(view.tables) + 2
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert any(cell.value == CLEAN for cell in cells)
    assert any(isinstance(cell.value, int | float) for cell in cells)
    for sheet, _ in zip(book.worksheets[1:], view.tables, strict=False):
        assert sheet["A1"].value == "Not complete: what is missing stands in the summary."


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("format", FILE_FORMATS)
def test_every_file_states_what_is_missing_and_both_numbers_of_what_does_not_tie(
    name: str, format: FileFormat
) -> None:
    content = write(show(name, **PART, **BASIS), format)

    if format == "csv":
        text = content.decode("utf-8-sig")
    elif format == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        text = "\n".join(str(cell.value) for row in book["Summary"].iter_rows() for cell in row)
    else:
        text = read_pdf(content)
    assert "This analysis is not complete" in text
    assert "Missing: report balance sheet." in text
    assert "it is 10.50 here, and 12.75 in the report Aged receivables" in text


def test_the_basis_has_assumptions_comparisons_and_records() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write(show("explain_change", **BASIS), "xlsx")))

    rows = [[cell.value for cell in row] for row in book["Basis of the figures"].iter_rows(min_row=2)]
    assert rows == [
        ["Assumption", CLEAN, None, None, None, None],
        ["Comparison: does not tie", "receivables", "Aged receivables", 10.5, 12.75, -2.25],
        ["Comparison: not checked", "cash", "get sheet", 1, None, None],
        ["Comparison: ties", "payables", "get other", 5, 5, None],
        ["Record", "invoices:7", None, None, None, None],
        ["Record", "bills:1", None, None, None, None],
    ]


def test_rows_of_files_name_the_records_that_they_come_from() -> None:
    lines = read_csv(show("find_anomalies"))

    head = next(place for place, line in enumerate(lines) if line[:2] == ["Kind", "Score"])
    assert lines[head][-1] == "Records" and lines[head + 1][-1] == "bills:1, bills:2"


@pytest.mark.parametrize("name", [*FIGURES, "not_known"])
@pytest.mark.parametrize("format", FILE_FORMATS)
def test_an_answer_without_anything_is_a_file_all_the_same(name: str, format: FileFormat) -> None:
    file = make_insight_file(show(name, {}), format, FORMATS, COMPANY)

    assert file.name.endswith(f".{format}") and len(file.content) > 100


def test_the_name_of_a_file_has_title_and_period_in_plain_letters() -> None:
    names = [make_insight_file(show(name), "csv", FORMATS, COMPANY).name for name in FIGURES]

    assert "check-the-month-for-closing-2026-10.csv" in names
    assert "find-anomalies-2026-10-05-to-2026-10-09.csv" in names
    assert "explain-change-2026-10-against-2026-09.csv" in names
    hostile = show("explain_change", make_answer({"month": '2026";\r\n../x'}))
    assert make_insight_file(hostile, "pdf", FORMATS, COMPANY).name == "explain-change-2026-x.pdf"


def test_a_letter_has_its_lines_in_every_file() -> None:
    view = show("collections")

    text = write(view, "csv").decode("utf-8-sig")
    assert "To whom it may concern,\n\nPlease pay." in text.replace("\r\n", "\n")
    assert "To whom it may concern, Please pay." in read_pdf(write(view, "pdf"))


def test_a_pdf_takes_texts_and_columns_of_any_length() -> None:
    columns = tuple(Column(f"Column {place}", "text" if place % 2 else "amount") for place in range(14))
    wide = InsightRow(tuple("word" * 500 if place % 2 else Decimal(-1) for place in range(14)))
    letters = InsightRow(("Ω" * 3_000, "漢字" * 400))
    tables = (
        InsightTable("wide", "Wide", columns, (wide,) * 3),
        InsightTable("letters", "Letters", (Column("A"), Column("B")), (letters,) * 2),
    )
    view = InsightView("x", "Title", "Headline " * 200, tables=tables, evidence=("bills:1",) * 200)

    text = read_pdf(write(view, "pdf"))

    assert "and 140 more" in text and "are not in the font" in text


def test_sheets_of_one_name_are_numbered_as_no_workbook_takes_two() -> None:
    sheets = [
        Sheet(title, (Column("A"),), [SheetRow(("1",))])
        for title in ("Rows", "rows", "History", "X" * 40, "X" * 40, "[]")
    ]

    book = openpyxl.load_workbook(io.BytesIO(write_xlsx_tables(sheets)))

    assert book.sheetnames == ["Rows", "rows 2", "History 2", "X" * 31, f"{'X' * 29} 2", "Sheet"]


def test_tables_of_a_csv_file_stand_one_below_the_other_with_their_titles_and_notes() -> None:
    rows = [SheetRow(("=1", Decimal("1.50")))]
    sheets = [
        Sheet("=One", (Column("A"), Column("B", "amount")), rows, ("+note",)),
        Sheet("Two", (Column("C"),), []),
    ]

    text = write_csv_tables(sheets).decode("utf-8-sig")

    assert text.splitlines() == ["'=One", "'+note", "A,B", "'=1,1.50", "", "Two", "C"]
