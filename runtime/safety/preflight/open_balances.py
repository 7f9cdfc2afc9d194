"""Payments of more than is open on what they pay: the rest stays unapplied, so this is a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalog import Tool
from generator.preflight_rules import OpenBalance
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.amounts import list_lines, read_amount, show_amount
from runtime.safety.preflight.looked_up import LookedUp

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, looked_up: LookedUp) -> list[Finding]:
    """Return a warning for each line of a new payment that is above the balance of what it pays."""
    rules = integration.preflight.open_balances if tool.risk == "create" else ()
    return [
        found
        for rule in rules
        if tool.resource in rule.resources
        for place, line in list_lines(content, rule.lines)
        for found in _check(rule, place, line, looked_up)
    ]


def _check(rule: OpenBalance, place: str, line: Record, looked_up: LookedUp) -> Iterator[Finding]:
    amount, links = read_amount(line.get(rule.amount)), line.get(rule.links)
    if amount is None or not isinstance(links, list) or len(links) != 1 or not isinstance(links[0], Mapping):
        return
    kind, id_ = str(links[0].get(rule.kind)), str(links[0].get(rule.id))
    paid = looked_up.find(rule.pays.get(kind, ""), id_)
    balance = read_amount(paid.get(rule.balance)) if paid else None
    if balance is not None and amount > balance:
        text = f"{place}.{rule.amount} is {show_amount(amount)}, and {show_amount(balance)} is open on {kind} {id_}."
        yield Finding(f"{place}.{rule.amount}", text, rule.advice, is_error=False)
