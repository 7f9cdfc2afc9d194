"""Which entries of a list inside a record are the same: by what identifies them, as the definition of a vendor says.

Used by `merging`, `replacing` and `differences`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runtime.safety.values import format_value
from runtime.upstream.answer import follow_path

Path = tuple[str, ...]
Keys = tuple[tuple[Path, ...], ...]
"""What may identify an entry: sets of paths, the first whole set that it has counts."""
Identity = tuple[int, tuple[str, ...]]
"""Which set of paths identified an entry, and the values there as text."""


def identify(entry: Any, keys: Keys) -> list[Identity]:
    """Return every identity that an entry has, the strongest first; none when nothing in it identifies it."""
    if not isinstance(entry, Mapping):
        return []
    found = []
    for at, paths in enumerate(keys):
        values = [follow_path(entry, path) for path in paths]
        if values and values[0] not in (None, ""):
            found.append((at, tuple("" if each is None else format_value(each) for each in values)))
    return found


def name_entry(entry: Any, keys: Keys) -> str:
    """Return what an entry is called in an answer: the last value of its strongest identity."""
    found = identify(entry, keys)
    return next((value for value in reversed(found[0][1]) if value), "") if found else ""


def find_places(entries: Sequence[Any], keys: Keys) -> dict[Identity, int]:
    """Return the place of each entry under its strongest identity, where that is its alone.

    An entry that the vendor numbers is found by its number only: another one may be linked to the same record.
    """
    places: dict[Identity, int] = {}
    shared: set[Identity] = set()
    for at, entry in enumerate(entries):
        for identity in identify(entry, keys)[:1]:
            if places.setdefault(identity, at) != at:
                shared.add(identity)
    return {identity: at for identity, at in places.items() if identity not in shared}


def find_named(entries: Sequence[Any], keys: Keys, name: str) -> list[int]:
    """Return the places of the entries that a caller may mean by a name: an identifying value of theirs."""
    for at, paths in enumerate(keys):
        found = [
            place
            for place, entry in enumerate(entries)
            if any(identity == at and _is_called(values, name) for identity, values in identify(entry, keys))
        ]
        if found and paths:
            return found
    return []


def _is_called(values: tuple[str, ...], name: str) -> bool:
    return (
        " ".join(each for each in values if each) == name
        or next((each for each in reversed(values) if each), "") == name
    )
