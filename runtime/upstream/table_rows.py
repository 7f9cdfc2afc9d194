"""The records of a list as a table: the names of the columns once, and each record as a list of values.

A reference, or another object of nothing but plain values, becomes one column for each of its parts, such as
`CustomerRef.value` and `CustomerRef.name`. Every value stays as the vendor wrote it. Called by `rows`, once what is
hidden is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

from runtime.upstream import figures

Cell = msgspec.Raw
Column = tuple[str, Sequence[Any]]
"""A name, and a cell or a value for each row."""
NULL = msgspec.Raw(b"null")
MOST_PARTS = 6
"""Parts of an object that become columns. References have two or three; what has more reads better as an object."""
_encoder = msgspec.json.Encoder()
_texts = msgspec.json.Decoder(list[dict[str, str] | None])
"""Reads references of nothing but texts, nearly all there are, several times as fast as any others."""
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw] | None])


@dataclass(frozen=True)
class Table:
    """The columns of a table by their names, and its rows: `text` is a list of lists as JSON."""

    columns: list[str]
    count: int
    text: bytes
    """All rows."""

    @cached_property
    def rows(self) -> Sequence[msgspec.Raw]:
        """Each row by itself."""
        return figures.split_elements(self.text)


def lay_out(columns: Sequence[Column], count: int) -> Table:
    """Return the table of some columns of `count` cells each. Raises TooDeep and ValueError."""
    spread = [part for column in columns for part in _spread(column)]
    cells = list(zip(*(cells for _, cells in spread), strict=True)) if spread else [()] * count
    try:
        text = msgspec.json.format(_encoder.encode(cells), indent=-1)
    except RecursionError as error:
        raise figures.TooDeep from error
    table = Table([name for name, _ in spread], count, text)
    if b"{" in text or text.count(b"[") > count + 1:
        for row in table.rows:
            figures.check_depth(bytes(row))
    return table


def split_records(records: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> list[Column]:
    """Return the columns of records, each a mapping to cells or values; all that any of them has when none are named.

    A cell is JSON as it was written; another value is written here.
    """
    wanted = names or dict.fromkeys(name for record in records for name in record)
    return [(name, [_cell(record.get(name)) for record in records]) for name in wanted]


def fill_gaps(cells: Sequence[Cell], gap: Cell) -> Sequence[Cell]:
    """Return the cells of a column with null where a record has nothing, which `gap` stands for."""
    if gap not in cells:
        return cells
    return [NULL if cell is gap else cell for cell in cells]


def _cell(value: Any) -> Cell:
    if value is None:
        return NULL
    return value if isinstance(value, msgspec.Raw) else msgspec.Raw(figures.write_json(value))


def _spread(column: Column) -> Sequence[Column]:
    """Return a column of plain objects as one column for each of their parts; any other column as it is."""
    name, cells = column
    if _begin(next((cell for cell in cells if cell is not NULL), NULL)) != b"{":
        return [column]
    objects = _read_plain(cells)
    parts = list(dict.fromkeys(chain.from_iterable(filter(None, objects or ()))))
    if objects is None or not 0 < len(parts) <= MOST_PARTS:
        return [column]
    return [(f"{name}.{part}", [each and each.get(part) for each in objects]) for part in parts]


def _read_plain(cells: Sequence[Cell]) -> list[dict[str, Any] | None] | None:
    """Return the objects in a column; None where any has more in it than texts, numbers and the like."""
    text = b"[%b]" % b",".join(cells)
    try:
        return _texts.decode(text)
    except msgspec.MsgspecError:
        pass
    try:
        found = _objects.decode(text)
    except msgspec.MsgspecError:
        return None
    is_plain = all(_begin(cell) not in (b"{", b"[") for each in found if each for cell in each.values())
    return found if is_plain else None


def _begin(cell: Cell) -> bytes:
    """Return the first character of a value, which says its kind."""
    return bytes(cell).lstrip()[:1]
