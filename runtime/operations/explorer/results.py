"""Records as a table: its columns with their kinds, cells for a page, and the same rows as values for files.

Called by the explorer's pages. A reference is shown by its name and leads to its record; figures have the same number
of decimals in all of a column; days and times stay as they are stored, for they are raw data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from runtime.operations.explorer.language import Entity
from runtime.operations.explorer.sorting import read_path
from runtime.operations.exports.sheet import Cell, CellKind, Column, Sheet, SheetRow
from runtime.operations.formats import NONE, Formats

Kind = Literal["text", "number", "day", "reference", "boolean", "list"]
MOST_COLUMNS = 12
"""Columns of a page where neither the query nor the definitions name any; a link shows the others."""
MOST_LOOKED_AT = 200
"""Records in which the columns of a page are looked for; a file looks at all."""
LONGEST_TEXT = 160
"""Characters of a cell on a page; a file has all of them."""
LONGEST_TITLE = 60
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHEET_KINDS: Mapping[Kind, CellKind] = {"number": "number", "day": "day"}


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. `places` are the decimals of its numbers, `resource` is what its references lead to."""

    path: str
    kind: Kind
    places: int = 0
    is_amount: bool = False
    resource: str = ""


class ResultCell(NamedTuple):
    """A cell of a page: its text, what stands small beside it, a class, and the record that it leads to."""

    text: str
    beside: str = ""
    style: str = ""
    resource: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A result for a page. `others` are the columns that are not shown."""

    columns: tuple[ResultColumn, ...]
    rows: Sequence[tuple[ResultCell, ...]]
    others: int = 0


def list_paths(records: Sequence[Any], most: int | None = None) -> list[str]:
    """Return the paths of all fields of records, in their order; those of an object inside are dotted."""
    found: dict[str, None] = {}
    for record in records if most is None else records[:most]:
        if isinstance(record, dict):
            _add_paths(record, "", found)
    return list(found)


def choose_paths(
    entity: Entity | None, named: Sequence[str], records: Sequence[Any], *, shows_all: bool
) -> tuple[list[str], int]:
    """Return the paths of the columns of a page, and how many others there are."""
    if named:
        return [_as_stored(entity, each) for each in named], 0
    every = list_paths(records, MOST_LOOKED_AT)
    if shows_all or len(every) <= MOST_COLUMNS:
        return every, 0
    usual = [each for each in (entity.columns if entity else ()) if each in every]
    shown = usual or every[:MOST_COLUMNS]
    return shown, len(every) - len(shown)


def make_columns(
    entity: Entity | None, paths: Iterable[str], records: Sequence[Any]
) -> tuple[ResultColumn, ...]:
    """Return columns with the kind that their values have."""
    return tuple(_make_column(entity, path, [read_path(each, path) for each in records]) for path in paths)


def make_table(
    entity: Entity | None,
    identifier: str,
    columns: tuple[ResultColumn, ...],
    records: Sequence[Any],
    formats: Formats,
) -> ResultTable:
    """Return records as a page shows them. The first cell of a row leads to the record."""
    write = [_make_writer(each, formats) for each in columns]
    reads = [_make_reader(each.path) for each in columns]
    resource = entity.resource if entity else ""
    rows = []
    for record in records:
        row = [put(read(record)) for read, put in zip(reads, write, strict=True)]
        id_ = record.get(identifier) if isinstance(record, dict) else None
        if row and resource and id_ and row[0].text != NONE and not row[0].resource:
            row[0] = row[0]._replace(resource=resource, id=str(id_))
        rows.append(tuple(row))
    return ResultTable(columns, rows)


def make_sheet(
    title: str, columns: tuple[ResultColumn, ...], records: Sequence[Any], notes: tuple[str, ...] = ()
) -> Sheet:
    """Return records as a table for files, with the numbers that the vendor answered; a reference has two columns."""
    heads: list[Column] = []
    for each in columns:
        kind: CellKind = (
            "amount" if each.is_amount and each.places <= 2 else _SHEET_KINDS.get(each.kind, "text")
        )
        heads.append(Column(each.path, kind))
        if each.kind == "reference":
            heads.append(Column(f"{each.path} Id"))
    rows = [
        SheetRow(tuple(cell for each in columns for cell in _list_cells(each, record))) for record in records
    ]
    return Sheet(title[:LONGEST_TITLE], tuple(heads), rows, notes)


def is_reference(value: object) -> bool:
    """Whether a value refers to another record: an Id, with its name or without."""
    return isinstance(value, dict) and "value" in value and value.keys() <= {"value", "name", "type"}


def _add_paths(record: Mapping[str, Any], before: str, found: dict[str, None]) -> None:
    for name, value in record.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and value and not is_reference(value):
            _add_paths(value, f"{path}.", found)
        else:
            found.setdefault(path)


def _as_stored(entity: Entity | None, path: str) -> str:
    field = entity.find_field(path) if entity is not None else None
    return field.path if field is not None else path


def _make_column(entity: Entity | None, path: str, values: Sequence[Any]) -> ResultColumn:
    filled = [each for each in values if each not in (None, "")]
    numbers = [each for each in filled if isinstance(each, int | Decimal) and not isinstance(each, bool)]
    if filled and len(numbers) == len(filled):
        places = max((_count_places(each) for each in numbers), default=0)
        is_amount = places > 0 or (entity is not None and path in entity.listing.numbers)
        return ResultColumn(path, "number", max(places, 2) if is_amount else 0, is_amount)
    if filled and all(is_reference(each) for each in filled):
        resource = entity.references.get(path, "") if entity is not None else ""
        return ResultColumn(path, "reference", resource=resource)
    if filled and all(isinstance(each, str) and _DAY.fullmatch(each) for each in filled):
        return ResultColumn(path, "day")
    if filled and all(isinstance(each, bool) for each in filled):
        return ResultColumn(path, "boolean")
    return ResultColumn(path, "list" if any(isinstance(each, list) for each in filled) else "text")


def _count_places(value: int | Decimal) -> int:
    if not isinstance(value, Decimal):
        return 0
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _make_reader(path: str) -> Callable[[Any], Any]:
    """Return what reads a field of a record; most are no path, and are read at once."""
    if "." in path:
        return lambda record: read_path(record, path)
    return lambda record: record.get(path) if isinstance(record, dict) else None


def _make_writer(column: ResultColumn, formats: Formats) -> Callable[[Any], ResultCell]:
    """Return what writes the values of a column. Equal figures and names are written once."""
    written: dict[Any, ResultCell] = {}

    def write(value: Any) -> ResultCell:
        key = (value.get("value"), value.get("name")) if column.kind == "reference" and value else value
        if isinstance(key, list | dict):
            return _write_cell(column, value, formats)
        if (found := written.get((type(key), key))) is None:
            found = written[(type(key), key)] = _write_cell(column, value, formats)
        return found

    return write


def _write_cell(column: ResultColumn, value: Any, formats: Formats) -> ResultCell:
    if value is None or value == "":
        return ResultCell(NONE, style="num" if column.kind == "number" else "")
    if column.kind == "number":
        return ResultCell(formats.write_number(value, column.places), style="num neg" if value < 0 else "num")
    if is_reference(value):
        id_, name = str(value["value"]), str(value.get("name") or "")
        return ResultCell(_cut(name or id_), f"Id {id_}" if name else "", "", column.resource, id_)
    if isinstance(value, bool):
        return ResultCell("yes" if value else "no")
    if isinstance(value, list):
        return ResultCell(f"{len(value)} {'entry' if len(value) == 1 else 'entries'}", style="t3")
    text = _as_text(value)
    return ResultCell(_cut(text), style="nowrap" if column.kind == "day" else "")


def _list_cells(column: ResultColumn, record: Any) -> tuple[Cell, ...]:
    value = read_path(record, column.path)
    if column.kind == "reference":
        if not isinstance(value, dict):
            return (None, None)
        return (str(value.get("name") or value["value"]), str(value["value"]))
    if column.kind == "number":
        return (value,)
    return (None if value is None else _as_text(value),)


def _as_text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
