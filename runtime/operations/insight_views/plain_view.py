"""Figures that no module draws, as tables: each list of objects, with a column for each of their members.

Called by `making` for an analysis that it does not know, and by modules for what an answer has beyond them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from runtime.operations.exports.sheet import CellKind
from runtime.operations.formats import Formats, parse_decimal
from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    make_line,
    make_table,
    read_count,
    read_maps,
    read_text,
    write_title,
)
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable

MOST_COLUMNS = 12
"""Members of an object that become columns: the page of a table has space for about as many."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def describe_plainly(figures: Values, style: Style) -> Summary:
    """Return figures that are known by their names alone."""
    formats = style.formats
    facts = [
        Fact(write_title(name), _write_fact(value, formats))
        for name, value in figures.items()
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool) and name != "says"
    ]
    headline = read_text(figures, "says") or (
        "The figures are below." if figures else "There are no figures."
    )
    return Summary(headline, facts=tuple(facts), tables=tuple(list_plain_tables(figures)))


def list_plain_tables(figures: Values, but: Collection[str] = ()) -> Iterator[InsightTable]:
    """Yield a table for each list of objects that is no member in `but`."""
    for name in figures:
        entries = [] if name in but else read_maps(figures, name)
        if entries:
            note = count_shown(figures, name, len(entries), read_count(figures, f"{name}_count"))
            parts = _list_parts(entries)
            yield make_table(
                TableForm(name, write_title(name), parts, records=("id", "records")), entries, note
            )


def _list_parts(entries: list[Values]) -> tuple[Part, ...]:
    names = dict.fromkeys(name for each in entries for name in each)
    plain = [name for name in names if any(_is_plain(each.get(name)) for each in entries)]
    return tuple(Part(write_title(name), _find_kind(name, entries), name) for name in plain[:MOST_COLUMNS])


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | Decimal) and not isinstance(value, bool)


def _find_kind(name: str, entries: list[Values]) -> CellKind:
    values = [each.get(name) for each in entries if each.get(name) is not None]
    if all(isinstance(each, Decimal) for each in values):
        return "amount"
    if all(isinstance(each, int | Decimal) for each in values):
        return "number"
    return "day" if all(isinstance(each, str) and _DAY.fullmatch(each) for each in values) else "text"


def _write_fact(value: object, formats: Formats) -> str:
    if isinstance(value, Decimal):
        return formats.write_money(value)
    return formats.write_number(value) if parse_decimal(value) is not None else make_line(value)
