"""Which entries of two lists are the same one: by what identifies them, by what they hold, by their kind, by place.

Called by `record_diff`, for a list of a record before and after a write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from runtime.safety.entries import Keys, identify
from runtime.safety.values import is_same


class Marks(NamedTuple):
    """What marks an entry of a list: what identifies it, the fields with its Id and its kind, the Id of a reference."""

    keys: Keys = ()
    identifier: str = ""
    kind: str = ""
    reference_id: str = ""


def match_entries(
    before: Sequence[Any], after: Sequence[Any], marks: Marks
) -> Iterator[tuple[int, Any, Any]]:
    """Yield pairs of entries with the place of each: matched by what identifies them, then by what they hold."""
    every: Keys = (*marks.keys, ((marks.identifier,),)) if marks.identifier else marks.keys
    places = _find_identities(before, every)
    pairs: dict[int, int] = {}
    for at, entry in enumerate(after):
        found = next((places.pop(one) for one in identify(entry, every) if one in places), None)
        if found is not None:
            pairs[at] = found
    left = [at for at in range(len(before)) if at not in pairs.values()]
    _pair_alike(before, after, pairs, left, marks)
    yield from ((at + 1, before[pairs[at]] if at in pairs else None, entry) for at, entry in enumerate(after))
    yield from ((at + 1, before[at], None) for at in left)


def _find_identities(entries: Sequence[Any], keys: Keys) -> dict[Any, int]:
    """Return the place of each entry under its strongest identity; the first one where two have the same."""
    found: dict[Any, int] = {}
    for at, entry in enumerate(entries):
        for identity in identify(entry, keys)[:1]:
            found.setdefault(identity, at)
    return found


def _pair_alike(
    before: Sequence[Any], after: Sequence[Any], pairs: dict[int, int], left: list[int], marks: Marks
) -> None:
    """Pair entries that nothing identifies: those that are alike, of the same kind, and then at the same place."""
    open_ = [at for at, entry in enumerate(after) if at not in pairs and not _has_id(entry, marks)]
    tests: tuple[Callable[[int, int], bool], ...] = (
        lambda old, new: is_alike(before[old], after[new], marks.reference_id),
        lambda old, new: bool(marks.kind) and before[old].get(marks.kind) == after[new].get(marks.kind),
        lambda old, new: old == new,
    )
    for is_pair in tests:
        for at in list(open_):
            found = next(
                (each for each in left if not _has_id(before[each], marks) and is_pair(each, at)), None
            )
            if found is not None:
                pairs[at] = found
                left.remove(found)
                open_.remove(at)


def _has_id(entry: Any, marks: Marks) -> bool:
    return isinstance(entry, Mapping) and entry.get(marks.identifier) not in (None, "")


def is_alike(before: Any, after: Any, reference_id: str) -> bool:
    """Return whether two values mean the same; masks do where what they hide is the same."""
    return bool(before == after) or is_same(before, after, reference_id)
