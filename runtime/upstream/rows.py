"""The records of a list answer, read only as far as they are shown, and written as the vendor wrote them.

The usual answer of a vendor, a plain success in JSON, is read in one pass: of each record only the fields that are
shown are looked at, and their text is passed on (`QuickRows`). Whatever else comes (XML, an error, another shape,
something that is hidden) is read as a value first (`ValueRows`). Both answer the same, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Protocol

import msgspec

from generator.vendor import ErrorRules
from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape, check_count
from runtime.upstream.client import VendorResponse
from runtime.upstream.table_rows import Column, Table, fill_gaps, lay_out, split_records

ALL = "*"
SLICE = re.compile(r"(?P<name>.+)\[(?P<start>[0-9]{1,9}):\]", re.DOTALL)
"""A field from one of its elements or characters on, counted from 0: `Line[80:]`."""
WRITTEN_OTHERWISE = re.compile(rb"\\[u/]")
"""Characters that JSON may escape and that are written as they are once they were read."""
NOT_THERE = msgspec.Raw(b"")


class Hide(Protocol):
    """Hides what is sensitive in records."""

    def may_hide(self, text: bytes) -> bool:
        """Whether a record, as JSON, may hold something that is hidden."""
        ...

    def hide(self, record: Any) -> Any:
        """Return the record, which may be changed, without what is hidden."""
        ...


class Rows(Protocol):
    """The records of a list answer."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def cut(self, start: int, end: int) -> Rows:
        """Return some of them, without the others."""
        ...

    def pick(self, places: Sequence[int]) -> Rows:
        """Return some of them, by their places."""
        ...

    def write_record(self, place: int) -> bytes:
        """One record as JSON, with the fields that are shown. Raises UnexpectedShape."""
        ...

    def make_table(self) -> Table:
        """Return them as a table of the fields that are shown. Raises UnexpectedShape."""
        ...

    def find_absent(self, names: Iterable[str]) -> list[str]:
        """Those of some names that no record has."""
        ...

    def list_names(self) -> list[str]:
        """Return the names that any record has, each once."""
        ...


class ValueRows:
    """Records that are values, with what is hidden in them hidden already."""

    def __init__(self, records: Sequence[Any], names: Sequence[str]) -> None:
        self.records = records
        self._names = names

    def __len__(self) -> int:
        """How many there are."""
        return len(self.records)

    def cut(self, start: int, end: int) -> ValueRows:
        """Return some of them. Raises UnexpectedShape when one is no object."""
        part = self.records[start:end]
        if not all(isinstance(record, dict) for record in part):
            raise UnexpectedShape("a record is no object")
        return ValueRows(part, self._names)

    def pick(self, places: Sequence[int]) -> ValueRows:
        """Return some of them, by their places."""
        return ValueRows([self.records[place] for place in places], self._names)

    def write_record(self, place: int) -> bytes:
        """One record as JSON, with the fields that are shown. Raises UnexpectedShape."""
        return _written(project(self.records[place], self._names))

    def make_table(self) -> Table:
        """Return them as a table of the fields that are shown. Raises UnexpectedShape."""
        shown = [project(record, self._names) for record in self.records]
        names = () if ALL in self._names or any(map(SLICE.fullmatch, self._names)) else self._names
        return _tabled(lambda: split_records(shown, names), len(shown))

    def find_absent(self, names: Iterable[str]) -> list[str]:
        """Those of some names that no record has."""
        there = set(self.list_names())
        return [name for name in names if name not in there]

    def list_names(self) -> list[str]:
        """Return the names that any record has, each once."""
        return list({name: None for record in self.records for name in record})


