"""How a result of the explorer is looked at: its page, order and columns, as the address of a run says it.

Called by `run_pages`. An address has no text of a query in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from runtime.operations.explorer.reading import Reading

PAGE_SIZES = (50, 200, 1000)
"""Rows of a page: what is seen at once, what is searched by eye, and all that one request answers."""
LARGEST_PAGE = 1000
"""Rows that every list of a vendor here answers at once."""
MOST_TRAIL = 12
"""Pages that one can go back; beyond them, to the first."""


@dataclass(frozen=True, slots=True)
class View:
    """How a result is looked at: what the address of a run says beside its id."""

    rows: int = PAGE_SIZES[0]
    cursor: str = ""
    trail: tuple[str, ...] = ()
    """The cursors of the pages before, the last one behind."""
    first: int = 1
    """The number of the first row of this page."""
    total: int | None = None
    sort: str = ""
    is_descending: bool = False
    shows_all: bool = False
    """Whether every row is read, up to the bound of a page."""
    has_every_column: bool = False

    def write(self, **changed: Any) -> str:
        """Return the query of an address for the same view with some changes."""
        other = replace(self, **changed)
        found = {
            "rows": other.rows if other.rows != PAGE_SIZES[0] else "",
            "cursor": other.cursor,
            "trail": " ".join(other.trail),
            "first": other.first if other.first > 1 else "",
            "total": other.total if other.total is not None and other.cursor else "",
            "sort": other.sort,
            "desc": "1" if other.is_descending else "",
            "all": "1" if other.shows_all else "",
            "columns": "all" if other.has_every_column else "",
        }
        return urlencode({name: value for name, value in found.items() if value != ""})


def read_view(asked: Mapping[str, str]) -> View:
    """Return how a result is looked at, by the query of an address; what makes no sense is left out."""
    rows = _read_number(asked.get("rows", "")) or PAGE_SIZES[0]
    trail = tuple(asked.get("trail", "").split()[-MOST_TRAIL:])
    return View(
        min(rows, LARGEST_PAGE),
        asked.get("cursor", ""),
        trail,
        _read_number(asked.get("first", "")) or 1,
        _read_number(asked.get("total", "")),
        asked.get("sort", ""),
        asked.get("desc") == "1",
        asked.get("all") == "1",
        asked.get("columns") == "all",
    )


def find_next(view: View, reading: Reading, total: int | None, last: int) -> str:
    """Return the query of the address of the next page; empty at the end."""
    if not reading.next_cursor or view.shows_all:
        return ""
    trail = (*view.trail, view.cursor or "-")[-MOST_TRAIL:]
    return view.write(cursor=reading.next_cursor, trail=trail, first=last + 1, total=total)


def find_before(view: View) -> str:
    """Return the query of the address of the page before; empty on the first one, or where it is not known."""
    if not view.cursor:
        return ""
    if not view.trail:
        return view.write(cursor="", first=1) or "rows=50"
    cursor = view.trail[-1].removeprefix("-")
    first = max(1, view.first - view.rows) if cursor else 1
    return view.write(cursor=cursor, trail=view.trail[:-1], first=first) or "rows=50"


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
