"""The record that reverses another one: the same lines, each booked on the other side. The definition says how.

Called by `operations.reversal`, which reads the record and books what is made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Tool
from generator.preflight_rules import ReversalRule

Record = Mapping[str, Any]


def make_reversal(tool: Tool, identifier: str, record: Record, day: str) -> dict[str, Any]:
    """Return the arguments of the tool that books the opposite of a record, on a day or on its own for none.

    The Ids of the record and of its lines stay behind.
    """
    rule = tool.reversal
    assert rule is not None
    left = {identifier, *rule.leave_out}
    content = {name: value for name, value in record.items() if name not in left}
    content[rule.lines] = [_turn(line, rule, identifier) for line in record.get(rule.lines) or ()]
    if day:
        content[rule.date] = day
    return {name: content[field] for name, field in tool.call.body_arguments if field in content}


def _turn(line: Record, rule: ReversalRule, identifier: str) -> dict[str, Any]:
    """Return a line on the other side; one without a side, such as a comment, as it is."""
    copied = {name: value for name, value in line.items() if name != identifier}
    return _replace(copied, rule.side, dict([rule.sides, rule.sides[::-1]]))


def _replace(value: dict[str, Any], path: tuple[str, ...], others: Mapping[str, str]) -> dict[str, Any]:
    name, *rest = path
    inner = value.get(name)
    if rest and isinstance(inner, Mapping):
        return value | {name: _replace(dict(inner), tuple(rest), others)}
    other = others.get(str(inner)) if not rest else None
    return value | {name: other} if other else value
