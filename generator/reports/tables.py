"""Figures in columns, for people at a terminal. Used by the reports on coverage, cost and difference."""

from __future__ import annotations

from collections.abc import Sequence


def render_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their heads: the first column to the left, the others to the right."""
    widths = [max(len(line[at]) for line in (heads, *rows)) for at in range(len(heads))]
    return "\n".join(_line(each, widths) for each in (heads, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    right = (f"{cell:>{width}}" for cell, width in others)
    return "  ".join((f"{first[0]:<{first[1]}}", *right)).rstrip()


def format_count(count: int, one: str) -> str:
    """Return a number with its noun, such as `1 error` or `2 errors`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
