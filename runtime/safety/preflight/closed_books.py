"""Dates in books that are closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.looked_up import LookedUp

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, looked_up: LookedUp) -> list[Finding]:
    """Return a finding for a date on or before the last closed day, where that is known."""
    found = []
    for rule in integration.preflight.closed_books:
        day, until = content.get(rule.date), looked_up.get_setting(rule.until)
        if tool.resource not in rule.resources or not isinstance(day, str) or not isinstance(until, str):
            continue
        if day and until and day[:10] <= until[:10]:
            text = f"{rule.date} is {day[:10]}, and the books are closed until {until[:10]}."
            found.append(Finding(rule.date, text, rule.advice))
    return found
