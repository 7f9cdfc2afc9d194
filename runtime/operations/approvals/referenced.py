"""The records that changes refer to: their names for people, and the figures that the changes would move.

Called by `proposing`. The checks of a write have just read most of them, which `lookups` knows for some seconds; what
is missing takes one call for each resource, and at most MOST_READS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from generator.vendor import Integration
from generator.vendor_rules import Setting
from runtime.errors import BudgetReached
from runtime.exchange.context import CallContext
from runtime.operations.approvals.bookings import Moved, Record, Target
from runtime.operations.approvals.comparing import make_copy
from runtime.operations.known_records import Wanted
from runtime.operations.lookups import Lookups
from runtime.safety.reference_spots import find_spots, is_code
from runtime.upstream.answer import follow_path
from runtime.upstream.visible_text import show_unseen

MOST_READS = 4
"""Resources that are read for the changes of one call, as for the checks before it: a name, accounts, items, terms."""
LONGEST_NAME = 120
"""Characters of a name on one line."""
_NOTHING: Record = {}


class State(NamedTuple):
    """A change of a call, the record as it is stored (None: a new one), and as it would stand."""

    change: CallContext
    before: Record | None
    after: dict[str, Any]
    moved: tuple[tuple[Moved, int], ...] = ()
    """What it moves of other records, with the sign of what is taken back or added."""


@dataclass(frozen=True, slots=True)
class Referenced:
    """What is known of the records that changes refer to."""

    integration: Integration
    records: Mapping[Target, Record] = field(default_factory=dict)
    settings: Record = field(default_factory=dict)

    def find_name(self, target: Target) -> str:
        """Return the name of a record, on one line; empty where it is not known."""
        record = self.records.get(target, _NOTHING)
        found = (record.get(each) for each in self.integration.display_fields.get(target[0], ()))
        name = next((each for each in found if isinstance(each, str) and each.strip()), "")
        text = show_unseen(" ".join(name.split()))
        return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"

    def read_setting(self, setting: Setting | None) -> Any:
        """Return a setting of the company; None where it has none or that is not known."""
        if setting is None or setting.tool != self.integration.preflight.settings:
            return None
        return follow_path(self.settings, setting.path)

    @property
    def home_currency(self) -> str:
        """The home currency of the company; empty where that is not known."""
        facts = self.integration.policy_facts.currency
        found = self.read_setting(facts.home if facts is not None else None)
        return found if isinstance(found, str) and len(found) == 3 and found.isalpha() else ""

    def put_names(self, state: State) -> dict[str, Any]:
        """Return the record as it would stand, with names beside the Ids that have none."""
        form, named = self.integration.reference_form, make_copy(state.after)
        if not self.records:
            return named
        for spot in list(find_spots(state.change.tool, named)) if form.name else ():
            value = spot.value
            if spot.is_bare or not isinstance(value, Mapping) or value.get(form.name):
                continue
            if name := self.find_name((spot.resource, spot.read_id(form))):
                spot.holder[spot.key] = {**value, form.name: name}
        return named

    def show_bare(self, state: State, record: Record) -> Record:
        """Return a record for comparing in words, in which bare Ids are replaced by names that are known."""
        known = {resource for resource, _ in self.records}
        of = [each for each in state.change.tool.references if each.is_bare]
        if not any(known.intersection(each.resources.values()) for each in of):
            return record
        shown = make_copy(dict(record))
        for spot in list(find_spots(state.change.tool, shown)):
            if spot.is_bare and (
                name := self.find_name((spot.resource, spot.read_id(self.integration.reference_form)))
            ):
                spot.holder[spot.key] = name
        return shown


class References:
    """Reads what changes refer to. One for the process."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    async def look_up(self, call: CallContext, states: Sequence[State]) -> Referenced:
        """Return what is known of the records that changes refer to. What cannot be read is not known."""
        integration = call.integration
        ids: dict[str, dict[str, None]] = {}
        for resource, id_ in _list_targets(integration, states):
            ids.setdefault(resource, {})[id_] = None
        moved = integration.effects.figures
        wanted = [
            Wanted(name, integration.identifier, tuple(of), is_any=True, is_current=name in moved)
            for name, of in ids.items()
        ][:MOST_READS]
        try:
            found, settings = await asyncio.gather(
                self._lookups.find_all(call, wanted), self._read_settings(call, states)
            )
        except BudgetReached:  # the write itself has passed every check
            return Referenced(integration)
        records = {
            (each.resource, id_): row
            for each, rows in zip(wanted, found, strict=True)
            for id_, row in (rows or {}).items()
            if row is not None
        }
        return Referenced(integration, records, settings)

    async def _read_settings(self, call: CallContext, states: Iterable[State]) -> Record:
        facts = call.integration.policy_facts.amounts.keys() | call.integration.effects.bookings.keys()
        is_wanted = any(each.change.tool.resource in facts for each in states)
        return await self._lookups.read_settings(call) if is_wanted else _NOTHING


def _list_targets(integration: Integration, states: Sequence[State]) -> Iterator[Target]:
    """Yield the records whose figures are moved, then those that lack a name."""
    for state in states:
        yield from _list_moved_targets(state)
    for state in states:
        yield from _list_unnamed(integration, state)


def _list_moved_targets(state: State) -> Iterator[Target]:
    """Yield the records whose figures are moved, with those that decide about it."""
    sums: dict[tuple[Target, Target | None], Decimal | None] = {}
    for moved, sign in state.moved:
        key = moved.target, moved.beside
        former = sums.get(key, Decimal(0))
        sums[key] = None if former is None or moved.amount is None else former + sign * moved.amount
    for targets, amount in sums.items():
        if amount is None or amount:
            yield from (each for each in targets if each is not None)


def _list_unnamed(integration: Integration, state: State) -> Iterator[Target]:
    form, before = integration.reference_form, state.before or {}
    new = {name: value for name, value in state.after.items() if before.get(name) != value}
    for spot in find_spots(state.change.tool, new):
        id_, value = spot.read_id(form), spot.value
        is_named = isinstance(value, Mapping) and bool(form.name) and bool(value.get(form.name))
        if id_ and spot.resource and not is_named and not is_code(form, spot.resource, id_):
            yield spot.resource, id_
