"""The steps of the bridge by account, and the change of profit by cause. Called by `explaining`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from runtime.insights.books import ZERO
from runtime.insights.profit_bridge.changes import AccountChange
from runtime.insights.profit_bridge.months import Months
from runtime.insights.profit_bridge.movements import Evidence, Movement, collect_evidence, split_item
from runtime.insights.profit_bridge.sentences import describe_effect
from runtime.insights.profit_bridge.statements import EARNING, Section

UNEXPLAINED = "other, not explained by the records that were read"
STOCK = "cost of stock sold"
UNASSIGNED = "Shown in the report by no account"
NOTHING = Evidence(0, ())


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the change of profit."""

    label: str
    amount: Decimal
    subject: str = ""
    """What raises or lowers profit by it, where the label does not say it."""
    evidence: Evidence = NOTHING

    @property
    def says(self) -> str:
        """What it does, in a sentence."""
        return f"{self.subject or self.label} {describe_effect(self.amount)}."


def list_steps(changes: Sequence[AccountChange], unassigned: Decimal) -> list[Step]:
    """Return the steps whose sum is the change of profit, the largest first."""
    found = []
    for each in changes:
        if each.explained:
            found.append(Step(each.label, each.explained, evidence=collect_evidence(each.movement)))
        if each.unexplained:
            found.append(_name_rest(each))
    if unassigned:
        found.append(Step(UNASSIGNED, unassigned))
    return sorted(found, key=lambda each: (-abs(each.amount), each.label))


def write_bridge(steps: Sequence[Step], before: Decimal, limit: int) -> list[dict[str, Any]]:
    """Return the steps with the profit after each; those that are not shown are one step together, the last."""
    shown, rest = list(steps[:limit]), steps[limit:]
    if rest:
        together = sum((each.amount for each in rest), ZERO)
        shown.append(
            Step(f"Smaller steps ({len(rest)})", together, f"What remains in {len(rest)} smaller steps")
        )
    running, found = before, []
    for each in shown:
        running += each.amount
        row: dict[str, Any] = {"label": each.label, "amount": each.amount, "running": running}
        row["says"] = each.says
        if each.evidence.count:
            row |= {"records": each.evidence.keys, "record_count": each.evidence.count}
        found.append(row)
    return found


def list_causes(
    changes: Sequence[AccountChange],
    items: Mapping[Any, Movement],
    sections: Mapping[str, Section],
    unassigned: Decimal,
    months: Months,
) -> list[dict[str, Any]]:
    """Return the change of profit by what it follows from, the largest first; it adds up too."""
    found: dict[str, Decimal] = {}
    with_items = ZERO
    for (account, _), movement in items.items():
        split, bought = split_item(movement).split, "sold" if sections[account] in EARNING else "bought"
        with_items += movement.effect
        for label, amount in (
            (f"Prices of items {bought}", split.price),
            (f"Quantities of items {bought}", split.volume),
            (f"Who {'buys' if bought == 'sold' else 'sells'} items {bought}, at which price", split.mix),
            (f"Items {bought} in {months.after.title} only", split.new),
            (f"Items {bought} in {months.before.title} only", split.lost),
            (f"Items {bought} without an average price", split.unpriced),
        ):
            found[label] = found.get(label, ZERO) + amount
    found["Records without items"] = sum((each.explained for each in changes), ZERO) - with_items
    found["Cost of stock sold"] = sum((each.unexplained for each in changes if each.has_stock), ZERO)
    found["Other, not explained by the records that were read"] = unassigned + sum(
        (each.unexplained for each in changes if not each.has_stock), ZERO
    )
    moved = [(label, amount) for label, amount in found.items() if amount]
    return [
        {"label": label, "amount": amount}
        for label, amount in sorted(moved, key=lambda each: (-abs(each[1]), each[0]))
    ]


def _name_rest(change: AccountChange) -> Step:
    """Return the step of what the records do not explain of an account."""
    if change.has_stock:
        subject = f"The cost of stock sold in {change.label}, which is on no record,"
        return Step(f"{change.label}: {STOCK}", change.unexplained, subject)
    subject = f"What the records that were read do not explain in {change.label}"
    return Step(f"{change.label}: {UNEXPLAINED}", change.unexplained, subject)