class QuickRows:
    """Records as the vendor wrote them: whole, or each as an object of the fields that are shown."""

    def __init__(
        self,
        records: Sequence[Any],
        names: tuple[str, ...],
        hide: Hide | None,
        whole: Callable[[], Sequence[msgspec.Raw]],
    ) -> None:
        self._records = records
        self._names = names
        self._hide = hide
        self._whole = whole

    def __len__(self) -> int:
        """How many there are."""
        return len(self._records)

    def cut(self, start: int, end: int) -> QuickRows:
        """Return some of them. Raises UnexpectedShape when one is no object."""
        part = self._records[start:end]
        if any(isinstance(row, msgspec.Raw) and bytes(row)[:1] != b"{" for row in part):
            raise UnexpectedShape("a record is no object")
        return QuickRows(part, self._names, self._hide, lambda: self._whole()[start:end])

    def pick(self, places: Sequence[int]) -> QuickRows:
        """Return some of them, by their places."""
        part = [self._records[place] for place in places]
        return QuickRows(part, self._names, self._hide, lambda: [self._whole()[place] for place in places])

    def write_record(self, place: int) -> bytes:
        """One record as JSON, with the fields that are shown. Raises UnexpectedShape."""
        if self._plain is not None:
            return _checked(bytes(self._plain[place]))
        row = self._records[place]
        is_whole = isinstance(row, msgspec.Raw)
        text = bytes(row) if is_whole else _encoder.encode(row)
        if self._hide is not None and self._hide.may_hide(text):
            return _written(project(self._hide.hide(figures.read(text)), self._names))
        if is_whole and self._names:
            return _written(project(figures.read(text), self._names))
        return _compact(text)

    def make_table(self) -> Table:
        """Return them as a table of the fields that are shown. Raises UnexpectedShape."""
        if self._hide is not None and self._hide.may_hide(_encoder.encode(self._records)):
            hide = self._hide
            hidden = [hide.hide(figures.read(_encoder.encode(row))) for row in self._records]
            return ValueRows(hidden, self._names).make_table()
        if self._records and isinstance(self._records[0], msgspec.Raw):
            return _tabled(self._whole_columns, len(self._records))
        return _tabled(self._columns, len(self._records))

    def _columns(self) -> list[Column]:
        cells = zip(*map(msgspec.structs.astuple, self._records), strict=True)
        return [(name, fill_gaps(column, NOT_THERE)) for name, column in zip(self._names, cells, strict=True)]

    def _whole_columns(self) -> list[Column]:
        if any(map(SLICE.fullmatch, self._names)):
            read = [project(figures.read(row), self._names) for row in self._records]
            return split_records(read)
        return split_records([figures.split_members(row) for row in self._records])

    @cached_property
    def _plain(self) -> Sequence[msgspec.Raw] | None:
        """The records as they are shown, made all at once; None where they are whole, or something may be hidden."""
        if isinstance(self._records[0], msgspec.Raw):
            return None
        try:
            texts = msgspec.json.format(_encoder.encode(self._records), indent=-1)
        except RecursionError:
            return None
        may_hide = self._hide is not None and self._hide.may_hide(texts)
        return None if may_hide else figures.split_elements(texts)

    def find_absent(self, names: Iterable[str]) -> list[str]:
        """Those of some names that no record has."""
        wanted = list(names)
        seen = self._seen(wanted)
        places = {name: f"f{at}" for at, name in enumerate(self._names)}
        if any(isinstance(row, msgspec.Raw) for row in self._records[:1]) or not places.keys() >= set(wanted):
            there = set(self.list_names())
            return [name for name in wanted if name not in there]
        return [name for name in wanted if name not in seen or _is_absent(self._records, places[name])]

    def list_names(self) -> list[str]:
        """Return the names that any record has, each once."""
        found: dict[str, None] = {}
        for row in self._whole():
            found |= dict.fromkeys(figures.split_members(row))
        return self._seen(list(found))

    def _seen(self, names: list[str]) -> list[str]:
        """Names without those whose fields are left out of every record."""
        seen = dict.fromkeys(names, "")
        return [*self._hide.hide(seen)] if self._hide is not None else names


def read_quick_rows(
    response: VendorResponse,
    path: tuple[str, ...],
    rules: ErrorRules,
    names: Sequence[str],
    hide: Hide | None = None,
) -> QuickRows | None:
    """Return the records of a plain success with at least one; None for anything that has to be read more closely.

    `path` leads to them, and `names` are the fields that are shown, in this order; none, or `*`, shows all.
    """
    body = response.body
    errors = tuple(dict.fromkeys(each[0] for each in rules.list if each))
    if response.status != 200 or not path or not errors or len(errors) > len(rules.list) or path[0] in errors:
        return None
    if b"\\" in body and WRITTEN_OTHERWISE.search(body):
        return None
    shown = () if ALL in names else tuple(names)
    in_part = () if any(map(SLICE.fullmatch, shown)) else shown
    try:
        check_count(body, b",")
        if not body.isascii():
            body.decode()
        found = _found(body, path, errors, in_part)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None
    if not found:
        return None
    return QuickRows(found, shown, hide, lambda: _found(body, path, errors, ()) if in_part else found)


