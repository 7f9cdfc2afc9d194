"""Where the arguments of a call refer to other records, and whether they do so by an Id or by a name.

Called by `operations.arguments`, which sets names apart while the arguments are checked, by
`operations.name_resolution`, which puts Ids in their place, and by the rules of `preflight` about what is referred to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from generator.catalog import Reference, Tool
from generator.vendor import ReferenceForm

PLACEHOLDER = "0"
"""Stands where an Id belongs while arguments are checked of which a name is not resolved yet."""
LONGEST_NAME = 500
"""Characters; no vendor has longer names."""


class Name(str):
    """A name that stands where a bare Id belongs, until it is resolved."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """One reference in the arguments of a call."""

    holder: Any
    """The object or list that holds it."""
    key: Any
    place: str
    """Where it stands, such as `Line[0].ItemRef`."""
    resource: str
    """What it refers to; empty where nothing says of which kind that is."""
    is_bare: bool

    @property
    def value(self) -> Any:
        """Return the reference itself."""
        return self.holder[self.key]

    def read_id(self, form: ReferenceForm) -> str:
        """Return the Id; empty where it is a name or nothing."""
        value = self.value
        if isinstance(value, Mapping) and not self.is_bare:
            value = value.get(form.id)
        if form.has_numbers and type(value) is int:
            return str(value)
        return "" if isinstance(value, Name) or not isinstance(value, str) else value

    def read_name(self, form: ReferenceForm) -> str:
        """Return the name that stands there without an Id; empty where there is none."""
        value = self.value
        if isinstance(value, Name):
            return str(value)
        is_named = isinstance(value, Mapping) and form.name and not value.get(form.id)
        name = value.get(form.name) if is_named else None
        return name.strip() if isinstance(name, str) else ""

    def put_id(self, form: ReferenceForm, id_: str) -> None:
        """Put an Id there, in place of a name."""
        value = int(id_) if form.has_numbers and id_.isascii() and id_.isdigit() else id_
        if self.is_bare:
            self.holder[self.key] = value
        else:
            rest = self.value if isinstance(self.value, Mapping) else {}
            self.holder[self.key] = {
                **{name: each for name, each in rest.items() if name != form.name},
                form.id: value,
            }

    def put_name(self, form: ReferenceForm, name: str) -> None:
        """Put a name there without an Id."""
        if self.is_bare:
            self.holder[self.key] = Name(name)
        else:
            rest = self.value if isinstance(self.value, Mapping) else {}
            self.holder[self.key] = {
                **{each: part for each, part in rest.items() if each != form.id},
                form.name: name,
            }


def find_spots(tool: Tool, arguments: Mapping[str, Any]) -> Iterator[Spot]:
    """Yield the references in the arguments of a call, in the order of the definition."""
    for reference in tool.references:
        if reference.path[0] in arguments:
            yield from _walk(reference, 0, arguments, "")


def _walk(reference: Reference, depth: int, holder: Mapping[str, Any], place: str) -> Iterator[Spot]:
    """Yield the references further down; `holder` has what the path names at this depth."""
    name = reference.path[depth]
    value, where = holder[name], f"{place}{name}"
    if depth + 1 == len(reference.path):
        yield from _list_spots(reference, holder, name, where)
        return
    below = reference.path[depth + 1]
    entries = [(value, where)]
    if isinstance(value, list):
        entries = [(each, f"{where}[{at}]") for at, each in enumerate(value)]
    for inner, there in entries:
        if isinstance(inner, dict) and below in inner:
            yield from _walk(reference, depth + 1, inner, f"{there}.")


def _list_spots(reference: Reference, holder: Mapping[str, Any], name: str, where: str) -> Iterator[Spot]:
    value = holder[name]
    if not isinstance(value, list):
        yield Spot(holder, name, where, _choose(reference, holder, value), reference.is_bare)
        return
    for at, entry in enumerate(value):
        yield Spot(value, at, f"{where}[{at}]", _choose(reference, holder, entry), reference.is_bare)


def _choose(reference: Reference, holder: Mapping[str, Any], value: Any) -> str:
    """Return the resource that a reference points to, by the kind beside it or in it."""
    kind: Any = ""
    if reference.kind_beside:
        kind = holder.get(reference.kind_beside)
    elif reference.kind:
        kind = value.get(reference.kind) if isinstance(value, Mapping) else None
    return reference.resources.get(kind, "") if isinstance(kind, str) else ""


@lru_cache(maxsize=64)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def is_id(form: ReferenceForm, resource: str, text: str) -> bool:
    """Whether a text may be the Id of a record, or is a code that the vendor takes in the place of one."""
    if not form.ids or _compile(form.ids).fullmatch(text):
        return True
    return is_code(form, resource, text)


def is_code(form: ReferenceForm, resource: str, text: str) -> bool:
    """Whether the vendor takes a text in the place of an Id."""
    pattern = form.codes.get(resource)
    return bool(pattern and _compile(pattern).fullmatch(text))


def make_copy(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of which those that hold references are copies, so that they may be changed."""
    holders = {reference.path[0] for reference in tool.references}
    return {name: deepcopy(value) if name in holders else value for name, value in arguments.items()}


