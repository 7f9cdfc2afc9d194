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
"""Characters of the title of a file; a worksheet cuts it further."""
_NUMBERS = frozenset({int, Decimal})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
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
    return tuple(_make_column(entity, path, list(map(_make_reader(path), records))) for path in paths)


def make_table(
    entity: Entity | None,
    identifier: str,
    columns: tuple[ResultColumn, ...],
    records: Sequence[Any],
    formats: Formats,
) -> ResultTable:
    """Return records as a page shows them. The first cell of a row leads to the record."""
    cells = [map(_make_writer(each, formats), map(_make_reader(each.path), records)) for each in columns]
    if entity is not None and cells:
        cells[0] = map(_make_leader(entity.resource), cells[0], map(_make_reader(identifier), records))
    return ResultTable(columns, list(zip(*cells, strict=True)))


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
    """Return a column with the kind of its values; the types are looked at first, for there may be thousands."""
    types = set(map(type, values)) - {type(None)}
    if types and types <= _NUMBERS:
        return _make_number_column(entity, path, values)
    if types == {dict} and all(each is None or is_reference(each) for each in values):
        return ResultColumn(path, "reference", resource=entity.references.get(path, "") if entity else "")
    if types == {str} and any(values) and all(not each or _DAY.fullmatch(each) for each in values):
        return ResultColumn(path, "day")
    return ResultColumn(path, "boolean" if types == {bool} else "list" if list in types else "text")


def _make_number_column(entity: Entity | None, path: str, values: Sequence[Any]) -> ResultColumn:
    places = max(map(_count_places, values))
    is_amount = places > 0 or (entity is not None and path in entity.listing.numbers)
    return ResultColumn(path, "number", max(places, 2) if is_amount else 0, is_amount)


def _count_places(value: Any) -> int:
    if type(value) is not Decimal:
        return 0
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _make_reader(path: str) -> Callable[[Any], Any]:
    """Return what reads a field of a record; most are no path, and are read at once."""
    if "." in path:
        return lambda record: read_path(record, path)
    return lambda record: record.get(path) if isinstance(record, dict) else None


def _make_leader(resource: str) -> Callable[[ResultCell, Any], ResultCell]:
    """Return what has a cell lead to the record of its row, unless it leads elsewhere or is empty."""

    def lead(cell: ResultCell, id_: Any) -> ResultCell:
        if not id_ or cell.resource or cell.text == NONE:
            return cell
        return ResultCell(cell.text, cell.beside, cell.style, resource, str(id_))

    return lead


def _make_writer(column: ResultColumn, formats: Formats) -> Callable[[Any], ResultCell]:
    """Return what writes the values of a column, made for their kind: a page has thousands of them."""
    if column.kind == "number":
        return _make_number_writer(column, formats)
    if column.kind == "reference":
        return _make_reference_writer(column)
    style = "nowrap" if column.kind == "day" else ""

    def write(value: Any) -> ResultCell:
        if type(value) is str and value and len(value) <= LONGEST_TEXT:
            return ResultCell(value, "", style)
        return _write_cell(value)

    return write


def _make_number_writer(column: ResultColumn, formats: Formats) -> Callable[[Any], ResultCell]:
    write_number = formats.make_number_writer(column.places)
    empty = ResultCell(NONE, "", "num")

    def write(value: Any) -> ResultCell:
        if value is None or value == "":
            return empty
        return ResultCell(write_number(value), "", "num neg" if value < 0 else "num")

    return write


def _make_reference_writer(column: ResultColumn) -> Callable[[Any], ResultCell]:
    """Return what writes references; the same ones come again and again, and each is written once."""
    written: dict[tuple[Any, Any], ResultCell] = {}

    def write(value: Any) -> ResultCell:
        if not isinstance(value, dict):
            return _write_cell(value)
        id_, name = str(value["value"]), str(value.get("name") or "")
        if (found := written.get((id_, name))) is None:
            found = ResultCell(_cut(name or id_), f"Id {id_}" if name else "", "", column.resource, id_)
            written[id_, name] = found
        return found

    return write


def _write_cell(value: Any) -> ResultCell:
    """Return a value of any kind as a cell."""
    if value is None or value == "":
        return ResultCell(NONE)
    if is_reference(value):
        id_, name = str(value["value"]), str(value.get("name") or "")
        return ResultCell(_cut(name or id_), f"Id {id_}" if name else "")
    if isinstance(value, bool):
        return ResultCell("yes" if value else "no")
    if isinstance(value, list):
        return ResultCell(f"{len(value)} {'entry' if len(value) == 1 else 'entries'}", style="t3")
    return ResultCell(_cut(_as_text(value)))


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
