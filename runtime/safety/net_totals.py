"""A total that the caller gives, held against lines of which some raise and some lower it.

Called by `form_rules`. Adding up all lines instead of taking the lowering ones off is the usual error, and pays too
much: that sum is refused. Any other total above the lines may be meant, and gets a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from generator.catalog import Tool
from generator.vendor import Integration
from generator.vendor_rules import NetTotal
from runtime.errors import InvalidArguments
from runtime.safety.carried_tax import ZERO, read_number
from runtime.upstream.answer import follow_path
from runtime.upstream.request import record

HALF_A_CENT = Decimal("0.005")
"""Amounts have two digits; a total of more may be rounded."""


class Sums(NamedTuple):
    """The total that was given, and what the lines raise and lower it by."""

    total: Decimal
    raised: Decimal
    lowered: Decimal


def refuse_added(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for a total to which the lowering lines were added."""
    for rule in _rules(tool, integration):
        sums = _sums(rule, record(tool, arguments))
        if sums is None or sums.lowered < HALF_A_CENT:
            continue
        if abs(sums.total - sums.raised - sums.lowered) < HALF_A_CENT:
            right = f"{sums.raised:.2f} less {sums.lowered:.2f} is {sums.raised - sums.lowered:.2f}"
            problem = (
                f"{rule.total} is {sums.total:.2f}, but {right}: {' and '.join(rule.lowering)} lowers it"
            )
            raise InvalidArguments(
                f"{tool.name} was not called: {problem}.",
                advice=f"Nothing was sent. {rule.advice}",
                details={"errors": [{"argument": rule.total, "problem": f"{problem}."}]},
            )


def note_on(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> str:
    """Return a sentence on what a total has beyond the lines; empty when that is nothing, or there are no lines."""
    for rule in _rules(tool, integration):
        sums = _sums(rule, record(tool, arguments))
        beyond = sums.total - sums.raised + sums.lowered if sums else ZERO
        if beyond > HALF_A_CENT:
            return f"{rule.total} is {beyond:.2f} more than {rule.lines} uses up. {rule.excess}"
    return ""


def _rules(tool: Tool, integration: Integration) -> list[NetTotal]:
    is_form = tool.call.body == "record" and tool.risk in ("create", "overwrite")
    return [rule for rule in integration.rules.net_totals if is_form and tool.resource in rule.resources]


def _sums(rule: NetTotal, form: Mapping[str, Any]) -> Sums | None:
    """Return None where the lines do not say whether they raise or lower the total."""
    total, lines = read_number(form.get(rule.total)), form.get(rule.lines)
    if total is None or not isinstance(lines, list) or not lines:
        return None
    raised = lowered = ZERO
    for line in lines:
        amount = read_number(line.get(rule.amount)) if isinstance(line, Mapping) else None
        kind = follow_path(line, rule.kind)
        if amount is None or kind not in (*rule.raising, *rule.lowering):
            return None
        raised += amount if kind in rule.raising else ZERO
        lowered += amount if kind in rule.lowering else ZERO
    return Sums(total, raised, lowered)
