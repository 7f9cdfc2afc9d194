"""Fields of new records that go together: one that needs another beside it, and one that is often forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.looked_up import LookedUp

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, _looked_up: LookedUp) -> list[Finding]:
    """Return an error for a field without the one that it needs, and a warning for one that was forgotten."""
    if tool.risk != "create":
        return []
    return [*_alone(tool, integration, content), *_forgotten(tool, integration, content)]


def _alone(tool: Tool, integration: Integration, content: Record) -> Iterator[Finding]:
    """Yield fields that mean something else, or nothing, without the one they go with."""
    for rule in integration.rules.needed:
        is_given = content.get(rule.field) not in (None, "", 0)
        if tool.resource in rule.resources and is_given and content.get(rule.beside) in (None, ""):
            yield Finding(rule.field, f"{rule.field} was given without {rule.beside}.", rule.advice)


def _forgotten(tool: Tool, integration: Integration, content: Record) -> Iterator[Finding]:
    """Yield what leaving out a field comes to, where another one is given."""
    known = tool.input_schema["properties"]
    for rule in integration.rules.missed:
        if rule.field in known and content.get(rule.beside) and content.get(rule.field) in (None, ""):
            yield Finding(rule.field, rule.note, "", is_error=False)
