"""Every kind of rule, in the order in which findings are reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight import (
    balanced,
    carried_taxes,
    closed_books,
    companions,
    currencies,
    dates,
    given_totals,
    net_totals,
    open_balances,
    products,
    references,
    taken_numbers,
)
from runtime.safety.preflight.looked_up import LookedUp

Rule = Callable[[Tool, Integration, Mapping[str, Any], LookedUp], list[Finding]]
FORMS = ("record", "json_patch")
"""The bodies that hold a record."""
RULES: tuple[Rule, ...] = (
    products.find,
    balanced.find,
    given_totals.find,
    net_totals.find,
    carried_taxes.find,
    companions.find,
    dates.find,
    references.find,
    currencies.find,
    open_balances.find,
    taken_numbers.find,
    closed_books.find,
)

ALWAYS: tuple[Rule, ...] = (closed_books.find,)
"""Rules that stop a change of a record which broke them before it, too."""


def has_record(tool: Tool) -> bool:
    """Whether a tool sends a record that rules can be about."""
    return tool.call.body in FORMS and tool.risk in ("create", "overwrite")


def find_all(
    tool: Tool, integration: Integration, content: Mapping[str, Any], looked_up: LookedUp
) -> list[Finding]:
    """Return everything that is found in the record of a write, in the order of the rules."""
    if not has_record(tool):
        return []
    return [found for rule in RULES for found in rule(tool, integration, content, looked_up)]
