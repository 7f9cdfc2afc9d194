"""Two tables of one report side by side: the rows of both, and columns with what was before and what has changed.

Rows are the same where they stand under the same headers and are of the same record, or have the same name. One that
is in the table before alone has its place all the same, so that each column adds up. Called by `report_run`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from runtime.operations.report_runs.report_view import (
    Comparison,
    ReportColumn,
    ViewRow,
    make_columns,
    make_row,
)
from runtime.operations.report_table import ReportRow, ReportTable

MOST_COMPARED = 4
"""Columns of figures that are all compared: a trial balance has two, a tax summary four. Of a report with more, such as

one with a column for each month, only its total is, or else the first."""
SHARE_PLACES = 4
"""Decimals of a share: pages write it as a percentage with one of its own."""
_TOTAL = "total"
Key = tuple[object, ...]
Compared = tuple[tuple[ReportColumn, ...], tuple[ViewRow, ...]]


def compare_tables(now: ReportTable, before: ReportTable, comparison: Comparison) -> Compared:
    """Return the columns and rows of a table, with those of the table before beside them."""
    columns = _unite_columns(now, before)
    places = _choose_columns(columns)
    has_share = len(places) == 1
    shown = _make_columns(columns, places, comparison.capitalize(), has_share=has_share)
    ours, theirs = dict(_key_rows(now)), dict(_key_rows(before))
    rows = []
    for key in _merge_keys(list(ours), list(theirs)):
        mine, other = ours.get(key), theirs.get(key)
        row = (
            _read_row(mine, now, columns)
            if mine
            else _blank(_read_row(theirs[key], before, columns), columns)
        )
        earlier = _read_row(other, before, columns) if other else None
        rows.append(_append_changes(row, earlier, places, has_share=has_share))
    return shown, tuple(rows)


def _unite_columns(now: ReportTable, before: ReportTable) -> tuple[ReportColumn, ...]:
    """Return the columns of the table; where it has no figures in one, the table before says of which kind it is."""
    known = {each.title: each for each in make_columns(before)}
    return tuple(
        known.get(each.title, each) if each.kind == "text" and place else each
        for place, each in enumerate(make_columns(now))
    )


def _choose_columns(columns: Sequence[ReportColumn]) -> list[int]:
    """Return the places of the columns that are compared."""
    figures = [place for place, each in enumerate(columns) if each.kind == "amount"]
    totals = [place for place in figures if columns[place].title.lower() == _TOTAL]
    if totals:
        return totals[-1:]
    return figures if len(figures) <= MOST_COMPARED else figures[:1]


def _make_columns(
    columns: tuple[ReportColumn, ...], places: list[int], name: str, *, has_share: bool
) -> tuple[ReportColumn, ...]:
    made = list(columns)
    for place in places:
        of = "" if has_share else f"{columns[place].title}, "
        made += [
            ReportColumn(f"{of}{name.lower()}" if of else name, "amount", is_before=True),
            ReportColumn(f"{of}change" if of else "Change", "change"),
        ]
    return (*made, ReportColumn("Change %", "percent")) if has_share else tuple(made)


def _key_rows(table: ReportTable) -> Iterator[tuple[Key, ReportRow]]:
    """Yield each row with what it is the same by: its headers, its kind, and its record or name."""
    above: list[str] = []
    seen: Counter[Key] = Counter()
    for row in table.rows:
        del above[row.depth :]
        name = row.group or row.id or row.label
        key: Key = (*above, row.kind, name)
        seen[key] += 1
        yield (*key, seen[key]), row
        if row.kind == "header":
            above += [""] * (row.depth - len(above))
            above.append(row.id or row.group or row.label)


def _merge_keys(ours: list[Key], theirs: list[Key]) -> list[Key]:
    """Return all keys in our order; each that is theirs alone stands behind the one that it stands behind there."""
    own, following, first = set(ours), dict[Key, list[Key]](), list[Key]()
    previous: Key | None = None
    for key in theirs:
        if key in own:
            previous = key
        else:
            (first if previous is None else following.setdefault(previous, [])).append(key)
    merged = list(first)
    for key in ours:
        merged += [key, *following.get(key, ())]
    return merged


def _read_row(row: ReportRow, table: ReportTable, columns: tuple[ReportColumn, ...]) -> ViewRow:
    """Return a row in the columns of the table that is shown, whichever table it is of."""
    own = {title[:1].upper() + title[1:]: place for place, title in enumerate(table.columns)}
    cells = [row.cells[0]] + [row.cells[own[each.title]] if each.title in own else "" for each in columns[1:]]
    found = {own[each.title]: place for place, each in enumerate(columns) if each.title in own}
    ids = tuple((found[place], id_) for place, id_ in row.ids if place in found)
    return make_row(replace(row, cells=tuple(cells), ids=ids), [column.is_numeric for column in columns])


def _blank(row: ViewRow, columns: tuple[ReportColumn, ...]) -> ViewRow:
    """Return a row of the table before without its figures, which are not of the period that is shown."""
    cells = tuple(
        None if column.is_numeric else cell for cell, column in zip(row.cells, columns, strict=True)
    )
    return replace(row, cells=cells)


def _append_changes(row: ViewRow, earlier: ViewRow | None, places: list[int], *, has_share: bool) -> ViewRow:
    added: list[Decimal | None] = []
    for place in places:
        now, before = _read_number(row, place), _read_number(earlier, place)
        change = _subtract(now, before)
        added += [before, change]
        if has_share:
            added.append(round(change / abs(before), SHARE_PLACES) if change is not None and before else None)
    return replace(row, cells=(*row.cells, *added))


def _subtract(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return what has changed; a row that is not in one of the tables counts as zero there."""
    if now is None or before is None:
        return now if before is None else -before
    return now - before


def _read_number(row: ViewRow | None, place: int) -> Decimal | None:
    cell = row.cells[place] if row else None
    return cell if isinstance(cell, Decimal) else None
