"""Which fields of an answer are sensitive, for each tool. Beside tools, after resolve.

`sensitive: true` stands on a field, however deep. A tool that answers records of its resource hides what that resource
has marked. One whose resource has no fields of its own (a query over anything, a batch, what changed, a report) may
answer any record, so it hides what any resource has marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.methods import Method
from generator.mistakes import Mistake
from generator.resolve import Field

Paths = tuple[tuple[str, ...], ...]


class Sensitive:
    """What is hidden in the answers of the tools of one integration."""

    def __init__(self, methods: Iterable[Method], mistakes: list[Mistake]) -> None:
        self._by_resource: dict[str, Paths] = {}
        for method in methods:
            resource = method.resource
            if resource.name not in self._by_resource:
                self._by_resource[resource.name] = tuple(_paths(resource.fields))
                mistakes.extend(_asked_for(method, self._by_resource[resource.name]))
        self._anywhere = tuple(sorted({path for paths in self._by_resource.values() for path in paths}))

    def of(self, method: Method) -> Paths:
        """Where the answers of a method hold what is to be hidden; lists are no step of a path."""
        return self._by_resource[method.resource.name] if method.resource.fields else self._anywhere


def _paths(fields: dict[str, Field], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, given in fields.items():
        if given.get("sensitive"):
            yield (*before, name)
        else:
            yield from _paths(_inner(given), (*before, name))


def _inner(given: Field) -> dict[str, Field]:
    while "items" in given:
        given = given["items"]
        if given.get("sensitive"):
            return {}
    return given.get("properties") or {}


def _asked_for(method: Method, paths: Paths) -> Iterator[Mistake]:
    """A filter or an order would tell bit by bit what the answer hides."""
    for path in paths:
        given: Field = {"properties": method.resource.fields}
        for name in path:
            given = _inner(given)[name]
        if "filter" in given or "sort" in given:
            place = method.resource.places[path[0]]
            message = f"{'.'.join(path)} is sensitive, so nobody may filter or sort by it."
            yield place.mistake("sensitive", message)
