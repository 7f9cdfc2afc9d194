"""The paper that PDFs are drawn on: its size, margins and font, the head of the first page, and numbered pages.

Drawn by `fpdf2` with DejaVu Sans Condensed, which has the letters of Latin, Greek, Cyrillic, Hebrew and Arabic. What it
has not, such as Chinese, is shown as a square, which the last line of a file says. Called by `report_pdf` and by
`insight_views.insight_pdf`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fpdf import FPDF

from runtime.operations.formats import Formats

PDF_TYPE = "application/pdf"
FAMILY = "DejaVu"
MARGIN = 14.0
"""Millimetres, as printers leave white at most."""
LINE = 1.55
"""Height of a row as a share of its font, as tables of print have it."""
MILLIMETRES = 25.4 / 72
"""Of a point, of which an inch has 72."""
GREY, BLACK, RED = (105, 110, 112), (20, 24, 26), (176, 32, 32)
FONTS = Path(__file__).parent / "fonts"
_SQUARE = "□"
_LETTER_COUNTRIES = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "VE"})
"""Where paper is US Letter, by the locale data of Unicode (CLDR); elsewhere it is A4."""


class Paper(FPDF):
    """The pages of one file."""

    def __init__(self, country: str) -> None:
        super().__init__(format="Letter" if country.upper() in _LETTER_COUNTRIES else "A4")
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN + 6)  # noqa: FBT003
        self.add_font(FAMILY, "", FONTS / "DejaVuSansCondensed.ttf")
        self.add_font(FAMILY, "B", FONTS / "DejaVuSansCondensed-Bold.ttf")
        self.squares = 0
        self._about, self._heading = "", ""
        self.set_font(FAMILY, size=8.5)

    def clean(self, text: str) -> str:
        """Return a text in the characters of the font, with a square for each other one."""
        known = _list_characters()
        if text.isascii() and text.isprintable():
            return text
        made = []
        for each in text:
            is_known = ord(each) in known
            made.append(each if is_known else " " if each.isspace() else _SQUARE)
            self.squares += not is_known and not each.isspace()
        return "".join(made)

    def name(self, title: str, company: str, formats: Formats) -> None:
        """Set what stands under every page, and what programs show of the file."""
        self._heading = self.clean(title)
        read_at = (
            f"{formats.write_full_day(formats.now)}, {formats.write_clock(formats.now)} {formats.zone_name}"
        )
        self._about = self.clean(f"{company} · read {read_at}")
        self.set_title(self._heading)
        self.set_creation_date(datetime.fromtimestamp(formats.now, UTC))

    def write_heads(self, company: str, title: str, about: str) -> None:
        """Write the head of the first page."""
        for text, size, style in ((company, 10.0, ""), (title, 16.0, "B"), (about, 9.5, "")):
            self.set_font(FAMILY, style, size)
            self.set_text_color(*(BLACK if style else GREY))
            self._write_line(self.clean(text), size * MILLIMETRES * LINE)
        self.ln(3)

    def footer(self) -> None:
        """Write what stands under every page; fpdf2 calls it."""
        self.set_y(-MARGIN)
        self.set_font(FAMILY, size=7)
        self.set_text_color(*GREY)
        self.cell(self.epw / 2, 4, f"{self._heading} · {self._about}")
        self.cell(self.epw / 2, 4, f"Page {self.page_no()} of {{nb}}", align="R")

    def write_notes(self, notes: Iterable[str]) -> None:
        """Write what a reader has to know of a file, and of the characters that it lacks, in small letters."""
        self.ln(3)
        self.set_font(FAMILY, size=7.5)
        self.set_text_color(*GREY)
        found = [self.clean(each) for each in notes]
        if self.squares:
            found.append(
                f"{self.squares:,} characters are not in the font of this file and are shown as {_SQUARE}: "
                "the workbook and the CSV file have them."
            )
        for each in found:
            self.multi_cell(self.epw, 4, each, new_x="LMARGIN", new_y="NEXT")

    def cut(self, text: str, width: float) -> str:
        """Return a text that fits a width, with an ellipsis where it was cut."""
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(f"{text}…") > width:
            text = text[: -max(1, len(text) // 12)]
        return f"{text}…"

    def _write_line(self, text: str, height: float) -> None:
        self.cell(self.epw, height, self.cut(text, self.epw), new_x="LMARGIN", new_y="NEXT")


@cache
def _list_characters() -> frozenset[int]:
    """Return the characters of the font, read once."""
    pdf: Any = FPDF()
    pdf.add_font(FAMILY, "", FONTS / "DejaVuSansCondensed.ttf")
    pdf.set_font(FAMILY)
    return frozenset(pdf.current_font.cmap)
