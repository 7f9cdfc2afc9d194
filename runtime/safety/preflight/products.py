"""Lines whose amount is not the product of its factors, such as Qty times UnitPrice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from generator.catalog import Tool
from generator.preflight_rules import Product
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.amounts import CENT, is_comparable, list_lines, read_amount, show_amount
from runtime.safety.preflight.looked_up import LookedUp

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, _looked_up: LookedUp) -> list[Finding]:
    """Return a finding for each line with another amount than its factors make; two factors of 0 say nothing."""
    rules = (rule for rule in integration.preflight.products if tool.resource in rule.resources)
    return [
        found
        for rule in rules
        if is_comparable(rule.comparable, content)
        for place, line in list_lines(content, rule.lines)
        for found in _check(rule, place, line)
    ]


def _check(rule: Product, place: str, line: Record) -> Iterator[Finding]:
    amount = read_amount(line.get(rule.amount))
    for name in rule.details:
        detail = line.get(name)
        if amount is None or not isinstance(detail, Mapping) or any(detail.get(each) for each in rule.unless):
            continue
        one, other = (read_amount(detail.get(factor)) for factor in rule.factors)
        if one is None or other is None or not (one or other) or _agrees(amount, one * other):
            continue
        first, second = rule.factors
        product = f"{first} {one:f} times {second} {other:f} is {show_amount(_round(one * other))}"
        found = f"{place}.{rule.amount} is {show_amount(amount)}, but {product}."
        yield Finding(f"{place}.{rule.amount}", found, rule.advice)


def _agrees(amount: Decimal, product: Decimal) -> bool:
    """Whether an amount is a product as it is, or rounded to cents as people and as computers round."""
    return amount in (product, _round(product), product.quantize(CENT, ROUND_HALF_EVEN))


def _round(product: Decimal) -> Decimal:
    return product.quantize(CENT, ROUND_HALF_UP)
