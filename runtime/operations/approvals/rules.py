"""Whether a write waits for a person, by which rules, and what holds for it then. Pure.

Called by `staging`. The rules of a tenant, an MCP server and a request hold together: a write waits when any of them
says so, only who may approve by every rule that it waits for may approve it, and the shortest time counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from generator.catalog import Tool
from runtime.approval import Approval, ApprovalRule


class Measured(NamedTuple):
    """The amount of a write in the home currency; None where it has none. `unknown` says why it cannot be known."""

    amount: Decimal | None = None
    unknown: str = ""


class Reason(NamedTuple):
    """A rule that has a write wait, and what it says of it, such as `mcp_server: risk overwrite`."""

    rule: ApprovalRule
    text: str


class Approvers(NamedTuple):
    """Who may approve. `roles` and `people` are alternatives of one rule; each rule has to be met."""

    rules: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    four_eyes: bool = True


def find_reasons(approval: Approval, tool: Tool, measured: Measured) -> list[Reason]:
    """Return why a write waits; nothing where it does not."""
    return [Reason(rule, text) for rule in approval for text in _find_texts(rule, tool, measured)]


def is_about_amounts(approval: Approval) -> bool:
    """Whether any rule is about an amount."""
    return any(rule.above_amount is not None for rule in approval)


def find_approvers(reasons: Sequence[Reason]) -> Approvers:
    """Return who may approve what waits for these reasons."""
    found = dict.fromkeys((each.rule.roles, each.rule.people) for each in reasons)
    return Approvers(tuple(found), any(each.rule.four_eyes for each in reasons))


def unite(one: Approvers, other: Approvers) -> Approvers:
    """Return who may approve what waits for the reasons of both."""
    return Approvers(tuple(dict.fromkeys(one.rules + other.rules)), one.four_eyes or other.four_eyes)


def is_met(needed: Approvers, met: Approvers) -> bool:
    """Return whether who may approve by what was met also may by what is needed."""
    return set(needed.rules) <= set(met.rules) and (met.four_eyes or not needed.four_eyes or not needed.rules)


def find_hours(reasons: Sequence[Reason]) -> int:
    """Return how many hours it may wait."""
    return min(each.rule.expires_after_hours for each in reasons)


def _find_texts(rule: ApprovalRule, tool: Tool, measured: Measured) -> Iterator[str]:
    if tool.risk in rule.risks:
        yield f"{rule.source}: risk {tool.risk}"
    for tag in rule.tags:
        if tag in tool.tags:
            yield f"{rule.source}: tag {tag}"
    if tool.name in rule.tools:
        yield f"{rule.source}: tool {tool.name}"
    if rule.above_amount is None:
        return
    if measured.unknown:
        yield f"{rule.source}: above {rule.above_amount:,}, and the amount is not known"
    elif measured.amount is not None and measured.amount > rule.above_amount:
        yield f"{rule.source}: above {rule.above_amount:,}, it is {measured.amount:,.2f}"
