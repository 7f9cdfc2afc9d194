"""A total that the caller gives, held against lines of which some raise and some lower it.

Adding up all lines instead of taking the lowering ones off is the usual error, and pays too
much: that sum is an error. Any other total above the lines may be meant, and is a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from generator.catalog import Tool
from generator.preflight_rules import NetTotal
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.amounts import add_lines, read_amount
from runtime.safety.preflight.looked_up import LookedUp

Record = Mapping[str, Any]

HALF_A_CENT = Decimal("0.005")
"""Amounts have two digits; sums of binary fractions differ in the 15th."""


class Sums(NamedTuple):
    """The total that was given, and what the lines raise and lower it by."""

    total: Decimal
    raised: Decimal
    lowered: Decimal


def find(tool: Tool, integration: Integration, content: Record, _looked_up: LookedUp) -> list[Finding]:
    """Return an error for a total to which the lowering lines were added, a warning for another one above the lines."""
    found = ((rule, _sums(rule, content)) for rule in _rules(tool, integration))
    explained = (_explain(rule, sums) for rule, sums in found if sums)
    return [each for each in explained if each]


def _explain(rule: NetTotal, sums: Sums) -> Finding | None:
    beyond = sums.total - sums.raised + sums.lowered
    if sums.lowered >= HALF_A_CENT and abs(beyond - 2 * sums.lowered) < HALF_A_CENT:
        right = f"{sums.raised:.2f} less {sums.lowered:.2f} is {sums.raised - sums.lowered:.2f}"
        lowering = " and ".join(rule.lowering)
        text = f"{rule.total} is {sums.total:.2f}, but {right}: {lowering} lowers it."
        return Finding(rule.total, text, rule.advice)
    if beyond > HALF_A_CENT:
        text = f"{rule.total} is {beyond:.2f} more than {rule.lines} uses up."
        return Finding(rule.total, text, rule.excess, is_error=False)
    return None


def _rules(tool: Tool, integration: Integration) -> list[NetTotal]:
    is_form = tool.call.body == "record" and tool.risk in ("create", "overwrite")
    return [rule for rule in integration.rules.net_totals if is_form and tool.resource in rule.resources]


def _sums(rule: NetTotal, form: Mapping[str, Any]) -> Sums | None:
    """Return None where the lines do not say whether they raise or lower the total."""
    total, lines = read_amount(form.get(rule.total)), add_lines(rule, form)
    return None if total is None or lines is None else Sums(total, *lines)
