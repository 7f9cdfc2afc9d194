"""What a raw query may name: the fields of the records of a list, with what is known of filtering and sorting.

Part of `list_arguments`. A field of which the definitions do not say whether it can be filtered stays undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from generator.catalog import QueryField
from generator.stages.resolve import Field

NEVER, PARTS = "none", "parts"
"""Of `filter`: the vendor refuses a condition on the field; it takes some on what is inside it."""


def list_query_fields(
    leaves: Iterable[tuple[str, Field]], language: dict[str, Any], extra: Iterable[str]
) -> tuple[QueryField, ...]:
    """Return the fields that a raw query can name; none where the language has no grammar. `extra` are names that
    answers have besides.
    """
    if not language.get("grammar"):
        return ()
    refused = frozenset(language.get("unfilterable_types") or ())
    found = {each.path: each for each in _list_fields(leaves, refused)}
    more = (QueryField(name, "object") for name in extra if name not in found)
    return (*found.values(), *more)


def _list_fields(leaves: Iterable[tuple[str, Field]], refused: frozenset[str]) -> Iterator[QueryField]:
    for path, given in leaves:
        is_refused = given.get("type") in refused and given.get("filter") != PARTS
        yield QueryField(
            path,
            find_kind(given, of_parts="object"),
            _decide(is_given=has_filter(given), is_refused=is_refused or given.get("filter") == NEVER),
            _decide(is_given=bool(given.get("sort")), is_refused=is_refused),
        )


def has_filter(given: Field) -> bool:
    """Return whether a field says how a list may filter on it."""
    return bool(given.get("filter")) and given.get("filter") not in (NEVER, PARTS)


def _decide(*, is_given: bool, is_refused: bool) -> bool | None:
    if is_given:
        return True
    return False if is_refused else None


def find_kind(given: Field, of_parts: str = "string") -> str:
    """Return how a value of a field is written in a condition; `of_parts` for one that has parts."""
    if given.get("format") in ("date", "date-time", "uuid"):
        return str(given["format"])
    if given.get("type") in ("object", "array"):
        return of_parts
    return {"number": "number", "integer": "number", "boolean": "boolean"}.get(
        str(given.get("type")), "string"
    )
