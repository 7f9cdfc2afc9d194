"""Amounts of records as exact decimals, and the lines that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from generator.preflight_rules import TotalOfLines
from runtime.upstream import figures
from runtime.upstream.answer import follow_path

CENT = Decimal("0.01")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)


def read_amount(value: Any) -> Decimal | None:
    """Return a finite number, also from its text, exactly as it is written; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, figures.Figure):
        value = bytes(value).decode()
    if isinstance(value, (int, float, Decimal)):
        found = Decimal(str(value))
        return found if found.is_finite() else None
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def list_lines(record: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the lines of a record that are objects, each with its place, such as `Line[3]`."""
    lines = record.get(name)
    for at, line in enumerate(lines if isinstance(lines, list) else ()):
        if isinstance(line, Mapping):
            yield f"{name}[{at}]", line


def is_comparable(comparable: Mapping[str, tuple[Any, ...]], record: Mapping[str, Any]) -> bool:
    """Whether each of some fields is absent or has a value with which amounts can be compared."""
    return all(
        record.get(name) in (None, "") or record[name] in values for name, values in comparable.items()
    )


def show_amount(amount: Decimal) -> str:
    """Return an amount with two digits behind the point, or with all that it has."""
    rounded = amount.quantize(CENT)
    return f"{rounded:f}" if rounded == amount else f"{amount.normalize():f}"


def add_lines(rule: TotalOfLines, content: Mapping[str, Any]) -> tuple[Decimal, Decimal] | None:
    """Return what the lines of a record raise and lower its total by.

    None when there are none, or of one is not known what it comes to.
    """
    raised, lowered, lines = Decimal(0), Decimal(0), [*list_lines(content, rule.lines)]
    for _, line in lines:
        kind, amount = follow_path(line, rule.kind), read_amount(line.get(rule.amount))
        if kind in rule.ignored:
            continue
        if amount is None or kind not in (*rule.raising, *rule.lowering):
            return None
        raised += amount if kind in rule.raising else 0
        lowered += abs(amount) if kind in rule.lowering else 0
    return (raised, lowered) if lines else None
