"""Records of two sides, such as debits and credits, whose sums differ."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from generator.catalog import Tool
from generator.preflight_rules import Balanced
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.amounts import list_lines, read_amount, show_amount
from runtime.safety.preflight.looked_up import LookedUp
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, _looked_up: LookedUp) -> list[Finding]:
    """Return a finding where both sides are known and their sums differ."""
    found = []
    for rule in integration.preflight.balanced:
        sums = _sums(rule, content) if tool.resource in rule.resources else None
        if sums is not None and sums[0] != sums[1]:
            one, other = rule.sides
            text = f"{one} comes to {show_amount(sums[0])}, and {other} to {show_amount(sums[1])}."
            found.append(Finding(rule.lines, text, rule.advice))
    return found


def _sums(rule: Balanced, content: Record) -> tuple[Decimal, Decimal] | None:
    """Return the sums of both sides; None when there are no lines, or one says no side."""
    sums = dict.fromkeys(rule.sides, Decimal(0))
    lines = [line for _, line in list_lines(content, rule.lines)]
    for line in lines:
        side, amount = follow_path(line, rule.side), read_amount(line.get(rule.amount))
        if side is None and not amount:
            continue  # a line of text
        if side not in sums or amount is None:
            return None
        sums[side] += amount
    one, other = rule.sides
    return (sums[one], sums[other]) if lines else None
