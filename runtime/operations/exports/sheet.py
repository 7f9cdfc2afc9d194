"""A table as files have it: columns with their kind, rows of values, and the rows that are totals.

Made by pages and by scheduled reports; written by `csv_file` and `xlsx_file`. Texts are hostile: a spreadsheet would
carry out one that begins like a formula, so each writer marks it as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

CellKind = Literal["text", "amount", "number", "percent", "day"]
Cell = str | Decimal | int | None
"""Days are ISO texts, a percentage is a share of 1; a number that is no decimal is written as the text it is."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that spreadsheets read as a formula, or strip before they do."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    kind: CellKind = "text"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row: its cells in the order of the columns, how deep its first one is indented, and whether it is a total."""

    cells: tuple[Cell, ...]
    depth: int = 0
    is_total: bool = False
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `notes` are lines above it: what it is of, its period, when it was read."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[SheetRow]
    notes: tuple[str, ...] = ()


def mark_text(text: str) -> str:
    """Return a text that no spreadsheet reads as a formula: one that begins like one has an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
