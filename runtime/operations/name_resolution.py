"""Names in the place of Ids: each becomes the Id of the one record that has exactly this name, or is refused.

Called by `writes`, before anything else looks at the arguments, and by `clients`. Nothing is guessed: where no record
has the name, or several have it, the error names candidates with their Ids, to a caller who may list them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from generator.vendor import Integration
from runtime.exchange.context import CallContext
from runtime.operations.known_records import Wanted
from runtime.operations.lookups import Lookups, find_list
from runtime.safety.fences import fence_text
from runtime.safety.findings import Finding, refuse
from runtime.safety.reference_spots import Spot, find_spots, has_names, make_copy

MOST_CANDIDATES = 5
"""Names that an error lists; whoever means another one asks the list tool."""
MOST_SEARCHES = 2
"""Names of one call for which candidates are searched, each by one more call."""
LEAST_WORD = 3
"""Letters of a word by which candidates are searched."""
LEAST_LIKENESS = 0.6
"""Of two names that a person would confuse, as difflib measures it; its own matching takes the same number."""
Record = Mapping[str, Any]
Rows = dict[str, list[Record]]
"""Records under their name without regard to case."""


@dataclass(frozen=True, slots=True)
class _Named:
    """One name in the arguments of a change."""

    change: CallContext
    spot: Spot
    name: str

    @property
    def place(self) -> str:
        """Return where it stands in the arguments of the whole call."""
        return f"{self.change.place}.{self.spot.place}" if self.change.place else self.spot.place


class NameResolution:
    """Puts Ids in the place of names. One for the process."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def resolve(self, call: CallContext, changes: Sequence[CallContext]) -> None:
        """Put the Ids of names into the arguments of changes. Raises InvalidArguments that lists all that have none."""
        named = [each for change in changes for each in _list_names(change)]
        if not named:
            return
        for each, row in zip(named, await self._match(call, named), strict=True):
            _put(each, row)
        if all(change is not call for change in changes):
            call.resolved += _list_resolved(changes)

    async def find_named(self, call: CallContext, resource: str, argument: str, name: str) -> Record:
        """Return the one record of a resource that has the name given in an argument. Raises InvalidArguments."""
        spot = Spot({argument: name}, argument, argument, resource, is_bare=True)
        (row,) = await self._match(call, [_Named(call, spot, name)])
        return row

    async def _match(self, call: CallContext, named: Sequence[_Named]) -> list[Record]:
        """Return the record of each name. Raises InvalidArguments that lists all that have none."""
        rows = await self._find(call, named)
        matched: list[Record] = []
        findings: list[Finding] = []
        left = MOST_SEARCHES
        for each in named:
            found = (rows.get(each.spot.resource) or {}).get(_fold(each.name), [])
            near = found
            if not found and left:
                near, left = await self._search(call, each), left - 1
                found = [
                    row
                    for row in near
                    if _fold(each.name) in _names(call.integration, each.spot.resource, row)
                ]
            if len(found) == 1:
                matched.append(found[0])
            elif rows.get(each.spot.resource) is None and _searchable(call, each.spot.resource):
                findings.append(_explain_unread(each))
            else:
                findings.append(_explain(call, each, found, near))
        refuse(call.tool, findings)
        return matched

    async def _find(self, call: CallContext, named: Sequence[_Named]) -> dict[str, Rows | None]:
        """Return for each resource the records that have one of the names, found by one call; None if it failed."""
        resources = list(dict.fromkeys(each.spot.resource for each in named))
        found = await asyncio.gather(*(self._find_in(call, resource, named) for resource in resources))
        return dict(zip(resources, found, strict=True))

    async def _find_in(self, call: CallContext, resource: str, named: Sequence[_Named]) -> Rows | None:
        field = _searchable(call, resource)
        names = tuple(dict.fromkeys(each.name for each in named if each.spot.resource == resource))
        rows = await self._lookups.find_recent(call, Wanted(resource, field, names)) if field else None
        return None if rows is None else _index(call.integration, resource, rows)

    async def _search(self, call: CallContext, named: _Named) -> list[Record]:
        """Return records whose names are like a name, the nearest first, found by its longest word."""
        resource = named.spot.resource
        words = [word for word in named.name.split() if len(word) >= LEAST_WORD]
        field = _searchable(call, resource)
        if not words or not field:
            return []
        wanted = Wanted(resource, field, (max(words, key=len),), "contains")
        rows = await self._lookups.find_recent(call, wanted) or []
        likeness = {id(row): _liken(named.name, _call_by_name(call, resource, row)) for row in rows}
        near = [row for row in rows if likeness[id(row)] >= LEAST_LIKENESS]
        return sorted(near, key=lambda row: -likeness[id(row)])[:MOST_CANDIDATES]


