"""The pre-flight of writes: everything that is found in what a call would send, before any of it is sent.

Called by `writes`, when each change is complete. What the rules have to know of other records is read first; then each
record is held against every rule, and all errors are reported at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from runtime.exchange.context import CallContext
from runtime.exchange.worked_out import find_dropped
from runtime.operations.lookups import Lookups, Wanted
from runtime.safety.findings import Finding, refuse
from runtime.safety.preflight.looked_up import LookedUp, Record
from runtime.safety.preflight.needs import Needs, collect_needs
from runtime.safety.preflight.rules import ALWAYS, find_all, has_record
from runtime.upstream.request import record

MOST_READS = 4
"""Calls for one write, beside the settings that are known for a minute. Most forms refer to three or four resources:
a name, items or accounts, terms.
"""


class Preflight:
    """Looks at writes before they are sent. One for the process."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def check(self, call: CallContext, changes: Sequence[CallContext]) -> None:
        """Put into each change of a call what is found in it."""
        forms = [change for change in changes if has_record(change.tool)]
        if not forms:
            return
        looked_up = await self._look_up(call, forms)
        for change in forms:
            change.findings = [*change.findings, *_find(change, looked_up)]

    async def _look_up(self, call: CallContext, changes: Sequence[CallContext]) -> LookedUp:
        """Return what is known for the rules, read in at most one call for each resource."""
        needs = Needs()
        for change in changes:
            collect_needs(change.tool, change.integration, change.arguments, change.before, needs)
        settings = await self._lookups.read_settings(call) if needs.has_settings else {}
        looked_up = LookedUp(call.today(), settings=settings)
        numbers = [each for each in needs.numbers if _is_wanted(call, each, looked_up)]
        records = await self._read_records(call, needs, MOST_READS - min(len(numbers), 1))
        taken = {each: await self._find_taken(call, each) for each in numbers[:1]}
        return replace(looked_up, records=records, taken=taken)

    async def _read_records(
        self, call: CallContext, needs: Needs, most: int
    ) -> dict[tuple[str, str], Record | None]:
        identifier = call.integration.identifier
        wanted = [Wanted(name, identifier, tuple(ids), is_any=True) for name, ids in needs.ids.items()][:most]
        found = _by_id(wanted, await self._lookups.find_all(call, wanted))
        others = _elsewhere(call, found)
        if others and len(wanted) < most:
            elsewhere = _by_id(others, await self._lookups.find_all(call, others[:1]))
            found |= {key: each for key, each in elsewhere.items() if each is not None}
        return found

    async def _find_taken(self, call: CallContext, number: tuple[str, str, str]) -> tuple[str, ...]:
        resource, field, value = number
        rows = await self._lookups.list_records(call, Wanted(resource, field, (value,), "equals"))
        return tuple(str(row.get(call.integration.identifier)) for row in rows or ())


def _by_id(
    wanted: Sequence[Wanted], found: Sequence[dict[str, Record | None] | None]
) -> dict[tuple[str, str], Record | None]:
    pairs = zip(wanted, found, strict=False)
    return {(each.resource, id_): row for each, rows in pairs for id_, row in (rows or {}).items()}


def _elsewhere(call: CallContext, found: dict[tuple[str, str], Record | None]) -> list[Wanted]:
    """Return where an Id that was not found may be that of another record."""
    wanted = []
    for (resource, id_), row in found.items():
        for shared in call.integration.preflight.shared_ids if row is None else ():
            others = (other for other in shared if resource in shared and (other, id_) not in found)
            wanted += [Wanted(other, call.integration.identifier, (id_,), is_any=True) for other in others]
    return wanted


def _is_wanted(call: CallContext, number: tuple[str, str, str], looked_up: LookedUp) -> bool:
    """Return whether a number that is taken would be refused in this company."""
    return any(
        number[0] in rule.resources
        and rule.field == number[1]
        and (not rule.settings or looked_up.get_setting(rule.settings) in (True, "true"))
        for rule in call.integration.preflight.taken_numbers
    )


def refuse_errors(call: CallContext, changes: Iterable[CallContext]) -> None:
    """Raise InvalidArguments with every error that was found in the changes of a call."""
    refuse(call.tool, [found for change in changes for found in list_findings(change)])


def list_findings(change: CallContext) -> list[Finding]:
    """Return what was found in a change, with its place where it is a part of a call."""
    if not change.place:
        return change.findings
    return [
        replace(each, argument=f"{change.place}.{each.argument}", found=f"{change.place}: {each.found}")
        for each in change.findings
    ]


def _find(change: CallContext, looked_up: LookedUp) -> list[Finding]:
    """Return what is found in a change, less what was so before it."""
    found = find_all(change.tool, change.integration, build_content(change), looked_up)
    if not found or change.before is None:
        return found
    before = find_all(change.tool, change.integration, change.before, looked_up)
    always = [
        each for rule in ALWAYS for each in rule(change.tool, change.integration, change.before, looked_up)
    ]
    new = [each for each in found if each in always or each not in before]
    return [_without_stored(change, each, looked_up) for each in new] if change.is_blind else new


def _without_stored(change: CallContext, finding: Finding, looked_up: LookedUp) -> Finding:
    """Return a finding without what is stored, for a caller who may not read that."""
    given = record(change.tool, change.arguments)
    if finding in find_all(change.tool, change.integration, given, looked_up):
        return finding
    return replace(finding, found=f"{finding.argument} does not fit the rest of the record.")


def build_content(change: CallContext) -> dict[str, Any]:
    """Return the record that a change sends, with what was given for it and is not sent."""
    content = record(change.tool, change.arguments) if change.content is None else change.content
    return {**find_dropped(change.tool, change.given), **content}
