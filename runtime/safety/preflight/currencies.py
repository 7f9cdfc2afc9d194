"""Forms in another currency than that of the name they are for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.looked_up import LookedUp
from runtime.safety.reference_spots import find_spots
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, looked_up: LookedUp) -> list[Finding]:
    """Return a finding where both currencies are known and differ."""
    found = []
    for rule in integration.preflight.same_currency:
        given = follow_path(content, rule.field) if tool.resource in rule.resources else None
        for spot in find_spots(tool, content) if given else ():
            record = looked_up.find(spot.resource, spot.read_id(integration.reference_form))
            theirs = follow_path(record, rule.theirs) if record and spot.place in rule.of else None
            if theirs and theirs != given:
                place = ".".join(rule.field[:1])
                text = f"{place} is {given}, and the currency of {spot.place} is {theirs}."
                found.append(Finding(place, text, rule.advice))
    return found
