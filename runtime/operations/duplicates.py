"""The guard against records that are made twice: the vendor is asked whether one like the new one is there already.

Called by `writes`, when a record is complete. What a person typed in counts too, for the vendor is asked and not our
journal. A look that fails stops nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from generator.catalog import ALLOW_DUPLICATE, Condition
from generator.preflight_rules import DuplicateRule
from runtime.errors import Duplicate
from runtime.exchange.context import CallContext
from runtime.exchange.days import add_days
from runtime.operations.known_records import Wanted
from runtime.operations.lookups import Lookups, find_list
from runtime.operations.preflight import build_content
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.fences import fence_value
from runtime.safety.findings import Finding
from runtime.safety.likeness import is_complete, is_like, is_near, read_day, read_value

Record = Mapping[str, Any]
MOST_CHECKED = 10
"""Records of one call, such as a batch, for which the vendor is asked: each takes a call."""


class Twin(NamedTuple):
    """A new record, and one like it that is there already."""

    change: CallContext
    record: Record


class Duplicates:
    """Looks for the twins of new records. One for the process."""

    def __init__(self, vendor: VendorCalls, lookups: Lookups) -> None:
        self._vendor = vendor
        self._lookups = lookups

    async def find(self, call: CallContext, changes: Sequence[CallContext]) -> list[Twin]:
        """Return the twins of the records of a call.

        A call that is repeated under its key has none: the vendor answers it with the first answer.
        """
        checked = [change for change in changes if _is_guarded(change)][:MOST_CHECKED]
        found = await asyncio.gather(
            *(self._find_one(call, change, checked[:at]) for at, change in enumerate(checked))
        )
        twins = [Twin(change, twin) for change, twin in zip(checked, found, strict=True) if twin is not None]
        return [] if twins and await self._vendor.is_repeat(call) else twins

    async def _find_one(
        self, call: CallContext, change: CallContext, others: Sequence[CallContext]
    ) -> Record | None:
        return _find_among(others, change) or await self._find_twin(call, change)

    async def _find_twin(self, call: CallContext, change: CallContext) -> Record | None:
        rule, content = change.tool.duplicates, build_content(change)
        if rule is None:
            return None
        change.near = await self.list_near(call, change, rule)
        reference_id = change.integration.reference_form.id
        twin = next((row for row in change.near if is_like(rule, content, row, reference_id)), None)
        return _leave_sent(twin, content) if twin is not None and change.is_blind else twin

    async def list_near(self, call: CallContext, change: CallContext, rule: DuplicateRule) -> list[Record]:
        """Return the records with the same name that are of a day near that of a new one."""
        day = read_day(build_content(change).get(rule.date)) or change.today()
        rows = await self._list(call, change, rule, day)
        return [row for row in rows if is_near(rule, day, row)]

    async def _list(
        self, call: CallContext, change: CallContext, rule: DuplicateRule, day: date
    ) -> list[Record]:
        """Return the records of the resource that may be twins, by what its list can be filtered by."""
        tool = find_list(call, change.tool.resource)
        known = {each.field for each in tool.listing.conditions} if tool and tool.listing else set()
        values = {name: _read_value(change, name) for name in rule.filters}
        if not known or not all(values.values()) or not values.keys() <= known:
            return []
        wanted, *more = (
            Wanted(change.tool.resource, name, (value,), "equals") for name, value in values.items()
        )
        conditions: list[tuple[Condition, Any]] = [
            (Condition(f"and_{each.field}", each.field, "equals"), each.values[0]) for each in more
        ]
        if rule.date in known:
            first, last = (add_days(day, days) for days in (-rule.days, rule.days))
            conditions.append((Condition("first", rule.date, "from", "date"), first.isoformat()))
            conditions.append((Condition("last", rule.date, "until", "date"), last.isoformat()))
        return await self._lookups.list_records(call, wanted, *conditions) or []


def _leave_sent(twin: Record, content: Record) -> Record:
    """Return of a twin what its caller sent as well: one that may not read records learns only that there is one."""
    return {name: value for name, value in twin.items() if name in content and content[name] == value}


def refuse_twins(call: CallContext, twins: Sequence[Twin]) -> None:
    """Raise Duplicate for the first record that has a twin; in a dry run it is a finding."""
    for change, twin in twins:
        if not call.options.dry_run:
            raise _refuse(change, twin)
        change.findings = [*change.findings, _describe(change, twin)]


def _is_guarded(change: CallContext) -> bool:
    rule = change.tool.duplicates
    allowed = change.arguments.get(ALLOW_DUPLICATE) is True
    return rule is not None and not allowed and is_complete(rule, build_content(change))


def _find_among(others: Sequence[CallContext], change: CallContext) -> Record | None:
    """Return a record of the same call that is like another one, with its place in the place of an Id."""
    rule, content = change.tool.duplicates, build_content(change)
    for other in others:
        twin = build_content(other)
        if (
            rule is None
            or other.tool.name != change.tool.name
            or twin.get(rule.date) != content.get(rule.date)
        ):
            continue
        is_same_name = all(_read_value(other, name) == _read_value(change, name) for name in rule.filters)
        if is_same_name and is_like(rule, content, twin, change.integration.reference_form.id):
            return {**twin, change.integration.identifier: other.place}
    return None


def _read_value(change: CallContext, name: str) -> str:
    return read_value(build_content(change), name, change.integration.reference_form.id)


def _show_twin(change: CallContext, twin: Record) -> dict[str, Any]:
    """Return what is said of a twin: its Id, number, date and total, as far as it has them."""
    rule = change.tool.duplicates
    names = (change.integration.identifier, "", "", "") if rule is None else _names(change, rule)
    shown = {name: twin[name] for name in names if name and twin.get(name) not in (None, "")}
    return fence_value(shown) if change.is_fenced else shown


def _names(change: CallContext, rule: DuplicateRule) -> tuple[str, ...]:
    display = change.integration.display_fields.get(change.tool.resource, ())
    totals = (each.total for each in change.integration.preflight.given_totals)
    own = next((total for total in totals), "")
    return (change.integration.identifier, *(display or (rule.number,)), rule.date, rule.total or own)


def _describe(change: CallContext, twin: Record) -> Finding:
    shown = ", ".join(f"{name} {value}" for name, value in _show_twin(change, twin).items())
    text = f"A record like this one is there already{': ' if shown else ''}{shown}."
    return Finding(change.tool.duplicates.date if change.tool.duplicates else "", text, RIGHT)


RIGHT = f"If it is another one, call again with {ALLOW_DUPLICATE} true."


def _refuse(change: CallContext, twin: Record) -> Duplicate:
    found, shown = _describe(change, twin), _show_twin(change, twin)
    place = f"{change.place}: " if change.place else ""
    return Duplicate(
        f"{change.tool.name} was not called: {place}{found.found}",
        advice=f"Nothing was sent. {found.right}",
        details={"twin": shown} | ({"argument": change.place} if change.place else {}),
    )
