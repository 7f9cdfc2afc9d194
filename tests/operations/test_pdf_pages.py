"""The pages of a PDF are counted where its bytes say so twice, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fpdf import FPDF

from runtime.operations.pdf_pages import LARGEST_SCANNED, MOST_OBJECTS, count_pages
from tests.growth import is_linear

PDF = "application/pdf"
PAGE, TREE = b"<< /Type /Page /Parent 1 0 R >>\n", b"<< /Type /Pages /Count %d >>\n"


def pdf(pages: int, stated: int | None = None) -> bytes:
    return b"%PDF-1.4\n" + PAGE * pages + TREE % (pages if stated is None else stated)


@pytest.mark.parametrize("pages", [1, 2, 30])
def test_a_pdf_of_a_real_library_is_counted(pages: int) -> None:
    made = FPDF()
    for _ in range(pages):
        made.add_page()
        made.set_font("Helvetica", size=9)
        made.cell(text="Invoice")
    assert count_pages(PDF, bytes(made.output())) == pages


@pytest.mark.parametrize(
    "content",
    [
        pdf(2, stated=3),
        pdf(3, stated=2),
        pdf(0),
        pdf(2) + b"<< /Type /ObjStm >>",
        b"\n" + pdf(2),
        b"%PDF-1.4\n" + PAGE,
        b"",
        pdf(MOST_OBJECTS + 1),
        pdf(1) + b"<< /Count -7 >> << /Count 99999999999999999999 >>" + TREE % 5,
    ],
)
def test_where_the_bytes_do_not_agree_no_number_is_said(content: bytes) -> None:
    assert count_pages(PDF, content) is None


def test_only_a_pdf_has_pages() -> None:
    assert count_pages("text/plain", pdf(2)) is None


def test_a_file_larger_than_what_is_embedded_is_not_scanned() -> None:
    assert count_pages(PDF, pdf(1).ljust(LARGEST_SCANNED, b" ")) == 1
    assert count_pages(PDF, pdf(1).ljust(LARGEST_SCANNED + 1, b" ")) is None


@pytest.mark.parametrize(
    "unit", [b"/Type ", b"/Type/Pag", b"/Count ", b"/Count 1", b"/Type    ", PAGE, TREE % 1]
)
def test_a_hostile_file_costs_time_in_proportion_to_its_size(unit: bytes) -> None:
    def reading(size: int) -> Callable[[], object]:
        content = b"%PDF-" + unit * (size // len(unit))
        return lambda: count_pages(PDF, content)

    assert is_linear(reading, LARGEST_SCANNED // 2 - 10)
