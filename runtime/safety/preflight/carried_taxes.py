"""A tax that was worked out before and is sent back with other lines: an error where it is certain to be too high.

A form that is read, loses a taxed line and is sent back whole carries the tax of the line that
is gone, and the vendor takes it as it is. What may be taxed is an amount between two bounds, since not every line says
whether it is taxed; only a base above the upper one is an error. A base below the lower one may be right, where a law
taxes a part of an amount, and is a warning.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from generator.catalog import Tool
from generator.vendor import Integration
from generator.vendor_rules import CarriedTax
from runtime.safety.findings import Finding
from runtime.safety.preflight.looked_up import LookedUp
from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]

A_CENT = Decimal("0.01")
"""Vendors round each line or the sum, which differ by a cent at most for one rate."""
ZERO, INFINITE = Decimal(), Decimal("Infinity")
DEEPEST = 4
"""Lines within lines. Vendors have one level; more is garbage."""


class Misfit(NamedTuple):
    """A base of a tax that is `too_high` for the lines, or too low, and the bound that it is beyond."""

    base: Decimal
    bound: Decimal
    too_high: bool


class NotComparable(Exception):
    """What is taxed does not follow from the lines."""


@dataclass(slots=True)
class Bounds:
    """The least and the most of a form that may be taxed."""

    least: Decimal = ZERO
    most: Decimal = ZERO
    has_other_codes: bool = False
    """Whether a line has a code whose tax may be a part of what another rate taxes."""

    def add(self, low: Decimal, high: Decimal) -> None:
        """Count a line of which between `low` and `high` is taxed."""
        self.least, self.most = self.least + low, self.most + high


def find(tool: Tool, integration: Integration, content: Record, _looked_up: LookedUp) -> list[Finding]:
    """Return an error for a form whose tax is on more than its lines can come to, a warning for one on less."""
    found = ((rule, _misfit(rule, content)) for rule in _rules(tool, integration))
    return [_explain(rule, misfit, integration) for rule, misfit in found if misfit]


def _explain(rule: CarriedTax, misfit: Misfit, integration: Integration) -> Finding:
    place = ".".join(rule.tax_lines)
    base, bound = f"{misfit.base:.2f}", f"{misfit.bound:.2f}"
    if misfit.too_high:
        text = (
            f"{place} has a tax on {base}, but what is taxed in {rule.lines} comes to {bound}. "
            f"{integration.title} would take the old tax as it is."
        )
        return Finding(place, text, rule.advice)
    text = f"{place} was sent with a tax on {base}, while the taxed part of {rule.lines} comes to {bound}."
    return Finding(place, text, f"Unless that is meant: {rule.advice}", is_error=False)


def _rules(tool: Tool, integration: Integration) -> list[CarriedTax]:
    is_form = tool.call.body == "record" and tool.risk in ("create", "overwrite")
    return [rule for rule in integration.rules.carried_taxes if is_form and tool.resource in rule.resources]


def _misfit(rule: CarriedTax, form: Mapping[str, Any]) -> Misfit | None:
    bases = [*_bases(rule, form)]
    if not bases or not form.get(rule.lines) or not _is_comparable(rule, form):
        return None
    bounds = Bounds()
    try:
        _add_lines(rule, form[rule.lines], bounds)
    except NotComparable:
        return None
    most = bounds.most + (
        abs(read_number(follow_path(form, rule.total)) or ZERO) if bounds.has_other_codes else ZERO
    )
    if max(bases) > most + A_CENT:
        return Misfit(max(bases), most, too_high=True)
    if max(bases) < bounds.least - A_CENT:
        return Misfit(max(bases), bounds.least, too_high=False)
    return None


def _bases(rule: CarriedTax, form: Mapping[str, Any]) -> list[Decimal]:
    """Return what each tax line taxes, of those that come to a tax."""
    lines = follow_path(form, rule.tax_lines)
    taxes = [each for each in lines if isinstance(each, Mapping)] if isinstance(lines, list) else []
    found = [
        read_number(follow_path(each, rule.base)) for each in taxes if read_number(each.get(rule.amount))
    ]
    return [base for base in found if base is not None and base > 0]


def _is_comparable(rule: CarriedTax, form: Mapping[str, Any]) -> bool:
    given = {name: form.get(name) for name in rule.comparable}
    return all(value in (None, "") or value in rule.comparable[name] for name, value in given.items())


def _add_lines(rule: CarriedTax, lines: Any, bounds: Bounds, depth: int = 0) -> None:
    """Raise NotComparable for lines of which nothing certain can be said."""
    if not isinstance(lines, list) or depth > DEEPEST:
        raise NotComparable
    for line in lines:
        kind = line.get(rule.kind) if isinstance(line, Mapping) else None
        if not isinstance(kind, str):
            raise NotComparable
        if kind in rule.nested:
            _add_lines(rule, follow_path(line, rule.nested[kind]), bounds, depth + 1)
        elif kind not in rule.ignored:
            _add_line(rule, kind, line, bounds)


def _add_line(rule: CarriedTax, kind: str, line: Mapping[str, Any], bounds: Bounds) -> None:
    amount = read_number(line.get(rule.amount))
    if kind in rule.lowering:
        bounds.add(-abs(amount) if amount is not None else -INFINITE, max(-(amount or ZERO), ZERO))
        return
    if amount is None or kind not in rule.codes:
        raise NotComparable
    code = follow_path(line, rule.codes[kind])
    if code in rule.untaxed:
        return
    if code in rule.taxed:
        bounds.add(amount, amount)
        return
    bounds.has_other_codes |= code not in (None, "")
    bounds.add(min(amount, ZERO), max(amount, ZERO))


def read_number(value: Any) -> Decimal | None:
    """Return a finite number with the digits that it was written with; None for anything else."""
    if isinstance(value, msgspec.Raw):
        return Decimal(bytes(value).decode())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return Decimal(str(value)) if math.isfinite(value) else None
