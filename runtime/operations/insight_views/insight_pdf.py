"""An answer of an analysis as a PDF: headline and notices first, then facts, tables, and what the figures rest on.

Drawn on the paper of reports. Sentences are wrapped in their cells; the workbook and the CSV file have the records of
each row as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fpdf.enums import TableBordersLayout, VAlign
from fpdf.fonts import FontFace

from runtime.operations.exports.sheet import Cell, Column
from runtime.operations.formats import Formats
from runtime.operations.insight_views.notices import write_tie
from runtime.operations.insight_views.view import InsightRow, InsightTable, InsightView
from runtime.operations.report_runs.cell_texts import make_writer
from runtime.operations.report_runs.paper import BLACK, FAMILY, GREY, LINE, MILLIMETRES, RED, Paper

_SIZE = 7.5
"""Points of the font of tables, the middle one of those of reports."""
_LONGEST_CELL = 400
"""Characters of a cell: in the narrowest column they still take less than a page, which a row must not."""
_WIDEST_TEXT, _NARROWEST_TEXT = 90.0, 18.0
"""Millimetres of a column of texts: a sentence of two lines, and a name of three."""
_PADDING = 1.2
"""Millimetres on each side of a cell; more is more paper."""
_MEASURED_ROWS = 200
"""Rows whose texts are measured; longer texts are wrapped anyway."""
_MOST_EVIDENCE = 60
"""Records that are listed at the end; a page of numbers serves nobody, and the other files have all of them."""
_AMBER = (146, 92, 8)
"""Of warnings that are no negative amounts; the contrast on white is above 5 to 1."""


def write_insight_pdf(view: InsightView, formats: Formats, company: str) -> bytes:
    """Return the bytes of the PDF."""
    pdf = _Pages(formats.country)
    pdf.name(view.title, company, formats)
    pdf.add_page("L" if any(len(each.columns) > 6 for each in view.tables) else "P")
    pdf.write_heads(company, view.title, " · ".join(each for each in (view.period, view.as_of) if each))
    pdf.write_paragraph(view.headline, 10.5, style="B")
    for notice in view.notices:
        color = _AMBER if notice.kind == "warning" else GREY
        pdf.write_paragraph(f"{notice.text} {notice.advice}".strip(), 8.5, color)
    pdf.write_facts(view)
    for table in view.tables:
        pdf.write_table(table, formats)
    pdf.write_basis(view, formats)
    return bytes(pdf.output())


class _Pages(Paper):
    """The pages of one answer."""

    def write_paragraph(
        self, text: str, size: float, color: tuple[int, int, int] = BLACK, *, style: str = ""
    ) -> None:
        """Write a text over the whole width, on as many lines as it takes."""
        self.set_font(FAMILY, style, size)
        self.set_text_color(*color)
        for line in text.split("\n"):
            self.multi_cell(
                self.epw,
                size * MILLIMETRES * LINE,
                self.clean(line),
                align="L",
                new_x="LMARGIN",
                new_y="NEXT",
            )
        self.ln(1)

    def write_facts(self, view: InsightView) -> None:
        """Write the facts, each on a line."""
        self.ln(1)
        for fact in view.facts:
            self.set_font(FAMILY, "", 8.5)
            self.set_text_color(*GREY)
            self.cell(60, 4.6, self.cut(self.clean(fact.label), 58))
            self.set_text_color(*BLACK)
            self.cell(
                self.epw - 60,
                4.6,
                self.cut(self.clean(fact.text), self.epw - 60),
                new_x="LMARGIN",
                new_y="NEXT",
            )

    def write_table(self, table: InsightTable, formats: Formats) -> None:
        """Write a table with its title; a text of several lines, such as a letter, is written out below its name."""
        self._write_title(table.title)
        if not table.rows:
            self.write_paragraph(table.empty, 8.5, GREY)
            return
        writers = [make_writer(each.kind, formats) for each in table.columns]
        texts = [
            [self._write_cell(write(_read(cell))) for write, cell in zip(writers, row.cells, strict=True)]
            for row in table.rows
        ]
        if any(isinstance(cell, str) and "\n" in cell for row in table.rows for cell in row.cells):
            self._write_letters(table.rows)
        else:
            self._draw(table, texts)
        if table.note:
            self.write_paragraph(table.note, 7.5, GREY)

    def write_basis(self, view: InsightView, formats: Formats) -> None:
        """Write what the figures rest on."""
        self._write_title("Basis of the figures")
        for each in view.assumptions:
            self.write_paragraph(each, 8)
        for tie in view.ties:
            color = _AMBER if tie.state == "does not tie" else BLACK
            self.write_paragraph(f"{write_tie(tie, formats)}.", 8, color)
        shown = ", ".join(view.evidence[:_MOST_EVIDENCE])
        rest = len(view.evidence) - _MOST_EVIDENCE
        if shown:
            self.write_paragraph(f"Records: {shown}{f', and {rest:,} more' if rest > 0 else ''}.", 7.5, GREY)
        self.write_notes(())

    def _write_title(self, title: str) -> None:
        if self.will_page_break(24):
            self.add_page(self.cur_orientation.value)
        self.ln(4)
        self.write_paragraph(title, 10.5, style="B")

    def _write_cell(self, text: str) -> str:
        shown = text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"
        return self.clean(shown)

    def _write_letters(self, rows: Sequence[InsightRow]) -> None:
        for row in rows:
            name, *others = [str(cell) for cell in row.cells if cell is not None]
            self.write_paragraph(name, 8.5, style="B")
            for each in others:
                self.write_paragraph(each, 8)

    def _draw(self, table: InsightTable, texts: Sequence[Sequence[str]]) -> None:
        self.set_font(FAMILY, "", _SIZE)
        self.set_text_color(*BLACK)
        self.set_draw_color(*GREY)
        self.set_line_width(0.1)
        drawn = self.table(
            col_widths=self._measure(table.columns, texts),
            text_align=tuple("LEFT" if each.kind in ("text", "day") else "RIGHT" for each in table.columns),
            v_align=VAlign.T,
            line_height=_SIZE * MILLIMETRES * LINE,
            padding=(0.4, _PADDING),
            borders_layout=TableBordersLayout.SINGLE_TOP_LINE,
            headings_style=FontFace(emphasis="BOLD", color=GREY),
        )
        with drawn as lines:
            lines.row([self.clean(each.title) for each in table.columns])
            for row, written in zip(table.rows, texts, strict=True):
                line = lines.row()
                for cell, text in zip(row.cells, written, strict=True):
                    line.cell(text, style=_choose_face(row, cell))

    def _measure(self, columns: Sequence[Column], texts: Sequence[Sequence[str]]) -> tuple[float, ...]:
        """Return the widths of columns: as wide as their texts, those of sentences narrowed until all fit."""
        self.set_font(FAMILY, "B", _SIZE)
        widths = []
        for place, column in enumerate(columns):
            found = {self.clean(column.title), *(row[place] for row in texts[:_MEASURED_ROWS])}
            widest = max(self.get_string_width(text) for text in found) + 2 * _PADDING + 0.8
            widths.append(min(widest, _WIDEST_TEXT) if column.kind == "text" else widest)
        self.set_font(FAMILY, "", _SIZE)
        least = [
            min(width, _NARROWEST_TEXT) if column.kind == "text" else width
            for width, column in zip(widths, columns, strict=True)
        ]
        over, spare = sum(widths) - self.epw, sum(widths) - sum(least)
        if over > 0 and spare > 0:
            share = min(1.0, over / spare)
            widths = [width - (width - low) * share for width, low in zip(widths, least, strict=True)]
        factor = self.epw / sum(widths)
        return tuple(width * factor for width in widths)


def _read(cell: Cell) -> str | Decimal | None:
    return Decimal(cell) if isinstance(cell, int) else cell


def _choose_face(row: InsightRow, cell: Cell) -> FontFace:
    is_negative = isinstance(cell, Decimal | int) and cell < 0
    color = RED if is_negative else _AMBER if row.kind == "attention" else BLACK
    return FontFace(emphasis="BOLD" if row.kind in ("header", "total") else None, color=color)
