"""What is looked at in a record before it is sent, beside its schema, and said of it afterwards: rule by rule.

Called by `operations.checks` and `exchange.record`. The definition of a vendor has the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.errors import InvalidArguments
from runtime.safety import carried_tax, net_totals


def refuse_wrong_sums(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for sums that are certain to be wrong. Nothing has been sent then."""
    if not tool.is_read_only:
        carried_tax.refuse_stale(tool, integration, arguments)
        net_totals.refuse_added(tool, integration, arguments)
        _refuse_alone(tool, integration, arguments)


def note_on(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> str:
    """Return what the caller should know of a record that was sent; empty for most."""
    if tool.is_read_only:
        return ""
    found = (
        each(tool, integration, arguments) for each in (carried_tax.note_on, net_totals.note_on, _missed)
    )
    return " ".join(note for note in found if note)


def _missed(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> str:
    """Return what leaving out a field comes to in a new record, where another one is given."""
    if tool.risk != "create":
        return ""
    known = tool.input_schema["properties"]
    notes = (
        rule.note
        for rule in integration.rules.missed
        if rule.field in known and arguments.get(rule.beside) and arguments.get(rule.field) in (None, "")
    )
    return " ".join(notes)


def _refuse_alone(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for a field that means something else, or nothing, without the one it goes with."""
    for rule in integration.rules.needed if tool.risk == "create" else ():
        is_given = arguments.get(rule.field) not in (None, "", 0)
        if tool.resource in rule.resources and is_given and arguments.get(rule.beside) in (None, ""):
            problem = f"{rule.field} was given without {rule.beside}."
            raise InvalidArguments(
                f"{tool.name} was not called: {problem}",
                advice=f"Nothing was sent. {rule.advice}",
                details={"errors": [{"argument": rule.field, "problem": problem}]},
            )
