"""Reads the members of an answer of an analysis, whatever is missing in it, and writes tables of its lists.

Called by the module of each analysis. A member that is not there, or of another type, is nothing; a text is one line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.errors import InternalError
from runtime.operations.exports.sheet import Cell, CellKind, Column
from runtime.operations.formats import MINUS, Formats, end_month, parse_decimal
from runtime.operations.insight_views.view import InsightRow, InsightTable, RowKind

Values = Mapping[str, Any]
LONGEST_TEXT = 2_000
"""Characters of a text; the longest sentence of an analysis has some 400, and a cell of a workbook takes 32,767."""
DAY_LENGTH = 10
"""Characters of a day as `2026-11-20`; an answer may have a time behind it."""
_HUNDRED = Decimal(100)


class Part(NamedTuple):
    """A column of a table: its title in small letters, its kind, and the member of each entry that it shows.

    The member of a member is named with a point between them, as `before.revenue`. `is_hundredths` is for a percentage
    that the answer has as 12.5, and files as 0.125; `has_lines` for a text whose lines matter, such as a letter.
    """

    title: str
    kind: CellKind
    member: str
    is_hundredths: bool = False
    has_lines: bool = False


class TableForm(NamedTuple):
    """What a table is like. `records` are the members of an entry that name what its row comes from."""

    key: str
    title: str
    parts: Sequence[Part]
    records: Sequence[str] = ()
    empty: str = "There is nothing to show."
    find_kind: Callable[[Values], RowKind] | None = None


def parse_answer(text: str) -> Values:
    """Return an answer as values, its figures as decimals. Raises InternalError for one that is no object."""
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError as cause:
        raise InternalError("The answer of the analysis cannot be read.", advice="Run it again.") from cause
    if not isinstance(found, dict):
        raise InternalError("The answer of the analysis is no object.", advice="Run it again.")
    return found


def make_line(value: object) -> str:
    """Return a value as a text of one line; nothing for what is no text and no number."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | date):
        return ""
    text = "".join(each if each.isprintable() else " " for each in str(value)[: 2 * LONGEST_TEXT])
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def _make_lines(value: object) -> str:
    """Return a text with its lines, each of them clean."""
    return "\n".join(make_line(each) for each in str(value).splitlines()) if isinstance(value, str) else ""


def find_member(values: object, path: str) -> Any:
    """Return a member, of a member; None where there is none."""
    for name in path.split("."):
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def read_map(values: object, path: str) -> Values:
    """Return a member that is an object; an empty one where it is none."""
    found = find_member(values, path)
    return found if isinstance(found, Mapping) else {}


def read_maps(values: object, path: str) -> list[Values]:
    """Return the objects of a member that is a list."""
    found = find_member(values, path)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []


def read_text(values: object, path: str) -> str:
    """Return a member as a text of one line."""
    return make_line(find_member(values, path))


def read_texts(values: object, path: str) -> list[str]:
    """Return the texts of a member that is a list, each in one line."""
    found = find_member(values, path)
    lines = [make_line(each) for each in found] if isinstance(found, list | tuple) else []
    return [each for each in lines if each]


def read_amount(values: object, path: str) -> Decimal | None:
    """Return a member that is a number."""
    return parse_decimal(find_member(values, path))


def read_count(values: object, path: str) -> int:
    """Return a member that is a whole number; zero where it is none."""
    found = read_amount(values, path)
    return int(found) if found is not None else 0


def read_records(values: object, *paths: str) -> tuple[str, ...]:
    """Return the records that some members name, each once: as texts, lists of texts, or objects with an id."""
    found: dict[str, None] = {}
    for path in paths:
        member = find_member(values, path)
        for each in member if isinstance(member, list | tuple) else [member]:
            name = make_line(each.get("id") if isinstance(each, Mapping) else each)
            if name.count(":") == 1:
                found[name] = None
    return tuple(found)


def make_cell(values: object, part: Part) -> Cell:
    """Return the cell of a column; None where there is nothing."""
    if part.has_lines:
        return _make_lines(find_member(values, part.member)) or None
    if part.kind in ("text", "day"):
        text = read_text(values, part.member)
        return (text[:DAY_LENGTH] if part.kind == "day" else text) or None
    number = read_amount(values, part.member)
    if number is None:
        return read_text(values, part.member) or None
    return number / _HUNDRED if part.is_hundredths else number


def make_columns(parts: Sequence[Part]) -> tuple[Column, ...]:
    """Return the columns of a table."""
    return tuple(Column(write_title(each.title), each.kind) for each in parts)


def make_table(form: TableForm, entries: Sequence[Values], note: str = "") -> InsightTable:
    """Return a table with a row for each entry."""
    rows = tuple(
        InsightRow(
            tuple(make_cell(entry, part) for part in form.parts),
            read_records(entry, *form.records),
            form.find_kind(entry) if form.find_kind else "row",
        )
        for entry in entries
    )
    return InsightTable(form.key, form.title, make_columns(form.parts), rows, note, form.empty)


def count_shown(values: object, path: str, shown: int, count: int | None = None) -> str:
    """Return the note of a list of which not all is shown; empty where all is."""
    in_all = read_count(values, f"{path}_in_all")
    most = max(in_all, count or 0)
    return f"The first {shown:,} of {most:,}." if most > shown else ""


def write_count(count: int, name: str, plural: str = "") -> str:
    """Return how many there are of something, as people read it."""
    return f"{count:,} {name if count == 1 else plural or name + 's'}"


def write_title(name: str) -> str:
    """Return the title of a name such as `below_limit`."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def write_period(values: object, formats: Formats) -> str:
    """Return a period, of an object with `start` and `end`: a whole month by its name, another one by its days."""
    start, end = read_text(values, "start"), read_text(values, "end")
    month = write_month(start[:7])
    if start[8:] == "01" and month != start[:7] and end == end_month(date.fromisoformat(start)).isoformat():
        return month
    days = dict.fromkeys(formats.write_full_day(each) for each in (start, end) if each)
    return " – ".join(days)  # noqa: RUF001


def write_month(text: str) -> str:
    """Return a month such as `2026-10` by its name; any other text as it is."""
    try:
        return f"{date.fromisoformat(f'{text}-01'):%B %Y}"
    except ValueError:
        return text


def write_within(period: str) -> str:
    """Return a period as it ends a sentence: ` in October 2026`, ` from Oct 5, 2026 to Oct 9, 2026`."""
    first, _, last = period.partition(" – ")  # noqa: RUF001
    if not period:
        return ""
    return f" from {first} to {last}" if last else f" {'on' if ',' in first else 'in'} {first}"


def write_change(change: Decimal, formats: Formats) -> str:
    """Return a change with its sign, and its currency."""
    return f"{'+' if change > 0 else MINUS if change < 0 else ''}{formats.write_money(abs(change))}"
