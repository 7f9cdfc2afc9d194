"""A total that the vendor works out itself, given by a caller who counted on another one.

The total is not sent. One that the lines cannot come to says that a line is missing or wrong. Somewhat more than the
lines may be their tax, which is not known before, unless it is given as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from generator.catalog import Tool
from generator.preflight_rules import GivenTotal
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.amounts import CENT, add_lines, is_comparable, read_amount, show_amount
from runtime.safety.preflight.looked_up import LookedUp
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]
MOST_TAX = Decimal("0.5")
"""No sales tax is half of what is sold: a larger difference is none."""


def find(tool: Tool, integration: Integration, content: Record, _looked_up: LookedUp) -> list[Finding]:
    """Return a finding for a total of a new record that is not the sum of its lines and tax."""
    if tool.risk != "create":
        return []  # the total of a record that was read is the one before the change
    rules = (rule for rule in integration.preflight.given_totals if tool.resource in rule.resources)
    found = (_check(rule, content) for rule in rules if is_comparable(rule.comparable, content))
    return [each for each in found if each]


def _check(rule: GivenTotal, content: Record) -> Finding | None:
    total, tax = read_amount(content.get(rule.total)), read_amount(follow_path(content, rule.tax))
    sums = add_lines(rule, content)
    if total is None or sums is None:
        return None
    lines = sums[0] - sums[1]
    if abs(total - lines - (tax or 0)) <= CENT:
        return None
    if tax is None and 0 < total - lines <= lines * MOST_TAX:
        return None  # it may be the tax
    with_tax = f" with a tax of {show_amount(tax)}" if tax else ""
    text = f"{rule.total} is {show_amount(total)}, but {rule.lines} comes to {show_amount(lines)}{with_tax}."
    return Finding(rule.total, text, rule.advice)