def _explain(call: CallContext, named: _Named, found: list[Record], near: list[Record]) -> Finding:
    """Return the finding on a name that is not that of exactly one record; `near` have names that are like it."""
    place, resource = named.place, named.spot.resource
    many = resource.replace("_", " ")
    if not resource:
        text = f'{place} is "{named.name}", and nothing says what kind of record that is.'
        return Finding(place, text, "Say the kind beside it, or give its Id.")
    if not _may_list(call, resource):
        return Finding(
            place, f'{place}: "{named.name}" is not the name of one of the {many}.', "Give its Id."
        )
    shown = (found or near)[:MOST_CANDIDATES]
    mark = fence_text if call.is_fenced else str
    candidates = ", ".join(
        f"{mark(_call_by_name(call, resource, row))} ({_id_of(call, row)})" for row in shown
    )
    what = f"several of the {many} have this name" if found else f"none of the {many} has exactly this name"
    right = (
        f"Give the Id of the one that is meant: {candidates}."
        if candidates
        else f"List the {many} to find it."
    )
    return Finding(place, f'{place} is "{named.name}", and {what}.', right)


def _explain_unread(named: _Named) -> Finding:
    """Return the finding on a name that could not be looked up, of which nothing can be said."""
    many = named.spot.resource.replace("_", " ")
    text = f'{named.place} is "{named.name}", and the {many} could not be read to find it.'
    return Finding(named.place, text, "Call again in a moment, or give its Id.")


def _list_names(change: CallContext) -> Iterator[_Named]:
    """Yield the names in the arguments of a change, which become a copy that may be changed."""
    form = change.integration.reference_form
    if not has_names(change.tool, change.arguments, form):
        return
    change.arguments = make_copy(change.tool, change.arguments)
    for spot in find_spots(change.tool, change.arguments):
        if name := spot.read_name(form):
            yield _Named(change, spot, name)


def _put(named: _Named, row: Record) -> None:
    change, id_ = named.change, str(row.get(named.change.integration.identifier))
    named.spot.put_id(change.integration.reference_form, id_)
    change.resolved.append({"argument": named.spot.place, "name": named.name, "id": id_})


def _list_resolved(changes: Sequence[CallContext]) -> list[dict[str, str]]:
    """Return what names became in the calls of a batch, by where they stand in it."""
    return [
        {**each, "argument": f"{change.place}.{each['argument']}"}
        for change in changes
        for each in change.resolved
    ]


def _searchable(call: CallContext, resource: str) -> str:
    """Return the field with the name of a resource by which its list can be filtered; empty where there is none."""
    tool = find_list(call, resource)
    fields = {each.field for each in tool.listing.conditions} if tool and tool.listing else set()
    names = call.integration.display_fields.get(resource, ())
    return next((name for name in names if name in fields), "")


def _index(integration: Integration, resource: str, rows: Sequence[Record]) -> Rows:
    """Return records under each of their names."""
    found: Rows = {}
    for row in rows:
        for name in _names(integration, resource, row):
            found.setdefault(name, []).append(row)
    return found


def _names(integration: Integration, resource: str, row: Record) -> set[str]:
    return {_fold(str(row[name])) for name in integration.display_fields.get(resource, ()) if row.get(name)}


def _may_list(call: CallContext, resource: str) -> bool:
    return any(tool.listing and tool.resource in (resource, "*") for tool in call.tools.values())


def _call_by_name(call: CallContext, resource: str, row: Record) -> str:
    names = call.integration.display_fields.get(resource, ())
    return next((str(row[name]) for name in names if row.get(name)), "")


def _id_of(call: CallContext, row: Record) -> str:
    return str(row.get(call.integration.identifier))


def _fold(name: str) -> str:
    """Return a name as names are compared: without regard to case and blanks around it."""
    return name.strip().casefold()


def _liken(one: str, other: str) -> float:
    one, other = _fold(one), _fold(other)
    return 1.0 if one in other else SequenceMatcher(None, one, other).ratio()
