"""References to what does not exist, is no longer in use, or is of another kind than the field wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalog import Tool
from generator.preflight_rules import WantedKind
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.looked_up import LookedUp
from runtime.safety.reference_spots import Spot, find_spots

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, looked_up: LookedUp) -> list[Finding]:
    """Return a finding for each reference that does not fit, of those that were looked up."""
    if not looked_up.records:
        return []
    form = integration.reference_form
    found: list[Finding] = []
    for spot in find_spots(tool, content):
        id_ = spot.read_id(form)
        if id_ and looked_up.is_known(spot.resource, id_):
            found += _check(tool, integration, (spot, id_), looked_up)
    return found


def _check(
    tool: Tool, integration: Integration, at: tuple[Spot, str], looked_up: LookedUp
) -> Iterator[Finding]:
    spot, id_ = at
    record = looked_up.find(spot.resource, id_)
    if record is None:
        yield _absent(integration, spot, id_, looked_up)
        return
    name, what = name_record(integration, spot.resource, record), _one(spot.resource)
    active = integration.preflight.active
    if active and record.get(active) is False:
        text = f'{spot.place} is "{id_}", the {what} {name}, which is no longer in use.'
        yield Finding(spot.place, text, f"Make it {active.lower()} again, or give another one.")
    for rule in integration.preflight.wanted_kinds:
        if _is_about(rule, tool, spot) and record.get(rule.kind) not in (None, *rule.kinds):
            text = f'{spot.place} is "{id_}", {name}, whose {rule.kind} is {record[rule.kind]}.'
            yield Finding(spot.place, text, f"{rule.kind} has to be {' or '.join(rule.kinds)}.")


def _absent(integration: Integration, spot: Spot, id_: str, looked_up: LookedUp) -> Finding:
    text = f'{spot.place} is "{id_}", and no {_one(spot.resource)} has this Id.'
    for others in integration.preflight.shared_ids:
        for other in others if spot.resource in others else ():
            if record := looked_up.find(other, id_):
                name = name_record(integration, other, record)
                text = f'{spot.place} is "{id_}", which is the {_one(other)} {name}.'
    return Finding(
        spot.place, text, f"Give the Id or the name of one of the {spot.resource.replace('_', ' ')}."
    )


def _is_about(rule: WantedKind, tool: Tool, spot: Spot) -> bool:
    is_there = not rule.resources or tool.resource in rule.resources
    return is_there and rule.of == spot.resource and rule.field == spot.place


def name_record(integration: Integration, resource: str, record: Record) -> str:
    """Return what people call a record; its Id where it has no name."""
    names = (record.get(name) for name in integration.display_fields.get(resource, ()))
    found = next((name for name in names if isinstance(name, str) and name), "")
    return found or str(record.get(integration.identifier, ""))


def _one(resource: str) -> str:
    """Return a resource in the singular, as it is written in a sentence."""
    words = resource.replace("_", " ")
    for ending, single in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if words.endswith(ending):
            return words.removesuffix(ending) + single
    return words
