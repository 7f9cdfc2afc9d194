"""A tax that was worked out before and is sent back with other lines: refused where it is certain to be too high.

Called by `form_rules`. A form that is read, loses a taxed line and is sent back whole carries the tax of the line that
is gone, and the vendor takes it as it is. What may be taxed is an amount between two bounds, since not every line says
whether it is taxed; only a base above the upper one is refused. A base below the lower one may be right, where a law
taxes a part of an amount, and is named in a note.
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
from runtime.errors import InvalidArguments
from runtime.upstream.answer import follow_path
from runtime.upstream.request import record

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


def refuse_stale(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for a form whose tax is on more than its lines can come to."""
    for rule in _rules(tool, integration):
        found = _misfit(rule, record(tool, arguments))
        if found and found.too_high:
            place, taxed = ".".join(rule.tax_lines), f"{found.base:.2f}"
            problem = (
                f"{place} has a tax on {taxed}, but what is taxed in {rule.lines} comes to {found.bound:.2f}"
            )
            raise InvalidArguments(
                f"{tool.name} was not called: {problem}. {integration.title} would take the old tax as it is.",
                advice=f"Nothing was sent. {rule.advice}",
                details={"errors": [{"argument": place, "problem": f"{problem}."}]},
            )


def note_on(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> str:
    """Return a sentence on a tax that is on less than the lines come to; empty when there is none."""
    for rule in _rules(tool, integration):
        found = _misfit(rule, record(tool, arguments))
        if found and not found.too_high:
            place = ".".join(rule.tax_lines)
            return (
                f"{place} was sent with a tax on {found.base:.2f}, while the taxed part of {rule.lines} comes to "
                f"{found.bound:.2f}. Unless that is meant: {rule.advice}"
            )
    return ""


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
