"""How much a client sent and how deep it goes, checked before anything else looks at it.

Whatever comes after may then take time for each value: there are not more of them than this lets through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_VALUES = 400_000
"""Values in one call. A vendor takes 10,000 lines in a transaction, and a line has up to 40 values."""
MOST_READ_VALUES = 10_000
"""Values in a call that only reads: lists of Ids and fields. More would take longer to refuse than to answer."""
MOST_MEMBERS = 1000
"""Names in one object. The largest record known has about 150."""
DEEPEST = 32
"""Levels. The deepest arguments known have 8, and a batch or `call_tool` adds 3."""
MOST_FLAT = 100
"""Names in one object that are few whatever the bounds are: without an object or a list inside, nothing is counted."""
HOLDERS = frozenset({dict, list})
EXCERPT = (12, 4, 2)
"""How many elements an excerpt has of a list, of a list in it, and of any list further inside."""


def find_structural_problem(value: Any, most_values: int = MOST_VALUES) -> str:
    """Return what is wrong with the size or depth of a value, to stand behind "the arguments"; empty when nothing is.

    It counts level by level and stops at the level that is too much.
    """
    if isinstance(value, dict) and len(value) <= MOST_FLAT and HOLDERS.isdisjoint(map(type, value.values())):
        return ""
    level, depth, total = [value], 0, 0
    while level:
        depth += 1
        total += sum(map(len, level))
        if depth > DEEPEST:
            return f"are nested too deeply: at most {DEEPEST} levels"
        if total > most_values:
            return f"hold too many values: at most {most_values:,}"
        if any(len(each) > MOST_MEMBERS for each in level if isinstance(each, dict)):
            return f"have too many names in one object: at most {MOST_MEMBERS:,}"
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, (dict, list))
        ]
    return ""


def cut_excerpt(value: Any, path: Sequence[str | int], depth: int = 0) -> Any:
    """Return the value with few elements of each list; a list that the path goes through begins at the path's
    element.
    """
    if isinstance(value, dict):
        step = path[0] if path else None
        return {
            name: cut_excerpt(inner, path[1:] if name == step else (), depth)
            if isinstance(inner, (dict, list))
            else inner
            for name, inner in value.items()
        }
    if not isinstance(value, list):
        return value
    start = find_beginning(path)
    part = value[start : start + EXCERPT[min(depth, len(EXCERPT) - 1)]]
    return [cut_excerpt(inner, path[1:] if at == 0 else (), depth + 1) for at, inner in enumerate(part)]


def find_beginning(path: Sequence[str | int]) -> int:
    """Return the element of a list at which the excerpt for a path begins."""
    return path[0] if path and isinstance(path[0], int) else 0


def write_path(found: Sequence[str | int], path: Sequence[str | int]) -> list[str | int]:
    """Return a path in the excerpt for `path` as a path in the whole value."""
    whole: list[str | int] = []
    for at, step in enumerate(found):
        is_along = len(whole) == at and list(path[:at]) == whole
        whole.append(step + find_beginning(path[at:]) if isinstance(step, int) and is_along else step)
    return whole
