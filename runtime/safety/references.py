"""What a record refers to: each reference in it, with the resources that it may point to and its Id.

Called by `policies`. Where references stand, and of what parts they are, are facts of the definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from generator.catalog import Reference
from generator.vendor import Integration


class Found(NamedTuple):
    """A reference in a record: where it stands, which resources it may point to, and the Id; empty without one."""

    place: str
    resources: tuple[str, ...]
    id: str


def find_references(
    references: Iterable[Reference], state: Mapping[str, Any], integration: Integration
) -> Iterator[Found]:
    """Yield what a record refers to, under the vendor's names of fields; what is empty refers to nothing."""
    for reference in references:
        yield from _follow(reference, reference.path, state, ("", state), integration)


def _follow(
    reference: Reference, path: tuple[str, ...], beside: Any, at: tuple[str, Any], integration: Integration
) -> Iterator[Found]:
    """Yield what stands at the end of a path; lists are no step of it. `at` is where it has come to, and the value."""
    place, value = at
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _follow(reference, path, beside, (f"{place}[{index}]", each), integration)
    elif path:
        if isinstance(value, Mapping) and path[0] in value:
            inner = f"{place}.{path[0]}" if place else path[0]
            yield from _follow(reference, path[1:], value, (inner, value[path[0]]), integration)
    elif not _is_cleared(value, integration.reference_form.id):
        yield _found(reference, beside, place, value, integration)


def _is_cleared(value: Any, id_: str) -> bool:
    """Return whether a reference is empty, which takes it out of the record."""
    return value in (None, "", {}) or (isinstance(value, Mapping) and value.get(id_) == "")


def _found(reference: Reference, beside: Any, place: str, value: Any, integration: Integration) -> Found:
    id_, kind = value, ""
    if isinstance(value, Mapping):
        id_, kind = value.get(integration.reference_form.id), value.get(reference.kind, "")
    if reference.kind_beside and isinstance(beside, Mapping):
        kind = beside.get(reference.kind_beside, "")
    resources = reference.resources
    known = (resources[kind],) if isinstance(kind, str) and kind in resources else tuple(resources.values())
    return Found(place, tuple(dict.fromkeys(known)), "" if id_ is None else str(id_))
