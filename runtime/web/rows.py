"""The rows of a table with free columns as HTML: written here, because a template takes four times as long for each.

Called by `run_pages`. Every text of a record is escaped, all of them in one call, and every address is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from markupsafe import Markup, escape

from runtime.operations.explorer.results import ResultCell

_BETWEEN = "\0"
"""Stands between texts while they are escaped; a text that has it itself loses it: no browser shows it."""


def write_rows(rows: Sequence[Sequence[ResultCell]], company: str) -> Markup:
    """Return the rows of the body of a table. `company` is the address of the company that records are of."""
    texts = iter(write_escaped(cell.text for row in rows for cell in row))
    parts: list[str] = []
    for row in rows:
        parts.append("<tr>")
        parts += [
            _write_cell(cell, next(texts), company) if cell.resource or cell.beside
            else f'<td class="{cell.style}">{next(texts)}</td>' if cell.style
            else f"<td>{next(texts)}</td>"
            for cell in row
        ]  # fmt: skip
        parts.append("</tr>\n")
    return Markup("".join(parts))  # noqa: S704  (each text is escaped)


def write_escaped(texts: Iterable[str]) -> list[str]:
    """Return texts escaped for HTML; a style is a word of our own and needs none."""
    joined = _BETWEEN.join([text.replace(_BETWEEN, "") for text in texts])
    return str(escape(joined)).split(_BETWEEN)


def _write_cell(cell: ResultCell, text: str, company: str) -> str:
    """Return a cell that leads to a record, or has something beside its text, which is escaped already."""
    style = f' class="{cell.style}"' if cell.style else ""
    if cell.resource and cell.id:
        text = f'<a href="{company}/{_quote(cell.resource)}/{_quote(cell.id)}">{text}</a>'
    beside = f' <span class="t3 c-wide">{escape(cell.beside)}</span>' if cell.beside else ""
    return f"<td{style}>{text}{beside}</td>"


def _quote(part: str) -> str:
    """Return a part of an address. Most Ids are digits, which need nothing."""
    return part if part.isascii() and part.isalnum() else quote(part, safe="")
