"""The pages of reports: all of them over real books, their files, their options, and what a hostile text comes to."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pypdfium2
import pytest

from runtime.errors import RateLimited
from runtime.exchange.tool_answer import Answer
from runtime.operations.report_runs import list_reports
from runtime.web.report_view import MOST_SHOWN
from tests.builtin import builtin_catalog
from tests.web.report_company import Office, look

REPORTS = [each for group in list_reports(builtin_catalog(), "quickbooks") for each in group.reports]
NEEDED = {"tax_summary_reports": "?agency_id=1"}
_CELL = re.compile(r'<t[dh][^>]*class="([^"]*)"[^>]*>(?:<a[^>]*>)?([^<]*)')
HOSTILE = "<script>alert(1)</script>"


def read_amounts(page: str) -> list[Decimal]:
    """The amounts of the table of a report, in their order."""
    page = page[page.index('class="table report"') :]
    texts = [unescape(text) for css, text in _CELL.findall(page) if "num" in css.split()]
    plain = [text.replace(",", "").replace("−", "-").lstrip("+") for text in texts]  # noqa: RUF001
    return [Decimal(text) for text in plain if re.fullmatch(r"-?\d+\.\d\d", text)]


def make_answer(rows: list[dict[str, Any]], *columns: str) -> Answer:
    table = {
        "returned": len(rows), "rows_in_all": len(rows), "report": "Any", "start": "2026-01-01",
        "end": "2026-11-20", "currency": "USD", "columns": list(columns), "rows": rows,
    }  # fmt: skip
    return Answer(orjson.dumps(table).decode())


def test_every_report_is_listed_once_with_what_it_says(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        page = await office.get()
        listed = re.findall(r'/reports/(\w+_reports)">', page.text)
        assert sorted(listed) == sorted(each.resource for each in REPORTS)
        assert len(listed) == 30
        assert all(each.summary in unescape(page.text) for each in REPORTS)
        assert office.calls.asked == []

    look(tmp_path, story)


def test_a_search_finds_reports_by_title_and_summary_and_htmx_gets_the_list_alone(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        part = await office.get("?q=aging+what", **{"hx-request": "true"})
        assert re.findall(r'/reports/(\w+)">', part.text) == [
            "aged_receivables_reports",
            "aged_payables_reports",
        ]
        assert "<html" not in part.text
        none = await office.get(f"?q={HOSTILE}")
        assert "No report is about that" in none.text
        assert HOSTILE not in none.text

    look(tmp_path, story)


def test_every_report_of_the_demo_company_opens_without_an_error(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        failed = []
        for each in REPORTS:
            page = await office.get(f"/{each.resource}{NEEDED.get(each.resource, '')}")
            is_shown = "table-foot" in page.text if each.has_rows else "Answer</h2>" in page.text
            if page.status_code != 200 or not is_shown or 'role="alert"' in page.text:
                failed.append((each.resource, page.status_code))
        assert failed == []

    look(tmp_path, story)


def test_every_report_that_can_be_compared_opens_with_both_comparisons(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        failed = []
        for each in (each for each in REPORTS if each.can_compare):
            for compare in ("previous+period", "previous+year"):
                query = NEEDED.get(each.resource, "?") + f"&compare={compare}"
                page = await office.get(f"/{each.resource}{query}")
                if page.status_code != 200 or "compared with" not in page.text:
                    failed.append((each.resource, compare, page.status_code))
        assert failed == []

    look(tmp_path, story)


@pytest.mark.parametrize(
    "path",
    [
        "/profit_and_loss_reports",
        "/balance_sheet_reports?compare=previous+year",
        "/aged_receivables_reports",
        "/general_ledger_reports",
        "/profit_and_loss_reports?summarize_column_by=Month",
    ],
)
def test_the_files_of_a_report_have_the_figures_of_its_page(tmp_path: Path, path: str) -> None:
    async def story(office: Office) -> None:
        name, _, query = path.partition("?")
        amounts = read_amounts((await office.get(path)).text)
        files = {each: await office.get(f"{name}/{each}?{query}") for each in ("csv", "xlsx", "pdf")}
        assert len(amounts) > 20
        assert read_csv(files["csv"].content) == amounts
        assert read_xlsx(files["xlsx"].content) == amounts
        assert read_pdf(files["pdf"].content) == sorted(amounts)
        assert all("attachment" in each.headers["content-disposition"] for each in files.values())

    look(tmp_path, story)


def read_csv(content: bytes) -> list[Decimal]:
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    cells = [cell for row in rows for title, cell in zip(head, row, strict=True) if title != "Change %"]
    return [Decimal(cell) for cell in cells if re.fullmatch(r"-?\d+\.\d\d", cell)]


def read_xlsx(content: bytes) -> list[Decimal]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    found = [
        cell for row in sheet.iter_rows() for cell in row if cell.data_type == "n" and cell.value is not None
    ]
    return [round(Decimal(str(cell.value)), 2) for cell in found if "0.00" in cell.number_format]


def read_pdf(content: bytes) -> list[Decimal]:
    pages = pypdfium2.PdfDocument(content)
    text = "\n".join(page.get_textpage().get_text_range() for page in pages)
    found = re.findall(r"(?<![\d.])[−+]?[\d,]+\.\d\d(?![\d%])", text)  # noqa: RUF001
    return sorted(Decimal(each.replace(",", "").replace("−", "-").lstrip("+")) for each in found)  # noqa: RUF001


def test_hostile_names_are_harmless_on_the_page_and_in_every_file(tmp_path: Path) -> None:
    rows = [
        {"depth": 0, "kind": "row", "cells": [HOSTILE, "1.00"], "id": "1/../2"},
        {"depth": 0, "kind": "row", "cells": ["=cmd|' /C calc'!A0", "2.00"]},
        {"depth": 0, "kind": "row", "cells": ["\u202e中国\x00 Ωλ", "3.00"]},
    ]

    async def story(office: Office) -> None:
        page = await office.get("/customer_balance_reports")
        text = (await office.get("/customer_balance_reports/csv")).content.decode("utf-8-sig")
        book = await office.get("/customer_balance_reports/xlsx")
        pdf = await office.get("/customer_balance_reports/pdf")
        assert "<script>alert" not in page.text
        assert f"/company/{office.company}/customers/1%2F..%2F2" in page.text
        assert "\r\n'=cmd" in text
        cells = [
            cell
            for row in openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0].iter_rows()
            for cell in row
        ]
        assert [cell.value for cell in cells if cell.data_type == "f"] == []
        shown = pypdfium2.PdfDocument(pdf.content)[0].get_textpage().get_text_range()
        assert HOSTILE in shown
        assert "Ωλ" in shown
        assert "3 characters are not in the font" in shown

    look(tmp_path, story, make_answer(rows, "customer", "Total"))


def test_what_is_wrong_with_an_option_is_said_beside_it_and_nothing_is_read(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        page = await office.get(
            "/profit_and_loss_reports?start_date=2026-05-40&customer=%3Cb%3EAmy&accounting_method=x"
        )
        assert page.status_code == 400
        assert office.calls.asked == []
        said = unescape(page.text)
        assert "“2026-05-40” is no day" in said
        assert "“x” is none of the choices of Basis." in said
        assert "&lt;b&gt;Amy</textarea>" in page.text
        assert page.text.count('aria-invalid="true"') == 2

    look(tmp_path, story)


def test_a_report_that_needs_a_record_offers_those_there_are_before_it_is_read(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        page = await office.get("/tax_summary_reports")
        assert page.status_code == 200
        assert "Tax agency is needed for this report." in page.text
        assert '<option value="1">' in page.text
        assert [name for name, _ in office.calls.asked] == ["list_all_quick_books_tax_agencies"]

    look(tmp_path, story)


def test_a_chart_is_drawn_of_what_the_shape_of_a_report_suggests(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        spans = (await office.get("/profit_and_loss_reports?summarize_column_by=Month")).text
        ages = (await office.get("/aged_receivables_reports")).text
        ranked = (await office.get("/customer_sales_reports")).text
        plain = (await office.get("/balance_sheet_reports")).text
        assert "Total Income and Net Income</title>" in spans
        assert "Show as table" in spans
        assert ages.count("bar-cell") == 5
        assert "Total: 8 largest of" in ranked
        assert 'id="h-chart"' not in plain

    look(tmp_path, story)


def test_names_are_taken_for_records_and_one_that_is_unknown_is_explained(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        page = await office.get("/customer_sales_reports?customer=Amy%27s+Bird+Sanctuary%0ACool+Cars")
        other = await office.get("/customer_sales_reports?customer=Amy%27s+Bird")
        assert page.status_code == 200
        assert read_amounts(page.text) == [Decimal("2748.00"), Decimal("1785.00"), Decimal("4533.00")]
        assert other.status_code == 400
        assert "Amy's Bird</textarea>" in unescape(other.text)
        assert "none of the customers has exactly this name" in unescape(other.text)

    look(tmp_path, story)


def test_a_rate_limit_leaves_the_options_and_says_when_to_try_again(tmp_path: Path) -> None:
    limited = RateLimited("The limit of the vendor was reached.", retry_after=30)

    async def story(office: Office) -> None:
        page = await office.get("/profit_and_loss_reports?date_macro=Last+Month")
        assert page.status_code == 429
        assert page.headers["retry-after"] == "30"
        assert "The limit of the vendor was reached." in page.text
        assert '<option value="Last Month" selected>' in page.text

    look(tmp_path, story, Answer(status=429, error=limited))


def test_rows_lead_to_records_and_figures_to_the_transactions_behind_them(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        base = f"/company/{office.company}"
        page = unescape((await office.get("/profit_and_loss_reports?date_macro=Last+Month")).text)
        detail = re.search(
            r'<a href="(/company/[^"]+/profit_and_loss_detail_reports[^"]+)">([\d,.]+)</a>', page
        )
        assert f'<a href="{base}/accounts/82">Design income</a>' in page
        assert detail is not None
        behind = await office.here.client.get(detail[1], headers=office.browser)
        assert detail[2] in behind.text
        assert f'<a href="{base}/invoices/' in (await office.get("/aged_receivables_detail_reports")).text

    look(tmp_path, story)


def test_only_csv_xlsx_and_pdf_are_files_of_a_report(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        for path in ("/profit_and_loss_reports/exe", "/invoices/csv", "/fec_reports/csv", "/invoices"):
            assert (await office.get(path)).status_code == 404
        assert (await office.get("/profit_and_loss_reports/csv?start_date=x")).status_code == 400
        assert office.calls.asked == []

    look(tmp_path, story)


def make_long_answer(count: int) -> Answer:
    rows = [
        {
            "depth": 1, "kind": "row", "ids": {"1": str(at)},
            "cells": ["2026-11-01", "Invoice", str(at), "A customer", "", "Sales", f"{at}.25", f"-{at}.50"],
        }
        for at in range(count)
    ]  # fmt: skip
    return make_answer(
        rows, "Date", "Transaction Type", "Num", "Name", "Memo", "Account", "Amount", "Balance"
    )


def test_a_long_report_says_how_many_rows_are_shown_and_its_files_have_all(tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        page = await office.get("/transaction_list_reports")
        assert page.text.count("<tr") == MOST_SHOWN + 1
        assert "The first 5,000 of 5,003 rows. The files have all of them." in page.text
        assert (await office.get("/transaction_list_reports/csv")).text.count("\n") == 5_004

    look(tmp_path, story, make_long_answer(MOST_SHOWN + 3))
