"""Numbers that another record of the resource has already, where the vendor would refuse a second one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.looked_up import LookedUp

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, looked_up: LookedUp) -> list[Finding]:
    """Return a finding for a number that is taken by another record."""
    found = []
    own = content.get(tool.identifier or integration.identifier)
    for rule in integration.preflight.taken_numbers:
        value = content.get(rule.field)
        is_strict = not rule.settings or looked_up.get_setting(rule.settings) in (True, "true")
        if tool.resource not in rule.resources or not isinstance(value, str) or not is_strict:
            continue
        others = [each for each in looked_up.taken.get((tool.resource, rule.field, value), ()) if each != own]
        if others:
            text = f'{rule.field} is "{value}", which the record with the Id {others[0]} has already.'
            found.append(Finding(rule.field, text, rule.advice))
    return found
