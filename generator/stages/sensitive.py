"""Which fields of an answer are hidden, for each tool. Called by `pipeline`.

`sensitive` stands on a field or on the shared type that it refers to, however deep; `visible_with` on a field that is
as good as calling another method. A tool that answers records of its resource hides what that resource has marked. One
whose resource has no fields of its own (a query over anything, a batch, what changed, a report) may answer any record,
so it hides what any resource has marked, except where a record has a field of that name that is marked by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from generator.diagnostics import Diagnostic, Diagnostics
from generator.stages.methods import Method
from generator.stages.resolve import Field, Resource

Path = tuple[str, ...]
Paths = tuple[Path, ...]
Gates = tuple[tuple[Path, str], ...]
WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Mask:
    """What is hidden in some answers."""

    sensitive: Paths = ()
    concealed: Paths = ()
    public: Paths = ()
    gated: Gates = ()

    def as_facts(self) -> dict[str, Any]:
        """Return the same by the names of a Tool."""
        return {name: getattr(self, name) for name in self.__slots__}


def make_masks(methods: Iterable[Method], diagnostics: Diagnostics) -> Callable[[Method], Mask]:
    """Return a function from a method of an integration to the mask of its answers."""
    return _Sensitive(methods, diagnostics).mask_of


class _Sensitive:
    """What is hidden in the answers of the tools of one integration."""

    def __init__(self, methods: Iterable[Method], diagnostics: Diagnostics) -> None:
        by_resource: dict[str, list[Method]] = {}
        for method in methods:
            by_resource.setdefault(method.resource.name, []).append(method)
        self._by_resource = {
            name: _marked(its[0].resource, {each.name: each.tool for each in its}, diagnostics)
            for name, its in by_resource.items()
        }
        resources = [its[0].resource for its in by_resource.values()]
        for resource in resources:
            diagnostics.report_all(_asked_for(resource, self._by_resource[resource.name]))
        self._anywhere = _together(self._by_resource.values(), resources)

    def mask_of(self, method: Method) -> Mask:
        """Return what the answers of a method hide; lists are no step of a path."""
        return self._by_resource[method.resource.name] if method.resource.fields else self._anywhere


def _marked(resource: Resource, tools: dict[str, str], diagnostics: Diagnostics) -> Mask:
    found = [(path, given) for path, given in _parts(resource.fields) if _mark(given)]
    gated = []
    for path, given in _parts(resource.fields):
        if opener := given.get("visible_with"):
            if opener not in tools:
                message = f'visible_with names "{opener}", which is no method of this resource.'
                diagnostics.report(resource.places[path[0]].make_diagnostic("visible_with", message))
            gated.append((path, tools.get(opener, "")))
    return Mask(
        sensitive=tuple(path for path, _ in found),
        concealed=tuple(path for path, given in found if _mark(given) == WHOLE),
        gated=tuple(gated),
    )


def _together(marked: Iterable[Mask], resources: Iterable[Resource]) -> Mask:
    """Return what any resource hides. A field that is not marked stays visible under the name of its own entity."""
    each = list(marked)
    sensitive = {path for one in each for path in one.sensitive}
    concealed = {path for one in each for path in one.concealed}
    public = {
        (resource.entity, *path)
        for resource in resources
        for path, given in _parts(resource.fields)
        if path in sensitive and not _mark(given)
    }
    gated = {gate for one in each for gate in one.gated}
    return Mask(
        tuple(sorted(sensitive)), tuple(sorted(concealed)), tuple(sorted(public)), tuple(sorted(gated))
    )


def _parts(fields: dict[str, Field], before: Path = ()) -> Iterator[tuple[Path, Field]]:
    """Yield every field with its path; what is inside a sensitive one is hidden with it and does not count."""
    for name, given in fields.items():
        yield (*before, name), given
        if not _mark(given):
            yield from _parts(_inner(given), (*before, name))


def _mark(given: Field) -> Any:
    """Return how a field is marked, by itself or by the entries of its list."""
    while not given.get("sensitive") and "items" in given:
        given = given["items"]
    return given.get("sensitive")


def _inner(given: Field) -> dict[str, Field]:
    while "items" in given:
        given = given["items"]
    return given.get("properties") or {}


def _asked_for(resource: Resource, marked: Mask) -> Iterator[Diagnostic]:
    """Yield a filter or an order, on a part or on what holds it, would answer bit by bit what is hidden."""
    hidden = {*marked.sensitive, *(path for path, _ in marked.gated)}
    around = {path[:length] for path in hidden for length in range(1, len(path) + 1)}
    for path, given in list_field_paths(resource.fields):
        if not ("filter" in given or "sort" in given):
            continue
        if path in around or any(path[: len(each)] == each for each in hidden):
            message = f"{'.'.join(path)} is sensitive, so nobody may filter or sort by it."
            yield resource.places[path[0]].make_diagnostic("sensitive", message)


def list_field_paths(fields: dict[str, Field], before: Path = ()) -> Iterator[tuple[Path, Field]]:
    """Yield every field of a record with its path, those inside of others too."""
    for name, given in fields.items():
        yield (*before, name), given
        yield from list_field_paths(_inner(given), (*before, name))