def set_apart(tool: Tool, form: ReferenceForm, arguments: dict[str, Any]) -> dict[str, str]:
    """Put a placeholder where a name stands in place of an Id; return the name of each such place.

    `arguments` are changed in place. A code that stands alone becomes a reference.
    """
    found = {}
    for spot in _find_doubtful(tool, form, arguments):
        if name := _name_at(spot, form):
            found[spot.place] = name
            spot.put_id(form, PLACEHOLDER)
    return found


def has_names(tool: Tool, arguments: Mapping[str, Any], form: ReferenceForm) -> bool:
    """Whether a name stands in the place of an Id somewhere."""
    return bool(form.ids) and any(
        spot.read_name(form) for spot in _find_doubtful(tool, form, arguments, Name)
    )


def _find_doubtful(
    tool: Tool, form: ReferenceForm, arguments: Mapping[str, Any], kind: type = object
) -> Iterator[Spot]:
    """Yield the references in arguments, but for lists of nothing but Ids: those may have any number of them.

    `kind` is of what names are made in a list of bare references, once they were set apart.
    """
    for reference in tool.references:
        value = arguments.get(reference.path[0])
        if value is None or (reference.is_bare and isinstance(value, list) and _is_plain(form, value, kind)):
            continue
        yield from _walk(reference, 0, arguments, "")


def _is_plain(form: ReferenceForm, values: list[Any], kind: type) -> bool:
    """Return whether a list has no name in it, seen without looking at each entry as a place of its own."""
    if kind is Name:
        return not any(type(each) is Name for each in values)
    pattern = _compile(form.ids)
    return bool(form.ids) and all(
        (form.has_numbers and type(each) is int) or (type(each) is str and pattern.fullmatch(each))
        for each in values
    )


def put_names(
    tool: Tool, form: ReferenceForm, arguments: dict[str, Any], names: Mapping[str, str]
) -> dict[str, Any]:
    """Return arguments with the names back in their places."""
    copy = make_copy(tool, arguments)
    for spot in find_spots(tool, copy):
        if name := names.get(spot.place):
            spot.put_name(form, name)
    return copy


def _name_at(spot: Spot, form: ReferenceForm) -> str:
    """Return the name at a place; empty where there is an Id, or something that is no reference."""
    if named := spot.read_name(form):
        return named[:LONGEST_NAME]
    text = (spot.value if isinstance(spot.value, str) else spot.read_id(form)).strip()
    if not text or len(text) > LONGEST_NAME or not spot.resource:
        return ""
    if not is_id(form, spot.resource, text):
        return text
    if isinstance(spot.value, str):
        spot.put_id(form, text)
    return ""