def project(record: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """Return a record with only the named fields, in the order named. No names, or `*`, leave it whole."""
    if not names or ALL in names:
        return record
    found: dict[str, Any] = {}
    for name in names:
        if name in record:
            found[name] = record[name]
        elif (part := SLICE.fullmatch(name)) and isinstance(record.get(part["name"]), (list, str)):
            found[name] = record[part["name"]][int(part["start"]) :]
    return found


def strip_slice(name: str) -> str:
    """Return the field that a name with a slice is about; the name itself when it has none."""
    part = SLICE.fullmatch(name)
    return part["name"] if part else name


def _found(body: bytes, path: tuple[str, ...], errors: tuple[str, ...], names: tuple[str, ...]) -> list[Any]:
    """Return the records; none when there is an error beside them, or no list. Raises ValueError and MsgspecError."""
    if path[-1] == ALL:
        path = (*path[:-1], _name_of_list(body, path[:-1]))
    place = _decoder(path, errors, names).decode(body)
    if any(getattr(place, f"e{at}") is not NOT_THERE for at in range(len(errors))):
        return []
    for _ in path:
        place = place.inner if place is not None else None
    return place or []


def _name_of_list(body: bytes, path: tuple[str, ...]) -> str:
    """Return the name of the first list of an object."""
    members = figures.split_members(body)
    for name in path:
        members = figures.split_members(members.get(name, NOT_THERE))
    return next((name for name, each in members.items() if bytes(each)[:1] == b"["), "")


@lru_cache(maxsize=256)
def _decoder(
    path: tuple[str, ...], errors: tuple[str, ...], names: tuple[str, ...]
) -> msgspec.json.Decoder[Any]:
    """Return a reader that passes over everything but the records, or but some fields of each.

    The names may be a caller's own, so no more than these readers are stored.
    """
    row: Any = _struct({f"f{at}": name for at, name in enumerate(names)}, {}) if names else msgspec.Raw
    kind: Any = list[row]
    for step in reversed(path[1:]):
        kind = _struct({"inner": step}, {"inner": kind})
    beside = {f"e{at}": name for at, name in enumerate(errors)}
    return msgspec.json.Decoder(_struct({**beside, "inner": path[0]}, {"inner": kind}))


def _struct(names: Mapping[str, str], kinds: Mapping[str, Any]) -> type[Any]:
    """Return an object with some members, each by the attribute that holds it. One that is not there is NOT_THERE,
    or None.
    """
    fields = [
        (attribute, kinds[attribute] | None, None)
        if attribute in kinds
        else (attribute, msgspec.Raw, NOT_THERE)
        for attribute in names
    ]
    return msgspec.defstruct("Part", fields, rename=dict(names), omit_defaults=True, gc=False)


def _tabled(columns: Callable[[], list[Column]], count: int) -> Table:
    try:
        return lay_out(columns(), count)
    except (figures.TooDeep, RecursionError) as error:
        raise UnexpectedShape("nested too deeply") from error


def _is_absent(records: Sequence[Any], attribute: str) -> bool:
    return all(getattr(record, attribute) is NOT_THERE for record in records)


def _compact(text: bytes) -> bytes:
    try:
        return figures.compact(text)
    except figures.TooDeep as error:
        raise UnexpectedShape("nested too deeply") from error


def _checked(text: bytes) -> bytes:
    try:
        figures.check_depth(text)
    except figures.TooDeep as error:
        raise UnexpectedShape("nested too deeply") from error
    return text


def _written(value: Any) -> bytes:
    try:
        return figures.write_json(value)
    except figures.TooDeep as error:
        raise UnexpectedShape("nested too deeply") from error


_encoder = msgspec.json.Encoder()
