"""The rows of the table of a report as HTML: written here, because a template takes twice as long for each.

Called by `report_pages`. Every text of a report and every address is escaped, all of them in one call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from runtime.web.report_view import ShownRow
from runtime.web.rows import write_escaped


def write_report_rows(rows: Sequence[ShownRow]) -> Markup:
    """Return the rows of the body of the table of a report."""
    texts = iter(write_escaped(_list_texts(rows)))
    parts: list[str] = []
    for row in rows:
        scope = "row" if row.cells else "rowgroup"
        span = f' colspan="{row.span}"' if row.span > 1 else ""
        label = _write_text(texts, has_link=bool(row.link))
        parts.append(f'<tr{_name(row.css)}><th scope="{scope}"{_name(row.indent)}{span}>{label}</th>')
        parts += [
            f"<td{_name(css)}>{_write_text(texts, has_link=True)}</td>" if target
            else f'<td class="{css}">{next(texts)}</td>' if css
            else f"<td>{next(texts)}</td>"
            for css, _text, target in row.cells
        ]  # fmt: skip
        parts.append("</tr>\n")
    return Markup("".join(parts))  # noqa: S704  (each text is escaped)


def _list_texts(rows: Sequence[ShownRow]) -> Iterator[str]:
    """Yield each text in the order in which it is written, with where it leads behind it."""
    for row in rows:
        yield row.label
        if row.link:
            yield row.link
        for _css, text, target in row.cells:
            yield text
            if target:
                yield target


def _write_text(texts: Iterator[str], *, has_link: bool) -> str:
    text = next(texts)
    return f'<a href="{next(texts)}">{text}</a>' if has_link else text


def _name(css: str) -> str:
    return f' class="{css}"' if css else ""
